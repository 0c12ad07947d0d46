import type { CompiledPolicy, CompiledStatement } from './compile.ts'
import { GRANT, type Grant } from './match/principal.ts'
import type {
  AccessRequest,
  Decision,
  MatchedStatement,
  Policies,
  PolicyLayer,
  PolicySets,
  RequestPrincipal,
} from './request.ts'
import { nextPlace } from './statement-index.ts'

/**
 * Decides a request as AWS does: an explicit deny anywhere ends it; then each layer that limits has to allow. Total: every request gets a decision.
 *
 * `matchedStatements` has every Deny that matched; for an allowed request the first Allow of each side that was needed.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(request: AccessRequest, sets: PolicySets): Decision {
  if (needsNoPermission(request)) return { decision: 'allowed', layer: 'identity', matchedStatements: [] }
  return findExplicitDeny(request, sets) ?? decideWithoutDeny(request, sets)
}

/** Allowed whatever the policies say, to whoever could be authenticated (API reference of GetCallerIdentity). */
const GET_CALLER_IDENTITY = 'sts:getcalleridentity'

export function needsNoPermission({ action, principal }: AccessRequest): boolean {
  return (
    action.length === GET_CALLER_IDENTITY.length &&
    action.toLowerCase() === GET_CALLER_IDENTITY &&
    principal.type !== 'anonymous'
  )
}

function findExplicitDeny(request: AccessRequest, sets: PolicySets): Decision | undefined {
  const { boundary, session, endpoint, resource, resourceControl, serviceControl } = sets
  const search: DenySearch = { request, hasBoundary: boundary !== undefined, found: undefined }
  if (resourceControl && !isServiceLinkedRole(request.principal)) {
    for (const level of resourceControl) searchDenies('resource-control', level, search)
  }
  // They are about the users and roles of the member accounts, so a service or a stranger is not under them.
  if (serviceControl && hasOwnPolicies(request.principal) && !isServiceLinkedRole(request.principal)) {
    for (const level of serviceControl) searchDenies('service-control', level, search)
  }
  if (endpoint) searchDenies('endpoint', endpoint, search)
  if (resource) searchDenies('resource', [resource], search)
  searchDenies('identity', sets.identity, search)
  if (boundary) searchDenies('boundary', boundary, search)
  if (session) searchDenies('session', session, search)
  const [first] = search.found ?? []
  return first && { decision: 'explicitDeny', layer: first.layer, matchedStatements: search.found ?? [] }
}

interface DenySearch {
  readonly request: AccessRequest
  readonly hasBoundary: boolean
  /** Absent as long as there are none: nearly always. */
  found: MatchedStatement[] | undefined
}

function searchDenies(layer: PolicyLayer, policies: Policies, search: DenySearch): void {
  const { request, hasBoundary } = search
  for (const { index } of policies) {
    const { deny } = index.aboutAction(request.action)
    if (deny === undefined) continue
    const about = index.aboutResource(request.resource)
    for (let place = nextPlace(deny, about, 0); place >= 0; place = nextPlace(deny, about, place + 1)) {
      const statement = index.statements[place]
      if (!statement || grantIn(layer, statement, request, hasBoundary) === GRANT.none) continue
      if (!matches(statement, request)) continue
      search.found ??= []
      search.found.push(matched(layer, statement))
    }
  }
}

function decideWithoutDeny(request: AccessRequest, sets: PolicySets): Decision {
  const { principal } = request
  if (sets.endpoint && !findAllow('endpoint', sets.endpoint, request)) return IMPLICIT_DENY.endpoint
  const named = findGrant(request, sets.resource)
  if (!hasOwnPolicies(principal)) return named ? allowed('resource', named.statement) : IMPLICIT_DENY.resource
  if (!serviceControlAllows(request, sets)) return IMPLICIT_DENY['service-control']
  if (principal.accountId !== request.resourceAccount || sets.resourceKind === 'trust') {
    if (!named) return IMPLICIT_DENY.resource
  }
  if (named && principal.accountId === request.resourceAccount && named.grant !== GRANT.account) {
    const limit = named.grant === GRANT.direct ? undefined : findLimit(request, sets)
    return limit ?? allowed('resource', named.statement)
  }
  return decideByIdentity(request, sets, named?.statement)
}

/** The caller's side has to allow; `delegation` is what the resource's side said. */
function decideByIdentity(
  request: AccessRequest,
  sets: PolicySets,
  delegation: MatchedStatement | undefined,
): Decision {
  const own = findAllow('identity', sets.identity, request)
  // The root user starts allowed (user guide, evaluation logic).
  if (!own && request.principal.type !== 'root') return IMPLICIT_DENY.identity
  return findLimit(request, sets) ?? allowed('identity', own, delegation)
}

/** The layers that only limit. @returns the implicit deny of the first that does not allow */
function findLimit(request: AccessRequest, { boundary, session }: PolicySets): Decision | undefined {
  if (boundary && !findAllow('boundary', boundary, request)) return IMPLICIT_DENY.boundary
  if (session ? !findAllow('session', session, request) : request.principal.type === 'federated-user') {
    // A federated user without session policies has what resource policies grant to its own ARN, and nothing else.
    return IMPLICIT_DENY.session
  }
  return undefined
}

