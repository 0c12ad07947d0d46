import type { FileHandle } from 'node:fs/promises'
import { assert } from '../../aws/assert.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { CallStore, Writes } from '../../store/store.ts'
import type { Blob, BlobFolder } from './blob-folder.ts'
import { type ByteRange, parseByteRange, rangeSizeBytes } from './byte-range.ts'
import { digestBody, UPLOAD_BYTES_MAX } from './checked-body.ts'
import { EmbeddedMultipartStore } from './embedded-multipart-store.ts'
import { INVALID_REQUEST } from './error-codes.ts'
import { listKeys } from './object-listing.ts'
import {
  deleteRows,
  findObjectRow,
  type ObjectFacts,
  replaceObjectRow,
  toObjectRow,
  toStoredObject,
} from './object-row.ts'
import type {
  BucketOfObjects,
  CopySource,
  CopyTarget,
  DeletionOutcome,
  FoundObject,
  Listing,
  ListingPage,
  ObjectBody,
  ObjectStore,
  ObjectTarget,
  ObjectToDelete,
  OpenObject,
  ReadRequest,
  StoredObject,
} from './object-store.ts'
import { assertCopyable, assertReadable, assertWritable } from './preconditions.ts'

/** Bytes of a file that are in memory at once for one reader. */
const READ_CHUNK_BYTES = 256 * 1024
/** How often a read begins again because the object was replaced between its row and its file. */
const REPLACED_MAX = 10

/**
 * Objects as rows of the database and files of a folder. The row is the object's existence: it is written after the file is
 * on disk, and the file goes after the row is gone. Cheap to make: one for each call, on the call's store.
 */
export class EmbeddedObjectStore implements ObjectStore {
  readonly uploads: EmbeddedMultipartStore
  private readonly blobs: BlobFolder
  private readonly store: CallStore

  constructor(blobs: BlobFolder, store: CallStore) {
    this.blobs = blobs
    this.store = store
    this.uploads = new EmbeddedMultipartStore(blobs, store)
  }

  async put(target: ObjectTarget, body: ObjectBody): Promise<StoredObject> {
    await this.refuseEarly(target)
    const written = await this.blobs.write(body.bytes)
    const { md5, checksum } = body.digests()
    return this.commit(target, written, { etag: md5.toString('hex'), checksum, headers: target.headers })
  }

  async get(bucket: string, key: string, request: ReadRequest): Promise<OpenObject | undefined> {
    const opened = await this.open(bucket, key)
    if (!opened) return undefined
    try {
      const found = judge(opened.object, request)
      return { ...found, bytes: await readBytes(opened.file, found) }
    } catch (error) {
      await opened.file.close()
      throw error
    }
  }

  async head(bucket: string, key: string, request: ReadRequest): Promise<FoundObject | undefined> {
    const row = await findObjectRow(this.store.reads, bucket, key)
    return row && judge(toStoredObject(row), request)
  }

  async delete(bucket: BucketOfObjects, objects: readonly ObjectToDelete[]): Promise<readonly DeletionOutcome[]> {
    const { outcomes, blobs } = await this.store.write((writes) => deleteRows(writes, bucket, objects))
    await this.blobs.remove(blobs)
    return outcomes
  }

  async copy(source: CopySource, target: CopyTarget): Promise<StoredObject | undefined> {
    await this.refuseEarly(target)
    const opened = await this.open(source.bucket, source.key)
    if (!opened) return undefined
    const { object, file, blob } = opened
    try {
      assertCopyable(source.conditions, object)
      assertCopySize(object.sizeBytes)
      const headers = target.headers ?? object.headers
      if (!isCopiedAsItIs(object, target)) {
        const algorithm = target.checksumAlgorithm ?? object.checksum?.algorithm
        const bytes = file.createReadStream({ autoClose: false, highWaterMark: READ_CHUNK_BYTES })
        return await this.put({ ...target, headers }, digestBody(bytes, algorithm))
      }
      const { etag, checksum, sizeBytes } = object
      return await this.commit(target, { blob: await this.blobs.copy(blob), sizeBytes }, { etag, checksum, headers })
    } finally {
      await file.close()
    }
  }

