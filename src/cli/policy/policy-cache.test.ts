import { expect, test } from 'vitest'
import { PolicyCache, PolicyTextError } from './policy-cache.ts'

const policy = (sid: string) => `{"Statement":{"Sid":"${sid}","Effect":"Allow","Action":"a:b","Resource":"*"}}`

test('a text is remembered from the second time on, for each place that it stands in', () => {
  const cache = new PolicyCache()
  const once = cache.compile(policy('a'), { source: 'x' })
  const first = cache.compile(policy('a'), { source: 'x' })
  expect(first).not.toBe(once)
  expect(cache.compile(policy('a'), { source: 'x' })).toBe(first)
  expect(cache.compile(policy('a'), { source: 'y' }).source).toBe('y')
  expect(cache.compile(policy('a'), { source: 'x', principalIds: { a: 'AIDA1' } })).not.toBe(first)
})

test('what is asked for again and again stays, what is not is forgotten', () => {
  const { length } = policy('0')
  const cache = new PolicyCache(3 * length)
  const twice = (sid: string) => [1, 2].map(() => cache.compile(policy(sid), { source: 'x' }))[1]
  const often = twice('a')
  const once = twice('b')
  for (let n = 0; n < 9; n++) {
    twice(String(n))
    expect(cache.compile(policy('a'), { source: 'x' })).toBe(often)
  }
  expect(cache.compile(policy('b'), { source: 'x' })).not.toBe(once)
})

test('a malformed policy is refused each time, with its place', () => {
  const cache = new PolicyCache()
  for (let n = 0; n < 2; n++) {
    try {
      cache.compile('{\n"Statement": 5}', { source: 'x' })
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyTextError)
      expect(error).toMatchObject({ line: 2, column: 14, source: 'x' })
    }
  }
})
