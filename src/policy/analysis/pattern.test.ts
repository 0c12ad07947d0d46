import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { compileGlob, globMatches, globTokens } from '../match/glob.ts'
import { patternCovers, patternsMayMeet } from './pattern.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 5 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 })
const matches = (glob: string, value: string): boolean => globMatches(compileGlob(globTokens(glob)), value)

/** Every text over two letters up to a length: enough to tell short patterns apart. */
const TEXTS = ['', ...allTexts(6)]

function allTexts(length: number): string[] {
  if (length === 0) return []
  const shorter = allTexts(length - 1)
  return [
    ...shorter,
    ...['', ...shorter].filter((one) => one.length === length - 1).flatMap((one) => [`${one}a`, `${one}b`]),
  ]
}

describe('patternCovers', () => {
  test.each([
    ['s3:*', 's3:Get*', true],
    ['s3:Get*', 's3:*', false],
    ['a?c', 'abc', true],
    ['a?c', 'a?c', true],
    ['a??', 'a*', false],
    ['a*c', 'a*b*c', true],
    ['*b*', 'abc', true],
  ])('%s covers %s: %s', (outer, inner, expected) => {
    expect(patternCovers(outer, inner)).toBe(expected)
  })

  it('never says yes where a text of the inner pattern is outside', () => {
    fc.assert(
      fc.property(pattern, pattern, text, (outer, inner, value) => {
        if (patternCovers(outer, inner) && matches(inner, value)) expect(matches(outer, value)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('patternsMayMeet', () => {
  test.each([
    ['s3:Get*', 's3:*Object', true],
    ['s3:Get*', 's3:Put*', false],
    ['a*b', 'a*c', false],
    ['a?', '?b', true],
    ['*a', 'b*', true],
    ['a*a', '?', false],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(patternsMayMeet(one, other)).toBe(expected)
    expect(patternsMayMeet(other, one)).toBe(expected)
  })

  it('says no only where no text matches both', () => {
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const shared = TEXTS.some((value) => matches(one, value) && matches(other, value))
        if (shared) expect(patternsMayMeet(one, other)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('does not say yes to short patterns without a shared text', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 3 })
    fc.assert(
      fc.property(short, short, (one, other) => {
        const shared = TEXTS.some((value) => matches(one, value) && matches(other, value))
        expect(patternsMayMeet(one, other)).toBe(shared)
      }),
      { numRuns: 1_000 },
    )
  })

  it('gives up on long patterns instead of working for long', () => {
    const start = performance.now()
    expect(patternsMayMeet(`a${'*b'.repeat(50_000)}`, `a${'*c'.repeat(50_000)}b`)).toBe(true)
    expect(performance.now() - start).toBeLessThan(500)
  })
})