  async list(bucket: string, listing: Listing): Promise<ListingPage<StoredObject>> {
    return listKeys(listing, async ({ from, isExclusive, until, limit }) => {
      const rows = this.store.reads
        .selectFrom('objects')
        .selectAll()
        .where('bucket_name', '=', bucket)
        .where('object_key', isExclusive ? '>' : '>=', from)
      const bounded = until === undefined ? rows : rows.where('object_key', '<', until)
      return (await bounded.orderBy('object_key').limit(limit).execute()).map(toStoredObject)
    })
  }

  async dropBucket(bucket: string, during: Writes): Promise<boolean> {
    const object = await during
      .selectFrom('objects')
      .select('object_key')
      .where('bucket_name', '=', bucket)
      .limit(1)
      .executeTakeFirst()
    if (object) return false
    await this.uploads.dropAll(bucket, during)
    return true
  }

  /** Spares a body's way where its conditions do not hold already; `commit` judges them again. */
  private async refuseEarly({ bucket, key, conditions }: Pick<ObjectTarget, 'bucket' | 'key' | 'conditions'>) {
    if (conditions.ifMatch === undefined && conditions.ifNoneMatch === undefined) return
    assertWritable(conditions, await findObjectRow(this.store.reads, bucket.name, key))
  }

  private async commit(
    target: Omit<ObjectTarget, 'headers'>,
    written: Blob,
    facts: ObjectFacts,
  ): Promise<StoredObject> {
    const row = toObjectRow(target, written, facts)
    const replaced = await this.store
      .write((writes) => replaceObjectRow(writes, target, row))
      .catch((error: unknown) => this.blobs.removeRefused(written.blob, error))
    if (replaced !== undefined) await this.blobs.remove([replaced])
    return toStoredObject(row)
  }

  /** The row and its file, of one moment: where the object was replaced in between, the new one. */
  private async open(bucket: string, key: string) {
    for (let attempt = 0; attempt < REPLACED_MAX; attempt++) {
      const row = await findObjectRow(this.store.reads, bucket, key)
      if (!row) return undefined
      const file = await this.blobs.open(row.blob)
      if (file) return { object: toStoredObject(row), blob: row.blob, file }
    }
    throw new Error('The file of an object is missing')
  }
}

function judge(object: StoredObject, request: ReadRequest): FoundObject {
  assertReadable(request.conditions, object)
  return { object, range: parseByteRange(request.range, object.sizeBytes) }
}

/** A small body is read at once, which spares the stream; a large one as it is asked for. Both close the file. */
async function readBytes(file: FileHandle, { object, range }: FoundObject): Promise<AsyncIterable<Uint8Array>> {
  const { first, last }: ByteRange = range ?? { first: 0, last: object.sizeBytes - 1 }
  const sizeBytes = rangeSizeBytes({ first, last })
  if (sizeBytes > READ_CHUNK_BYTES) {
    return file.createReadStream({ start: first, end: last, highWaterMark: READ_CHUNK_BYTES })
  }
  const bytes = await readWhole(file, first, sizeBytes)
  // Nobody has to wait for the end of a file that was only read.
  file.close().catch(() => {})
  return once(bytes)
}

async function readWhole(file: FileHandle, position: number, sizeBytes: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(sizeBytes)
  for (let filled = 0; filled < sizeBytes; ) {
    const { bytesRead } = await file.read(buffer, filled, sizeBytes - filled, position + filled)
    assert(bytesRead > 0, 'a blob is as long as its row says')
    filled += bytesRead
  }
  return buffer
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

/** The ETag of a multipart object is not the MD5 of its bytes, which a copy's must be; a new checksum needs the bytes too. */
function isCopiedAsItIs({ etag, checksum }: StoredObject, { checksumAlgorithm }: CopyTarget): boolean {
  if (etag.includes('-') || checksum?.type === 'COMPOSITE') return false
  return checksumAlgorithm === undefined || checksumAlgorithm === checksum?.algorithm
}

function assertCopySize(sizeBytes: number): void {
  if (sizeBytes <= UPLOAD_BYTES_MAX) return
  throw new AwsError(
    INVALID_REQUEST,
    `The specified copy source is larger than the maximum allowable size for a copy source: ${UPLOAD_BYTES_MAX}`,
  )
}
