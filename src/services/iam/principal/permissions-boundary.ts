import type {
  AttachedPermissionsBoundary,
  DeleteRolePermissionsBoundaryRequest,
  DeleteUserPermissionsBoundaryRequest,
  PutRolePermissionsBoundaryRequest,
  PutUserPermissionsBoundaryRequest,
} from '@aws-sdk/client-iam'
import type { ManagedPolicyCatalog } from '../../../access/policies/managed-policy-catalog.ts'
import type { Writes } from '../../../store/store.ts'
import type { IamOperation } from '../dependencies.ts'
import { findAttachable, type NamedPolicy, refuseMissing } from '../policy/managed-policy.ts'
import { onRole, onUser } from '../requirements.ts'
import { getRole, getUser, type PolicyPrincipal, principalChanged } from './principal.ts'

export const putRolePermissionsBoundary: IamOperation<PutRolePermissionsBoundaryRequest, object> = {
  name: 'PutRolePermissionsBoundary',
  requires: onRole('PutRolePermissionsBoundary', requestedBoundary),
  async handle({ accountId, input }, { store, managedPolicies }) {
    const setBoundary = boundarySetter(input.PermissionsBoundary, accountId, managedPolicies)
    await store.write(async (writes) => setBoundary(writes, await getRole(writes, accountId, input.RoleName)))
    return {}
  },
}

/** Without a boundary it succeeds: AWS documents no error but for a missing role. */
export const deleteRolePermissionsBoundary: IamOperation<DeleteRolePermissionsBoundaryRequest, object> = {
  name: 'DeleteRolePermissionsBoundary',
  requires: onRole('DeleteRolePermissionsBoundary'),
  async handle({ accountId, input }, { store }) {
    await store.write(async (writes) => saveBoundary(writes, await getRole(writes, accountId, input.RoleName), null))
    return {}
  },
}

export const putUserPermissionsBoundary: IamOperation<PutUserPermissionsBoundaryRequest, object> = {
  name: 'PutUserPermissionsBoundary',
  requires: onUser('PutUserPermissionsBoundary', requestedBoundary),
  async handle({ accountId, input }, { store, managedPolicies }) {
    const setBoundary = boundarySetter(input.PermissionsBoundary, accountId, managedPolicies)
    await store.write(async (writes) => setBoundary(writes, await getUser(writes, accountId, input.UserName)))
    return {}
  },
}

export const deleteUserPermissionsBoundary: IamOperation<DeleteUserPermissionsBoundaryRequest, object> = {
  name: 'DeleteUserPermissionsBoundary',
  requires: onUser('DeleteUserPermissionsBoundary'),
  async handle({ accountId, input }, { store }) {
    await store.write(async (writes) => saveBoundary(writes, await getUser(writes, accountId, input.UserName), null))
    return {}
  },
}

/** How answers show a boundary: with the type `Policy` (recorded; the documentation says `PermissionsBoundaryPolicy`). */
export function shownBoundary(policyArn: string | null): AttachedPermissionsBoundary | undefined {
  if (policyArn === null) return undefined
  // The recorded word is not in the SDK's enumeration, which clients do not check.
  return {
    PermissionsBoundaryType: 'Policy',
    PermissionsBoundaryArn: policyArn,
  } as unknown as AttachedPermissionsBoundary
}

/** The condition key of a request that sets a boundary. */
export function requestedBoundary(input: { readonly PermissionsBoundary?: string | undefined }) {
  return { 'iam:PermissionsBoundary': input.PermissionsBoundary }
}

/** Reads the boundary that a request to create something names. @throws as `findAttachable` */
export function findBoundary(
  input: { readonly PermissionsBoundary?: string | undefined },
  managedPolicies: ManagedPolicyCatalog,
): NamedPolicy | undefined {
  return input.PermissionsBoundary === undefined
    ? undefined
    : findAttachable(input.PermissionsBoundary, managedPolicies)
}

/**
 * Refuses a boundary that is no policy of the account or of AWS. Call it inside the write that sets it, with what
 * `findAttachable` found before.
 */
export async function refuseMissingBoundary(
  writes: Writes,
  accountId: string,
  policy: NamedPolicy | undefined,
): Promise<void> {
  if (!policy) return
  await refuseMissing(writes, accountId, policy, `Scope ARN: ${policy.arn} does not exist or is not attachable.`)
}

function boundarySetter(arn: string, accountId: string, managedPolicies: ManagedPolicyCatalog) {
  const policy = findAttachable(arn, managedPolicies)
  return async (writes: Writes, principal: PolicyPrincipal) => {
    await refuseMissingBoundary(writes, accountId, policy)
    await saveBoundary(writes, principal, arn)
  }
}

async function saveBoundary(writes: Writes, principal: PolicyPrincipal, arn: string | null): Promise<void> {
  const change = { permissions_boundary: arn }
  const update =
    principal.kind === 'role'
      ? writes.updateTable('roles').set(change).where('role_id', '=', principal.id)
      : writes.updateTable('users').set(change).where('user_id', '=', principal.id)
  await update.execute()
  principalChanged(writes, principal)
}
