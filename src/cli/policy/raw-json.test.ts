import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { parseRaw, RawJsonError, splitArray, splitObject } from './raw-json.ts'

const whole = (text: string) => ({ text, offset: 0 })

describe('splitObject', () => {
  it('splits whatever JSON.stringify writes, with and without white space', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 2), (value, space) => {
        const text = JSON.stringify(value, null, space)
        const members = splitObject(whole(text))
        const read = Object.fromEntries(Array.from(members, ([key, raw]) => [key, parseRaw(raw)]))
        expect(JSON.stringify(read)).toBe(JSON.stringify(JSON.parse(text)))
        for (const raw of members.values()) expect(text.slice(raw.offset).startsWith(raw.text)).toBe(true)
      }),
    )
  })

  it('accepts only what JSON.parse accepts', () => {
    const garbled = fc
      .tuple(
        fc.dictionary(fc.constantFrom('a', '"', '\\'), fc.jsonValue({ maxDepth: 2 })),
        fc.nat(),
        fc.constantFrom(...'{}[]",:\\ 1x'),
      )
      .map(([value, at, character]) => {
        const text = JSON.stringify(value)
        const place = at % text.length
        return text.slice(0, place) + character + text.slice(place + 1)
      })
    fc.assert(
      fc.property(garbled, (text) => {
        let members: ReturnType<typeof splitObject>
        try {
          members = splitObject(whole(text))
          for (const raw of members.values()) parseRaw(raw)
        } catch (error) {
          expect(error).toBeInstanceOf(RawJsonError)
          return
        }
        expect(typeof JSON.parse(text)).toBe('object')
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps what was read before the text broke', () => {
    const members = new Map()
    expect(() => splitObject(whole('{"id": 7, "x" 1}'), members)).toThrow(RawJsonError)
    expect(members.get('id')).toEqual({ text: '7', offset: 7 })
  })

  it('takes linear time', () => {
    const start = performance.now()
    splitObject(whole(`{"a":[${'"\\\\\\"",'.repeat(300_000)}1],"b":"${'\\\\'.repeat(1_000_000)}"}`))
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

test.each([
  ['{"a":1,"a":2}', 7],
  ['{"a":1,}', 7],
  ['{"a":1 "b":2}', 7],
  ['{"a":1} x', 8],
  ['{"a":}', 5],
  ['{"a":"x}', 5],
  ['{"a":[1}', 8],
  ['{"a":[[1]', 5],
  ['{a:1}', 1],
  ['[]', 0],
  ['', 0],
])('%s breaks at %i', (text, offset) => {
  let problem: unknown
  try {
    const members = splitObject(whole(text))
    for (const raw of members.values()) parseRaw(raw)
  } catch (error) {
    problem = error
  }
  expect(problem).toBeInstanceOf(RawJsonError)
  expect((problem as RawJsonError).offset).toBe(offset)
})

test('elements of an array know their places in the line', () => {
  const line = '{"p": [ {"a":"]"}, null ]}'
  const list = splitObject(whole(line)).get('p')
  expect(list && splitArray(list)).toEqual([
    { text: '{"a":"]"}', offset: 8 },
    { text: 'null', offset: 19 },
  ])
})
