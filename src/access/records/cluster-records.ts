import type { AwsErrorCode } from '../../aws/aws-error.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { LIMIT_EXCEEDED } from '../../aws/error-codes.ts'
import type { Reads, Writes } from '../../store/store.ts'
import type { ClusterRow } from '../../store/tables.ts'
import { resourceTagKeys } from '../context/tag-keys.ts'
import type { ConditionKeys } from '../operation.ts'
import { pageToken, placeOfPageToken } from './page-token.ts'
import { readTags } from './tag-records.ts'

/** A place that has cluster names of its own. */
export interface ClusterScope {
  readonly accountId: string
  readonly region: string
}

export function clusterArn({ accountId, region }: ClusterScope, name: string): string {
  return `arn:aws:eks:${region}:${accountId}:cluster/${name}`
}

export async function findClusterRow(reads: Reads, scope: ClusterScope, name: string): Promise<ClusterRow | undefined> {
  return reads
    .selectFrom('clusters')
    .selectAll()
    .where('account_id', '=', scope.accountId)
    .where('region', '=', scope.region)
    .where('cluster_name', '=', name)
    .executeTakeFirst()
}

export interface ClusterPage {
  readonly rows: readonly ClusterRow[]
  readonly nextToken: string | undefined
}

const PAGE_ENTRIES_DEFAULT = 100
const PAGED_LIST = 'ListClusters'

/**
 * Reads one page of a scope's clusters in the order of their names.
 * @returns undefined where the token is none of ours
 */
export async function listClusterRows(
  reads: Reads,
  scope: ClusterScope,
  page: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
): Promise<ClusterPage | undefined> {
  const limit = page.maxResults ?? PAGE_ENTRIES_DEFAULT
  const after = page.nextToken === undefined ? '' : placeOfPageToken(PAGED_LIST, page.nextToken)
  if (after === undefined) return undefined
  const rows = await reads
    .selectFrom('clusters')
    .selectAll()
    .where('account_id', '=', scope.accountId)
    .where('region', '=', scope.region)
    .where('cluster_name', '>', after)
    .orderBy('cluster_name')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { rows: shown, nextToken: last && pageToken(PAGED_LIST, last.cluster_name) }
}

/** `aws:ResourceTag/…` of a cluster; empty where there is none. */
export async function clusterTagKeys(reads: Reads, arn: string): Promise<ConditionKeys> {
  return resourceTagKeys(await readClusterTags(reads, arn), 'aws:ResourceTag')
}

export async function readClusterTags(reads: Reads, arn: string): Promise<Record<string, string>> {
  return Object.fromEntries(await readTags(reads, arn))
}

/** Tags of one resource: EKS's model, TagMap. */
export const CLUSTER_TAGS_MAX = 50

/**
 * Adds tags; a key that is there takes the new value. EKS compares keys with case, so the twin column holds the key itself.
 * @throws AwsError of the given kind where there would be more than 50
 */
export async function writeClusterTags(
  writes: Writes,
  cluster: { readonly accountId: string; readonly arn: string },
  tags: Readonly<Record<string, string>>,
  tooMany: AwsErrorCode = LIMIT_EXCEEDED,
): Promise<void> {
  const entries = Object.entries(tags)
  if (entries.length === 0) return
  const kept = await readClusterTags(writes, cluster.arn)
  if (Object.keys({ ...kept, ...tags }).length > CLUSTER_TAGS_MAX) {
    throw new AwsError(tooMany, `The resource can have at most ${CLUSTER_TAGS_MAX} tags.`)
  }
  await removeClusterTags(writes, cluster.arn, Object.keys(tags))
  await writes
    .insertInto('tags')
    .values(
      entries.map(([key, value]) => ({
        account_id: cluster.accountId,
        resource_id: cluster.arn,
        tag_key: key,
        tag_key_key: key,
        tag_value: value,
      })),
    )
    .execute()
  writes.changed(`cluster/${cluster.arn}`)
}

export async function removeClusterTags(writes: Writes, arn: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await writes.deleteFrom('tags').where('resource_id', '=', arn).where('tag_key', 'in', keys).execute()
  writes.changed(`cluster/${arn}`)
}

/** Removes a cluster's record and its tags; its issuer is the caller's business. */
export async function deleteClusterRow(writes: Writes, arn: string): Promise<void> {
  await writes.deleteFrom('tags').where('resource_id', '=', arn).execute()
  await writes.deleteFrom('clusters').where('cluster_arn', '=', arn).execute()
  writes.changed(`cluster/${arn}`)
}
