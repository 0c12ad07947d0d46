import type {
  DeleteRolePolicyRequest,
  GetRolePolicyRequest,
  GetRolePolicyResponse,
  ListRolePoliciesRequest,
  ListRolePoliciesResponse,
  PutRolePolicyRequest,
} from '@aws-sdk/client-iam'
import type { IamOperation } from '../dependencies.ts'
import { encodeDocument, refuseMalformed } from '../policy/policy-document.ts'
import { deleteInlinePolicy, getInlinePolicy, listInlinePolicies, putInlinePolicy } from '../principal/inline-policy.ts'
import { getRole } from '../principal/principal.ts'
import { onRole } from '../requirements.ts'

export const putRolePolicy: IamOperation<PutRolePolicyRequest, object> = {
  name: 'PutRolePolicy',
  requires: onRole('PutRolePolicy'),
  async handle({ accountId, input, now }, { store, quotas }) {
    refuseMalformed(input.PolicyDocument, 'identity')
    await store.write(async (writes) => {
      await putInlinePolicy(writes, await getRole(writes, accountId, input.RoleName), input, { now, quotas })
    })
    return {}
  },
}

export const getRolePolicy: IamOperation<GetRolePolicyRequest, GetRolePolicyResponse> = {
  name: 'GetRolePolicy',
  requires: onRole('GetRolePolicy'),
  async handle({ accountId, input }, { store: { reads } }) {
    const role = await getRole(reads, accountId, input.RoleName)
    const row = await getInlinePolicy(reads, role, input.PolicyName)
    return { RoleName: role.name, PolicyName: row.policy_name, PolicyDocument: encodeDocument(row.document) }
  },
}

export const listRolePolicies: IamOperation<ListRolePoliciesRequest, ListRolePoliciesResponse> = {
  name: 'ListRolePolicies',
  requires: onRole('ListRolePolicies'),
  async handle({ accountId, input }, { store: { reads } }) {
    const role = await getRole(reads, accountId, input.RoleName)
    const page = await listInlinePolicies('ListRolePolicies', reads, role, input)
    return { PolicyNames: page.entries.map((row) => row.policy_name), ...page.end }
  },
}

export const deleteRolePolicy: IamOperation<DeleteRolePolicyRequest, object> = {
  name: 'DeleteRolePolicy',
  requires: onRole('DeleteRolePolicy'),
  async handle({ accountId, input }, { store }) {
    await store.write(async (writes) => {
      await deleteInlinePolicy(writes, await getRole(writes, accountId, input.RoleName), input.PolicyName)
    })
    return {}
  },
}
