import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  TagResourceRequest,
  TagResourceResponse,
  UntagResourceRequest,
  UntagResourceResponse,
} from '@aws-sdk/client-eks'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import { isReservedTagKey, namedTagKeys, requestTagKeys } from '../../access/context/tag-keys.ts'
import {
  findClusterRow,
  readClusterTags,
  removeClusterTags,
  writeClusterTags,
} from '../../access/records/cluster-records.ts'
import type { AwsError } from '../../aws/aws-error.ts'
import type { Reads } from '../../store/store.ts'
import type { ClusterRow } from '../../store/tables.ts'
import type { EksOperation } from './dependencies.ts'
import { BAD_REQUEST, badRequest, resourceNotFound } from './errors.ts'
import { clusterOf, onTaggedResource } from './requirements.ts'

export const tagResource: EksOperation<TagResourceRequest, TagResourceResponse> = {
  name: 'TagResource',
  requires: onTaggedResource('TagResource', (input) => requestTagKeys(input.tags)),
  async handle(call, { store }) {
    const { tags } = call.input
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
  requires: onTaggedResource('UntagResource', (input) => namedTagKeys(input.tagKeys)),
  async handle(call, { store }) {
    const { tagKeys: keys } = call.input
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
  const reserved = keys.find(isReservedTagKey)
  if (reserved !== undefined) throw refusal(`Tag keys that begin with aws: are reserved: ${reserved}`)
}

async function getTaggedRow(
  reads: Reads,
  call: Pick<AuthorizedCall<{ readonly resourceArn: string }>, 'region' | 'input'>,
): Promise<ClusterRow> {
  const { resourceArn: arn } = call.input
  const named = clusterOf(arn, call)
  const row = await findClusterRow(reads, named, named.name)
  if (row?.cluster_arn !== arn) throw resourceNotFound(arn)
  return row
}
