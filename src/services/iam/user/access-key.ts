import type {
  CreateAccessKeyRequest,
  CreateAccessKeyResponse,
  DeleteAccessKeyRequest,
  ListAccessKeysRequest,
  ListAccessKeysResponse,
  UpdateAccessKeyRequest,
} from '@aws-sdk/client-iam'
import { newAccessKeyId } from '../../../aws/access-key-id.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { NO_SUCH_ENTITY, VALIDATION_ERROR } from '../../../aws/error-codes.ts'
import { newSecretAccessKey } from '../../../aws/unique-id.ts'
import type { Reads, Writes } from '../../../store/store.ts'
import type { AccessKeyRow } from '../../../store/tables.ts'
import { dateOf } from '../dates.ts'
import type { IamOperation } from '../dependencies.ts'
import { pageOf } from '../pagination.ts'
import { getUser, type PolicyPrincipal, requestedUserName } from '../principal/principal.ts'
import { refuseOverQuota } from '../quotas.ts'
import { onUser } from '../requirements.ts'

/** The secret leaves in this answer and never again. */
export const createAccessKey: IamOperation<CreateAccessKeyRequest, CreateAccessKeyResponse> = {
  name: 'CreateAccessKey',
  requires: onUser('CreateAccessKey'),
  async handle({ accountId, input, caller, now }, { store, keyRing, quotas }) {
    const accessKeyId = newAccessKeyId('long-term', accountId)
    const secret = newSecretAccessKey()
    const user = await store.write(async (writes) => {
      const owner = await getUser(writes, accountId, requestedUserName(input, caller))
      refuseOverQuota(quotas, 'AccessKeysPerUser', (await keysOf(writes, owner)).length + 1)
      const row: AccessKeyRow = {
        access_key_id: accessKeyId,
        account_id: accountId,
        user_id: owner.id,
        sealed_secret: keyRing.seal('column', Buffer.from(secret), accessKeyId),
        status: 'Active',
        created_at: now,
      }
      await writes.insertInto('access_keys').values(row).execute()
      writes.changed(`access-key/${accessKeyId}`)
      return owner
    })
    return {
      AccessKey: {
        UserName: user.name,
        AccessKeyId: accessKeyId,
        Status: 'Active',
        SecretAccessKey: secret,
        CreateDate: dateOf(now),
      },
    }
  },
}

export const listAccessKeys: IamOperation<ListAccessKeysRequest, ListAccessKeysResponse> = {
  name: 'ListAccessKeys',
  requires: onUser('ListAccessKeys'),
  async handle({ accountId, input, caller }, { store: { reads } }) {
    const user = await getUser(reads, accountId, requestedUserName(input, caller))
    const page = await pageOf('ListAccessKeys', input, await keysOf(reads, user))
    const keys = page.entries.map((row) => ({
      UserName: user.name,
      AccessKeyId: row.access_key_id,
      Status: row.status,
      CreateDate: dateOf(row.created_at),
    }))
    return { AccessKeyMetadata: keys, ...page.end }
  },
}

export const updateAccessKey: IamOperation<UpdateAccessKeyRequest, object> = {
  name: 'UpdateAccessKey',
  requires: onUser('UpdateAccessKey'),
  async handle({ accountId, input, caller }, { store }) {
    const status = input.Status
    // The enumeration has `Expired`, which is a state of temporary keys that nobody can set.
    if (status === 'Expired') throw new AwsError(VALIDATION_ERROR, 'Status must be Active or Inactive.')
    await store.write(async (writes) => {
      const user = await getUser(writes, accountId, requestedUserName(input, caller))
      const row = await getKeyRow(writes, user, input.AccessKeyId)
      await writes.updateTable('access_keys').set({ status }).where('access_key_id', '=', row.access_key_id).execute()
      writes.changed(`access-key/${row.access_key_id}`)
    })
    return {}
  },
}

export const deleteAccessKey: IamOperation<DeleteAccessKeyRequest, object> = {
  name: 'DeleteAccessKey',
  requires: onUser('DeleteAccessKey'),
  async handle({ accountId, input, caller }, { store }) {
    await store.write(async (writes) => {
      const user = await getUser(writes, accountId, requestedUserName(input, caller))
      const row = await getKeyRow(writes, user, input.AccessKeyId)
      await writes.deleteFrom('access_keys').where('access_key_id', '=', row.access_key_id).execute()
      writes.changed(`access-key/${row.access_key_id}`)
    })
    return {}
  },
}

async function keysOf(reads: Reads, user: PolicyPrincipal): Promise<readonly AccessKeyRow[]> {
  return reads
    .selectFrom('access_keys')
    .selectAll()
    .where('user_id', '=', user.id)
    .orderBy('created_at')
    .orderBy('access_key_id')
    .execute()
}

async function getKeyRow(writes: Writes, user: PolicyPrincipal, accessKeyId: string): Promise<AccessKeyRow> {
  const row = (await keysOf(writes, user)).find((key) => key.access_key_id === accessKeyId)
  if (!row) throw new AwsError(NO_SUCH_ENTITY, `The Access Key with id ${accessKeyId} cannot be found.`)
  return row
}
