import { describe, expect, test } from 'vitest'
import { formValue, parseForm, parseFormBody } from './form.ts'

describe('parseForm', () => {
  test.each([
    ['', []],
    ['&&', []],
    [
      'a=1&b=2',
      [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
    ],
    ['a', [{ name: 'a', value: '' }]],
    ['a=', [{ name: 'a', value: '' }]],
    ['=v', [{ name: '', value: 'v' }]],
    ['a=b=c', [{ name: 'a', value: 'b=c' }]],
    ['a+b=c+d%2B', [{ name: 'a b', value: 'c d+' }]],
    [
      'a=%F0%9F%98%80&a=%C3%A9',
      [
        { name: 'a', value: '😀' },
        { name: 'a', value: 'é' },
      ],
    ],
    ['__proto__=x', [{ name: '__proto__', value: 'x' }]],
  ])('reads %j', (text, fields) => {
    expect(parseForm(text)).toEqual(fields)
  })

  test.each(['a=%', 'a=%4', 'a=%zz', '%=a', 'a=%ff', 'a=%c0%80', 'a=%ed%a0%80'])('refuses %s', (text) => {
    expect(() => parseForm(text)).toThrow(expect.objectContaining({ code: 'MalformedQueryString' }))
  })

  test('takes 10,000 fields and refuses one more', () => {
    expect(parseForm('a&'.repeat(10_000))).toHaveLength(10_000)
    expect(() => parseForm('a&'.repeat(10_001))).toThrow(expect.objectContaining({ code: 'MalformedQueryString' }))
  })
})

test('a body that is not UTF-8 is refused', () => {
  expect(parseFormBody(Buffer.from('a=é'))).toEqual([{ name: 'a', value: 'é' }])
  expect(() => parseFormBody(Uint8Array.of(0x61, 0x3d, 0xff))).toThrow(
    expect.objectContaining({ code: 'MalformedQueryString' }),
  )
})

test('formValue gives the first field of a name', () => {
  expect(formValue(parseForm('a=1&a=2'), 'a')).toBe('1')
  expect(formValue(parseForm('a=1'), 'b')).toBeUndefined()
})
