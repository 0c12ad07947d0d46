import type {
  CreatePolicyVersionRequest,
  CreatePolicyVersionResponse,
  DeletePolicyVersionRequest,
  GetPolicyVersionRequest,
  GetPolicyVersionResponse,
  ListPolicyVersionsRequest,
  ListPolicyVersionsResponse,
  PolicyVersion,
  SetDefaultPolicyVersionRequest,
} from '@aws-sdk/client-iam'
import type { ManagedPolicyCatalog, ManagedPolicyVersion } from '../../../access/policies/managed-policy-catalog.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { DELETE_CONFLICT, LIMIT_EXCEEDED, NO_SUCH_ENTITY } from '../../../aws/error-codes.ts'
import type { Reads, Writes } from '../../../store/store.ts'
import type { PolicyRow, PolicyVersionRow } from '../../../store/tables.ts'
import { parsePolicyArn } from '../arns.ts'
import { dateOf } from '../dates.ts'
import type { IamOperation } from '../dependencies.ts'
import { pageOf } from '../pagination.ts'
import type { IamQuotas } from '../quotas.ts'
import { onPolicy } from '../requirements.ts'
import { getCatalogPolicy, getPolicyRow } from './managed-policy.ts'
import { encodeDocument, refuseBadManagedPolicy } from './policy-document.ts'

export const createPolicyVersion: IamOperation<CreatePolicyVersionRequest, CreatePolicyVersionResponse> = {
  name: 'CreatePolicyVersion',
  requires: onPolicy('CreatePolicyVersion', 'write'),
  async handle({ accountId, input, now }, { store, quotas }) {
    const { arn } = parsePolicyArn(input.PolicyArn)
    refuseBadManagedPolicy(input.PolicyDocument, quotas)
    return store.write(async (writes) => {
      const policy = await getPolicyRow(writes, accountId, arn)
      await refuseFullVersions(writes, policy, quotas)
      const row = newVersionRow(policy, policy.next_version, input.PolicyDocument, now)
      await writes.insertInto('policy_versions').values(row).execute()
      const isDefault = input.SetAsDefault === true
      await savePolicy(writes, policy, {
        next_version: policy.next_version + 1,
        updated_at: now,
        default_version_id: isDefault ? row.version_id : policy.default_version_id,
      })
      return { PolicyVersion: listedVersion(row, isDefault) }
    })
  },
}

export const getPolicyVersion: IamOperation<GetPolicyVersionRequest, GetPolicyVersionResponse> = {
  name: 'GetPolicyVersion',
  requires: onPolicy('GetPolicyVersion', 'read'),
  async handle({ accountId, input }, { store: { reads }, managedPolicies }) {
    const { arn, isAwsManaged } = parsePolicyArn(input.PolicyArn)
    if (isAwsManaged) {
      getCatalogPolicy(managedPolicies, arn)
      const version = managedPolicies.findVersion(arn, input.VersionId)
      if (!version) throw missingVersion(arn, input.VersionId)
      return { PolicyVersion: { Document: encodeDocument(version.document), ...listedCatalogVersion(version) } }
    }
    const policy = await getPolicyRow(reads, accountId, arn)
    const row = await getVersionRow(reads, policy, input.VersionId)
    const shown = listedVersion(row, row.version_id === policy.default_version_id)
    return { PolicyVersion: { Document: encodeDocument(row.document), ...shown } }
  },
}

/** Lists the newest first; the entries have no document, as documented. */
export const listPolicyVersions: IamOperation<ListPolicyVersionsRequest, ListPolicyVersionsResponse> = {
  name: 'ListPolicyVersions',
  requires: onPolicy('ListPolicyVersions', 'read'),
  async handle({ accountId, input }, { store: { reads }, managedPolicies }) {
    const { arn, isAwsManaged } = parsePolicyArn(input.PolicyArn)
    const versions = isAwsManaged
      ? catalogVersions(managedPolicies, arn)
      : await storedVersions(reads, await getPolicyRow(reads, accountId, arn))
    const page = await pageOf('ListPolicyVersions', input, versions)
    return { Versions: page.entries, ...page.end }
  },
}

