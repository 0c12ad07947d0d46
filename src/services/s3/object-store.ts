import type { Writes } from '../../store/store.ts'
import type { ByteRange } from './byte-range.ts'
import type { ObjectChecksum } from './checksum.ts'
import type { ReadConditions, WriteConditions } from './preconditions.ts'

/**
 * Where objects are kept. S3's handlers know only this, so that any store of objects can stand behind the same
 * authorization: the embedded one, or another S3 endpoint.
 *
 * A bucket is a name here: who owns it and who may use it is settled before. Bodies stream in both directions and memory
 * stays bounded. An object appears whole or not at all, and a reader that has begun keeps the bytes it began with.
 * Conditions and ranges are judged by the store, because only it sees the object at the moment of reading or replacing.
 *
 * Errors that every method may throw: AwsError `NoSuchBucket` where the bucket went away meanwhile.
 */
export interface ObjectStore {
  /** @throws AwsError `PreconditionFailed`, `NoSuchKey` (If-Match on nothing), and whatever the body throws */
  put(target: ObjectTarget, body: ObjectBody): Promise<StoredObject>
  /**
   * @returns undefined where there is no such object
   * @throws AwsError `NotModified` (304), `PreconditionFailed`, `InvalidRange`
   */
  get(bucket: string, key: string, request: ReadRequest): Promise<OpenObject | undefined>
  /** As `get`, without bytes. */
  head(bucket: string, key: string, request: ReadRequest): Promise<FoundObject | undefined>
  /** Deletes what is there of the given objects; conditions are judged one by one. */
  delete(bucket: BucketOfObjects, objects: readonly ObjectToDelete[]): Promise<readonly DeletionOutcome[]>
  /**
   * Copies bytes without passing them through the caller where the store can.
   * @returns undefined where there is no such source
   */
  copy(source: CopySource, target: CopyTarget): Promise<StoredObject | undefined>
  list(bucket: string, listing: Listing): Promise<ListingPage<StoredObject>>
  readonly uploads: MultipartStore
  /**
   * Asked inside the change that deletes the bucket: drops its unfinished uploads, and answers whether that left it empty.
   */
  dropBucket(bucket: string, during: Writes): Promise<boolean>
}

export interface MultipartStore {
  create(target: Omit<ObjectTarget, 'conditions'>, upload: UploadSettings): Promise<MultipartUpload>
  /** @returns undefined where no such upload is open */
  find(upload: UploadId): Promise<MultipartUpload | undefined>
  /** Replaces a part of the same number. @throws AwsError `NoSuchUpload` */
  putPart(upload: UploadId, partNumber: number, body: ObjectBody, now: number): Promise<UploadedPart>
  /**
   * Makes one object of the parts that are named, in their order, and forgets the others.
   * @throws AwsError `NoSuchUpload`, `InvalidPart`, `EntityTooSmall`, `PreconditionFailed`, `NoSuchKey`, `BadDigest`
   */
  complete(upload: UploadId, parts: readonly PartToJoin[], completion: Completion): Promise<StoredObject>
  /** @throws AwsError `NoSuchUpload` */
  abort(upload: UploadId): Promise<void>
  /** Parts with a number above `after`, by number. @throws AwsError `NoSuchUpload` */
  listParts(upload: UploadId, after: number, limit: number): Promise<Page<UploadedPart>>
  /** Uploads by key, those of one key by id; `after.uploadId` absent means "all keys behind `after.key`". */
  list(bucket: string, listing: UploadListing): Promise<ListingPage<MultipartUpload>>
}

/** A body on its way in. Its bytes throw at their end where what was announced (digests, signatures) does not hold. */
export interface ObjectBody {
  readonly bytes: AsyncIterable<Uint8Array>
  /** What was computed while the bytes passed: valid once they were read to their end. */
  digests(): { readonly md5: Buffer; readonly checksum: ObjectChecksum | undefined }
}

