import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EvaluationResult, ResourceSpecificResult, SimulatePolicyResponse, Statement } from '@aws-sdk/client-iam'
import { AwsError } from '../../../aws/aws-error.ts'
import { INVALID_INPUT } from '../../../aws/error-codes.ts'
import {
  type ContextValue,
  type Decision,
  type Explanation,
  explain,
  type PolicyLayer,
  type PolicySets,
  type RequestPrincipal,
  type ServiceAuthorization,
  type StatementExplanation,
} from '../../../policy/index.ts'
import { type PageRequest, pageOf } from '../pagination.ts'
import { EVERY_RESOURCE, resourceTemplate } from './resource-template.ts'
import { type SimulatedPolicy, statementPositions } from './simulated-policy.ts'

/** What is simulated: the same questions to the same engine that real calls meet. */
export interface Simulation {
  readonly principal: SimulatedPrincipal
  readonly identity: readonly SimulatedPolicy[]
  readonly boundary: SimulatedPolicy | undefined
  readonly resourcePolicy: SimulatedPolicy | undefined
  /** One entry a level, root first. */
  readonly serviceControl: readonly (readonly SimulatedPolicy[])[] | undefined
  readonly actions: readonly string[]
  /** ARNs, or `*` alone. */
  readonly resources: readonly string[]
  /** Account that owns the resources whose ARNs do not say. */
  readonly resourceOwner: string | undefined
  readonly context: ReadonlyMap<string, ContextValue>
}

export type SimulatedPrincipal = Extract<RequestPrincipal, { readonly type: 'user' | 'role' }>

/**
 * Statements asked for one page, and for one action: simulations are for everybody who may call them, and other calls shall not
 * wait for one. Our own limits; a page that would take more has fewer results, which the API reference announces.
 */
const STATEMENTS_A_PAGE_MAX = 50_000
const STATEMENTS_AN_ACTION_MAX = 500_000
const MAX_ITEMS_DEFAULT = 100

/** Runs one page of a simulation. @throws AwsError `InvalidInput`, `ValidationError` */
export async function runSimulation(
  simulation: Simulation,
  page: PageRequest,
  authorization: ServiceAuthorization,
): Promise<SimulatePolicyResponse> {
  const statements = policiesOf(simulation).reduce((sum, { compiled }) => sum + compiled.statements.length, 1)
  const work = statements * simulation.resources.length
  if (work > STATEMENTS_AN_ACTION_MAX) {
    throw new AwsError(INVALID_INPUT, 'There are too many resources for so many statements. Simulate fewer at a time.')
  }
  const fitting = Math.max(1, Math.floor(STATEMENTS_A_PAGE_MAX / work))
  const MaxItems = Math.min(page.MaxItems ?? MAX_ITEMS_DEFAULT, fitting)
  const { entries, end } = await pageOf('simulation', { Marker: page.Marker, MaxItems }, simulation.actions)
  const results: EvaluationResult[] = []
  for (const action of entries) results.push(await simulateAction(simulation, action, authorization))
  return { EvaluationResults: results, ...end }
}

function policiesOf(simulation: Simulation): readonly SimulatedPolicy[] {
  const { identity, boundary, resourcePolicy, serviceControl = [] } = simulation
  return [...identity, ...[boundary, resourcePolicy].filter((policy) => policy !== undefined), ...serviceControl.flat()]
}

/** Other calls get their turn between two resources. */
async function simulateAction(
  simulation: Simulation,
  action: string,
  authorization: ServiceAuthorization,
): Promise<EvaluationResult> {
  const results: SimulatedResult[] = []
  for (const resource of simulation.resources) {
    results.push(simulateResource(simulation, action, resource))
    await nextTurn()
  }
  const decision = mostRestrictive(results.map((one) => one.decision))
  const [first = EVERY_RESOURCE] = simulation.resources
  const isEverything = first === EVERY_RESOURCE
  const organizations = simulation.serviceControl && results.every((one) => one.allowedByOrganizations)
  return {
    EvalActionName: action,
    EvalResourceName: resourceTemplate(authorization, action, first),
    EvalDecision: decision,
    MatchedStatements: distinct(results.filter((one) => one.decision === decision).flatMap((one) => one.matched)),
    MissingContextValues: [...new Set(results.flatMap((one) => one.missing))],
    OrganizationsDecisionDetail: organizations === undefined ? undefined : { AllowedByOrganizations: organizations },
    PermissionsBoundaryDecisionDetail: boundaryDetail(simulation, results),
    EvalDecisionDetails: organizations === false ? undefined : joinedDetails(results),
    ResourceSpecificResults: isEverything ? undefined : results.map((one) => resourceResult(simulation, one)),
  }
}

/** What came out for one action on one resource. */
interface SimulatedResult {
  readonly resource: string
  readonly decision: Decision['decision']
  readonly matched: readonly Statement[]
  readonly missing: readonly string[]
  readonly allowedByBoundary: boolean
  readonly allowedByOrganizations: boolean
  /** Undefined for `*`, empty inside one account. */
  readonly details: Readonly<Record<string, Decision['decision']>> | undefined
}

function simulateResource(simulation: Simulation, action: string, resource: string): SimulatedResult {
  const { principal, context } = simulation
  const resourceAccount = ownerOf(simulation, resource)
  const sets = policySets(simulation, action, resource)
  const explanation = explain({ principal, action, resource, resourceAccount, context }, sets)
  const allows = (layer: PolicyLayer) =>
    explanation.layers.filter((one) => one.layer === layer).every(({ effect }) => effect === 'allow')
  return {
    resource,
    decision: explanation.decision,
    matched: matchedStatements(simulation, explanation),
    missing: missingContextValues(explanation),
    allowedByBoundary: allows('boundary'),
    allowedByOrganizations: allows('service-control'),
    details: decisionDetails(explanation, resource, resourceAccount !== principal.accountId),
  }
}

