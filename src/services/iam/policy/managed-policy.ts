import type { ManagedPolicy, ManagedPolicyCatalog } from '../../../access/policies/managed-policy-catalog.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { NO_SUCH_ENTITY } from '../../../aws/error-codes.ts'
import type { Reads } from '../../../store/store.ts'
import type { PolicyRow } from '../../../store/tables.ts'
import { type PolicyArn, parsePolicyArn } from '../arns.ts'
import type { TaggedResource } from '../tag/tags.ts'

const POLICY_NOT_ATTACHABLE = { code: 'PolicyNotAttachable', status: 400 }
export const AWS_MANAGED_PREFIX = 'arn:aws:iam::aws:policy/'
const SERVICE_LINKED_PREFIX = `${AWS_MANAGED_PREFIX}aws-service-role/`

/** A policy as a request names it, and whether AWS's catalog has it; a customer's is looked up where it is used. */
export interface NamedPolicy extends PolicyArn {
  readonly isInCatalog: boolean
}

/**
 * Reads the ARN of a policy that is to be attached or to bound.
 * @throws AwsError `ValidationError` for what is no policy ARN, `PolicyNotAttachable` for the policies of service-linked roles
 */
export function findAttachable(arn: string, managedPolicies: ManagedPolicyCatalog): NamedPolicy {
  const parsed = parsePolicyArn(arn)
  const isInCatalog = parsed.isAwsManaged && managedPolicies.find(arn) !== undefined
  if (isInCatalog && isServiceLinked(arn)) {
    throw new AwsError(POLICY_NOT_ATTACHABLE, 'Cannot attach a Service Role Policy to a Customer Role.')
  }
  return { ...parsed, isInCatalog }
}

/** @throws AwsError `NoSuchEntity` with `text` where neither the account nor AWS has the policy */
export async function refuseMissing(reads: Reads, accountId: string, policy: NamedPolicy, text: string): Promise<void> {
  const exists = policy.isAwsManaged
    ? policy.isInCatalog
    : (await findPolicyRow(reads, accountId, policy.arn)) !== undefined
  if (!exists) throw new AwsError(NO_SUCH_ENTITY, text)
}

/** @throws AwsError `NoSuchEntity` */
export async function getPolicyRow(reads: Reads, accountId: string, arn: string): Promise<PolicyRow> {
  const row = await findPolicyRow(reads, accountId, arn)
  if (!row) throw missingPolicy(arn)
  return row
}

/** @throws AwsError `NoSuchEntity` */
export function getCatalogPolicy(managedPolicies: ManagedPolicyCatalog, arn: string): ManagedPolicy {
  const policy = managedPolicies.find(arn)
  if (!policy) throw missingPolicy(arn)
  return policy
}

/** A customer managed policy of the account; those of other accounts are not found. */
export async function findPolicyRow(reads: Reads, accountId: string, arn: string): Promise<PolicyRow | undefined> {
  return reads
    .selectFrom('policies')
    .selectAll()
    .where('policy_arn', '=', arn)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
}

export function taggedPolicy(row: Pick<PolicyRow, 'account_id' | 'policy_id'>): TaggedResource {
  return { accountId: row.account_id, id: row.policy_id }
}

/** The policies of service-linked roles can be read, but attached by their service only. */
export function isServiceLinked(arn: string): boolean {
  return arn.startsWith(SERVICE_LINKED_PREFIX)
}

function missingPolicy(arn: string): AwsError {
  return new AwsError(NO_SUCH_ENTITY, `Policy ${arn} was not found.`)
}
