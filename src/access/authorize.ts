import { AwsError } from '../aws/aws-error.ts'
import type { Caller } from '../aws/caller.ts'
import { INVALID_CLIENT_TOKEN_ID, MISSING_AUTHENTICATION_TOKEN } from '../aws/error-codes.ts'
import { type Decision, evaluate, type PolicySets, type RequestPrincipal } from '../policy/index.ts'
import type { Reads } from '../store/store.ts'
import type { AuthorizedCall, CallSource } from './authorized-call.ts'
import { accessDenied } from './denial.ts'
import type { Operation, Requirement } from './operation.ts'
import type { PrincipalPolicies, PrincipalPolicySource } from './principal-policies.ts'
import { requestContext } from './request-context.ts'
import type { RoleRecords } from './role-records.ts'

/** A decoded call of a known caller, before any policy was asked. */
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
  /** Told of each judgement, for the audit event. */
  readonly judged: (judgement: Judgement) => void
}

export interface Judgement {
  readonly requirement: Requirement
  readonly decision: Decision
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
  if (call.caller.kind === 'anonymous' && needsSignature(call)) throw unsigned()
  if (requires.kind === 'allowed') {
    const { reads, roles } = authorization
    for (const requirement of await requires.requirements(call.input, { ...call, reads, roles })) {
      refuseUnverifiedSession(call.caller, requirement)
      const decision = await judge(call, requirement, authorization)
      if (decision.decision !== 'allowed') throw accessDenied(call.caller, requirement, decision)
    }
  }
  const { operation: _, admitsAnonymous: __, ...authorizedCall } = call
  return authorizedCall as unknown as AuthorizedCall<Input>
}

/** What a handler may ask on behalf of the call that it answers. */
export interface CallAuthorization {
  /** One further question for the caller (for example one key of DeleteObjects). */
  isAllowed(requirement: Requirement): Promise<boolean>
  /** A question for a principal that proved itself to the handler: a web identity, judged by a role's trust policy. */
  isAllowedFor(principal: RequestPrincipal, requirement: Requirement): boolean
}

export function callAuthorization(call: JudgedCall, authorization: Authorization): CallAuthorization {
  return {
    isAllowed: async (requirement) => (await judge(call, requirement, authorization)).decision === 'allowed',
    isAllowedFor: (principal, requirement) =>
      judgeBy(NO_POLICIES, principal, undefined, call, requirement, authorization).decision === 'allowed',
  }
}

const NO_POLICIES: PrincipalPolicies = { identity: [], boundary: undefined, session: undefined, tags: new Map() }

async function judge(call: JudgedCall, requirement: Requirement, authorization: Authorization): Promise<Decision> {
  const own = await authorization.policies.policiesOf(call.caller)
  return judgeBy(own, requestPrincipal(call.caller), call.caller, call, requirement, authorization)
}

function judgeBy(
  own: PrincipalPolicies,
  principal: RequestPrincipal,
  caller: Caller | undefined,
  call: JudgedCall,
  requirement: Requirement,
  authorization: Authorization,
): Decision {
  const { action, resource, resourcePolicy } = requirement
  const resourceAccount = requirement.resourceAccount ?? call.accountId
  const context = requestContext({
    caller,
    principalTags: own.tags,
    region: call.region,
    source: call.source,
    now: call.now,
    resourceAccount,
    extra: requirement.context ?? {},
  })
  const sets: PolicySets = {
    identity: own.identity,
    boundary: own.boundary,
    session: own.session,
    resource:
      resourcePolicy &&
      authorization.policies.resourcePolicy(resource, resourcePolicy.document, resourcePolicy.principalIds),
    resourceKind: resourcePolicy?.kind,
  }
  const decision = evaluate({ principal, action, resource, resourceAccount, context }, sets)
  authorization.judged({ requirement, decision })
  return decision
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

/** What a session of GetSessionToken may do at STS besides GetCallerIdentity. */
const STS_ACTIONS_OF_USER_SESSIONS = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']

/**
 * A session of GetSessionToken may call no IAM operation without MFA, and of STS only AssumeRole and GetCallerIdentity.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
function refuseUnverifiedSession(caller: Caller, { action }: Requirement): void {
  if (caller.kind !== 'user' || caller.session === undefined) return
  if (action.startsWith('iam:') || (action.startsWith('sts:') && !STS_ACTIONS_OF_USER_SESSIONS.includes(action))) {
    throw new AwsError(INVALID_CLIENT_TOKEN_ID, 'The security token included in the request is invalid')
  }
}

function needsSignature({ operation: { requires }, admitsAnonymous }: DecodedCall<unknown>): boolean {
  return requires.kind === 'signed' || (requires.kind === 'allowed' && !admitsAnonymous)
}

function unsigned(): AwsError {
  return new AwsError(MISSING_AUTHENTICATION_TOKEN, 'Request is missing Authentication Token')
}