/** An ARN names its owner, unless it is of a service whose names are unique everywhere. Without a resource policy only the caller's side is simulated. */
function ownerOf({ principal, resourcePolicy, resourceOwner }: Simulation, resource: string): string {
  const named = resource.split(':')[4] ?? ''
  const owner = /^\d{12}$/.test(named) ? named : resourceOwner
  const isSided = resourcePolicy !== undefined || resourceOwner !== undefined
  return isSided && owner !== undefined ? owner : principal.accountId
}

/** Actions whose resource policy is a role's trust policy. AWS's simulators do not look at one; ours judge it as STS does. */
const TRUST_ACTION = /^sts:(?:assumerole|tagsession|setsourceidentity|setcontext)/i
const ROLE_ARN = /^arn:[^:]+:iam::\d{12}:role\//

function policySets(simulation: Simulation, action: string, resource: string): PolicySets {
  const { identity, boundary, resourcePolicy, serviceControl } = simulation
  const compiled = (policies: readonly SimulatedPolicy[]) => policies.map((policy) => policy.compiled)
  const isTrust = resourcePolicy !== undefined && TRUST_ACTION.test(action) && ROLE_ARN.test(resource)
  return {
    identity: compiled(identity),
    boundary: boundary && [boundary.compiled],
    resource: resourcePolicy?.compiled,
    resourceKind: isTrust ? 'trust' : 'resource',
    serviceControl: serviceControl?.map(compiled),
  }
}

/** Layers whose statements the answer names; the model leaves those of service control policies out. */
const NAMED_LAYERS: readonly PolicyLayer[] = ['identity', 'resource', 'boundary']

/** For an explicit deny the statements that deny; for what is allowed those that allow. A boundary's Allow grants nothing. */
function matchedStatements(simulation: Simulation, { decision, statements }: Explanation): readonly Statement[] {
  const policies = new Map(policiesOf(simulation).map((policy) => [policy.compiled.source, policy]))
  const isDecisive = ({ layer, effect, matched }: StatementExplanation) => {
    if (!matched || !NAMED_LAYERS.includes(layer)) return false
    if (decision === 'explicitDeny') return effect === 'Deny'
    return decision === 'allowed' && effect === 'Allow' && layer !== 'boundary'
  }
  return statements.filter(isDecisive).flatMap(({ policy, range }) => {
    const source = policies.get(policy)
    if (source === undefined) return []
    // The model's enum has other names; these are the ones that AWS answers (recorded).
    const type = source.type as NonNullable<Statement['SourcePolicyType']>
    return [{ SourcePolicyId: source.id, SourcePolicyType: type, ...statementPositions(source, range) }]
  })
}

/** Keys that would have been read: of statements about this action, this resource and this caller. */
function missingContextValues({ statements }: Explanation): readonly string[] {
  const isAsked = ({ layer, elements }: StatementExplanation) =>
    NAMED_LAYERS.includes(layer) &&
    elements.every(({ element, matched, resolved }) => {
      return matched || element === 'Condition' || (element.endsWith('Resource') && resolved?.includes(null) === true)
    })
  return [...new Set(statements.filter(isAsked).flatMap((one) => one.missingContextKeys))]
}

const DETAIL_LAYERS = { identity: 'IAM Policy', boundary: 'Permissions Boundary Policy', resource: 'Resource Policy' }
const DETAIL_DECISIONS = { allow: 'allowed', deny: 'explicitDeny', none: 'implicitDeny' } as const

function decisionDetails(
  { layers }: Explanation,
  resource: string,
  isCrossAccount: boolean,
): SimulatedResult['details'] {
  if (resource === EVERY_RESOURCE) return undefined
  if (!isCrossAccount) return {}
  const details = Object.entries(DETAIL_LAYERS).flatMap(([layer, name]) => {
    const found = layers.find((one) => one.layer === layer)
    return found === undefined ? [] : [[name, DETAIL_DECISIONS[found.effect]] as const]
  })
  return Object.fromEntries(details)
}

function joinedDetails(results: readonly SimulatedResult[]): SimulatedResult['details'] {
  const given = results.flatMap(({ details }) => (details === undefined ? [] : [details]))
  if (given.length === 0) return undefined
  const names = [...new Set(given.flatMap((details) => Object.keys(details)))]
  const decisionsOf = (name: string) => given.flatMap((details) => details[name] ?? [])
  return Object.fromEntries(names.map((name) => [name, mostRestrictive(decisionsOf(name))]))
}

function mostRestrictive(decisions: readonly Decision['decision'][]): Decision['decision'] {
  if (decisions.includes('explicitDeny')) return 'explicitDeny'
  return decisions.includes('implicitDeny') ? 'implicitDeny' : 'allowed'
}

function boundaryDetail({ boundary }: Simulation, results: readonly SimulatedResult[]) {
  if (boundary === undefined) return undefined
  return { AllowedByPermissionsBoundary: results.every((one) => one.allowedByBoundary) }
}

function resourceResult(simulation: Simulation, result: SimulatedResult): ResourceSpecificResult {
  return {
    EvalResourceName: result.resource,
    EvalResourceDecision: result.decision,
    MatchedStatements: [...result.matched],
    MissingContextValues: [...result.missing],
    EvalDecisionDetails: result.allowedByOrganizations ? result.details : undefined,
    PermissionsBoundaryDecisionDetail: boundaryDetail(simulation, [result]),
  }
}

function distinct(statements: readonly Statement[]): Statement[] {
  return [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()]
}
