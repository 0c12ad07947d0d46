import type {
  AttachUserPolicyRequest,
  DetachUserPolicyRequest,
  ListAttachedUserPoliciesRequest,
  ListAttachedUserPoliciesResponse,
} from '@aws-sdk/client-iam'
import { parsePolicyArn } from '../arns.ts'
import type { IamOperation } from '../dependencies.ts'
import { findAttachable } from '../policy/managed-policy.ts'
import { attachPolicy, detachPolicy, listAttached } from '../principal/attachment.ts'
import { getUser } from '../principal/principal.ts'
import { onUser } from '../requirements.ts'

const policyArnKey = (input: { readonly PolicyArn: string }) => ({ 'iam:PolicyARN': input.PolicyArn })

export const attachUserPolicy: IamOperation<AttachUserPolicyRequest, object> = {
  name: 'AttachUserPolicy',
  requires: onUser('AttachUserPolicy', policyArnKey),
  async handle({ accountId, input, now }, { store, quotas, managedPolicies }) {
    const policy = findAttachable(input.PolicyArn, managedPolicies)
    await store.write(async (writes) => {
      await attachPolicy(writes, await getUser(writes, accountId, input.UserName), policy, { now, quotas })
    })
    return {}
  },
}

export const detachUserPolicy: IamOperation<DetachUserPolicyRequest, object> = {
  name: 'DetachUserPolicy',
  requires: onUser('DetachUserPolicy', policyArnKey),
  async handle({ accountId, input }, { store }) {
    const policy = parsePolicyArn(input.PolicyArn)
    await store.write(async (writes) => {
      await detachPolicy(writes, await getUser(writes, accountId, input.UserName), policy)
    })
    return {}
  },
}

export const listAttachedUserPolicies: IamOperation<ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse> =
  {
    name: 'ListAttachedUserPolicies',
    requires: onUser('ListAttachedUserPolicies'),
    async handle({ accountId, input }, { store: { reads } }) {
      const page = await listAttached(
        'ListAttachedUserPolicies',
        reads,
        await getUser(reads, accountId, input.UserName),
        input,
      )
      return { AttachedPolicies: page.entries, ...page.end }
    },
  }
