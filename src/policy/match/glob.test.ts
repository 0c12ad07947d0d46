import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob, globMatches, globTokens } from './glob.ts'

const matches = (pattern: string, text: string): boolean => globMatches(compileGlob(globTokens(pattern)), text)

/** The definition, read out loud: a table over all prefixes of pattern and text. */
function matchesByDefinition(pattern: string, text: string): boolean {
  let row = Array.from({ length: text.length + 1 }, (_, i) => i === 0)
  for (const character of pattern.split('')) {
    const next = row.map(() => false)
    for (let i = 0; i <= text.length; i++) {
      if (character === '*') next[i] = (row[i] ?? false) || (i > 0 && (next[i - 1] ?? false))
      else next[i] = i > 0 && (row[i - 1] ?? false) && (character === '?' || character === text[i - 1])
    }
    row = next
  }
  return row[text.length] ?? false
}

describe('a glob', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['**', 'ab', true],
    ['a*', 'a', true],
    ['*a', 'ba', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*ab*ab*', 'abab', true],
    ['*ab*ab*', 'aab', false],
    ['?', '', false],
    ['?*?', 'a', false],
    ['?*?', 'ab', true],
    ['*a?c*', 'xaxabcx', true],
    ['a.c', 'abc', false],
    ['(a+)+$', 'aaaa', false],
    ['*\n', 'a\n', true],
    [`*${'a'.repeat(40)}b*`, `${'a'.repeat(50)}b`, true],
    [`*${'ab'.repeat(20)}c*`, `${'ab'.repeat(25)}c`, true],
    [`*${'ab'.repeat(20)}c*`, `${'ab'.repeat(25)}d`, false],
  ])('%j on %j is %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  it('looks only at its part of the text', () => {
    const glob = compileGlob(globTokens('b*d'))
    expect(globMatches(glob, 'abcde', 1, 4)).toBe(true)
    expect(globMatches(glob, 'abcde', 1, 5)).toBe(false)
    expect(globMatches(compileGlob(globTokens('*cd*')), 'abcde', 0, 3)).toBe(false)
  })

  it('takes memory and time in proportion to its length, also for a text of many different characters', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => String.fromCharCode(0x4e00 + i)).join('')
    const bytesBefore = process.memoryUsage().arrayBuffers
    const glob = compileGlob(globTokens(`*${text}?*`))
    expect(process.memoryUsage().arrayBuffers - bytesBefore).toBeLessThan(5_000_000)
    expect(globMatches(glob, `x${text}yz`)).toBe(true)
    expect(globMatches(glob, `x${text}`)).toBe(false)
  })

  it('agrees with the definition where a segment is longer than a word of the automaton', () => {
    const letters = (...units: string[]) => fc.string({ unit: fc.constantFrom(...units), minLength: 30, maxLength: 80 })
    const pattern = letters('a', 'a', 'a', 'b', 'c', '?').map((segment) => `*${segment}?*`)
    fc.assert(
      fc.property(pattern, letters('a', 'b', 'c'), letters('a', 'b'), (p, before, after) => {
        const hit = before + p.slice(1, -1).replaceAll('?', 'b') + after
        const miss = before + p.slice(1, -1).replaceAll('?', 'b').slice(1) + after
        return [hit, miss].every((text) => matches(p, text) === matchesByDefinition(p, text))
      }),
      { numRuns: 200 },
    )
  })

  it('agrees with the definition', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 12 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 24 })
    fc.assert(
      fc.property(pattern, text, (p, t) => matches(p, t) === matchesByDefinition(p, t)),
      { numRuns: 3000 },
    )
  })

  it('agrees with the definition where segments are longer than a machine word', () => {
    const segment = fc.string({ unit: fc.constantFrom('a', 'a', 'a', 'b', '?'), minLength: 30, maxLength: 70 })
    const text = fc.string({ unit: fc.constantFrom('a', 'a', 'a', 'a', 'b'), maxLength: 50 })
    fc.assert(
      fc.property(segment, text, text, (s, before, after) => {
        const within = before + s.replaceAll('?', 'b') + after
        for (const p of [`*${s}*`, `*${s}*b`, `a*${s.replaceAll('?', 'a')}*`]) {
          if (matches(p, within) !== matchesByDefinition(p, within)) return false
        }
        return matches(`*${s}*`, within)
      }),
      { numRuns: 500 },
    )
  })

  const length = 100_000
  it.each([
    ['many stars', '*a'.repeat(50_000).concat('*b'), 'a'.repeat(length)],
    ['a long needle that fails at its end', `*${'a'.repeat(50_000)}b*`, 'a'.repeat(length)],
    [
      'a long needle that fails in its middle',
      `*${'a'.repeat(25_000)}b${'a'.repeat(25_000)}*`,
      `${'a'.repeat(24_999)}b`.repeat(4),
    ],
    ['needles that nearly stand everywhere', '*aaaaaaaab'.repeat(2000).concat('*'), 'a'.repeat(length)],
    ['question marks', `${'*a?a?a?b'.repeat(2000)}*`, 'a'.repeat(length)],
  ])('takes time in proportion to the text: %s', (_name, pattern, text) => {
    const glob = compileGlob(globTokens(pattern))
    const started = performance.now()
    expect(globMatches(glob, text)).toBe(false)
    // A matcher that goes back needs seconds and more for each of these.
    expect(performance.now() - started).toBeLessThan(250)
  })
})
