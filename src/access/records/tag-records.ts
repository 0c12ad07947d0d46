import type { Reads } from '../../store/store.ts'

/**
 * Reads the tags of anything that has some, in the order of their keys.
 * @param resourceId  unique id, or ARN of what has none; no two resources share one
 */
export async function readTags(
  reads: Pick<Reads, 'selectFrom'>,
  resourceId: string,
): Promise<readonly (readonly [key: string, value: string])[]> {
  const rows = await reads
    .selectFrom('tags')
    .select(['tag_key', 'tag_value'])
    .where('resource_id', '=', resourceId)
    .orderBy('tag_key_key')
    .execute()
  return rows.map((row) => [row.tag_key, row.tag_value])
}
