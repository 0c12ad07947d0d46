import type { PolicyDocument } from '../document/document.ts'
import {
  comparisonsOf,
  type PolicySet,
  partsOf,
  policySet,
  type StatementSet,
  statementCovers,
  statementsMayMeet,
} from './statement-set.ts'

/** The answer of a check. It passes only where that is proved. */
export interface AccessCheck {
  readonly passes: boolean
  /** Places of the statements that did not pass, in order. */
  readonly statements: readonly number[]
}

/** Values that one check may hold against each other: about a second. Where that is not enough to prove it, a statement does not pass. */
const COMPARISONS_MAX = 2_000_000

export class Comparisons {
  #left = COMPARISONS_MAX

  /** @returns false where the work is used up */
  take(count: number): boolean {
    this.#left -= count
    return this.#left >= 0
  }
}

/**
 * Does the new policy allow nothing that the existing one does not, each taken alone?
 *
 * A statement that allows passes where each part of it (one action, resource and principal, under its conditions)
 * - is in a statement of the existing policy that allows: patterns by inclusion, principals by name, conditions by the same operator and
 *   key with values that leave at least as much; and every Deny of the existing policy that may touch it stands in the new one too,
 *   as wide or wider; or
 * - is in a Deny of the new policy.
 * Anything cleverer (numbers, dates and address ranges inside each other, several statements that allow a pattern only together) is not
 * proved, and does not pass.
 */
export function checkNoNewAccess(newPolicy: PolicyDocument, existingPolicy: PolicyDocument): AccessCheck {
  const [after, before] = [policySet(newPolicy), policySet(existingPolicy)]
  const comparisons = new Comparisons()
  return checkOf(after.allows.filter((statement) => !isInside(statement, after, before, comparisons)))
}

function isInside(statement: StatementSet, after: PolicySet, before: PolicySet, comparisons: Comparisons): boolean {
  if (isPartInside(statement, after, before, comparisons)) return true
  for (const part of partsOf(statement)) if (!isPartInside(part, after, before, comparisons)) return false
  return true
}

function isPartInside(part: StatementSet, after: PolicySet, before: PolicySet, comparisons: Comparisons): boolean {
  const covers = (outer: StatementSet): boolean =>
    comparisons.take(comparisonsOf(outer, part)) && statementCovers(outer, part)
  if (after.denies.some(covers)) return true
  if (!before.allows.some(covers)) return false
  return before.denies.every((deny) => {
    if (!comparisons.take(comparisonsOf(deny, part))) return false
    if (deny.isEvaluable && !statementsMayMeet(deny, part)) return true
    if (!deny.isEvaluable) return false
    return after.denies.some((kept) => comparisons.take(comparisonsOf(kept, deny)) && statementCovers(kept, deny))
  })
}

/** Actions on resources; an absent list stands for all of them. */
export interface Access {
  readonly actions?: readonly string[]
  readonly resources?: readonly string[]
}

/**
 * Does the policy, taken alone, allow none of the accesses? A statement that allows passes where none of its actions can be one of the
 * access, or none of its resources, or a Deny whose conditions the statement's imply covers what they share. Its own conditions do not
 * make it pass: they can be met.
 */
export function checkAccessNotGranted(policy: PolicyDocument, accesses: readonly Access[]): AccessCheck {
  const { allows, denies } = policySet(policy)
  const comparisons = new Comparisons()
  return checkOf(allows.filter((allow) => accesses.some((access) => mayGrant(allow, access, denies, comparisons))))
}

function mayGrant(
  allow: StatementSet,
  { actions = ['*'], resources = ['*'] }: Access,
  denies: readonly StatementSet[],
  comparisons: Comparisons,
): boolean {
  const wanted = (action: string, resource: string): StatementSet => ({
    ...allow,
    action: { negated: false, values: [action.toLowerCase()] },
    resource: { negated: false, values: [{ text: resource, hasVariables: false }] },
  })
  // What cannot be of the statement at all is sorted out before its combinations are looked at.
  const meets = (one: StatementSet): boolean => !comparisons.take(comparisonsOf(allow, one)) || mayTouch(allow, one)
  const touched = actions.filter((action) => meets(wanted(action, '*')))
  if (touched.length === 0) return false
  const touchedResources = resources.filter((resource) => meets(wanted('*', resource)))
  return touched.some((action) =>
    touchedResources.some((resource) => !isDenied(allow, wanted(action, resource), denies, comparisons)),
  )
}

function mayTouch(allow: StatementSet, wanted: StatementSet): boolean {
  return allow.action !== undefined && allow.resource !== undefined && statementsMayMeet(allow, wanted)
}

/** What the two share is in each of them: a Deny may cover either's actions, and either's resources. */
function isDenied(
  allow: StatementSet,
  wanted: StatementSet,
  denies: readonly StatementSet[],
  comparisons: Comparisons,
): boolean {
  const shapes = [
    wanted,
    { ...wanted, action: allow.action },
    { ...wanted, resource: allow.resource },
    { ...wanted, action: allow.action, resource: allow.resource },
  ]
  return denies.some((deny) =>
    shapes.some((shape) => comparisons.take(comparisonsOf(deny, shape)) && statementCovers(deny, shape)),
  )
}

export function checkOf(failed: readonly StatementSet[]): AccessCheck {
  return { passes: failed.length === 0, statements: failed.map(({ index }) => index) }
}
