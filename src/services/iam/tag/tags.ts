import type { Tag } from '@aws-sdk/client-iam'
import { isReservedTagKey, type TagMap } from '../../../access/context/tag-keys.ts'
import type { Present } from '../../../access/present.ts'
import { readTags as readTagEntries } from '../../../access/records/tag-records.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { INVALID_INPUT, LIMIT_EXCEEDED } from '../../../aws/error-codes.ts'
import type { Reads, Writes } from '../../../store/store.ts'
import type { IamQuotas } from '../quotas.ts'

export type TagList = readonly Present<Tag>[]

/** What carries tags: the id is the unique id, or the ARN of what has none. */
export interface TaggedResource {
  readonly accountId: string
  readonly id: string
}

/**
 * Refuses tags that IAM refuses whatever they are put on; their lengths and characters are constraints of the model.
 * Keys compare without case.
 *
 * @throws AwsError `InvalidInput`
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
 */
export function refuseBadTags(tags: TagList): void {
  refuseReservedKeys(tags.map((tag) => tag.Key))
  if (new Set(tags.map((tag) => tag.Key.toLowerCase())).size === tags.length) return
  throw new AwsError(INVALID_INPUT, 'Duplicate tag keys found. Please note that Tag keys are case insensitive.')
}

/** Refuses keys that only AWS may write. */
export function refuseReservedKeys(keys: readonly string[]): void {
  if (!keys.some(isReservedTagKey)) return
  throw new AwsError(INVALID_INPUT, 'System tags cannot be added/updated/deleted by requester.')
}

/** Tags as a map: their keys are unique. */
export function tagMap(tags: TagList): TagMap {
  return Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value]))
}

/** Returns the tags in the order of their keys. */
export async function readTags(reads: Reads, resource: TaggedResource): Promise<TagList> {
  const tags = await readTagEntries(reads, resource.id)
  return tags.map(([Key, Value]) => ({ Key, Value }))
}

/**
 * Adds tags; one with the same key (without case) takes the new spelling and value.
 * @throws AwsError `LimitExceeded` where there would be more than 50
 */
export async function writeTags(
  writes: Writes,
  resource: TaggedResource,
  tags: TagList,
  quotas: IamQuotas,
): Promise<void> {
  await removeTags(
    writes,
    resource,
    tags.map((tag) => tag.Key),
  )
  const kept = await readTags(writes, resource)
  if (kept.length + tags.length > quotas.TagsPerResource) {
    throw new AwsError(LIMIT_EXCEEDED, 'The number of tags has reached the maximum limit.')
  }
  if (tags.length > 0)
    await writes
      .insertInto('tags')
      .values(tags.map((tag) => rowOf(resource, tag)))
      .execute()
}

/** Removes tags; keys that are not there are no error. */
export async function removeTags(writes: Writes, resource: TaggedResource, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await ofResource(writes, resource)
    .where(
      'tag_key_key',
      'in',
      keys.map((key) => key.toLowerCase()),
    )
    .execute()
}

export async function removeAllTags(writes: Writes, resource: TaggedResource): Promise<void> {
  await ofResource(writes, resource).execute()
}

function ofResource(writes: Writes, resource: TaggedResource) {
  return writes.deleteFrom('tags').where('account_id', '=', resource.accountId).where('resource_id', '=', resource.id)
}

function rowOf(resource: TaggedResource, tag: Present<Tag>) {
  return {
    account_id: resource.accountId,
    resource_id: resource.id,
    tag_key: tag.Key,
    tag_key_key: tag.Key.toLowerCase(),
    tag_value: tag.Value,
  }
}
