import { createHash, randomBytes } from 'node:crypto'
import { assert } from '../../aws/assert.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { CallStore, Reads, Writes } from '../../store/store.ts'
import type { MultipartPartRow, MultipartUploadRow } from '../../store/tables.ts'
import type { Blob, BlobFolder } from './blob-folder.ts'
import { requireSameBucket } from './bucket.ts'
import { badChecksum } from './checked-body.ts'
import { type ChecksumAlgorithm, type ObjectChecksum, startChecksum } from './checksum.ts'
import { ENTITY_TOO_SMALL, INVALID_PART, INVALID_REQUEST } from './error-codes.ts'
import { noSuchUpload } from './no-such.ts'
import { listKeys } from './object-listing.ts'
import { replaceObjectRow, toObjectRow, toStoredObject } from './object-row.ts'
import type {
  Completion,
  ListingPage,
  MultipartStore,
  MultipartUpload,
  ObjectBody,
  ObjectHeaders,
  ObjectTarget,
  Page,
  PartToJoin,
  StoredObject,
  UploadedPart,
  UploadId,
  UploadListing,
  UploadSettings,
} from './object-store.ts'

/** Every part but the last. @see S3 User Guide, "Amazon S3 multipart upload limits" */
export const PART_BYTES_MIN = 5 * 1024 ** 2

const READ_CHUNK_BYTES = 256 * 1024

/** Unfinished uploads: a row an upload, a row and a file a part. Completing copies the parts into the object's one file. */
export class EmbeddedMultipartStore implements MultipartStore {
  private readonly blobs: BlobFolder
  private readonly store: CallStore

  constructor(blobs: BlobFolder, store: CallStore) {
    this.blobs = blobs
    this.store = store
  }

  async create(target: Omit<ObjectTarget, 'conditions'>, settings: UploadSettings): Promise<MultipartUpload> {
    const row: MultipartUploadRow = {
      upload_id: newUploadId(target.now),
      bucket_name: target.bucket.name,
      object_key: target.key,
      headers: JSON.stringify({ ...target.headers, ...settings } satisfies StoredUpload),
      initiated_at: target.now,
    }
    await this.store.write(async (writes) => {
      await requireSameBucket(writes, target.bucket)
      await writes.insertInto('multipart_uploads').values(row).execute()
    })
    return toUpload(row)
  }

  async find(upload: UploadId): Promise<MultipartUpload | undefined> {
    const row = await findUploadRow(this.store.reads, upload)
    return row && toUpload(row)
  }

  async putPart(upload: UploadId, partNumber: number, body: ObjectBody, now: number): Promise<UploadedPart> {
    const written = await this.blobs.write(body.bytes)
    const row = toPartRow(upload, partNumber, written, body, now)
    const replaced = await this.store
      .write((writes) => replacePartRow(writes, upload, row))
      .catch((error: unknown) => this.blobs.removeRefused(written.blob, error))
    if (replaced !== undefined) await this.blobs.remove([replaced])
    return toPart(row)
  }

  async complete(upload: UploadId, named: readonly PartToJoin[], completion: Completion): Promise<StoredObject> {
    const uploadRow = await requireUploadRow(this.store.reads, upload)
    const parts = joinableParts(named, await partRows(this.store.reads, upload.uploadId))
    assertExpectedSize(parts, completion.expectedSizeBytes)
    const settings = readUpload(uploadRow).settings
    const running =
      settings.checksumType === 'FULL_OBJECT' && settings.checksumAlgorithm
        ? startChecksum(settings.checksumAlgorithm)
        : undefined
    const joined = await this.blobs.write(this.joinedBytes(upload, parts, (chunk) => running?.update(chunk)))
    const checksum = joinedChecksum(settings, parts, running?.digest())
    const row = toObjectRow(
      { bucket: completion.bucket, key: upload.key, conditions: completion.conditions, now: uploadRow.initiated_at },
      joined,
      { etag: joinedEtag(parts), checksum, headers: readUpload(uploadRow).headers },
    )
    const dropped = await this.store
      .write(async (writes) => {
        if (checksum) assertExpectedChecksum(checksum, completion.expectedChecksum)
        const leftover = await dropUpload(writes, upload)
        if (!parts.every(({ blob }) => leftover.includes(blob))) throw invalidPart()
        const replaced = await replaceObjectRow(writes, completion, row)
        return replaced === undefined ? leftover : [...leftover, replaced]
      })
      .catch((error: unknown) => this.blobs.removeRefused(joined.blob, error))
    await this.blobs.remove(dropped)
    return toStoredObject(row)
  }

  async abort(upload: UploadId): Promise<void> {
    await this.blobs.remove(await this.store.write((writes) => dropUpload(writes, upload)))
  }