/** Each level, from the root to the account, needs an Allow of its own. Resource control policies need none: RCPFullAWSAccess is always attached. */
function serviceControlAllows(request: AccessRequest, { serviceControl }: PolicySets): boolean {
  if (!serviceControl || isServiceLinkedRole(request.principal)) return true
  return serviceControl.every((level) => findAllow('service-control', level, request) !== undefined)
}

interface NamedBy {
  readonly grant: Grant
  readonly statement: MatchedStatement
}

/** The Allow of the resource's policy that names the caller most narrowly. */
function findGrant(request: AccessRequest, policy: CompiledPolicy | undefined): NamedBy | undefined {
  if (!policy) return undefined
  const { allow } = policy.index.aboutAction(request.action)
  if (allow === undefined) return undefined
  const about = policy.index.aboutResource(request.resource)
  let best: Grant = GRANT.none
  let by: CompiledStatement | undefined
  for (let place = nextPlace(allow, about, 0); place >= 0; place = nextPlace(allow, about, place + 1)) {
    const statement = policy.index.statements[place]
    const grant = statement ? grantIn('resource', statement, request, false) : GRANT.none
    if (!statement || grant >= best || !matches(statement, request)) continue
    best = grant
    by = statement
    if (best === GRANT.direct) break
  }
  return by && { grant: best, statement: matched('resource', by) }
}

function findAllow(layer: PolicyLayer, policies: Policies, request: AccessRequest): MatchedStatement | undefined {
  for (const { index } of policies) {
    const { allow } = index.aboutAction(request.action)
    if (allow === undefined) continue
    const about = index.aboutResource(request.resource)
    for (let place = nextPlace(allow, about, 0); place >= 0; place = nextPlace(allow, about, place + 1)) {
      const statement = index.statements[place]
      if (!statement || grantIn(layer, statement, request, false) === GRANT.none) continue
      if (matches(statement, request)) return matched(layer, statement)
    }
  }
  return undefined
}

/** Layers whose statements say whom they are about. */
export const NAMES_PRINCIPALS: Readonly<Record<PolicyLayer, boolean>> = {
  identity: false,
  resource: true,
  boundary: false,
  session: false,
  'service-control': false,
  'resource-control': true,
  endpoint: true,
}

/** A statement without Principal where one is needed, or with one where none may be, cannot be read: its Deny is for everybody, its Allow for nobody. */
export function grantIn(
  layer: PolicyLayer,
  statement: CompiledStatement,
  request: AccessRequest,
  hasBoundary: boolean,
): Grant {
  const { principal } = statement
  if ((principal !== undefined) !== NAMES_PRINCIPALS[layer]) return statement.isDeny ? GRANT.direct : GRANT.none
  return principal ? principal.grant(request.principal, hasBoundary) : GRANT.direct
}

function matches({ resource: element, conditions }: CompiledStatement, { resource, context }: AccessRequest): boolean {
  if (!element.matches(resource, context)) return false
  for (const condition of conditions) if (!condition.holds(context)) return false
  return true
}

type CallerWithPolicies = Extract<
  RequestPrincipal,
  { readonly type: 'root' | 'user' | 'role' | 'assumed-role' | 'federated-user' }
>

/** Others (services, web identities, anonymous) have nothing but what the resource's policy grants. */
export function hasOwnPolicies(principal: RequestPrincipal): principal is CallerWithPolicies {
  switch (principal.type) {
    case 'service':
    case 'federated':
    case 'canonical':
    case 'anonymous':
      return false
    default:
      return true
  }
}

/** Organizations' policies do not reach service-linked roles. */
export function isServiceLinkedRole(principal: RequestPrincipal): boolean {
  if (principal.type === 'assumed-role') return principal.roleArn.includes(':role/aws-service-role/')
  return principal.type === 'role' && principal.arn.includes(':role/aws-service-role/')
}

function matched(layer: PolicyLayer, { source, statement, index }: CompiledStatement): MatchedStatement {
  return { layer, source, sid: statement.sid?.value, index }
}

function allowed(layer: PolicyLayer, ...statements: readonly (MatchedStatement | undefined)[]): Decision {
  return { decision: 'allowed', layer, matchedStatements: statements.filter((statement) => statement !== undefined) }
}

const implicitDeny = (layer: PolicyLayer): Decision =>
  Object.freeze({ decision: 'implicitDeny', layer, matchedStatements: [] })

const IMPLICIT_DENY: Readonly<Record<PolicyLayer, Decision>> = {
  identity: implicitDeny('identity'),
  resource: implicitDeny('resource'),
  boundary: implicitDeny('boundary'),
  session: implicitDeny('session'),
  'service-control': implicitDeny('service-control'),
  'resource-control': implicitDeny('resource-control'),
  endpoint: implicitDeny('endpoint'),
}
