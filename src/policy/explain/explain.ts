import { type CompiledPolicy, singlePolicies } from '../compile.ts'
import { evaluate, hasOwnPolicies, isServiceLinkedRole, needsNoPermission } from '../evaluate.ts'
import { GRANT, type Grant } from '../match/principal.ts'
import type { AccessRequest, Policies, PolicyLayer, PolicySets } from '../request.ts'
import { type AskedStatement, explainElements, grantOf, rangeOf, variablesOf } from './element.ts'
import type { Explanation, LayerExplanation, StatementExplanation } from './explanation.ts'
import { findNearMisses } from './near-miss.ts'
import { explanationSentence } from './sentence.ts'

/**
 * Says why `evaluate` decides a request as it does. Asks the same compiled policies once more, statement by statement, so it costs what a decision
 * never should: not for the hot path. Work is linear in the policies' text for each value of the request.
 */
export function explain(request: AccessRequest, sets: PolicySets): Explanation {
  const decision = evaluate(request, sets)
  const given = layersOf(sets)
  const explained = given.map((one) => ({
    ...one,
    statements: explainStatements(one, request, sets.boundary !== undefined),
  }))
  const layers = explainLayers(request, sets, explained)
  const statements = explained.flatMap((one) => one.statements)
  const parts = { layers, statements }
  const nearMisses = decision.decision === 'implicitDeny' ? findNearMisses(request, decision, sets, parts) : []
  return {
    ...decision,
    layers,
    statements,
    missingContextKeys: distinctKeys(statements.flatMap((one) => one.missingContextKeys)),
    nearMisses,
    sentence: explanationSentence(request, sets, decision, { ...parts, nearMisses }),
  }
}

interface GivenLayer {
  readonly layer: PolicyLayer
  readonly level?: number
  readonly policies: readonly CompiledPolicy[]
}

/** In the order in which a missing Allow is looked for. */
function layersOf(sets: PolicySets): readonly GivenLayer[] {
  const { endpoint, resourceControl, serviceControl, resource, identity, boundary, session } = sets
  const one = (layer: PolicyLayer, policies: Policies | undefined): readonly GivenLayer[] =>
    policies ? [{ layer, policies: singlePolicies(policies) }] : []
  const levels = (layer: PolicyLayer, given: readonly Policies[] = []): readonly GivenLayer[] =>
    given.map((policies, level) => ({ layer, level, policies: singlePolicies(policies) }))
  return [
    ...one('endpoint', endpoint),
    ...levels('resource-control', resourceControl),
    ...levels('service-control', serviceControl),
    ...one('resource', resource && [resource]),
    ...one('identity', identity),
    ...one('boundary', boundary),
    ...one('session', session),
  ]
}

function explainStatements(
  { layer, level, policies }: GivenLayer,
  request: AccessRequest,
  hasBoundary: boolean,
): readonly StatementExplanation[] {
  return policies.flatMap((policy) =>
    policy.statements.map((statement) => explainStatement({ request, layer, policy, statement, hasBoundary }, level)),
  )
}

const GRANT_NAMES: Readonly<Record<Grant, StatementExplanation['grant']>> = {
  [GRANT.direct]: 'direct',
  [GRANT.role]: 'role',
  [GRANT.account]: 'account',
  [GRANT.none]: undefined,
}

function explainStatement(asked: AskedStatement, level: number | undefined): StatementExplanation {
  const { layer, policy, statement } = asked
  const elements = explainElements(asked)
  const matched = elements.every((element) => element.matched)
  return {
    layer,
    level,
    policy: policy.source,
    index: statement.index,
    sid: statement.statement.sid?.value,
    range: rangeOf(statement.statement.span),
    effect: statement.isDeny ? 'Deny' : 'Allow',
    matched,
    grant: matched && statement.principal ? GRANT_NAMES[grantOf(asked)] : undefined,
    elements,
    missingContextKeys: missingKeys(asked),
  }
}

function missingKeys(asked: AskedStatement): readonly string[] {
  const { context } = asked.request
  const isMissing = (key: string): boolean => {
    const value = context.get(key.toLowerCase())
    return value === undefined || (typeof value !== 'string' && value.length === 0)
  }
  const ofConditions = asked.statement.statement.condition.map(({ key }) => key.value)
  return distinctKeys([...ofConditions, ...variablesOf(asked).map(({ name }) => name)].filter(isMissing))
}

/** Each once, as first spelled: keys compare without case. */
function distinctKeys(keys: readonly string[]): readonly string[] {
  const distinct = new Map<string, string>()
  for (const key of keys) if (!distinct.has(key.toLowerCase())) distinct.set(key.toLowerCase(), key)
  return [...distinct.values()]
}

interface ExplainedLayer extends GivenLayer {
  readonly statements: readonly StatementExplanation[]
}

function explainLayers(
  request: AccessRequest,
  sets: PolicySets,
  explained: readonly ExplainedLayer[],
): readonly LayerExplanation[] {
  const needed = neededLayers(request, sets, explained)
  const layers = explained.map(({ layer, level, policies, statements }): LayerExplanation => {
    const applies = appliesTo(layer, request)
    return {
      layer,
      level,
      policies: policies.map(({ source }) => source),
      applies,
      effect: applies ? effectOf(statements) : 'none',
      needed: needed.has(layer),
    }
  })
  const absent = [...needed].filter((layer) => !explained.some((one) => one.layer === layer))
  return [
    ...layers,
    ...absent.map((layer): LayerExplanation => ({ layer, policies: [], applies: true, effect: 'none', needed: true })),
  ].toSorted((a, b) => ORDER.indexOf(a.layer) - ORDER.indexOf(b.layer))
}

const ORDER: readonly PolicyLayer[] = [
  'endpoint',
  'resource-control',
  'service-control',
  'resource',
  'identity',
  'boundary',
  'session',
]

function appliesTo(layer: PolicyLayer, { principal }: AccessRequest): boolean {
  if (layer === 'service-control') return hasOwnPolicies(principal) && !isServiceLinkedRole(principal)
  return layer !== 'resource-control' || !isServiceLinkedRole(principal)
}

function effectOf(statements: readonly StatementExplanation[]): LayerExplanation['effect'] {
  const matched = statements.filter((one) => one.matched)
  if (matched.some(({ effect }) => effect === 'Deny')) return 'deny'
  return matched.length > 0 ? 'allow' : 'none'
}

/** The layers that had to allow, as `evaluate` has them. */
function neededLayers(
  request: AccessRequest,
  sets: PolicySets,
  explained: readonly ExplainedLayer[],
): ReadonlySet<PolicyLayer> {
  const { principal } = request
  if (needsNoPermission(request)) return new Set()
  const needed = new Set<PolicyLayer>(sets.endpoint ? ['endpoint'] : [])
  if (!hasOwnPolicies(principal)) return needed.add('resource')
  if (sets.serviceControl?.length && !isServiceLinkedRole(principal)) needed.add('service-control')
  const isSameAccount = principal.accountId === request.resourceAccount
  if (!isSameAccount || sets.resourceKind === 'trust') needed.add('resource')
  const grants = explained
    .filter(({ layer }) => layer === 'resource')
    .flatMap(({ statements }) => statements.flatMap((one) => (one.effect === 'Allow' ? (one.grant ?? []) : [])))
  if (isSameAccount && grants.includes('direct')) return needed
  const isGranted = isSameAccount && grants.includes('role')
  if (!isGranted && principal.type !== 'root') needed.add('identity')
  if (sets.boundary) needed.add('boundary')
  if (sets.session || principal.type === 'federated-user') needed.add('session')
  return needed
}
