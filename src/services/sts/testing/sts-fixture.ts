import { openSession, type SessionRecord } from '../../../access/authentication/session-token.ts'
import { authorize, callAuthorization } from '../../../access/authorize.ts'
import type { Operation } from '../../../access/operation.ts'
import { ACCOUNT, type AccessFixture, NOW, openAccess, REGION, SOURCE } from '../../../access/testing/access-fixture.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import type { Caller } from '../../../aws/caller.ts'
import type { WebIdentity } from '../../../oidc/web-identity.ts'
import type { StsDependencies } from '../dependencies.ts'

/** STS behind the real authorization: a call is judged, then handled. */
export interface StsFixture extends AccessFixture {
  call<Input, Output>(
    operation: Operation<Input, Output, StsDependencies>,
    input: Input,
    caller: Caller,
  ): Promise<Output>
  /** What each web identity token says; others are refused. The verification itself is tested in src/oidc. */
  readonly tokens: Map<string, WebIdentity>
  /** The session inside of a token. */
  open(sessionToken: string | undefined): SessionRecord | undefined
}

export async function openSts(options: Parameters<typeof openAccess>[0] = {}): Promise<StsFixture> {
  const access = await openAccess(options)
  const { store, keyRing, roles, policies, authorization } = access
  const tokens = new Map<string, WebIdentity>()
  return {
    ...access,
    tokens,
    open: (sessionToken = '') => openSession(keyRing, sessionToken),
    async call(operation, input, caller) {
      const accountId = caller.kind === 'anonymous' ? ACCOUNT : caller.accountId
      const facts = { caller, accountId, region: REGION, requestId: 'request', now: NOW, source: SOURCE }
      const authorized = await authorize({ ...facts, operation, input, admitsAnonymous: false }, authorization)
      return operation.handle(authorized, {
        ...{ store, keyRing, roles, policies },
        ...callAuthorization(facts, authorization),
        async verifyWebIdentity(token) {
          const identity = tokens.get(token)
          if (identity === undefined) throw new AwsError({ code: 'InvalidIdentityToken', status: 400 }, 'not known')
          return identity
        },
      })
    },
  }
}

/** The refusal of a call, as `Code status: text`, to be compared as a whole. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    if (error instanceof AwsError) return `${error.code} ${error.status}: ${error.message}`
    throw error
  }
  throw new Error('The call was not refused')
}
