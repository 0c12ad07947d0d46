import { assert } from '../aws/assert.ts'
import { AwsError } from '../aws/aws-error.ts'
import type { Caller } from '../aws/caller.ts'
import { INVALID_CLIENT_TOKEN_ID, MISSING_AUTHENTICATION_TOKEN } from '../aws/error-codes.ts'
import { type AccessRequest, type Decision, evaluate, type PolicySets, type RequestPrincipal } from '../policy/index.ts'
import type { Reads } from '../store/store.ts'
import type { AuthorizedCall, CallSource } from './authorized-call.ts'
import { type ContextFacts, requestContext } from './context/request-context.ts'
import { accessDenied } from './denials/denial.ts'
import type { Operation, Requirement } from './operation.ts'
import type { PrincipalPolicies, PrincipalPolicySource } from './policies/principal-policies.ts'
import type { BucketRecords } from './records/bucket-records.ts'
import type { RoleRecords } from './records/role-records.ts'

/** A decoded call, before any policy was asked. */
export interface DecodedCall<Input> {
  // biome-ignore lint/suspicious/noExplicitAny: what the operation answers and depends on does not matter to whether it is allowed
  readonly operation: Operation<Input, any, any>
  readonly input: Input
  readonly caller: Caller
  readonly accountId: string
  readonly region: string
  readonly requestId: string
  readonly now: number
  readonly source: CallSource
  /** Whether a resource policy may allow the call of an anonymous caller. */
  readonly admitsAnonymous: boolean
}

/** What a judgement needs to know of a call. */
type JudgedCall = Omit<DecodedCall<unknown>, 'operation' | 'input' | 'admitsAnonymous'>

export interface Authorization {
  readonly policies: PrincipalPolicySource
  readonly reads: Reads
  readonly roles: RoleRecords
  readonly buckets: BucketRecords
  /** Told of each judgement, for the audit event and for those who ask why. */
  readonly judged: (judgement: Judgement, evidence: Evidence) => void
}

export interface Judgement {
  readonly principal: RequestPrincipal
  readonly requirement: Requirement
  readonly decision: Decision
}

/** All that a decision came from, so that a denial can be explained. */
export interface Evidence {
  readonly request: AccessRequest
  readonly sets: PolicySets
  /** What the request's context is read from. */
  readonly facts: ContextFacts
  /** The web identity token that the caller has proven itself with. */
  readonly token: PresentedToken | undefined
}

/** The claims of a verified web identity token that say who its bearer is: the caller's own, so they may be told to the caller. */
export interface PresentedToken {
  readonly issuer: string
  readonly subject: string
  readonly audience: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** The pod that a projected service account token is bound to. */
  readonly pod: string | undefined
}

/**
 * Judges a call by every policy that applies to it. The only maker of an `AuthorizedCall`.
 *
 * @throws AwsError `MissingAuthenticationToken` for an unsigned call that needs a signature, `AccessDenied` for one that is not allowed
 */
export async function authorize<Input>(
  call: DecodedCall<Input>,
  authorization: Authorization,
): Promise<AuthorizedCall<Input>> {
  const { requires } = call.operation
  refuseUnsigned(call)
  if (requires.kind === 'allowed') {
    const { reads, roles, buckets } = authorization
    const requirements = await requires.requirements(call.input, { ...call, reads, roles, buckets })
    assert(requirements.length > 0, `${call.operation.name} requires something`)
    for (const requirement of requirements) refuseUnverifiedSession(call.caller, requirement)
    for (const requirement of requirements) {
      const decision = await judge(call, requirement, authorization)
      if (decision.decision !== 'allowed') throw accessDenied(call.caller, requirement, decision)
    }
  }
  const { operation: _, admitsAnonymous: __, ...authorizedCall } = call
  return authorizedCall as unknown as AuthorizedCall<Input>
}

/**
 * Refuses an anonymous caller of an operation that needs a signature. `authorize` does so too; who calls it before decoding
 * spares the stranger's input that work.
 *
 * @throws AwsError `MissingAuthenticationToken`
 */
export function refuseUnsigned({
  operation: { requires },
  caller,
  admitsAnonymous,
}: Pick<DecodedCall<never>, 'operation' | 'caller' | 'admitsAnonymous'>): void {
  if (caller.kind !== 'anonymous' || requires.kind === 'unsigned') return
  if (requires.kind === 'allowed' && admitsAnonymous) return
  throw new AwsError(MISSING_AUTHENTICATION_TOKEN, 'Request is missing Authentication Token')
}

