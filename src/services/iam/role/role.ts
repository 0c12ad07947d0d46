import type {
  CreateRoleRequest,
  CreateRoleResponse,
  DeleteRoleRequest,
  GetRoleRequest,
  GetRoleResponse,
  ListRolesRequest,
  ListRolesResponse,
  Role,
  UpdateRoleDescriptionRequest,
  UpdateRoleDescriptionResponse,
  UpdateRoleRequest,
} from '@aws-sdk/client-iam'
import { showPrincipals } from '../../../access/policies/principal-ids.ts'
import type { Present } from '../../../access/present.ts'
import { roleArn } from '../../../aws/arn.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { ENTITY_ALREADY_EXISTS } from '../../../aws/error-codes.ts'
import { newUniqueId } from '../../../aws/unique-id.ts'
import type { Reads, Writes } from '../../../store/store.ts'
import type { RoleRow } from '../../../store/tables.ts'
import { nameKey } from '../arns.ts'
import { dateOf } from '../dates.ts'
import type { IamOperation } from '../dependencies.ts'
import { inNameOrder } from '../name-order.ts'
import { readPage } from '../pagination.ts'
import { encodeDocument } from '../policy/policy-document.ts'
import {
  findBoundary,
  refuseMissingBoundary,
  requestedBoundary,
  shownBoundary,
} from '../principal/permissions-boundary.ts'
import { findRoleRow, getRoleRow, principalChanged, roleOf } from '../principal/principal.ts'
import { refuseConflicts } from '../principal/principal-deletion.ts'
import { refuseFullAccount } from '../quotas.ts'
import { onRole, toCreate, toList } from '../requirements.ts'
import { readTags, refuseBadTags, removeAllTags, writeTags } from '../tag/tags.ts'
import { refuseBadTrustPolicy, resolveTrust } from './trust-policy.ts'

/** Seconds. Source: API reference of CreateRole. */
const MAX_SESSION_DURATION_DEFAULT = 3_600

export const createRole: IamOperation<CreateRoleRequest, CreateRoleResponse> = {
  name: 'CreateRole',
  requires: toCreate(
    'CreateRole',
    'TagRole',
    (input, { accountId }) => roleArn(accountId, input.Path ?? '/', input.RoleName),
    requestedBoundary,
  ),
  async handle({ accountId, input, now }, { store, quotas, managedPolicies }) {
    const tags = input.Tags ?? []
    refuseBadTags(tags)
    refuseBadTrustPolicy(input.AssumeRolePolicyDocument, quotas)
    const boundary = findBoundary(input, managedPolicies)
    return store.write(async (writes) => {
      await refuseMissingBoundary(writes, accountId, boundary)
      await refuseTakenName(writes, accountId, input.RoleName)
      await refuseFullAccount(writes, 'roles', accountId, quotas)
      const row = {
        ...newRoleRow(input, accountId, now),
        ...(await resolveTrust(writes, accountId, input.AssumeRolePolicyDocument)),
      }
      await writes.insertInto('roles').values(row).execute()
      await writeTags(writes, roleOf(row), tags, quotas)
      roleChanged(writes, row)
      return { Role: { ...commonMembers(row), AssumeRolePolicyDocument: encodeDocument(row.trust_policy) } }
    })
  },
}

export const getRole: IamOperation<GetRoleRequest, GetRoleResponse> = {
  name: 'GetRole',
  requires: onRole('GetRole'),
  async handle({ accountId, input }, { store }) {
    return { Role: await wholeRole(store.reads, await getRoleRow(store.reads, accountId, input.RoleName)) }
  },
}

/**
 * Lists in the order of names, with a path prefix in that of paths and names. The entries have no tags, boundary or last use,
 * as documented.
 */
export const listRoles: IamOperation<ListRolesRequest, ListRolesResponse> = {
  name: 'ListRoles',
  requires: toList('ListRoles', 'role'),
  async handle({ accountId, input }, { store: { reads } }) {
    const ofAccount = reads.selectFrom('roles').selectAll().where('account_id', '=', accountId)
    const source = inNameOrder<RoleRow>(input.PathPrefix, {
      nameColumn: 'role_name_key',
      describe: (row) => ({ id: row.role_id, path: row.path, nameKey: row.role_name_key }),
      read: ({ filter, order, limit }) => ofAccount.where(filter).orderBy(order).limit(limit).execute(),
      findById: (id) => ofAccount.where('role_id', '=', id).executeTakeFirst(),
    })
    const page = await readPage('ListRoles', input, source)
    return { Roles: await Promise.all(page.entries.map((row) => listedRole(reads, row))), ...page.end }
  },
}

