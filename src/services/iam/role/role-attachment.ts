import type {
  AttachRolePolicyRequest,
  DetachRolePolicyRequest,
  ListAttachedRolePoliciesRequest,
  ListAttachedRolePoliciesResponse,
} from '@aws-sdk/client-iam'
import { parsePolicyArn } from '../arns.ts'
import type { IamOperation } from '../dependencies.ts'
import { findAttachable } from '../policy/managed-policy.ts'
import { attachPolicy, detachPolicy, listAttached } from '../principal/attachment.ts'
import { getRole } from '../principal/principal.ts'
import { onRole } from '../requirements.ts'

const policyArnKey = (input: { readonly PolicyArn: string }) => ({ 'iam:PolicyARN': input.PolicyArn })

export const attachRolePolicy: IamOperation<AttachRolePolicyRequest, object> = {
  name: 'AttachRolePolicy',
  requires: onRole('AttachRolePolicy', policyArnKey),
  async handle({ accountId, input, now }, { store, quotas, managedPolicies }) {
    const policy = findAttachable(input.PolicyArn, managedPolicies)
    await store.write(async (writes) => {
      await attachPolicy(writes, await getRole(writes, accountId, input.RoleName), policy, { now, quotas })
    })
    return {}
  },
}

export const detachRolePolicy: IamOperation<DetachRolePolicyRequest, object> = {
  name: 'DetachRolePolicy',
  requires: onRole('DetachRolePolicy', policyArnKey),
  async handle({ accountId, input }, { store }) {
    const policy = parsePolicyArn(input.PolicyArn)
    await store.write(async (writes) => {
      await detachPolicy(writes, await getRole(writes, accountId, input.RoleName), policy)
    })
    return {}
  },
}

export const listAttachedRolePolicies: IamOperation<ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse> =
  {
    name: 'ListAttachedRolePolicies',
    requires: onRole('ListAttachedRolePolicies'),
    async handle({ accountId, input }, { store: { reads } }) {
      const page = await listAttached(
        'ListAttachedRolePolicies',
        reads,
        await getRole(reads, accountId, input.RoleName),
        input,
      )
      return { AttachedPolicies: page.entries, ...page.end }
    },
  }