export interface ObjectTarget {
  readonly bucket: BucketOfObjects
  readonly key: string
  readonly headers: ObjectHeaders
  readonly conditions: WriteConditions
  /** Becomes the object's Last-Modified; milliseconds since the epoch. */
  readonly now: number
}

/** `createdAt` tells a bucket from one that was deleted and made again under its name while a body was arriving. */
export interface BucketOfObjects {
  readonly name: string
  readonly createdAt: number
}

/** What a client gave with an object and gets back with it. */
export interface ObjectHeaders {
  readonly contentType?: string
  readonly cacheControl?: string
  readonly contentDisposition?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  /** Milliseconds since the epoch. */
  readonly expires?: number
  /** `x-amz-meta-*`, names in lower case without the prefix. */
  readonly metadata: Readonly<Record<string, string>>
}

export interface StoredObject {
  readonly key: string
  readonly sizeBytes: number
  /** Without quotes. */
  readonly etag: string
  /** Milliseconds since the epoch, whole seconds: HTTP dates have no more. */
  readonly lastModified: number
  readonly headers: ObjectHeaders
  readonly checksum: ObjectChecksum | undefined
}

export interface ReadRequest {
  /** The Range header as it came. */
  readonly range?: string
  readonly conditions: ReadConditions
}

export interface FoundObject {
  readonly object: StoredObject
  /** Undefined where the whole object is answered. */
  readonly range: ByteRange | undefined
}

export interface OpenObject extends FoundObject {
  /** Must be read or returned (`break`, `destroy`): it holds an open file or connection. */
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface ObjectToDelete {
  readonly key: string
  /** Only where the object has this ETag; `*` for any. */
  readonly ifMatch?: string
}

export interface DeletionOutcome {
  readonly key: string
  /** False where a condition did not hold. */
  readonly isGone: boolean
}

export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly conditions: ReadConditions
}

export interface CopyTarget extends Omit<ObjectTarget, 'headers'> {
  /** Undefined: the source's. */
  readonly headers: ObjectHeaders | undefined
  /** Undefined: the source's. */
  readonly checksumAlgorithm: ObjectChecksum['algorithm'] | undefined
}

export interface Listing {
  readonly prefix: string
  readonly delimiter: string | undefined
  /** Begin behind this key or common prefix, in the order of UTF-8 bytes. */
  readonly after: string | undefined
  /** Objects and common prefixes together. */
  readonly limit: number
}

export interface UploadListing extends Omit<Listing, 'after'> {
  readonly after: { readonly key: string; readonly uploadId: string | undefined } | undefined
}

export interface Page<Entry> {
  readonly entries: readonly Entry[]
  readonly isTruncated: boolean
}

export interface ListingPage<Entry> extends Page<Entry> {
  readonly commonPrefixes: readonly string[]
  /** The last key or common prefix of the page: `after` of the next. Undefined for an empty page. */
  readonly last: string | undefined
}

export interface UploadId {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

export interface UploadSettings {
  readonly checksumAlgorithm: ObjectChecksum['algorithm'] | undefined
  readonly checksumType: ObjectChecksum['type'] | undefined
}

export interface MultipartUpload extends UploadId, UploadSettings {
  /** Milliseconds since the epoch. */
  readonly initiatedAt: number
}

export interface UploadedPart {
  readonly partNumber: number
  readonly sizeBytes: number
  /** Without quotes. */
  readonly etag: string
  readonly lastModified: number
  readonly checksum: ObjectChecksum | undefined
}

export interface PartToJoin {
  readonly partNumber: number
  /** Without quotes. */
  readonly etag: string
  /** The checksum that the client names for the part. */
  readonly checksum: string | undefined
}

export interface Completion {
  readonly bucket: BucketOfObjects
  readonly conditions: WriteConditions
  /** The checksum of the whole object that the client expects. */
  readonly expectedChecksum: string | undefined
  readonly expectedSizeBytes: number | undefined
}