/** As documented, a duration that is left out becomes the default; a description that is left out stays. */
export const updateRole: IamOperation<UpdateRoleRequest, object> = {
  name: 'UpdateRole',
  requires: onRole('UpdateRole'),
  async handle({ accountId, input }, { store }) {
    await store.write(async (writes) => {
      const row = await getRoleRow(writes, accountId, input.RoleName)
      await saveRole(writes, row, {
        max_session_duration_seconds: input.MaxSessionDuration ?? MAX_SESSION_DURATION_DEFAULT,
        description: input.Description ?? row.description,
      })
    })
    return {}
  },
}

export const updateRoleDescription: IamOperation<UpdateRoleDescriptionRequest, UpdateRoleDescriptionResponse> = {
  name: 'UpdateRoleDescription',
  requires: onRole('UpdateRoleDescription'),
  async handle({ accountId, input }, { store }) {
    const row = await store.write(async (writes) => {
      const found = await getRoleRow(writes, accountId, input.RoleName)
      return saveRole(writes, found, { description: input.Description })
    })
    return { Role: await listedRole(store.reads, row) }
  },
}

/** Attached and inline policies must be gone before; tags and boundary go with the role. */
export const deleteRole: IamOperation<DeleteRoleRequest, object> = {
  name: 'DeleteRole',
  requires: onRole('DeleteRole'),
  async handle({ accountId, input }, { store }) {
    await store.write(async (writes) => {
      const row = await getRoleRow(writes, accountId, input.RoleName)
      await refuseConflicts(writes, roleOf(row))
      await removeAllTags(writes, roleOf(row))
      await writes.deleteFrom('roles').where('role_id', '=', row.role_id).execute()
      roleChanged(writes, row)
    })
    return {}
  },
}

async function refuseTakenName(writes: Writes, accountId: string, roleName: string): Promise<void> {
  if (!(await findRoleRow(writes, accountId, roleName))) return
  throw new AwsError(ENTITY_ALREADY_EXISTS, `Role with name ${roleName} already exists.`)
}

function newRoleRow(input: Present<CreateRoleRequest>, accountId: string, now: number) {
  return {
    role_id: newUniqueId('role'),
    account_id: accountId,
    role_name: input.RoleName,
    role_name_key: nameKey(input.RoleName),
    path: input.Path ?? '/',
    description: input.Description ?? null,
    max_session_duration_seconds: input.MaxSessionDuration ?? MAX_SESSION_DURATION_DEFAULT,
    permissions_boundary: input.PermissionsBoundary ?? null,
    created_at: now,
    last_used_at: null,
    last_used_region: null,
  }
}

async function saveRole(writes: Writes, row: RoleRow, change: Partial<RoleRow>): Promise<RoleRow> {
  await writes.updateTable('roles').set(change).where('role_id', '=', row.role_id).execute()
  principalChanged(writes, roleOf(row))
  return { ...row, ...change }
}

/** The name means something else from now on, too. */
function roleChanged(writes: Writes, row: RoleRow): void {
  principalChanged(writes, roleOf(row))
  writes.changed(`role-name/${row.account_id}/${row.role_name_key}`)
}

/** What every answer with a role has. CreateRole's has no more than this and the document (recorded). */
function commonMembers(row: RoleRow) {
  return {
    Path: row.path,
    RoleName: row.role_name,
    RoleId: row.role_id,
    Arn: roleArn(row.account_id, row.path, row.role_name),
    CreateDate: dateOf(row.created_at),
    ...(row.description === null ? {} : { Description: row.description }),
  }
}

async function listedRole(reads: Reads, row: RoleRow): Promise<Role> {
  const trustPolicy = await showPrincipals(row.trust_policy, JSON.parse(row.trust_principal_ids), reads)
  return {
    ...commonMembers(row),
    AssumeRolePolicyDocument: encodeDocument(trustPolicy),
    MaxSessionDuration: row.max_session_duration_seconds,
  }
}

async function wholeRole(reads: Reads, row: RoleRow): Promise<Role> {
  const boundary = shownBoundary(row.permissions_boundary)
  const tags = await readTags(reads, roleOf(row))
  return {
    ...(await listedRole(reads, row)),
    ...(boundary ? { PermissionsBoundary: boundary } : {}),
    ...(tags.length > 0 ? { Tags: [...tags] } : {}),
    RoleLastUsed: lastUsed(row),
  }
}

function lastUsed(row: RoleRow) {
  if (row.last_used_at === null) return {}
  return { LastUsedDate: dateOf(row.last_used_at), Region: row.last_used_region ?? undefined }
}
