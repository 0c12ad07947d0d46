import type { GetSessionTokenRequest, GetSessionTokenResponse } from '@aws-sdk/client-sts'
import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED } from '../../aws/error-codes.ts'
import { issueCredentials } from './credentials.ts'
import type { StsOperation } from './dependencies.ts'
import { refuseMultiFactor } from './multi-factor.ts'

const SESSION_SECONDS_DEFAULT = 43_200

/**
 * A session of the IAM user who calls: at IAM and STS it may do less than the user (`authorize`), elsewhere the same.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export const getSessionToken: StsOperation<GetSessionTokenRequest, GetSessionTokenResponse> = {
  name: 'GetSessionToken',
  requires: { kind: 'signed', reason: 'needs no permission: it gives the user nothing that the user does not have' },
  async handle({ input, caller, now }, { keyRing }) {
    if (caller.kind !== 'user' || caller.session !== undefined) {
      throw new AwsError(ACCESS_DENIED, 'Cannot call GetSessionToken with session credentials')
    }
    refuseMultiFactor(input)
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
    return { Credentials: issueCredentials(keyRing, grant, now, seconds) }
  },
}
