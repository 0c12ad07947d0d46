import type { CopyObjectOutput, CopyObjectRequest } from '@aws-sdk/client-s3'
import { AwsError } from '../../aws/aws-error.ts'
import { requireBucket } from './bucket.ts'
import { checksumMembers, parseChecksumAlgorithm } from './checksum.ts'
import {
  COPY_SOURCE_MEMBERS,
  copyRequirements,
  parseCopySource,
  requireSourceBucket,
  sourceConditions,
} from './copy-source.ts'
import type { S3Operation } from './dependencies.ts'
import { INVALID_REQUEST } from './error-codes.ts'
import { notImplemented, refuseUnsupported } from './features.ts'
import { missingObject } from './missing-object.ts'
import { assertKey, HEADER_MEMBERS, readHeaders } from './object-headers.ts'
import { writeConditions } from './preconditions.ts'

const HONOURED = [
  ...['Bucket', 'Key', 'ExpectedBucketOwner', 'MetadataDirective', 'TaggingDirective', 'ChecksumAlgorithm'],
  ...['IfMatch', 'IfNoneMatch'],
  ...COPY_SOURCE_MEMBERS,
  ...HEADER_MEMBERS,
]

/** Copies an object of at most 5 GiB, with its own metadata or with new metadata. */
export const copyObject: S3Operation<CopyObjectRequest, CopyObjectOutput> = {
  name: 'CopyObject',
  requires: { kind: 'allowed', requirements: copyRequirements(true) },

  async handle({ input, now }, dependencies) {
    const { buckets, objects } = dependencies
    const key = input.Key
    refuseUnsupported(input, HONOURED)
    // Objects have no tags here, so that copying them is nothing; giving new ones would be something.
    if (input.TaggingDirective === 'REPLACE') throw notImplemented('x-amz-tagging-directive')
    assertKey(key)
    const isReplacing = input.MetadataDirective === 'REPLACE'
    const { bucketName, key: sourceKey } = parseCopySource(input.CopySource)
    if (!isReplacing && bucketName === input.Bucket && sourceKey === key) throw copiedToItself()
    const source = await requireSourceBucket(buckets, input)
    const stored = await objects.copy(
      { bucket: source.name, key: sourceKey, conditions: sourceConditions(input) },
      {
        bucket: await requireBucket(buckets, input),
        key,
        headers: isReplacing ? readHeaders(input) : undefined,
        checksumAlgorithm: parseChecksumAlgorithm(input.ChecksumAlgorithm),
        conditions: writeConditions(input),
        now,
      },
    )
    if (!stored) throw await missingObject(source, sourceKey, dependencies)
    return {
      CopyObjectResult: {
        ETag: `"${stored.etag}"`,
        LastModified: new Date(stored.lastModified),
        ...checksumMembers(stored.checksum),
        ChecksumType: stored.checksum?.type,
      },
    }
  },
}

function copiedToItself(): AwsError {
  return new AwsError(
    INVALID_REQUEST,
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  )
}
