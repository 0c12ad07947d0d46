import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { Caller, SessionFacts } from '../../aws/caller.ts'
import { type KeyRing, openKeyRing } from '../../store/key-ring.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { ChangeSubject, Store } from '../../store/store.ts'
import type { Authorization, Judgement } from '../authorize.ts'
import type { ManagedPolicyCatalog } from '../policies/managed-policy-catalog.ts'
import { openPrincipalPolicies, type PrincipalPolicySource } from '../policies/principal-policies.ts'
import { openBucketRecords } from '../records/bucket-records.ts'
import { openRoleRecords, type RoleRecords } from '../records/role-records.ts'

export const ACCOUNT = '111122223333'
export const OTHER_ACCOUNT = '444455556666'
/** A time with milliseconds, which answers must not have. */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
export const REGION = 'eu-west-1'
export const SOURCE = { address: '192.0.2.7', userAgent: 'test/1', isSecure: false } as const

export type Statement = Readonly<Record<string, unknown>>

/** The text of a policy. */
export function policy(...statements: readonly Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

export function allow(action: string | readonly string[], more: Statement = { Resource: '*' }): Statement {
  return { Effect: 'Allow', Action: action, ...more }
}

export function deny(action: string | readonly string[], more: Statement = { Resource: '*' }): Statement {
  return { Effect: 'Deny', Action: action, ...more }
}

interface UserFacts {
  readonly accountId?: string
  readonly name: string
  readonly policy?: string
  readonly attached?: readonly string[]
  readonly boundary?: string
}

interface RoleFacts extends UserFacts {
  readonly trust: string
  readonly path?: string
  readonly maxSessionDurationSeconds?: number
  readonly trustPrincipalIds?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
}

/** Everything that authorization stands on, real: a SQLite store in memory, a key ring, caches. Gone when the test ends. */
export interface AccessFixture {
  readonly store: Store
  readonly keyRing: KeyRing
  readonly policies: PrincipalPolicySource
  readonly roles: RoleRecords
  /** What was judged so far. */
  readonly judgements: Judgement[]
  readonly authorization: Authorization
  addUser(facts: UserFacts): Promise<Extract<Caller, { kind: 'user' }>>
  /** @returns a session of the role, as AssumeRole would give it */
  addRole(facts: RoleFacts): Promise<Extract<Caller, { kind: 'assumed-role' }>>
  addManagedPolicy(name: string, document: string, accountId?: string): Promise<string>
  remove(table: 'policies' | 'roles' | 'policy_attachments', subject: ChangeSubject): Promise<void>
}

export async function openAccess(
  options: { readonly awsPolicies?: Readonly<Record<string, string>> } = {},
): Promise<AccessFixture> {
  const store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  onTestFinished(() => store.close())
  const keyRing = await openKeyRing(store, randomBytes(32), () => NOW)
  const policies = openPrincipalPolicies({ ...store, catalog: catalogOf(options.awsPolicies ?? {}) })
  const roles = openRoleRecords(store)
  const judgements: Judgement[] = []
  const authorization: Authorization = {
    policies,
    roles,
    buckets: openBucketRecords(store),
    reads: store.reads,
    judged: (judgement) => judgements.push(judgement),
  }
  return {
    ...{ store, keyRing, policies, roles, judgements, authorization },
    async addUser(facts) {
      const { name, accountId = ACCOUNT } = facts
      const uniqueId = uniqueIdOf('AIDA', accountId, name)
      const row = {
        ...{ user_id: uniqueId, account_id: accountId, user_name: name, user_name_key: name.toLowerCase() },
        ...{ path: '/', permissions_boundary: facts.boundary ?? null, created_at: NOW },
      }
      await store.write(async (writes) => {
        await writes.insertInto('users').values(row).execute()
      })
      await addPolicies(store, uniqueId, facts)
      return userCaller(name, accountId)
    },
    async addRole(facts) {
      const { name, accountId = ACCOUNT, path = '/' } = facts
      const roleId = uniqueIdOf('AROA', accountId, name)
      const row = {
        ...{ role_id: roleId, account_id: accountId, role_name: name, role_name_key: name.toLowerCase(), path },
        ...{
          description: null,
          trust_policy: facts.trust,
          created_at: NOW,
          last_used_at: null,
          last_used_region: null,
        },
        trust_principal_ids: JSON.stringify(facts.trustPrincipalIds ?? {}),
        max_session_duration_seconds: facts.maxSessionDurationSeconds ?? 3600,
        permissions_boundary: facts.boundary ?? null,
      }
      await store.write(async (writes) => {
        await writes.insertInto('roles').values(row).execute()
        for (const [key, value] of Object.entries(facts.tags ?? {})) {
          const tag = { account_id: accountId, resource_id: roleId, tag_key: key, tag_key_key: key.toLowerCase() }
          await writes
            .insertInto('tags')
            .values({ ...tag, tag_value: value })
            .execute()
        }
      })
      await addPolicies(store, roleId, facts)
      return sessionOf(name, { accountId, path })
    },
    async addManagedPolicy(name, document, accountId = ACCOUNT) {
      const arn = `arn:aws:iam::${accountId}:policy/${name}`
      await store.write(async (writes) => {
        const row = {
          ...{ policy_id: `ANPA${name}`, account_id: accountId, policy_arn: arn, policy_name: name, path: '/' },
          ...{ policy_name_key: name.toLowerCase(), description: null, default_version_id: 'v1', next_version: 2 },
          ...{ created_at: NOW, updated_at: NOW },
        }
        await writes.insertInto('policies').values(row).execute()
        const version = { policy_id: row.policy_id, version_id: 'v1', version: 1, document, created_at: NOW }
        await writes.insertInto('policy_versions').values(version).execute()
        writes.changed(`policy/${arn}`)
      })
      return arn
    },
    async remove(table, subject) {
      await store.write(async (writes) => {
        if (table === 'policies') await writes.deleteFrom('policy_versions').execute()
        await writes.deleteFrom(table).execute()
        writes.changed(subject)
      })
    },
  }
}

async function addPolicies(store: Store, principalId: string, facts: UserFacts): Promise<void> {
  const { accountId: account_id = ACCOUNT, policy: document, attached = [] } = facts
  await store.write(async (writes) => {
    if (document !== undefined) {
      const row = { account_id, principal_id: principalId, policy_name: 'own', policy_name_key: 'own', document }
      await writes
        .insertInto('inline_policies')
        .values({ ...row, updated_at: NOW })
        .execute()
    }
    for (const arn of attached) {
      const row = { account_id, principal_id: principalId, policy_arn: arn, policy_name: arn.split('/').at(-1) ?? '' }
      await writes
        .insertInto('policy_attachments')
        .values({ ...row, attached_at: NOW })
        .execute()
    }
  })
}

export function uniqueIdOf(prefix: 'AIDA' | 'AROA', accountId: string, name: string): string {
  return `${prefix}${accountId}${name.toUpperCase()}`
}

export function userCaller(name: string, accountId = ACCOUNT): Extract<Caller, { kind: 'user' }> {
  const uniqueId = uniqueIdOf('AIDA', accountId, name)
  const arn = `arn:aws:iam::${accountId}:user/${name}`
  return {
    ...{ kind: 'user', accountId, arn, userId: uniqueId, uniqueId, userName: name },
    ...{ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', session: undefined },
  }
}

/** A session with nothing but times. */
export const PLAIN_SESSION: SessionFacts = {
  ...{ issuedAt: NOW - 60_000, expiresAt: NOW + 3_540_000, policies: [], tags: [], isChained: false },
  ...{ sourceIdentity: undefined, federatedProvider: undefined, federatedContext: {} },
}

export function sessionOf(
  roleName: string,
  {
    accountId = ACCOUNT,
    path = '/',
    session = {},
  }: { accountId?: string; path?: string; session?: Partial<SessionFacts> } = {},
): Extract<Caller, { kind: 'assumed-role' }> {
  const roleId = uniqueIdOf('AROA', accountId, roleName)
  return {
    ...{ kind: 'assumed-role', accountId, roleName, roleId, sessionName: 'pod', userId: `${roleId}:pod` },
    arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/pod`,
    roleArn: `arn:aws:iam::${accountId}:role${path}${roleName}`,
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    session: { ...PLAIN_SESSION, ...session },
  }
}

/** A catalog of AWS's policies with one version each. */
function catalogOf(documents: Readonly<Record<string, string>>): ManagedPolicyCatalog {
  const find = (arn: string) => {
    const policyName = arn.slice('arn:aws:iam::aws:policy/'.length)
    if (!Object.hasOwn(documents, policyName)) return undefined
    return { arn, policyName, path: '/', policyId: 'ANPAAWS', defaultVersionId: 'v1', createdAt: NOW, updatedAt: NOW }
  }
  return {
    find,
    findVersion(arn) {
      const document = documents[find(arn)?.policyName ?? '']
      return document === undefined ? undefined : { versionId: 'v1', isDefaultVersion: true, createdAt: NOW, document }
    },
    versions: () => [],
    list: () => [],
  }
}
