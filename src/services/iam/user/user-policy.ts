import type {
  DeleteUserPolicyRequest,
  GetUserPolicyRequest,
  GetUserPolicyResponse,
  ListUserPoliciesRequest,
  ListUserPoliciesResponse,
  PutUserPolicyRequest,
} from '@aws-sdk/client-iam'
import type { IamOperation } from '../dependencies.ts'
import { encodeDocument, refuseMalformed } from '../policy/policy-document.ts'
import { deleteInlinePolicy, getInlinePolicy, listInlinePolicies, putInlinePolicy } from '../principal/inline-policy.ts'
import { getUser } from '../principal/principal.ts'
import { onUser } from '../requirements.ts'

export const putUserPolicy: IamOperation<PutUserPolicyRequest, object> = {
  name: 'PutUserPolicy',
  requires: onUser('PutUserPolicy'),
  async handle({ accountId, input, now }, { store, quotas }) {
    refuseMalformed(input.PolicyDocument, 'identity')
    await store.write(async (writes) => {
      await putInlinePolicy(writes, await getUser(writes, accountId, input.UserName), input, { now, quotas })
    })
    return {}
  },
}

export const getUserPolicy: IamOperation<GetUserPolicyRequest, GetUserPolicyResponse> = {
  name: 'GetUserPolicy',
  requires: onUser('GetUserPolicy'),
  async handle({ accountId, input }, { store: { reads } }) {
    const user = await getUser(reads, accountId, input.UserName)
    const row = await getInlinePolicy(reads, user, input.PolicyName)
    return { UserName: user.name, PolicyName: row.policy_name, PolicyDocument: encodeDocument(row.document) }
  },
}

export const listUserPolicies: IamOperation<ListUserPoliciesRequest, ListUserPoliciesResponse> = {
  name: 'ListUserPolicies',
  requires: onUser('ListUserPolicies'),
  async handle({ accountId, input }, { store: { reads } }) {
    const user = await getUser(reads, accountId, input.UserName)
    const page = await listInlinePolicies('ListUserPolicies', reads, user, input)
    return { PolicyNames: page.entries.map((row) => row.policy_name), ...page.end }
  },
}

export const deleteUserPolicy: IamOperation<DeleteUserPolicyRequest, object> = {
  name: 'DeleteUserPolicy',
  requires: onUser('DeleteUserPolicy'),
  async handle({ accountId, input }, { store }) {
    await store.write(async (writes) => {
      await deleteInlinePolicy(writes, await getUser(writes, accountId, input.UserName), input.PolicyName)
    })
    return {}
  },
}
