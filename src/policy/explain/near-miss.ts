import type { AccessRequest, Decision, PolicyLayer, PolicySets } from '../request.ts'
import { isOfSameService } from './action-diagnosis.ts'
import type { ElementExplanation, LayerExplanation, NearMiss, StatementExplanation } from './explanation.ts'
import { nearMissSentence } from './sentence.ts'

/** Near misses that are told. */
const NEAR_MISSES_MAX = 3

/**
 * The Allow statements that fail in the fewest elements, in the layer that lacks an Allow and, where the resource's own policy could have allowed as
 * well, in that one.
 */
export function findNearMisses(
  request: AccessRequest,
  { layer }: Decision,
  { resourceKind }: PolicySets,
  parts: { readonly layers: readonly LayerExplanation[]; readonly statements: readonly StatementExplanation[] },
): readonly NearMiss[] {
  const closed = parts.layers.filter(({ needed, effect }) => needed && effect !== 'allow')
  const [first] = closed
  const isAsked = (one: StatementExplanation): boolean =>
    (one.layer === layer && one.level === first?.level) ||
    (one.layer === 'resource' && layer === 'identity' && resourceKind !== 'trust')
  const misses = parts.statements
    .filter((one) => one.effect === 'Allow' && !one.matched && isAsked(one))
    .map((statement) => ({ statement, failed: statement.elements.filter(({ matched }) => !matched) }))
    .filter(({ failed }) => failed.every(isNear))
  const fewest = Math.min(...misses.map(({ failed }) => failed.length))
  return misses
    .filter(({ failed }) => failed.length === fewest)
    .toSorted((a, b) => distance(a.failed) - distance(b.failed))
    .slice(0, NEAR_MISSES_MAX)
    .map(({ statement, failed }) => nearMiss(request, statement, failed, closed))
}

function nearMiss(
  request: AccessRequest,
  statement: StatementExplanation,
  failed: readonly ElementExplanation[],
  closed: readonly LayerExplanation[],
): NearMiss {
  const { layer, level, policy, index, sid, range } = statement
  const place = { layer, level, policy, index, sid, range }
  const alsoClosed: readonly PolicyLayer[] = [...new Set(closed.slice(1).map((one) => one.layer))]
  return { ...place, failed, alsoClosed, sentence: nearMissSentence(request, place, failed, alsoClosed) }
}

/** A statement about the actions of another service has nothing to do with the request. */
function isNear({ element, expected, presented, fix }: ElementExplanation): boolean {
  if (element !== 'Action') return true
  return fix !== undefined || expected.some((value) => isOfSameService(value, presented[0] ?? ''))
}

/** Among statements that fail in equally many elements: a condition is nearer than a resource, a likely slip nearer than what somebody meant. */
function distance(failed: readonly ElementExplanation[]): number {
  return failed.reduce(
    (sum, { element, fix }) => sum + (element === 'Condition' ? 1 : 2) - (fix && fix.change !== 'add' ? 0.5 : 0),
    0,
  )
}
