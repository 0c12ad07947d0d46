import type { Reads } from '../../store/store.ts'
import { readTags } from '../records/tag-records.ts'
import type { ManagedPolicyCatalog } from './managed-policy-catalog.ts'

/** What the store says of a principal's policies: documents as text, attachments as ARNs. */
export interface StoredPolicies {
  readonly inline: readonly { readonly name: string; readonly document: string }[]
  readonly attached: readonly string[]
  readonly boundary: string | undefined
  readonly tags: ReadonlyMap<string, string>
}

export async function readStoredPolicies(reads: Reads, kind: 'user' | 'role', id: string): Promise<StoredPolicies> {
  const [inline, attached, tags, boundary] = await Promise.all([
    inlinePolicies(reads, id),
    attachedPolicyArns(reads, id),
    readTags(reads, id),
    permissionsBoundary(reads, kind, id),
  ])
  return { inline, attached, tags: new Map(tags), boundary }
}

const AWS_MANAGED_PREFIX = 'arn:aws:iam::aws:policy/'

export interface ManagedPolicyText {
  readonly document: string
  readonly versionId: string
}

/**
 * Finds a managed policy's default version: AWS's from the catalog, a customer's from the store.
 * @returns undefined where there is no such policy
 */
export async function findManagedPolicyText(
  parts: { readonly reads: Reads; readonly catalog: ManagedPolicyCatalog },
  policyArn: string,
): Promise<ManagedPolicyText | undefined> {
  if (policyArn.startsWith(AWS_MANAGED_PREFIX)) {
    const policy = parts.catalog.find(policyArn)
    return policy && parts.catalog.findVersion(policyArn, policy.defaultVersionId)
  }
  const row = await parts.reads
    .selectFrom('policies')
    .innerJoin('policy_versions', (join) =>
      join
        .onRef('policy_versions.policy_id', '=', 'policies.policy_id')
        .onRef('policy_versions.version_id', '=', 'policies.default_version_id'),
    )
    .select(['policy_versions.document', 'policy_versions.version_id as versionId'])
    .where('policies.policy_arn', '=', policyArn)
    .executeTakeFirst()
  return row
}

async function inlinePolicies(reads: Reads, principalId: string): Promise<StoredPolicies['inline']> {
  return reads
    .selectFrom('inline_policies')
    .select(['policy_name as name', 'document'])
    .where('principal_id', '=', principalId)
    .execute()
}

async function attachedPolicyArns(reads: Reads, principalId: string): Promise<string[]> {
  const rows = await reads
    .selectFrom('policy_attachments')
    .select('policy_arn')
    .where('principal_id', '=', principalId)
    .execute()
  return rows.map((row) => row.policy_arn)
}

async function permissionsBoundary(reads: Reads, kind: 'user' | 'role', id: string): Promise<string | undefined> {
  const row =
    kind === 'user'
      ? await reads.selectFrom('users').select('permissions_boundary').where('user_id', '=', id).executeTakeFirst()
      : await reads.selectFrom('roles').select('permissions_boundary').where('role_id', '=', id).executeTakeFirst()
  return row?.permissions_boundary ?? undefined
}
