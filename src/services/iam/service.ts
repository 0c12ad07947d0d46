import type { Service } from '../../access/service.ts'
import { IAM_CONSTRAINTS } from './constraints.ts'
import type { IamDependencies } from './dependencies.ts'
import {
  addClientIDToOpenIDConnectProvider,
  createOpenIDConnectProvider,
  deleteOpenIDConnectProvider,
  getOpenIDConnectProvider,
  listOpenIDConnectProviders,
  removeClientIDFromOpenIDConnectProvider,
  updateOpenIDConnectProviderThumbprint,
} from './oidc-provider/oidc-provider.ts'
import { createPolicy, deletePolicy, getPolicy } from './policy/policy.ts'
import { listPolicies } from './policy/policy-listing.ts'
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from './policy/policy-version.ts'
import {
  deleteRolePermissionsBoundary,
  deleteUserPermissionsBoundary,
  putRolePermissionsBoundary,
  putUserPermissionsBoundary,
} from './principal/permissions-boundary.ts'
import { listInstanceProfilesForRole } from './role/instance-profile.ts'
import { createRole, deleteRole, getRole, listRoles, updateRole, updateRoleDescription } from './role/role.ts'
import { attachRolePolicy, detachRolePolicy, listAttachedRolePolicies } from './role/role-attachment.ts'
import { deleteRolePolicy, getRolePolicy, listRolePolicies, putRolePolicy } from './role/role-policy.ts'
import { updateAssumeRolePolicy } from './role/trust-policy.ts'
import { getContextKeysForCustomPolicy, getContextKeysForPrincipalPolicy } from './simulation/context-keys.ts'
import { simulateCustomPolicy } from './simulation/simulate-custom-policy.ts'
import { simulatePrincipalPolicy } from './simulation/simulate-principal-policy.ts'
import {
  listOpenIDConnectProviderTags,
  listPolicyTags,
  listRoleTags,
  listUserTags,
  tagOpenIDConnectProvider,
  tagPolicy,
  tagRole,
  tagUser,
  untagOpenIDConnectProvider,
  untagPolicy,
  untagRole,
  untagUser,
} from './tag/tag-operations.ts'
import { createAccessKey, deleteAccessKey, listAccessKeys, updateAccessKey } from './user/access-key.ts'
import { listGroupsForUser } from './user/group.ts'
import { createUser, deleteUser, getUser, listUsers } from './user/user.ts'
import { attachUserPolicy, detachUserPolicy, listAttachedUserPolicies } from './user/user-attachment.ts'
import { deleteUserPolicy, getUserPolicy, listUserPolicies, putUserPolicy } from './user/user-policy.ts'

/** AWS Identity and Access Management. */
export const IAM: Service<IamDependencies> = {
  protocol: {
    name: 'iam',
    protocol: 'query',
    apiVersion: '2010-05-08',
    signingNames: ['iam'],
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  },
  loadSchemas: () => import('@aws-sdk/client-iam'),
  constraints: IAM_CONSTRAINTS,
  operations: [
    addClientIDToOpenIDConnectProvider,
    attachRolePolicy,
    attachUserPolicy,
    createAccessKey,
    createOpenIDConnectProvider,
    createPolicy,
    createPolicyVersion,
    createRole,
    createUser,
    deleteAccessKey,
    deleteOpenIDConnectProvider,
    deletePolicy,
    deletePolicyVersion,
    deleteRole,
    deleteRolePermissionsBoundary,
    deleteRolePolicy,
    deleteUser,
    deleteUserPermissionsBoundary,
    deleteUserPolicy,
    detachRolePolicy,
    detachUserPolicy,
    getContextKeysForCustomPolicy,
    getContextKeysForPrincipalPolicy,
    getOpenIDConnectProvider,
    getPolicy,
    getPolicyVersion,
    getRole,
    getRolePolicy,
    getUser,
    getUserPolicy,
    listAccessKeys,
    listAttachedRolePolicies,
    listAttachedUserPolicies,
    listGroupsForUser,
    listInstanceProfilesForRole,
    listOpenIDConnectProviderTags,
    listOpenIDConnectProviders,
    listPolicies,
    listPolicyTags,
    listPolicyVersions,
    listRolePolicies,
    listRoleTags,
    listRoles,
    listUserPolicies,
    listUserTags,
    listUsers,
    putRolePermissionsBoundary,
    putRolePolicy,
    putUserPermissionsBoundary,
    putUserPolicy,
    removeClientIDFromOpenIDConnectProvider,
    setDefaultPolicyVersion,
    simulateCustomPolicy,
    simulatePrincipalPolicy,
    tagOpenIDConnectProvider,
    tagPolicy,
    tagRole,
    tagUser,
    untagOpenIDConnectProvider,
    untagPolicy,
    untagRole,
    untagUser,
    updateAccessKey,
    updateAssumeRolePolicy,
    updateOpenIDConnectProviderThumbprint,
    updateRole,
    updateRoleDescription,
  ],
}
