import { AwsError } from '../../../aws/aws-error.ts'
import { NO_SUCH_ENTITY } from '../../../aws/error-codes.ts'
import type { Reads, Writes } from '../../../store/store.ts'
import type { InlinePolicyRow } from '../../../store/tables.ts'
import { nameKey } from '../arns.ts'
import { type Page, type PageRequest, readPage } from '../pagination.ts'
import { refuseOversizedInline } from '../policy/policy-document.ts'
import type { IamQuotas } from '../quotas.ts'
import { type PolicyPrincipal, principalChanged } from './principal.ts'

/** A policy that is part of one role or user. Names compare without case. */
export interface InlinePolicy {
  readonly PolicyName: string
  readonly PolicyDocument: string
}

/**
 * Saves an inline policy; one with the same name is replaced.
 * @throws AwsError `LimitExceeded` where all of the principal's inline policies together would be too long
 */
export async function putInlinePolicy(
  writes: Writes,
  principal: PolicyPrincipal,
  policy: InlinePolicy,
  call: { readonly now: number; readonly quotas: IamQuotas },
): Promise<void> {
  const key = nameKey(policy.PolicyName)
  const others = (await inlinePolicies(writes, principal)).filter((row) => row.policy_name_key !== key)
  const documents = [...others.map((row) => row.document), policy.PolicyDocument]
  refuseOversizedInline(principal, documents, call.quotas)
  await removeInlinePolicy(writes, principal, policy.PolicyName)
  const row = {
    account_id: principal.accountId,
    principal_id: principal.id,
    policy_name: policy.PolicyName,
    policy_name_key: key,
    document: policy.PolicyDocument,
    updated_at: call.now,
  }
  await writes.insertInto('inline_policies').values(row).execute()
  principalChanged(writes, principal)
}

/** @throws AwsError `NoSuchEntity` */
export async function getInlinePolicy(
  reads: Reads,
  principal: PolicyPrincipal,
  policyName: string,
): Promise<InlinePolicyRow> {
  const row = await reads
    .selectFrom('inline_policies')
    .selectAll()
    .where('principal_id', '=', principal.id)
    .where('policy_name_key', '=', nameKey(policyName))
    .executeTakeFirst()
  if (row) return row
  throw new AwsError(NO_SUCH_ENTITY, `The ${principal.kind} policy with name ${policyName} cannot be found.`)
}

/** @throws AwsError `NoSuchEntity` */
export async function deleteInlinePolicy(
  writes: Writes,
  principal: PolicyPrincipal,
  policyName: string,
): Promise<void> {
  await getInlinePolicy(writes, principal, policyName)
  await removeInlinePolicy(writes, principal, policyName)
  principalChanged(writes, principal)
}

/** Lists in the order of names. */
export async function listInlinePolicies(
  list: string,
  reads: Reads,
  principal: PolicyPrincipal,
  request: PageRequest,
): Promise<Page<InlinePolicyRow>> {
  return readPage(list, request, {
    read({ after, limit }) {
      const ofPrincipal = reads.selectFrom('inline_policies').selectAll().where('principal_id', '=', principal.id)
      const rest = after === undefined ? ofPrincipal : ofPrincipal.where('policy_name_key', '>', after)
      return rest.orderBy('policy_name_key').limit(limit).execute()
    },
    placeOf: (row) => row.policy_name_key,
  })
}

/** Bounded: the documents of a principal are at most some thousand characters together. */
async function inlinePolicies(reads: Reads, principal: PolicyPrincipal): Promise<readonly InlinePolicyRow[]> {
  return reads.selectFrom('inline_policies').selectAll().where('principal_id', '=', principal.id).execute()
}

async function removeInlinePolicy(writes: Writes, principal: PolicyPrincipal, policyName: string): Promise<void> {
  await writes
    .deleteFrom('inline_policies')
    .where('principal_id', '=', principal.id)
    .where('policy_name_key', '=', nameKey(policyName))
    .execute()
}