  async listParts(upload: UploadId, after: number, limit: number): Promise<Page<UploadedPart>> {
    await requireUploadRow(this.store.reads, upload)
    if (limit === 0) return { entries: [], isTruncated: false }
    const rows = await this.store.reads
      .selectFrom('multipart_parts')
      .selectAll()
      .where('upload_id', '=', upload.uploadId)
      .where('part_number', '>', after)
      .orderBy('part_number')
      .limit(limit + 1)
      .execute()
    return { entries: rows.slice(0, limit).map(toPart), isTruncated: rows.length > limit }
  }

  async list(bucket: string, listing: UploadListing): Promise<ListingPage<MultipartUpload>> {
    const keys = { ...listing, after: listing.after?.key, afterTie: listing.after?.uploadId }
    const page = await listKeys(keys, async ({ from, isExclusive, tie, until, limit }) => {
      const rows = this.store.reads.selectFrom('multipart_uploads').selectAll().where('bucket_name', '=', bucket)
      const begun = rows.where((where) => {
        if (tie === undefined) return where('object_key', isExclusive ? '>' : '>=', from)
        const sameKey = where.and([where('object_key', '=', from), where('upload_id', '>', tie)])
        return where.or([where('object_key', '>', from), sameKey])
      })
      const bounded = until === undefined ? begun : begun.where('object_key', '<', until)
      const found = await bounded.orderBy('object_key').orderBy('upload_id').limit(limit).execute()
      return found.map((row) => ({ key: row.object_key, tie: row.upload_id, upload: toUpload(row) }))
    })
    return { ...page, entries: page.entries.map(({ upload }) => upload) }
  }

  /** Drops all uploads of a bucket, inside the change that deletes it; their files are collected as orphans. */
  async dropAll(bucket: string, during: Writes): Promise<void> {
    const uploads = during.selectFrom('multipart_uploads').select('upload_id').where('bucket_name', '=', bucket)
    await during.deleteFrom('multipart_parts').where('upload_id', 'in', uploads).execute()
    await during.deleteFrom('multipart_uploads').where('bucket_name', '=', bucket).execute()
  }

  private async *joinedBytes(
    upload: UploadId,
    parts: readonly MultipartPartRow[],
    passing: (chunk: Uint8Array) => void,
  ): AsyncGenerator<Uint8Array> {
    for (const { blob } of parts) {
      const file = await this.blobs.open(blob)
      if (!file) throw noSuchUpload(upload.uploadId)
      for await (const chunk of file.createReadStream({ highWaterMark: READ_CHUNK_BYTES })) {
        passing(chunk)
        yield chunk
      }
    }
  }
}

/** The JSON of the column `headers`. */
interface StoredUpload extends ObjectHeaders, UploadSettings {}

/** Ids of one key sort by the time they were made, as S3 lists them; 192 random bits. */
function newUploadId(now: number): string {
  return now.toString(16).padStart(12, '0') + randomBytes(24).toString('hex')
}

async function findUploadRow(reads: Pick<Reads, 'selectFrom'>, upload: UploadId) {
  return reads
    .selectFrom('multipart_uploads')
    .selectAll()
    .where('upload_id', '=', upload.uploadId)
    .where('bucket_name', '=', upload.bucket)
    .where('object_key', '=', upload.key)
    .executeTakeFirst()
}

async function requireUploadRow(reads: Pick<Reads, 'selectFrom'>, upload: UploadId): Promise<MultipartUploadRow> {
  const row = await findUploadRow(reads, upload)
  if (!row) throw noSuchUpload(upload.uploadId)
  return row
}

async function partRows(reads: Pick<Reads, 'selectFrom'>, uploadId: string): Promise<readonly MultipartPartRow[]> {
  return reads.selectFrom('multipart_parts').selectAll().where('upload_id', '=', uploadId).execute()
}

/** @returns the blob of the part that it replaces */
async function replacePartRow(writes: Writes, upload: UploadId, row: MultipartPartRow): Promise<string | undefined> {
  await requireUploadRow(writes, upload)
  const current = await writes
    .selectFrom('multipart_parts')
    .select('blob')
    .where('upload_id', '=', row.upload_id)
    .where('part_number', '=', row.part_number)
    .executeTakeFirst()
  await writes
    .insertInto('multipart_parts')
    .values(row)
    .onConflict((conflict) => conflict.columns(['upload_id', 'part_number']).doUpdateSet(row))
    .execute()
  return current?.blob
}

