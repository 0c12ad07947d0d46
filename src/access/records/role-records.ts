import { parseArn, roleArn } from '../../aws/arn.ts'
import type { ChangeFeed, Reads } from '../../store/store.ts'
import { SubjectCache } from '../../store/subject-cache.ts'
import type { RoleRow } from '../../store/tables.ts'
import { readTags } from './tag-records.ts'

/** What authentication and authorization need to know of a role. */
export interface RoleRecord {
  readonly roleId: string
  readonly accountId: string
  readonly roleName: string
  /** With the role's path. */
  readonly arn: string
  readonly trustPolicy: string
  readonly trustPrincipalIds: Readonly<Record<string, string>>
  readonly maxSessionDurationSeconds: number
  /** ARN of the policy. */
  readonly permissionsBoundary: string | undefined
  readonly tags: Readonly<Record<string, string>>
}

export interface RoleRecords {
  /** Finds a role by its ARN; path and name must both be right (AWS compares names in role ARNs with case). */
  findByArn(roleArn: string): Promise<RoleRecord | undefined>
  /** Finds a role by its name, in any case. */
  findByName(accountId: string, roleName: string): Promise<RoleRecord | undefined>
  /** Finds a role by its unique id: undefined once it was deleted, whatever bears its name now. */
  findById(roleId: string): Promise<RoleRecord | undefined>
}

const CACHED_ROLES_MAX = 50_000

export function openRoleRecords(parts: { readonly reads: Reads; readonly changes: ChangeFeed }): RoleRecords {
  const byName = new SubjectCache<string, RoleRecord | undefined>(CACHED_ROLES_MAX, parts.changes)
  const byId = new SubjectCache<string, RoleRecord | undefined>(CACHED_ROLES_MAX, parts.changes)
  const { reads } = parts

  function findByName(accountId: string, roleName: string): Promise<RoleRecord | undefined> {
    const nameKey = roleName.toLowerCase()
    const key = `${accountId}/${nameKey}`
    return byName.load(key, async () => {
      const row = await reads
        .selectFrom('roles')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('role_name_key', '=', nameKey)
        .executeTakeFirst()
      const value = row && (await roleRecord(reads, row))
      return { value, subjects: value ? [`role-name/${key}`, `role/${value.roleId}`] : [`role-name/${key}`] }
    })
  }

  return {
    findByName,
    async findByArn(roleArn) {
      const named = parseRoleArn(roleArn)
      const record = named && (await findByName(named.accountId, named.roleName))
      return record?.arn === roleArn ? record : undefined
    },
    findById: (roleId) =>
      byId.load(roleId, async () => {
        const row = await reads.selectFrom('roles').selectAll().where('role_id', '=', roleId).executeTakeFirst()
        return { value: row && (await roleRecord(reads, row)), subjects: [`role/${roleId}`] }
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

async function roleRecord(reads: Reads, row: RoleRow): Promise<RoleRecord> {
  return {
    roleId: row.role_id,
    accountId: row.account_id,
    roleName: row.role_name,
    arn: roleArn(row.account_id, row.path, row.role_name),
    trustPolicy: row.trust_policy,
    trustPrincipalIds: JSON.parse(row.trust_principal_ids),
    maxSessionDurationSeconds: row.max_session_duration_seconds,
    permissionsBoundary: row.permissions_boundary ?? undefined,
    tags: Object.fromEntries(await readTags(reads, row.role_id)),
  }
}
