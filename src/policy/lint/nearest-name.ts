import type { WorkBudget } from './rule.ts'

/** Edits between two names up to which one may be a slip of the other. */
const EDITS_MAX = 2
/** Names longer than this are not compared. */
const NAME_CHARACTERS_MAX = 80
/** Suggestions cost more than other checks: a name of the policy is held against every name of a service. */
const UNITS_A_NAME = 4

/** @returns the name that is fewest edits away, the first of equals; undefined where none is near, or the budget is used up */
export function nearestName(name: string, known: Iterable<string>, budget: WorkBudget): string | undefined {
  if (name.length > NAME_CHARACTERS_MAX || name.length <= EDITS_MAX) return undefined
  let nearest: string | undefined
  let fewest = EDITS_MAX + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= fewest) continue
    if (!budget.take(UNITS_A_NAME)) return undefined
    const edits = editsBetween(name, candidate, fewest)
    if (edits < fewest) {
      nearest = candidate
      fewest = edits
    }
  }
  return nearest
}

/** Levenshtein distance, or `limit` where it is not less. */
function editsBetween(one: string, other: string, limit: number): number {
  let row = Array.from({ length: other.length + 1 }, (_, j) => j)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    let least = i
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)
      const edits = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
      next.push(edits)
      least = Math.min(least, edits)
    }
    if (least >= limit) return limit
    row = next
  }
  return Math.min(row[other.length] ?? limit, limit)
}
