import type { Reads, Writes } from '../../store/store.ts'
import type { ObjectRow } from '../../store/tables.ts'
import type { Blob } from './blob-folder.ts'
import { requireSameBucket } from './bucket.ts'
import type { ObjectChecksum } from './checksum.ts'
import type {
  BucketOfObjects,
  DeletionOutcome,
  ObjectHeaders,
  ObjectTarget,
  ObjectToDelete,
  StoredObject,
} from './object-store.ts'
import { assertWritable, namesEtag } from './preconditions.ts'

export async function findObjectRow(
  reads: Pick<Reads, 'selectFrom'>,
  bucket: string,
  key: string,
): Promise<ObjectRow | undefined> {
  return reads
    .selectFrom('objects')
    .selectAll()
    .where('bucket_name', '=', bucket)
    .where('object_key', '=', key)
    .executeTakeFirst()
}

export interface ObjectFacts {
  readonly etag: string
  readonly checksum: ObjectChecksum | undefined
  readonly headers: ObjectHeaders
}

/** The JSON of the column `headers`. */
interface StoredHeaders extends ObjectHeaders {
  readonly checksum?: ObjectChecksum
}

/**
 * Makes a row the object of its key, inside a change.
 *
 * @returns the blob that it replaces
 * @throws AwsError `NoSuchBucket`, `PreconditionFailed`, `NoSuchKey`
 */
export async function replaceObjectRow(
  writes: Writes,
  target: Pick<ObjectTarget, 'bucket' | 'conditions'>,
  row: ObjectRow,
): Promise<string | undefined> {
  await requireSameBucket(writes, target.bucket)
  const current = await findObjectRow(writes, row.bucket_name, row.object_key)
  assertWritable(target.conditions, current)
  await writes
    .insertInto('objects')
    .values(row)
    .onConflict((conflict) => conflict.columns(['bucket_name', 'object_key']).doUpdateSet(row))
    .execute()
  return current?.blob
}

export function toObjectRow(target: Omit<ObjectTarget, 'headers'>, written: Blob, facts: ObjectFacts): ObjectRow {
  return {
    bucket_name: target.bucket.name,
    object_key: target.key,
    blob: written.blob,
    size_bytes: written.sizeBytes,
    etag: facts.etag,
    last_modified: Math.floor(target.now / 1000) * 1000,
    headers: JSON.stringify({ ...facts.headers, checksum: facts.checksum } satisfies StoredHeaders),
  }
}

export function toStoredObject(row: ObjectRow): StoredObject {
  const { checksum, ...headers }: StoredHeaders = JSON.parse(row.headers)
  return {
    key: row.object_key,
    sizeBytes: row.size_bytes,
    etag: row.etag,
    lastModified: row.last_modified,
    headers,
    checksum,
  }
}

/** Deletes what is there of the given objects. @throws AwsError `NoSuchBucket` */
export async function deleteRows(writes: Writes, bucket: BucketOfObjects, objects: readonly ObjectToDelete[]) {
  await requireSameBucket(writes, bucket)
  const rows = await writes
    .selectFrom('objects')
    .select(['object_key', 'blob', 'etag'])
    .where('bucket_name', '=', bucket.name)
    .where('object_key', 'in', unique(objects))
    .execute()
  const found = new Map(rows.map((row) => [row.object_key, row]))
  const outcomes = objects.map(({ key, ifMatch }): DeletionOutcome => {
    const row = found.get(key)
    return { key, isGone: ifMatch === undefined || (row !== undefined && namesEtag(ifMatch, row.etag)) }
  })
  const gone = rows.filter((row) => outcomes.every(({ key, isGone }) => key !== row.object_key || isGone))
  if (gone.length > 0) {
    await writes
      .deleteFrom('objects')
      .where('bucket_name', '=', bucket.name)
      .where('object_key', 'in', unique(gone.map((row) => ({ key: row.object_key }))))
      .execute()
  }
  return { outcomes, blobs: gone.map(({ blob }) => blob) }
}

function unique(objects: readonly { readonly key: string }[]): string[] {
  return [...new Set(objects.map(({ key }) => key))]
}
