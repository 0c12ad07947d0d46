import type {
  UploadPartCopyOutput,
  UploadPartCopyRequest,
  UploadPartOutput,
  UploadPartRequest,
} from '@aws-sdk/client-s3'
import type { Present } from '../../access/present.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { requireBucket } from './bucket.ts'
import { parseByteRange } from './byte-range.ts'
import { type AnnouncedBody, assertAnnouncedSize, checkBody, digestBody } from './checked-body.ts'
import { CHECKSUM_MEMBERS, checksumMembers, givenChecksum, parseChecksumAlgorithm } from './checksum.ts'
import {
  COPY_SOURCE_MEMBERS,
  copyRequirements,
  parseCopySource,
  requireSourceBucket,
  sourceConditions,
} from './copy-source.ts'
import type { S3Dependencies, S3Operation } from './dependencies.ts'
import { INVALID_ARGUMENT } from './error-codes.ts'
import { refuseUnsupported } from './features.ts'
import { missingObject } from './missing-object.ts'
import { otherChecksum, PARTS_MAX, type UploadInput, uploadIdOf } from './multipart-upload.ts'
import { noSuchUpload } from './no-such.ts'
import type { MultipartStore, MultipartUpload } from './object-store.ts'
import { assertCopyable } from './preconditions.ts'
import { toWrite } from './requirements.ts'

type UploadPartInput = Omit<UploadPartRequest, 'Body'> & AnnouncedBody

const NAMED = ['Bucket', 'Key', 'ExpectedBucketOwner', 'UploadId', 'PartNumber']

export const uploadPart: S3Operation<UploadPartInput, UploadPartOutput> = {
  name: 'UploadPart',
  requires: { kind: 'allowed', requirements: toWrite(false) },

  async handle({ input, now }, { buckets, objects }) {
    refuseUnsupported(input, [...NAMED, ...CHECKSUM_MEMBERS, 'Body', 'ContentMD5', 'ChecksumAlgorithm'])
    assertAnnouncedSize(input)
    await requireBucket(buckets, input)
    const { uploads } = objects
    const upload = await findUpload(uploads, input)
    const algorithm = givenChecksum(input)?.algorithm ?? parseChecksumAlgorithm(input.ChecksumAlgorithm)
    if (algorithm && upload.checksumAlgorithm && algorithm !== upload.checksumAlgorithm) {
      throw otherChecksum(upload, algorithm)
    }
    const body = checkBody(input, upload.checksumAlgorithm)
    const part = await uploads.putPart(upload, partNumberOf(input), body, now)
    return { ETag: `"${part.etag}"`, ...checksumMembers(part.checksum) }
  },
}

/** A part made of an object, or of a range of it. */
export const uploadPartCopy: S3Operation<UploadPartCopyRequest, UploadPartCopyOutput> = {
  name: 'UploadPartCopy',
  requires: { kind: 'allowed', requirements: copyRequirements(false) },

  async handle({ input, now }, dependencies) {
    const { buckets, objects } = dependencies
    refuseUnsupported(input, [...NAMED, ...COPY_SOURCE_MEMBERS, 'CopySourceRange'])
    const upload = await findUpload(objects.uploads, input)
    const { key } = parseCopySource(input.CopySource)
    const source = await requireSourceBucket(buckets, input)
    const opened = await openSource(dependencies, source.name, key, input)
    if (!opened) throw await missingObject(source, key, dependencies)
    const body = digestBody(opened.bytes, upload.checksumAlgorithm)
    const part = await objects.uploads.putPart(upload, partNumberOf(input), body, now)
    return {
      CopyPartResult: {
        ETag: `"${part.etag}"`,
        LastModified: new Date(part.lastModified),
        ...checksumMembers(part.checksum),
      },
    }
  },
}

async function openSource(
  { objects }: S3Dependencies,
  bucket: string,
  key: string,
  input: Present<UploadPartCopyRequest>,
) {
  const found = await objects.head(bucket, key, { conditions: {} })
  if (!found) return undefined
  const { object } = found
  assertCopyable(sourceConditions(input), object)
  const range = input.CopySourceRange
  if (range !== undefined && parseByteRange(range, object.sizeBytes) === undefined) {
    throw new AwsError(
      INVALID_ARGUMENT,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      { detail: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: range } },
    )
  }
  // Conditions were judged on this ETag, so that is what must still be there.
  return objects.get(bucket, key, { range, conditions: { ifMatch: `"${object.etag}"` } })
}

async function findUpload(uploads: MultipartStore, input: UploadInput): Promise<MultipartUpload> {
  const upload = await uploads.find(uploadIdOf(input))
  if (!upload) throw noSuchUpload(input.UploadId)
  return upload
}

function partNumberOf({ PartNumber: partNumber }: { readonly PartNumber: number }): number {
  if (Number.isInteger(partNumber) && partNumber >= 1 && partNumber <= PARTS_MAX) return partNumber
  throw new AwsError(INVALID_ARGUMENT, `Part number must be an integer between 1 and ${PARTS_MAX}, inclusive`, {
    detail: { ArgumentName: 'partNumber', ArgumentValue: partNumber },
  })
}
