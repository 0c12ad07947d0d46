import type { Service } from '../../access/service.ts'
import { createAccessKey, deleteAccessKey, listAccessKeys, updateAccessKey } from './access-key.ts'
import { IAM_CONSTRAINTS } from './constraints.ts'
import type { IamDependencies } from './dependencies.ts'
import { listGroupsForUser } from './group.ts'
import { listInstanceProfilesForRole } from './instance-profile.ts'
import {
  addClientIDToOpenIDConnectProvider,
  createOpenIDConnectProvider,
  deleteOpenIDConnectProvider,
  getOpenIDConnectProvider,
  listOpenIDConnectProviders,
  removeClientIDFromOpenIDConnectProvider,
  updateOpenIDConnectProviderThumbprint,
} from './oidc-provider.ts'
import {
  deleteRolePermissionsBoundary,
  deleteUserPermissionsBoundary,
  putRolePermissionsBoundary,
  putUserPermissionsBoundary,
} from './permissions-boundary.ts'
import { createPolicy, deletePolicy, getPolicy } from './policy.ts'
import { listPolicies } from './policy-listing.ts'
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from './policy-version.ts'
import { createRole, deleteRole, getRole, listRoles, updateRole, updateRoleDescription } from './role.ts'
import { attachRolePolicy, detachRolePolicy, listAttachedRolePolicies } from './role-attachment.ts'
import { deleteRolePolicy, getRolePolicy, listRolePolicies, putRolePolicy } from './role-policy.ts'
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
} from './tag-operations.ts'
import { updateAssumeRolePolicy } from './trust-policy.ts'
import { createUser, deleteUser, getUser, listUsers } from './user.ts'
import { attachUserPolicy, detachUserPolicy, listAttachedUserPolicies } from './user-attachment.ts'
import { deleteUserPolicy, getUserPolicy, listUserPolicies, putUserPolicy } from './user-policy.ts'

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