export const setDefaultPolicyVersion: IamOperation<SetDefaultPolicyVersionRequest, object> = {
  name: 'SetDefaultPolicyVersion',
  requires: onPolicy('SetDefaultPolicyVersion', 'write'),
  async handle({ accountId, input, now }, { store }) {
    const { arn } = parsePolicyArn(input.PolicyArn)
    await store.write(async (writes) => {
      const policy = await getPolicyRow(writes, accountId, arn)
      const row = await getVersionRow(writes, policy, input.VersionId)
      await savePolicy(writes, policy, { default_version_id: row.version_id, updated_at: now })
    })
    return {}
  },
}

export const deletePolicyVersion: IamOperation<DeletePolicyVersionRequest, object> = {
  name: 'DeletePolicyVersion',
  requires: onPolicy('DeletePolicyVersion', 'write'),
  async handle({ accountId, input }, { store }) {
    const { arn } = parsePolicyArn(input.PolicyArn)
    await store.write(async (writes) => {
      const policy = await getPolicyRow(writes, accountId, arn)
      const row = await getVersionRow(writes, policy, input.VersionId)
      if (row.version_id === policy.default_version_id) {
        throw new AwsError(DELETE_CONFLICT, 'Cannot delete the default version of a policy.')
      }
      await writes
        .deleteFrom('policy_versions')
        .where('policy_id', '=', policy.policy_id)
        .where('version_id', '=', row.version_id)
        .execute()
    })
    return {}
  },
}

/** @param version  its number, never one that the policy had before */
export function newVersionRow(
  policy: Pick<PolicyRow, 'policy_id'>,
  version: number,
  document: string,
  now: number,
): PolicyVersionRow {
  return { policy_id: policy.policy_id, version_id: `v${version}`, version, document, created_at: now }
}

async function getVersionRow(reads: Reads, policy: PolicyRow, versionId: string): Promise<PolicyVersionRow> {
  const row = await reads
    .selectFrom('policy_versions')
    .selectAll()
    .where('policy_id', '=', policy.policy_id)
    .where('version_id', '=', versionId)
    .executeTakeFirst()
  if (!row) throw missingVersion(policy.policy_arn, versionId)
  return row
}

function missingVersion(arn: string, versionId: string): AwsError {
  return new AwsError(NO_SUCH_ENTITY, `Policy ${arn} version ${versionId} does not exist or is not attachable.`)
}

async function refuseFullVersions(writes: Writes, policy: PolicyRow, quotas: IamQuotas): Promise<void> {
  const rows = await writes
    .selectFrom('policy_versions')
    .select('version_id')
    .where('policy_id', '=', policy.policy_id)
    .execute()
  if (rows.length < quotas.VersionsPerPolicy) return
  throw new AwsError(
    LIMIT_EXCEEDED,
    `A managed policy can have up to ${quotas.VersionsPerPolicy} versions. Before you create a new version, you must delete an existing version.`,
  )
}

async function savePolicy(writes: Writes, policy: PolicyRow, change: Partial<PolicyRow>): Promise<void> {
  await writes.updateTable('policies').set(change).where('policy_id', '=', policy.policy_id).execute()
  writes.changed(`policy/${policy.policy_arn}`)
}

async function storedVersions(reads: Reads, policy: PolicyRow): Promise<readonly PolicyVersion[]> {
  const rows = await reads
    .selectFrom('policy_versions')
    .selectAll()
    .where('policy_id', '=', policy.policy_id)
    .orderBy('version', 'desc')
    .execute()
  return rows.map((row) => listedVersion(row, row.version_id === policy.default_version_id))
}

function catalogVersions(managedPolicies: ManagedPolicyCatalog, arn: string): readonly PolicyVersion[] {
  getCatalogPolicy(managedPolicies, arn)
  return managedPolicies.versions(arn).map(listedCatalogVersion)
}

function listedVersion(row: PolicyVersionRow, isDefault: boolean): PolicyVersion {
  return { VersionId: row.version_id, IsDefaultVersion: isDefault, CreateDate: dateOf(row.created_at) }
}

function listedCatalogVersion(version: ManagedPolicyVersion): PolicyVersion {
  return {
    VersionId: version.versionId,
    IsDefaultVersion: version.isDefaultVersion,
    CreateDate: dateOf(version.createdAt),
  }
}
