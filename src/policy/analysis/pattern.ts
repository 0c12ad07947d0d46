import { compileGlob, globMatches, globTokens } from '../match/glob.ts'

/** Work that two patterns may cost when they are compared: the product of their lengths. Beyond it the answer is "may be". */
const COMPARISON_CELLS_MAX = 1_000_000

/**
 * Does the outer pattern match everything that the inner one matches? Both have `*` and `?`.
 * Sound, not complete: true is proved; false also where the outer pattern has a `?` that a `*` of the inner one could fall on.
 */
export function patternCovers(outer: string, inner: string): boolean {
  if (outer === '*' || outer === inner) return true
  // A `*` of the inner pattern is one character here: no literal of the outer one equals it, so only a wildcard takes it, and a `?` must not.
  if (outer.includes('?') && inner.includes('*')) return false
  // Most pairs differ at their beginning: no need to compile the pattern.
  if (!inner.startsWith(literalStart(outer))) return false
  return globMatches(compileGlob(globTokens(outer)), inner)
}

/** Can one text match both patterns? False is proved; true also where the patterns are too long to tell. */
export function patternsMayMeet(one: string, other: string): boolean {
  if (one === '*' || other === '*' || one === other) return true
  if (!literalEndsMeet(one, other)) return false
  if (!hasWildcard(one)) return globMatches(compileGlob(globTokens(other)), one)
  if (!hasWildcard(other)) return globMatches(compileGlob(globTokens(one)), other)
  return one.length * other.length > COMPARISON_CELLS_MAX || wildcardsMeet(one, other)
}

export function hasWildcard(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('?')
}

/** What stands in front of the first wildcard, and behind the last, has to agree as far as both have it. */
function literalEndsMeet(one: string, other: string): boolean {
  const [start, otherStart] = [literalStart(one), literalStart(other)]
  const starts = Math.min(start.length, otherStart.length)
  if (start.slice(0, starts) !== otherStart.slice(0, starts)) return false
  const [end, otherEnd] = [literalEnd(one), literalEnd(other)]
  const ends = Math.min(end.length, otherEnd.length)
  return end.slice(end.length - ends) === otherEnd.slice(otherEnd.length - ends)
}

function literalStart(pattern: string): string {
  const wildcard = pattern.search(/[*?]/)
  return wildcard < 0 ? pattern : pattern.slice(0, wildcard)
}

function literalEnd(pattern: string): string {
  const wildcard = Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('?'))
  return pattern.slice(wildcard + 1)
}

/** Can what is left of both patterns, from each pair of places on, match one text? Filled from the ends, a row at a time. */
function wildcardsMeet(one: string, other: string): boolean {
  let below = lastRow(other)
  for (let i = one.length - 1; i >= 0; i--) {
    const row = new Array<boolean>(other.length + 1)
    row[other.length] = one[i] === '*' && below[other.length] === true
    for (let j = other.length - 1; j >= 0; j--)
      row[j] = placesMeet(one[i], other[j], row[j + 1], below[j], below[j + 1])
    below = row
  }
  return below[0] === true
}

function lastRow(other: string): boolean[] {
  const row = new Array<boolean>(other.length + 1)
  row[other.length] = true
  for (let j = other.length - 1; j >= 0; j--) row[j] = other[j] === '*' && row[j + 1] === true
  return row
}

function placesMeet(
  character: string | undefined,
  otherCharacter: string | undefined,
  right = false,
  below = false,
  diagonal = false,
): boolean {
  if (character === '*' || otherCharacter === '*') return right || below || diagonal
  return diagonal && (character === '?' || otherCharacter === '?' || character === otherCharacter)
}
