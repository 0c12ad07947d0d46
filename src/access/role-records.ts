import { parseArn } from '../aws/arn.ts'
import type { ChangeFeed, Reads } from '../store/store.ts'
import { SubjectCache } from '../store/subject-cache.ts'
import type { RoleRow } from '../store/tables.ts'

/** What STS and authentication need to know of a role. */
export interface RoleRecord {
  readonly roleId: string
  readonly accountId: string
  readonly roleName: string
  /** With the role's path. */
  readonly arn: string
  readonly trustPolicy: string
  readonly trustPrincipalIds: Readonly<Record<string, string>>
  readonly maxSessionDurationSeconds: number
}

export interface RoleRecords {
  /** Finds a role by its ARN; path and name must both be right (AWS compares names in role ARNs with case). */
  findByArn(roleArn: string): Promise<RoleRecord | undefined>
  /** Finds a role by its unique id: undefined once it was deleted, whatever bears its name now. */
  findById(roleId: string): Promise<RoleRecord | undefined>
}

const CACHED_ROLES_MAX = 50_000

export function openRoleRecords(parts: { readonly reads: Reads; readonly changes: ChangeFeed }): RoleRecords {
  const byName = new SubjectCache<string, RoleRecord | undefined>(CACHED_ROLES_MAX, parts.changes)
  const byId = new SubjectCache<string, RoleRecord | undefined>(CACHED_ROLES_MAX, parts.changes)
  return {
    async findByArn(roleArn) {
      const named = parseRoleArn(roleArn)
      if (named === undefined) return undefined
      const key = `${named.accountId}/${named.roleName.toLowerCase()}`
      const record = await byName.load(key, async () => {
        const row = await parts.reads
          .selectFrom('roles')
          .selectAll()
          .where('account_id', '=', named.accountId)
          .where('role_name_key', '=', named.roleName.toLowerCase())
          .executeTakeFirst()
        const value = row === undefined ? undefined : roleRecord(row)
        return {
          value,
          subjects: value === undefined ? [`role-name/${key}`] : [`role-name/${key}`, `role/${value.roleId}`],
        }
      })
      return record?.arn === roleArn ? record : undefined
    },
    findById: (roleId) =>
      byId.load(roleId, async () => {
        const row = await parts.reads.selectFrom('roles').selectAll().where('role_id', '=', roleId).executeTakeFirst()
        return { value: row === undefined ? undefined : roleRecord(row), subjects: [`role/${roleId}`] }
      }),
  }
}

/** Splits `arn:aws:iam::<12 digits>:role/<path><name>`; undefined for anything else. */
export function parseRoleArn(
  roleArn: string,
): { readonly accountId: string; readonly path: string; readonly roleName: string } | undefined {
  const arn = parseArn(roleArn)
  if (arn === undefined || arn.partition !== 'aws' || arn.service !== 'iam' || arn.region !== '') return undefined
  if (!/^\d{12}$/.test(arn.accountId) || !arn.resource.startsWith('role/')) return undefined
  const nameStart = arn.resource.lastIndexOf('/') + 1
  const roleName = arn.resource.slice(nameStart)
  if (!/^[\w+=,.@-]{1,64}$/.test(roleName)) return undefined
  return { accountId: arn.accountId, path: arn.resource.slice('role'.length, nameStart), roleName }
}

function roleRecord(row: RoleRow): RoleRecord {
  return {
    roleId: row.role_id,
    accountId: row.account_id,
    roleName: row.role_name,
    arn: `arn:aws:iam::${row.account_id}:role${row.path}${row.role_name}`,
    trustPolicy: row.trust_policy,
    trustPrincipalIds: JSON.parse(row.trust_principal_ids),
    maxSessionDurationSeconds: row.max_session_duration_seconds,
  }
}
