import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  TagResourceRequest,
  TagResourceResponse,
  UntagResourceRequest,
  UntagResourceResponse,
} from '@aws-sdk/client-eks'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import { findClusterRow, readClusterTags, removeClusterTags, writeClusterTags } from '../../access/cluster-records.ts'
import type { AwsError } from '../../aws/aws-error.ts'
import type { Reads } from '../../store/store.ts'
import type { ClusterRow } from '../../store/tables.ts'
import type { EksOperation } from './dependencies.ts'
import { BAD_REQUEST, badRequest, resourceNotFound } from './errors.ts'
import { clusterOf, onTaggedResource, requestTagKeys } from './requirements.ts'

export const tagResource: EksOperation<TagResourceRequest, TagResourceResponse> = {
  name: 'TagResource',
  requires: onTaggedResource('TagResource', (input) => requestTagKeys(input.tags)),
  async handle(call, { store }) {
    const tags = call.input.tags ?? {}
    refuseReservedTags(Object.keys(tags), badRequest)
    await store.write(async (writes) => {
      const row = await getTaggedRow(writes, call)
      await writeClusterTags(writes, { accountId: row.account_id, arn: row.cluster_arn }, tags, BAD_REQUEST)
    })
    return {}
  },
}

export const untagResource: EksOperation<UntagResourceRequest, UntagResourceResponse> = {
  name: 'UntagResource',
  requires: onTaggedResource('UntagResource', (input) => ({ 'aws:TagKeys': input.tagKeys })),
  async handle(call, { store }) {
    const keys = call.input.tagKeys ?? []
    refuseReservedTags(keys, badRequest)
    await store.write(async (writes) => {
      const row = await getTaggedRow(writes, call)
      await removeClusterTags(writes, row.cluster_arn, keys)
    })
    return {}
  },
}

export const listTagsForResource: EksOperation<ListTagsForResourceRequest, ListTagsForResourceResponse> = {
  name: 'ListTagsForResource',
  requires: onTaggedResource('ListTagsForResource', () => ({})),
  async handle(call, { store: { reads } }) {
    const row = await getTaggedRow(reads, call)
    return { tags: await readClusterTags(reads, row.cluster_arn) }
  },
}

/** Keys that only AWS may write. */
export function refuseReservedTags(keys: readonly string[], refusal: (message: string) => AwsError): void {
  const reserved = keys.find((key) => key.toLowerCase().startsWith('aws:'))
  if (reserved !== undefined) throw refusal(`Tag keys that begin with aws: are reserved: ${reserved}`)
}

async function getTaggedRow(
  reads: Reads,
  call: Pick<AuthorizedCall<{ readonly resourceArn: string | undefined }>, 'region' | 'input'>,
): Promise<ClusterRow> {
  const arn = call.input.resourceArn ?? ''
  const named = clusterOf(arn, call)
  const row = await findClusterRow(reads, named, named.name)
  if (row?.cluster_arn !== arn) throw resourceNotFound(arn)
  return row
}
