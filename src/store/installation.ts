import { newUniqueId } from '../aws/unique-id.ts'
import type { KeyRing } from './key-ring.ts'
import type { Store, Writes } from './store.ts'

export interface AdminKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface Installation {
  readonly accountId: string
  /** Whether the offered key is the admin's: from this call, or from one before whose end the caller never heard of. */
  readonly isOfferTaken: boolean
}

export interface PrepareOptions {
  readonly accountId: string
  /** The key from the environment; the admin gets it in any case. */
  readonly given: AdminKey | undefined
  /** A new key, for an admin that has none. */
  readonly offered: AdminKey | undefined
  readonly now: number
}

const ADMIN_USER = 'admin'
const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess'
/** Settings row: unique id of the first IAM user. */
const ADMIN_USER_ID = 'admin-user-id'

/** All that `reset` empties, children before parents. */
const EMPTIED_TABLES = [
  'policy_attachments',
  'inline_policies',
  'policy_versions',
  'policies',
  'tags',
  'oidc_providers',
  'issuer_keys',
  'issuers',
  'clusters',
  'multipart_parts',
  'multipart_uploads',
  'objects',
  'buckets',
  'usage_records',
  'roles',
  'denials',
  'denial_policies',
] as const

/**
 * Makes what every installation has: the first account and its IAM user `admin` with AdministratorAccess and an access key.
 * Safe to call at every start and from several processes at once. A given key is used as it is and replaces nothing else.
 */
export async function prepareInstallation(
  store: Store,
  keyRing: KeyRing,
  options: PrepareOptions,
): Promise<Installation> {
  const { accountId, given, offered } = options
  return store.write(async (writes) => {
    await writes
      .insertInto('accounts')
      .values({ account_id: accountId, created_at: options.now })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const userId = await ensureAdmin(writes, options)
    if (userId === undefined) return { accountId, isOfferTaken: false }
    if (given !== undefined) await putKey(writes, keyRing, userId, given, options)
    if (offered === undefined) return { accountId, isOfferTaken: false }
    const keyIds = await accessKeyIds(writes, userId)
    if (keyIds.length > 0) return { accountId, isOfferTaken: keyIds.includes(offered.accessKeyId) }
    await putKey(writes, keyRing, userId, offered, options)
    return { accountId, isOfferTaken: true }
  })
}

async function accessKeyIds(writes: Writes, userId: string): Promise<string[]> {
  const rows = await writes.selectFrom('access_keys').select('access_key_id').where('user_id', '=', userId).execute()
  return rows.map((row) => row.access_key_id)
}

/** Empties all state but the first account, the admin and the admin's keys. For `--dev` only. */
export async function resetInstallation(store: Store, now: number): Promise<void> {
  await store.write(async (writes) => {
    const admin = await writes
      .selectFrom('settings')
      .select('value')
      .where('name', '=', ADMIN_USER_ID)
      .executeTakeFirstOrThrow()
    for (const table of EMPTIED_TABLES) await writes.deleteFrom(table).execute()
    await writes.deleteFrom('access_keys').where('user_id', '!=', admin.value).execute()
    await writes.deleteFrom('users').where('user_id', '!=', admin.value).execute()
    const user = await writes
      .selectFrom('users')
      .select('account_id')
      .where('user_id', '=', admin.value)
      .executeTakeFirstOrThrow()
    await writes.updateTable('users').set({ permissions_boundary: null }).where('user_id', '=', admin.value).execute()
    await attachAdministratorAccess(writes, admin.value, { accountId: user.account_id, now })
    writes.changed('everything')
  })
}

/**
 * Returns the admin's unique id. An admin that somebody deleted stays deleted, unless a key for it is given again.
 */
async function ensureAdmin(writes: Writes, options: PrepareOptions): Promise<string | undefined> {
  const known = await writes
    .selectFrom('settings')
    .leftJoin('users', 'users.user_id', 'settings.value')
    .select('users.user_id')
    .where('settings.name', '=', ADMIN_USER_ID)
    .executeTakeFirst()
  if (known !== undefined && (known.user_id !== null || options.given === undefined)) return known.user_id ?? undefined
  const userId = (await userNamedAdmin(writes, options.accountId)) ?? (await insertAdmin(writes, options))
  await attachAdministratorAccess(writes, userId, options)
  await writes
    .insertInto('settings')
    .values({ name: ADMIN_USER_ID, value: userId })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: userId }))
    .execute()
  writes.changed(`user/${userId}`)
  return userId
}

async function userNamedAdmin(writes: Writes, accountId: string): Promise<string | undefined> {
  const row = await writes
    .selectFrom('users')
    .select('user_id')
    .where('account_id', '=', accountId)
    .where('user_name_key', '=', ADMIN_USER)
    .executeTakeFirst()
  return row?.user_id
}

async function insertAdmin(writes: Writes, options: PrepareOptions): Promise<string> {
  const userId = newUniqueId('user')
  const row = {
    user_id: userId,
    account_id: options.accountId,
    user_name: ADMIN_USER,
    user_name_key: ADMIN_USER,
    path: '/',
    permissions_boundary: null,
    created_at: options.now,
  }
  await writes.insertInto('users').values(row).execute()
  return userId
}

async function attachAdministratorAccess(
  writes: Writes,
  userId: string,
  options: { readonly accountId: string; readonly now: number },
): Promise<void> {
  await writes
    .insertInto('policy_attachments')
    .values({
      account_id: options.accountId,
      principal_id: userId,
      policy_arn: ADMINISTRATOR_ACCESS,
      policy_name: 'AdministratorAccess',
      attached_at: options.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

async function putKey(
  writes: Writes,
  keyRing: KeyRing,
  userId: string,
  key: AdminKey,
  options: { readonly accountId: string; readonly now: number },
): Promise<void> {
  const sealed = keyRing.seal('column', Buffer.from(key.secretAccessKey), key.accessKeyId)
  const row = {
    access_key_id: key.accessKeyId,
    account_id: options.accountId,
    user_id: userId,
    sealed_secret: sealed,
    status: 'Active' as const,
    created_at: options.now,
  }
  await writes
    .insertInto('access_keys')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('access_key_id').doUpdateSet({
        account_id: options.accountId,
        user_id: userId,
        sealed_secret: sealed,
        status: 'Active',
      }),
    )
    .execute()
  writes.changed(`access-key/${key.accessKeyId}`)
}
