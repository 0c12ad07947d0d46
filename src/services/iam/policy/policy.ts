import type {
  CreatePolicyRequest,
  CreatePolicyResponse,
  DeletePolicyRequest,
  GetPolicyRequest,
  GetPolicyResponse,
  Policy,
} from '@aws-sdk/client-iam'
import type { ManagedPolicy } from '../../../access/policies/managed-policy-catalog.ts'
import type { Present } from '../../../access/present.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { DELETE_CONFLICT, ENTITY_ALREADY_EXISTS } from '../../../aws/error-codes.ts'
import { newUniqueId } from '../../../aws/unique-id.ts'
import type { Writes } from '../../../store/store.ts'
import type { PolicyRow } from '../../../store/tables.ts'
import { nameKey, parsePolicyArn, policyArn } from '../arns.ts'
import { dateOf } from '../dates.ts'
import type { IamOperation } from '../dependencies.ts'
import { refuseFullAccount } from '../quotas.ts'
import { onPolicy, toCreate } from '../requirements.ts'
import { readTags, refuseBadTags, removeAllTags, type TagList, writeTags } from '../tag/tags.ts'
import { getCatalogPolicy, getPolicyRow, isServiceLinked, taggedPolicy } from './managed-policy.ts'
import { refuseBadManagedPolicy } from './policy-document.ts'
import { countUsage, type PolicyUsage, UNUSED } from './policy-usage.ts'
import { newVersionRow } from './policy-version.ts'

export const createPolicy: IamOperation<CreatePolicyRequest, CreatePolicyResponse> = {
  name: 'CreatePolicy',
  requires: toCreate('CreatePolicy', 'TagPolicy', (input, { accountId }) =>
    policyArn(accountId, input.Path ?? '/', input.PolicyName),
  ),
  async handle({ accountId, input, now }, { store, quotas }) {
    const tags = input.Tags ?? []
    refuseBadTags(tags)
    refuseBadManagedPolicy(input.PolicyDocument, quotas)
    return store.write(async (writes) => {
      const row = newPolicyRow(input, accountId, now)
      await refuseTakenName(writes, row)
      await refuseFullAccount(writes, 'policies', accountId, quotas)
      await writes.insertInto('policies').values(row).execute()
      await writes
        .insertInto('policy_versions')
        .values(newVersionRow(row, 1, input.PolicyDocument, now))
        .execute()
      await writeTags(writes, taggedPolicy(row), tags, quotas)
      writes.changed(`policy/${row.policy_arn}`)
      return { Policy: { ...listedPolicy(row, UNUSED), ...descriptionOf(row), ...tagsOf(tags) } }
    })
  },
}

export const getPolicy: IamOperation<GetPolicyRequest, GetPolicyResponse> = {
  name: 'GetPolicy',
  requires: onPolicy('GetPolicy', 'read'),
  async handle({ accountId, input }, { store: { reads }, managedPolicies }) {
    const { arn, isAwsManaged } = parsePolicyArn(input.PolicyArn)
    if (isAwsManaged) {
      const policy = getCatalogPolicy(managedPolicies, arn)
      return { Policy: { ...listedCatalogPolicy(policy, await usageOf(arn)), Tags: [] } }
    }
    const row = await getPolicyRow(reads, accountId, arn)
    const tags = await readTags(reads, taggedPolicy(row))
    return { Policy: { ...listedPolicy(row, await usageOf(arn)), ...descriptionOf(row), Tags: [...tags] } }

    async function usageOf(policyArn: string): Promise<PolicyUsage> {
      return (await countUsage(reads, accountId, [policyArn])).get(policyArn) ?? UNUSED
    }
  },
}

/** Refused while the policy is used or has other versions than the default one. */
export const deletePolicy: IamOperation<DeletePolicyRequest, object> = {
  name: 'DeletePolicy',
  requires: onPolicy('DeletePolicy', 'write'),
  async handle({ accountId, input }, { store }) {
    const { arn } = parsePolicyArn(input.PolicyArn)
    await store.write(async (writes) => {
      const row = await getPolicyRow(writes, accountId, arn)
      await refuseUsed(writes, row)
      await writes.deleteFrom('policy_versions').where('policy_id', '=', row.policy_id).execute()
      await writes.deleteFrom('policies').where('policy_id', '=', row.policy_id).execute()
      await removeAllTags(writes, taggedPolicy(row))
      writes.changed(`policy/${row.policy_arn}`)
    })
    return {}
  },
}

/** A customer's policy as lists show it. */
export function listedPolicy(row: PolicyRow, usage: PolicyUsage): Policy {
  return {
    PolicyName: row.policy_name,
    PolicyId: row.policy_id,
    Arn: row.policy_arn,
    Path: row.path,
    DefaultVersionId: row.default_version_id,
    AttachmentCount: usage.attachments,
    PermissionsBoundaryUsageCount: usage.boundaries,
    IsAttachable: true,
    CreateDate: dateOf(row.created_at),
    UpdateDate: dateOf(row.updated_at),
  }
}

/** A policy of AWS as lists show it, used as the account uses it. */
export function listedCatalogPolicy(policy: ManagedPolicy, usage: PolicyUsage): Policy {
  return {
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: usage.attachments,
    PermissionsBoundaryUsageCount: usage.boundaries,
    IsAttachable: !isServiceLinked(policy.arn),
    CreateDate: dateOf(policy.createdAt),
    UpdateDate: dateOf(policy.updatedAt),
  }
}

/** Only single answers carry the description, as documented. */
function descriptionOf({ description }: PolicyRow) {
  return description === null ? {} : { Description: description }
}

function tagsOf(tags: TagList) {
  return tags.length === 0 ? {} : { Tags: [...tags] }
}

function newPolicyRow(input: Present<CreatePolicyRequest>, accountId: string, now: number): PolicyRow {
  const path = input.Path ?? '/'
  return {
    policy_id: newUniqueId('managed-policy'),
    account_id: accountId,
    policy_arn: policyArn(accountId, path, input.PolicyName),
    policy_name: input.PolicyName,
    policy_name_key: nameKey(input.PolicyName),
    path,
    description: input.Description ?? null,
    default_version_id: 'v1',
    next_version: 2,
    created_at: now,
    updated_at: now,
  }
}

/** Names are unique in the account, whatever the path. */
async function refuseTakenName(writes: Writes, row: PolicyRow): Promise<void> {
  const taken = await writes
    .selectFrom('policies')
    .select('policy_id')
    .where('account_id', '=', row.account_id)
    .where('policy_name_key', '=', row.policy_name_key)
    .executeTakeFirst()
  if (taken)
    throw new AwsError(
      ENTITY_ALREADY_EXISTS,
      `A policy called ${row.policy_name} already exists. Duplicate names are not allowed.`,
    )
}

async function refuseUsed(writes: Writes, row: PolicyRow): Promise<void> {
  const usage = (await countUsage(writes, row.account_id, [row.policy_arn])).get(row.policy_arn) ?? UNUSED
  if (usage.attachments + usage.boundaries > 0) {
    throw new AwsError(DELETE_CONFLICT, 'Cannot delete a policy attached to entities.')
  }
  const versions = await writes
    .selectFrom('policy_versions')
    .select('version_id')
    .where('policy_id', '=', row.policy_id)
    .limit(2)
    .execute()
  if (versions.length < 2) return
  throw new AwsError(
    DELETE_CONFLICT,
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
  )
}
