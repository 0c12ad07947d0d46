import type { GetSessionTokenRequest, GetSessionTokenResponse } from '@aws-sdk/client-sts'
import type { Operation } from '../../access/operation.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED } from '../../aws/error-codes.ts'
import type { StsDependencies } from './dependencies.ts'
import { issueCredentials } from './session-grant.ts'

/** Seconds; @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
const SESSION_SECONDS_DEFAULT = 43_200

/**
 * A session of the IAM user who calls. MFA devices do not exist here yet: a request that names one is refused, because a session
 * that claims MFA without it would open what a policy keeps shut.
 */
export const getSessionToken: Operation<GetSessionTokenRequest, GetSessionTokenResponse, StsDependencies> = {
  name: 'GetSessionToken',
  requires: { kind: 'signed', reason: 'needs no permission: it gives the user nothing that the user does not have' },
  async handle({ input, caller, now }, { keyRing }) {
    if (caller.kind !== 'user' || caller.session !== undefined) {
      throw new AwsError(ACCESS_DENIED, 'Cannot call GetSessionToken with session credentials')
    }
    if (input.SerialNumber !== undefined || input.TokenCode !== undefined) {
      throw new AwsError(
        ACCESS_DENIED,
        'MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.',
      )
    }
    const grant = {
      kind: 'user',
      accountId: caller.accountId,
      userId: caller.uniqueId,
      userName: caller.userName,
      policies: [],
      tags: [],
      sourceIdentity: undefined,
      federatedProvider: undefined,
      federatedContext: {},
      isChained: false,
    } as const
    const seconds = input.DurationSeconds ?? SESSION_SECONDS_DEFAULT
    return { Credentials: issueCredentials(keyRing, grant, caller.accountId, now, seconds) }
  },
}