/** What a handler may ask on behalf of the call that it answers. */
export interface CallAuthorization {
  /** One further question for the caller (for example one key of DeleteObjects). */
  isAllowed(requirement: Requirement): Promise<boolean>
  /** A question for a principal that proved itself to the handler: a web identity, judged by a role's trust policy. */
  isAllowedFor(principal: RequestPrincipal, requirement: Requirement, token: PresentedToken): boolean
}

export function callAuthorization(call: JudgedCall, authorization: Authorization): CallAuthorization {
  return {
    isAllowed: async (requirement) => (await judge(call, requirement, authorization)).decision === 'allowed',
    isAllowedFor: (principal, requirement, token) =>
      judgeBy({ own: NO_POLICIES, principal, caller: undefined, token }, call, requirement, authorization).decision ===
      'allowed',
  }
}

const NO_POLICIES: PrincipalPolicies = { identity: [], boundary: undefined, session: undefined, tags: new Map() }

async function judge(call: JudgedCall, requirement: Requirement, authorization: Authorization): Promise<Decision> {
  const { caller } = call
  const own = await authorization.policies.policiesOf(caller)
  return judgeBy(
    { own, principal: requestPrincipal(caller), caller, token: undefined },
    call,
    requirement,
    authorization,
  )
}

/** Who asks: with credentials (`caller`) or as a web identity (`token`). */
interface JudgedPrincipal {
  readonly own: PrincipalPolicies
  readonly principal: RequestPrincipal
  readonly caller: Caller | undefined
  readonly token: PresentedToken | undefined
}

function judgeBy(
  { own, principal, caller, token }: JudgedPrincipal,
  call: JudgedCall,
  requirement: Requirement,
  authorization: Authorization,
): Decision {
  const { action, resource, resourcePolicy } = requirement
  const resourceAccount = requirement.resourceAccount ?? call.accountId
  const facts: ContextFacts = {
    caller,
    action,
    federatedProvider: principal.type === 'federated' ? principal.provider : undefined,
    principalTags: own.tags,
    region: requestedRegion(action, call.region),
    source: call.source,
    now: call.now,
    resourceAccount,
    extra: requirement.context ?? {},
  }
  const { document, principalIds = {}, attachedTo = resource } = resourcePolicy ?? {}
  const sets: PolicySets = {
    identity: own.identity,
    boundary: own.boundary,
    session: own.session,
    resource:
      document === undefined ? undefined : authorization.policies.resourcePolicy(attachedTo, document, principalIds),
    resourceKind: resourcePolicy?.kind,
  }
  const request = { principal, action, resource, resourceAccount, context: requestContext(facts) }
  const decision = evaluate(request, sets)
  authorization.judged({ principal, requirement, decision }, { request, sets, facts, token })
  return decision
}

/**
 * `aws:RequestedRegion`. IAM's only endpoint is in us-east-1, whatever region a client signs for.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
 */
function requestedRegion(action: string, region: string): string {
  return action.startsWith('iam:') ? 'us-east-1' : region
}

/** The caller in the form that the policy engine compares principals with. */
export function requestPrincipal(caller: Caller): RequestPrincipal {
  switch (caller.kind) {
    case 'root':
      return { type: 'root', accountId: caller.accountId }
    case 'user':
      return { type: 'user', accountId: caller.accountId, arn: caller.arn, id: caller.uniqueId }
    case 'assumed-role':
      return {
        type: 'assumed-role',
        accountId: caller.accountId,
        arn: caller.arn,
        roleArn: caller.roleArn,
        id: caller.roleId,
      }
    case 'anonymous':
      return { type: 'anonymous' }
  }
}

/** What a session of GetSessionToken may do at STS besides GetCallerIdentity, and the permissions of IAM that are no call to IAM. */
const OPEN_TO_USER_SESSIONS = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity', 'iam:PassRole']

/**
 * A session of GetSessionToken may call no IAM operation without MFA, and of STS only AssumeRole and GetCallerIdentity.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
function refuseUnverifiedSession(caller: Caller, { action }: Requirement): void {
  if (caller.kind !== 'user' || caller.session === undefined) return
  if (/^(iam|sts):/.test(action) && !OPEN_TO_USER_SESSIONS.includes(action)) {
    throw new AwsError(INVALID_CLIENT_TOKEN_ID, 'The security token included in the request is invalid')
  }
}
