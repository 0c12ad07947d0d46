import type { PutObjectOutput, PutObjectRequest } from '@aws-sdk/client-s3'
import { requireBucket } from './bucket.ts'
import { type AnnouncedBody, assertAnnouncedSize, checkBody } from './checked-body.ts'
import { CHECKSUM_MEMBERS, checksumMembers } from './checksum.ts'
import type { S3Operation } from './dependencies.ts'
import { refuseUnsupported } from './features.ts'
import { assertKey, HEADER_MEMBERS, readHeaders } from './object-headers.ts'
import { writeConditions } from './preconditions.ts'
import { toWrite } from './requirements.ts'

type PutObjectInput = Omit<PutObjectRequest, 'Body'> & AnnouncedBody

const HONOURED = [
  ...['Bucket', 'Key', 'ExpectedBucketOwner', 'Body', 'ContentMD5', 'ChecksumAlgorithm', 'IfMatch', 'IfNoneMatch'],
  ...HEADER_MEMBERS,
  ...CHECKSUM_MEMBERS,
]

/** Writes an object whole, or not at all. The body is read here, after the call was allowed. */
export const putObject: S3Operation<PutObjectInput, PutObjectOutput> = {
  name: 'PutObject',
  requires: { kind: 'allowed', requirements: toWrite(true) },

  async handle({ input, now }, { buckets, objects }) {
    const key = input.Key
    refuseUnsupported(input, HONOURED)
    assertKey(key)
    assertAnnouncedSize(input)
    const bucket = await requireBucket(buckets, input)
    const target = { bucket, key, headers: readHeaders(input), conditions: writeConditions(input), now }
    const stored = await objects.put(target, checkBody(input))
    return {
      ETag: `"${stored.etag}"`,
      ...checksumMembers(stored.checksum),
      ChecksumType: stored.checksum?.type,
    }
  },
}
