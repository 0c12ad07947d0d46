import { roleArn, userArn } from '../../../aws/arn.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import type { Caller } from '../../../aws/caller.ts'
import { NO_SUCH_ENTITY, VALIDATION_ERROR } from '../../../aws/error-codes.ts'
import type { Reads, Writes } from '../../../store/store.ts'
import type { RoleRow, UserRow } from '../../../store/tables.ts'
import { nameKey } from '../arns.ts'
import type { TaggedResource } from '../tag/tags.ts'

/** What policies are attached to: a role or a user. What both have alike is written once, for this. */
export interface PolicyPrincipal extends TaggedResource {
  readonly kind: 'role' | 'user'
  readonly name: string
  readonly arn: string
  readonly permissionsBoundary: string | undefined
}

/** @throws AwsError `NoSuchEntity` */
export async function getRoleRow(reads: Reads, accountId: string, roleName: string): Promise<RoleRow> {
  const row = await findRoleRow(reads, accountId, roleName)
  if (!row) throw new AwsError(NO_SUCH_ENTITY, `The role with name ${roleName} cannot be found.`)
  return row
}

export async function findRoleRow(reads: Reads, accountId: string, roleName: string): Promise<RoleRow | undefined> {
  return reads
    .selectFrom('roles')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('role_name_key', '=', nameKey(roleName))
    .executeTakeFirst()
}

/** @throws AwsError `NoSuchEntity` */
export async function getUserRow(reads: Reads, accountId: string, userName: string): Promise<UserRow> {
  const row = await findUserRow(reads, accountId, userName)
  if (!row) throw new AwsError(NO_SUCH_ENTITY, `The user with name ${userName} cannot be found.`)
  return row
}

export async function findUserRow(reads: Reads, accountId: string, userName: string): Promise<UserRow | undefined> {
  return reads
    .selectFrom('users')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('user_name_key', '=', nameKey(userName))
    .executeTakeFirst()
}

export function roleOf(row: RoleRow): PolicyPrincipal {
  return {
    kind: 'role',
    accountId: row.account_id,
    id: row.role_id,
    name: row.role_name,
    arn: roleArn(row.account_id, row.path, row.role_name),
    permissionsBoundary: row.permissions_boundary ?? undefined,
  }
}

export function userOf(row: UserRow): PolicyPrincipal {
  return {
    kind: 'user',
    accountId: row.account_id,
    id: row.user_id,
    name: row.user_name,
    arn: userArn(row.account_id, row.path, row.user_name),
    permissionsBoundary: row.permissions_boundary ?? undefined,
  }
}

/** @throws AwsError `NoSuchEntity` */
export async function getRole(reads: Reads, accountId: string, roleName: string): Promise<PolicyPrincipal> {
  return roleOf(await getRoleRow(reads, accountId, roleName))
}

/** @throws AwsError `NoSuchEntity` */
export async function getUser(reads: Reads, accountId: string, userName: string): Promise<PolicyPrincipal> {
  return userOf(await getUserRow(reads, accountId, userName))
}

/**
 * The user that a request means: the one it names, else the caller.
 * @throws AwsError `ValidationError` (text recorded) where the caller is none
 */
export function requestedUserName(input: { readonly UserName?: string | undefined }, caller: Caller): string {
  if (input.UserName !== undefined) return input.UserName
  if (caller.kind === 'user') return caller.userName
  throw new AwsError(VALIDATION_ERROR, 'Must specify userName when calling with non-User credentials')
}

/** Tells that what a principal is or may do has changed. */
export function principalChanged(writes: Writes, principal: PolicyPrincipal): void {
  writes.changed(`${principal.kind}/${principal.id}`)
}