/** @returns the blobs of its parts @throws AwsError `NoSuchUpload` */
async function dropUpload(writes: Writes, upload: UploadId): Promise<readonly string[]> {
  await requireUploadRow(writes, upload)
  const parts = await partRows(writes, upload.uploadId)
  await writes.deleteFrom('multipart_parts').where('upload_id', '=', upload.uploadId).execute()
  await writes.deleteFrom('multipart_uploads').where('upload_id', '=', upload.uploadId).execute()
  return parts.map(({ blob }) => blob)
}

function joinableParts(named: readonly PartToJoin[], rows: readonly MultipartPartRow[]): readonly MultipartPartRow[] {
  const byNumber = new Map(rows.map((row) => [row.part_number, row]))
  return named.map(({ partNumber, etag, checksum }, index) => {
    const row = byNumber.get(partNumber)
    if (row?.etag !== etag) throw invalidPart()
    if (checksum !== undefined && readChecksum(row)?.value !== checksum) throw invalidPart()
    if (index < named.length - 1 && row.size_bytes < PART_BYTES_MIN) throw partTooSmall(row)
    return row
  })
}

function assertExpectedSize(parts: readonly MultipartPartRow[], expected: number | undefined): void {
  const sizeBytes = parts.reduce((sum, part) => sum + part.size_bytes, 0)
  if (expected === undefined || expected === sizeBytes) return
  throw new AwsError(
    INVALID_REQUEST,
    `The provided 'x-amz-mp-object-size' header value ${expected} does not match what was computed: ${sizeBytes}`,
  )
}

/** A composite checksum may be named with or without its number of parts. */
function assertExpectedChecksum({ algorithm, value }: ObjectChecksum, expected: string | undefined): void {
  if (expected === undefined || expected === value || expected === value.split('-')[0]) return
  throw badChecksum(algorithm)
}

/** MD5 of the parts' MD5s, with the number of parts. */
function joinedEtag(parts: readonly MultipartPartRow[]): string {
  const digest = createHash('md5')
  for (const { etag } of parts) digest.update(etag, 'hex')
  return `${digest.digest('hex')}-${parts.length}`
}

function joinedChecksum(
  { checksumAlgorithm: algorithm, checksumType: type }: UploadSettings,
  parts: readonly MultipartPartRow[],
  whole: Buffer | undefined,
): ObjectChecksum | undefined {
  if (!algorithm || !type) return undefined
  if (whole) return { algorithm, type, value: whole.toString('base64') }
  return { algorithm, type, value: `${compositeOf(algorithm, parts).toString('base64')}-${parts.length}` }
}

function compositeOf(algorithm: ChecksumAlgorithm, parts: readonly MultipartPartRow[]): Buffer {
  const running = startChecksum(algorithm)
  for (const part of parts) {
    const checksum = readChecksum(part)
    assert(checksum?.algorithm === algorithm, 'parts have the checksum that their upload was begun with')
    running.update(Buffer.from(checksum.value, 'base64'))
  }
  return running.digest()
}

function invalidPart(): AwsError {
  return new AwsError(
    INVALID_PART,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  )
}

function partTooSmall(part: MultipartPartRow): AwsError {
  return new AwsError(ENTITY_TOO_SMALL, 'Your proposed upload is smaller than the minimum allowed size', {
    detail: {
      ProposedSize: part.size_bytes,
      MinSizeAllowed: PART_BYTES_MIN,
      PartNumber: part.part_number,
      ETag: part.etag,
    },
  })
}

function toPartRow(
  upload: UploadId,
  partNumber: number,
  written: Blob,
  body: ObjectBody,
  now: number,
): MultipartPartRow {
  const { md5, checksum } = body.digests()
  return {
    upload_id: upload.uploadId,
    part_number: partNumber,
    blob: written.blob,
    size_bytes: written.sizeBytes,
    etag: md5.toString('hex'),
    checksums: JSON.stringify(checksum ?? null),
    last_modified: Math.floor(now / 1000) * 1000,
  }
}

function toPart(row: MultipartPartRow): UploadedPart {
  return {
    partNumber: row.part_number,
    sizeBytes: row.size_bytes,
    etag: row.etag,
    lastModified: row.last_modified,
    checksum: readChecksum(row),
  }
}

function readChecksum(row: MultipartPartRow): ObjectChecksum | undefined {
  return JSON.parse(row.checksums) ?? undefined
}

function readUpload(row: MultipartUploadRow): { readonly headers: ObjectHeaders; readonly settings: UploadSettings } {
  const { checksumAlgorithm, checksumType, ...headers }: StoredUpload = JSON.parse(row.headers)
  return { headers, settings: { checksumAlgorithm, checksumType } }
}

function toUpload(row: MultipartUploadRow): MultipartUpload {
  return {
    bucket: row.bucket_name,
    key: row.object_key,
    uploadId: row.upload_id,
    initiatedAt: row.initiated_at,
    ...readUpload(row).settings,
  }
}
