import type {
  GetAccessKeyInfoRequest,
  GetAccessKeyInfoResponse,
  GetCallerIdentityRequest,
  GetCallerIdentityResponse,
} from '@aws-sdk/client-sts'
import { accountOfAccessKeyId } from '../../aws/access-key-id.ts'
import { assert } from '../../aws/assert.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED } from '../../aws/error-codes.ts'
import type { StsOperation } from './dependencies.ts'

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const getCallerIdentity: StsOperation<GetCallerIdentityRequest, GetCallerIdentityResponse> = {
  name: 'GetCallerIdentity',
  requires: { kind: 'signed', reason: 'needs no permission and cannot be denied, not even explicitly' },
  async handle({ caller }) {
    assert(caller.kind !== 'anonymous', 'authorize() refuses anonymous callers of a signed operation')
    return { UserId: caller.userId, Account: caller.accountId, Arn: caller.arn }
  },
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html */
export const getAccessKeyInfo: StsOperation<GetAccessKeyInfoRequest, GetAccessKeyInfoResponse> = {
  name: 'GetAccessKeyInfo',
  requires: { kind: 'allowed', requirements: () => [{ action: 'sts:GetAccessKeyInfo', resource: '*' }] },
  async handle({ input }, { store }) {
    const accessKeyId = input.AccessKeyId
    const row = await store.reads
      .selectFrom('access_keys')
      .select('account_id')
      .where('access_key_id', '=', accessKeyId)
      .executeTakeFirst()
    // As in AWS: the answer says whose the key id is, not whether the key exists or is active.
    const account = row?.account_id ?? accountOfAccessKeyId(accessKeyId)
    if (account === undefined) throw new AwsError(ACCESS_DENIED, `Invalid Access Key ID: ${accessKeyId}`)
    return { Account: account }
  },
}
