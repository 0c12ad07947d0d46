import type {
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  ListPartsOutput,
  ListPartsRequest,
} from '@aws-sdk/client-s3'
import { AwsError } from '../../aws/aws-error.ts'
import { requireBucket } from './bucket.ts'
import { checksumMembers } from './checksum.ts'
import type { S3Operation } from './dependencies.ts'
import { INVALID_ARGUMENT } from './error-codes.ts'
import { refuseUnsupported } from './features.ts'
import { encoding, PAGE_ENTRIES_MAX } from './list-objects.ts'
import { uploadIdOf } from './multipart-upload.ts'
import { noSuchUpload } from './no-such.ts'
import { canonicalUserId } from './owner.ts'
import { onBucket, onObject } from './requirements.ts'

export const listParts: S3Operation<ListPartsRequest, ListPartsOutput> = {
  name: 'ListParts',
  requires: { kind: 'allowed', requirements: onObject('s3:ListMultipartUploadParts') },

  async handle({ input }, { buckets, objects }) {
    refuseUnsupported(input, ['Bucket', 'Key', 'ExpectedBucketOwner', 'UploadId', 'MaxParts', 'PartNumberMarker'])
    const bucket = await requireBucket(buckets, input)
    const { uploads } = objects
    const upload = await uploads.find(uploadIdOf(input))
    if (!upload) throw noSuchUpload(input.UploadId)
    const after = parsePartNumberMarker(input.PartNumberMarker)
    const limit = Math.min(input.MaxParts ?? PAGE_ENTRIES_MAX, PAGE_ENTRIES_MAX)
    const page = await uploads.listParts(upload, after, limit)
    const owner = { ID: canonicalUserId(bucket.accountId) }
    return {
      Bucket: bucket.name,
      Key: upload.key,
      UploadId: upload.uploadId,
      PartNumberMarker: String(after),
      // S3 sends it with the last page as well, and the JavaScript SDK's paginator then never ends.
      NextPartNumberMarker: page.isTruncated ? String(page.entries.at(-1)?.partNumber ?? after) : undefined,
      MaxParts: limit,
      IsTruncated: page.isTruncated,
      Parts: page.entries.map((part) => ({
        PartNumber: part.partNumber,
        LastModified: new Date(part.lastModified),
        ETag: `"${part.etag}"`,
        Size: part.sizeBytes,
        ...checksumMembers(part.checksum),
      })),
      Owner: owner,
      Initiator: owner,
      StorageClass: 'STANDARD',
      ChecksumAlgorithm: upload.checksumAlgorithm,
      ChecksumType: upload.checksumType,
    }
  },
}

export const listMultipartUploads: S3Operation<ListMultipartUploadsRequest, ListMultipartUploadsOutput> = {
  name: 'ListMultipartUploads',
  requires: { kind: 'allowed', requirements: onBucket('s3:ListBucketMultipartUploads') },

  async handle({ input }, { buckets, objects }) {
    refuseUnsupported(input, [
      ...['Bucket', 'ExpectedBucketOwner', 'Prefix', 'Delimiter', 'EncodingType'],
      ...['KeyMarker', 'UploadIdMarker', 'MaxUploads'],
    ])
    const bucket = await requireBucket(buckets, input)
    const limit = Math.min(input.MaxUploads ?? PAGE_ENTRIES_MAX, PAGE_ENTRIES_MAX)
    const page = await objects.uploads.list(bucket.name, {
      prefix: input.Prefix ?? '',
      delimiter: input.Delimiter || undefined,
      // S3 ignores an upload id marker that comes without a key marker.
      after: input.KeyMarker ? { key: input.KeyMarker, uploadId: input.UploadIdMarker || undefined } : undefined,
      limit,
    })
    const encode = encoding(input.EncodingType)
    const owner = { ID: canonicalUserId(bucket.accountId) }
    const lastUpload = page.entries.at(-1)
    return {
      Bucket: bucket.name,
      KeyMarker: encode(input.KeyMarker ?? ''),
      UploadIdMarker: input.UploadIdMarker ?? '',
      Prefix: encode(input.Prefix ?? ''),
      Delimiter: input.Delimiter ? encode(input.Delimiter) : undefined,
      EncodingType: input.EncodingType,
      MaxUploads: limit,
      IsTruncated: page.isTruncated,
      NextKeyMarker: page.isTruncated ? encode(page.last ?? '') : undefined,
      // Where the page ends with a common prefix there is no upload to go on behind.
      NextUploadIdMarker: page.isTruncated && lastUpload?.key === page.last ? lastUpload?.uploadId : undefined,
      Uploads: page.entries.map((upload) => ({
        Key: encode(upload.key),
        UploadId: upload.uploadId,
        Initiated: new Date(upload.initiatedAt),
        StorageClass: 'STANDARD',
        Owner: owner,
        Initiator: owner,
        ChecksumAlgorithm: upload.checksumAlgorithm,
        ChecksumType: upload.checksumType,
      })),
      CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    }
  },
}

function parsePartNumberMarker(marker: string | undefined): number {
  if (marker === undefined || marker === '') return 0
  if (/^\d{1,9}$/.test(marker)) return Number(marker)
  throw new AwsError(INVALID_ARGUMENT, 'Argument part-number-marker must be an integer between 0 and 2147483647', {
    detail: { ArgumentName: 'part-number-marker', ArgumentValue: marker },
  })
}
