import type { KeyObject } from 'node:crypto'
import { userArn } from '../../aws/arn.ts'
import { assert } from '../../aws/assert.ts'
import { secretKeyOf } from '../../sigv4/signing-key.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { ChangeFeed, Reads } from '../../store/store.ts'
import { SubjectCache } from '../../store/subject-cache.ts'
import { openSession, type SessionRecord, sessionTokenDigest } from './session-token.ts'

/** A user's long-term access key, ready to verify with. */
export interface AccessKeyRecord {
  readonly accessKeyId: string
  readonly status: 'Active' | 'Inactive'
  readonly secretKey: KeyObject
  readonly user: UserRecord
}

export interface UserRecord {
  readonly accountId: string
  readonly userId: string
  readonly userName: string
  /** With the user's path. */
  readonly arn: string
}

/** A session out of its token, with the secret in the form that verifies. */
export type OpenedSession = Unsecret<SessionRecord> & { readonly secretKey: KeyObject }

type Unsecret<T> = T extends unknown ? Omit<T, 'secretAccessKey'> : never

export interface CredentialSource {
  findAccessKey(accessKeyId: string): Promise<AccessKeyRecord | undefined>
  /** Finds a user by the unique id: undefined once it was deleted, whatever bears its name now. */
  findUser(userId: string): Promise<UserRecord | undefined>
  /** @returns undefined for a token that is not ours; expiry is not looked at */
  openSession(token: string): OpenedSession | undefined
}

/** Entries kept, of about 1 KB each. */
const CACHED_ACCESS_KEYS_MAX = 20_000
const CACHED_USERS_MAX = 20_000
/** Of 1 to 20 KB each, by what the session's policies and tags take. */
const CACHED_SESSIONS_MAX = 10_000

/**
 * Reads access keys and users from the store and opens session tokens, and keeps both until they change. What is not there is
 * looked up each time, so that strangers' inventions never push out what is real, and a new key works at once.
 */
export function openCredentialSource(parts: {
  readonly reads: Reads
  readonly changes: Pick<ChangeFeed, 'onChange'>
  readonly keyRing: KeyRing
}): CredentialSource {
  const accessKeys = new SubjectCache<string, AccessKeyRecord>(CACHED_ACCESS_KEYS_MAX, parts.changes)
  const users = new SubjectCache<string, UserRecord>(CACHED_USERS_MAX, parts.changes)
  const sessions = new Map<string, OpenedSession>()
  // A key of the ring that was removed takes its sessions with it.
  parts.changes.onChange((subject) => {
    if (subject === undefined || subject === 'keys') sessions.clear()
  })
  return {
    findAccessKey: (accessKeyId) =>
      orAbsent(
        accessKeys.load(accessKeyId, async () => {
          const value = await readAccessKey(parts.reads, parts.keyRing, accessKeyId)
          return { value, subjects: [`access-key/${accessKeyId}`, `user/${value.user.userId}`] }
        }),
      ),
    findUser: (userId) =>
      orAbsent(
        users.load(userId, async () => ({
          value: await readUser(parts.reads, userId),
          subjects: [`user/${userId}`],
        })),
      ),
    openSession(token) {
      const digest = sessionTokenDigest(token)
      const known = sessions.get(digest)
      if (known !== undefined) return known
      const record = openSession(parts.keyRing, token)
      if (record === undefined) return undefined
      const { secretAccessKey, ...session } = record
      const opened = { ...session, secretKey: secretKeyOf(secretAccessKey) }
      for (const oldest of sessions.keys()) {
        if (sessions.size < CACHED_SESSIONS_MAX) break
        sessions.delete(oldest)
      }
      sessions.set(digest, opened)
      return opened
    },
  }
}

/** Thrown inside a load: what a load throws is not kept. */
class Absent extends Error {}

async function orAbsent<T>(loading: Promise<T>): Promise<T | undefined> {
  try {
    return await loading
  } catch (error) {
    if (error instanceof Absent) return undefined
    throw error
  }
}

async function readAccessKey(reads: Reads, keyRing: KeyRing, accessKeyId: string): Promise<AccessKeyRecord> {
  const row = await reads
    .selectFrom('access_keys')
    .innerJoin('users', 'users.user_id', 'access_keys.user_id')
    .select(['access_key_id', 'sealed_secret', 'status', 'users.user_id', 'users.account_id', 'user_name', 'path'])
    .where('access_key_id', '=', accessKeyId)
    .executeTakeFirst()
  if (row === undefined) throw new Absent()
  const secret = keyRing.open('column', row.sealed_secret, accessKeyId)
  assert(secret !== undefined, `the secret of access key ${accessKeyId} opens with the key ring`)
  return {
    accessKeyId,
    status: row.status,
    secretKey: secretKeyOf(secret.toString('utf8')),
    user: userRecord(row),
  }
}

async function readUser(reads: Reads, userId: string): Promise<UserRecord> {
  const row = await reads
    .selectFrom('users')
    .select(['user_id', 'account_id', 'user_name', 'path'])
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (row === undefined) throw new Absent()
  return userRecord(row)
}

function userRecord(row: {
  readonly user_id: string
  readonly account_id: string
  readonly user_name: string
  readonly path: string
}): UserRecord {
  return {
    accountId: row.account_id,
    userId: row.user_id,
    userName: row.user_name,
    arn: userArn(row.account_id, row.path, row.user_name),
  }
}
