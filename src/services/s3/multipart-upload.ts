import type {
  AbortMultipartUploadRequest,
  CompletedPart,
  CompleteMultipartUploadOutput,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
} from '@aws-sdk/client-s3'
import type { Present } from '../../access/present.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { requireBucket } from './bucket.ts'
import {
  CHECKSUM_ALGORITHMS,
  CHECKSUM_MEMBERS,
  checksumMembers,
  FULL_OBJECT_ALGORITHMS,
  givenChecksum,
  parseChecksumAlgorithm,
} from './checksum.ts'
import type { S3Operation } from './dependencies.ts'
import { INVALID_PART_ORDER, INVALID_REQUEST } from './error-codes.ts'
import { refuseUnsupported } from './features.ts'
import { malformedXml } from './malformed-xml.ts'
import { noSuchUpload } from './no-such.ts'
import { assertKey, HEADER_MEMBERS, readHeaders } from './object-headers.ts'
import type { PartToJoin, UploadId, UploadSettings } from './object-store.ts'
import { bareEtag, writeConditions } from './preconditions.ts'
import { onObject, toWrite } from './requirements.ts'

/** @see S3 User Guide, "Amazon S3 multipart upload limits" */
export const PARTS_MAX = 10_000

const NAMED = ['Bucket', 'Key', 'ExpectedBucketOwner']

export const createMultipartUpload: S3Operation<CreateMultipartUploadRequest, CreateMultipartUploadOutput> = {
  name: 'CreateMultipartUpload',
  requires: { kind: 'allowed', requirements: toWrite(false) },

  async handle({ input, now }, { buckets, objects }) {
    const key = input.Key
    refuseUnsupported(input, [...NAMED, ...HEADER_MEMBERS, 'ChecksumAlgorithm', 'ChecksumType'])
    assertKey(key)
    const settings = readSettings(input)
    const bucket = await requireBucket(buckets, input)
    const target = { bucket, key, headers: readHeaders(input), now }
    const { uploadId } = await objects.uploads.create(target, settings)
    return {
      Bucket: bucket.name,
      Key: key,
      UploadId: uploadId,
      ChecksumAlgorithm: settings.checksumAlgorithm,
      ChecksumType: settings.checksumType,
    }
  },
}

export const completeMultipartUpload: S3Operation<CompleteMultipartUploadRequest, CompleteMultipartUploadOutput> = {
  name: 'CompleteMultipartUpload',
  requires: { kind: 'allowed', requirements: toWrite(true) },

  async handle({ input }, { buckets, objects }) {
    refuseUnsupported(input, [
      ...[...NAMED, ...CHECKSUM_MEMBERS, 'UploadId', 'MultipartUpload', 'ChecksumType', 'MpuObjectSize'],
      ...['IfMatch', 'IfNoneMatch'],
    ])
    const bucket = await requireBucket(buckets, input)
    const { uploads } = objects
    const upload = await uploads.find(uploadIdOf(input))
    if (!upload) throw noSuchUpload(input.UploadId)
    const expected = expectedChecksum(input, upload)
    const stored = await uploads.complete(upload, partsToJoin(input.MultipartUpload?.Parts ?? [], upload), {
      bucket,
      conditions: writeConditions(input),
      expectedChecksum: expected,
      expectedSizeBytes: input.MpuObjectSize,
    })
    return {
      Location: `/${bucket.name}/${encodeURIComponent(stored.key)}`,
      Bucket: bucket.name,
      Key: stored.key,
      ETag: `"${stored.etag}"`,
      ...checksumMembers(stored.checksum),
      ChecksumType: stored.checksum?.type,
    }
  },
}

export const abortMultipartUpload: S3Operation<AbortMultipartUploadRequest, object> = {
  name: 'AbortMultipartUpload',
  requires: { kind: 'allowed', requirements: onObject('s3:AbortMultipartUpload') },

  async handle({ input }, { buckets, objects }) {
    refuseUnsupported(input, [...NAMED, 'UploadId'])
    await requireBucket(buckets, input)
    await objects.uploads.abort(uploadIdOf(input))
    return {}
  },
}

export interface UploadInput {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string
}

export function uploadIdOf({ Bucket, Key, UploadId }: UploadInput): UploadId {
  return { bucket: Bucket, key: Key, uploadId: UploadId }
}

/** @throws AwsError `InvalidRequest` for a type without an algorithm, or one that the algorithm cannot have */
function readSettings(input: Present<CreateMultipartUploadRequest>): UploadSettings {
  const checksumAlgorithm = parseChecksumAlgorithm(input.ChecksumAlgorithm)
  if (!checksumAlgorithm) {
    if (input.ChecksumType === undefined) return { checksumAlgorithm: undefined, checksumType: undefined }
    throw new AwsError(
      INVALID_REQUEST,
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    )
  }
  const checksumType = input.ChecksumType ?? CHECKSUM_ALGORITHMS[checksumAlgorithm].multipart
  const isPossible =
    checksumType === 'FULL_OBJECT' ? FULL_OBJECT_ALGORITHMS.has(checksumAlgorithm) : checksumAlgorithm !== 'CRC64NVME'
  if (isPossible) return { checksumAlgorithm, checksumType }
  throw new AwsError(
    INVALID_REQUEST,
    `The ${checksumType} checksum type cannot be used with the ${checksumAlgorithm.toLowerCase()} checksum algorithm.`,
  )
}

/** @throws AwsError `InvalidRequest` where the upload was begun with another algorithm or type */
function expectedChecksum(
  input: Present<CompleteMultipartUploadRequest>,
  settings: UploadSettings,
): string | undefined {
  const given = givenChecksum(input)
  if (given && given.algorithm !== settings.checksumAlgorithm) throw otherChecksum(settings, given.algorithm)
  if (input.ChecksumType !== undefined && input.ChecksumType !== settings.checksumType) {
    throw new AwsError(
      INVALID_REQUEST,
      `The upload was created using the ${settings.checksumType ?? 'null'} checksum mode. The complete request must use the same checksum mode.`,
    )
  }
  return given?.value
}

export function otherChecksum({ checksumAlgorithm }: UploadSettings, actual: string): AwsError {
  return new AwsError(
    INVALID_REQUEST,
    `Checksum Type mismatch occurred, expected checksum Type: ${checksumAlgorithm?.toLowerCase() ?? 'null'}, actual checksum Type: ${actual.toLowerCase()}`,
  )
}

/** @throws AwsError `MalformedXML`, `InvalidPartOrder`, `InvalidRequest` */
function partsToJoin(parts: readonly CompletedPart[], settings: UploadSettings): readonly PartToJoin[] {
  if (parts.length === 0 || parts.length > PARTS_MAX) throw malformedXml()
  let previous = 0
  return parts.map((part) => {
    const { PartNumber: partNumber, ETag: etag } = part
    if (partNumber === undefined || etag === undefined) throw malformedXml()
    if (partNumber <= previous) {
      throw new AwsError(
        INVALID_PART_ORDER,
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
      )
    }
    previous = partNumber
    const given = givenChecksum(part)
    // Clients give parts a checksum also where they began the upload without one; it is compared with the part's own.
    if (given && settings.checksumAlgorithm && given.algorithm !== settings.checksumAlgorithm) {
      throw otherChecksum(settings, given.algorithm)
    }
    return { partNumber, etag: bareEtag(etag), checksum: given?.value }
  })
}
