import { hasWildcard, patternCovers } from '../../analysis/pattern.ts'
import type { PlacedText } from '../policy-tree.ts'
import type { LintContext } from '../rule.ts'

/** A value that covers others, with them, in the order of the text. */
export interface RedundantGroup {
  readonly members: readonly PlacedText[]
  /** The one that says most precisely what the covering value says already. */
  readonly example: PlacedText
}

/**
 * Groups the values of a list that another value of it covers, each with the first value that does.
 * Equal values are one group; a list that would take too long to compare has none.
 */
export function redundantGroups(
  values: readonly PlacedText[],
  comparable: (text: string) => string,
  { budget }: LintContext,
): readonly RedundantGroup[] {
  const texts = values.map(({ text }) => comparable(text).replace(/\*+/g, '*'))
  const patterns = [...new Set(texts.filter(hasWildcard))]
  if (!budget.take(unitsOf(patterns, texts))) return []
  const firstOf = new Map<string, number>()
  for (const [index, text] of texts.entries()) if (!firstOf.has(text)) firstOf.set(text, index)
  const covers = new Map<number, number[]>()
  for (const [index, text] of texts.entries()) {
    const cover = widestCover(patterns, text) ?? text
    const coveredBy = firstOf.get(cover) ?? index
    if (coveredBy !== index) covers.set(coveredBy, [...(covers.get(coveredBy) ?? []), index])
  }
  return [...covers].map(([cover, covered]) => groupOf(values, cover, covered))
}

/** Characters of two texts that one unit of the budget pays for: a comparison reads both. */
const CHARACTERS_A_UNIT = 64

/** What holding every pattern against every text costs, long ones more than short ones. */
function unitsOf(patterns: readonly string[], texts: readonly string[]): number {
  const charactersOf = (list: readonly string[]): number => list.reduce((sum, text) => sum + text.length, 0)
  const characters = charactersOf(patterns) * texts.length + charactersOf(texts) * patterns.length
  return patterns.length * texts.length + Math.ceil(characters / CHARACTERS_A_UNIT)
}

/** A pattern that no other pattern covers, so that groups do not nest. */
function widestCover(patterns: readonly string[], text: string): string | undefined {
  let widest: string | undefined
  for (const pattern of patterns) {
    if (pattern !== text && patternCovers(pattern, text) && (widest === undefined || patternCovers(pattern, widest))) {
      widest = pattern
    }
  }
  return widest
}

function groupOf(values: readonly PlacedText[], cover: number, covered: readonly number[]): RedundantGroup {
  const at = (index: number): PlacedText => values[index] as PlacedText
  const redundant = covered.map(at)
  return {
    members: [cover, ...covered].sort((a, b) => a - b).map(at),
    example: redundant.reduce((longest, one) => (one.text.length > longest.text.length ? one : longest)),
  }
}
