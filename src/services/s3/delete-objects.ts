import type {
  _Error,
  DeletedObject,
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  ObjectIdentifier,
} from '@aws-sdk/client-s3'
import type { Present } from '../../access/present.ts'
import type { BucketRecord } from '../../access/records/bucket-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED } from '../../aws/error-codes.ts'
import { requireBucket } from './bucket.ts'
import type { S3Dependencies, S3Operation } from './dependencies.ts'
import { refuseUnsupported } from './features.ts'
import { malformedXml } from './malformed-xml.ts'
import { assertKey } from './object-headers.ts'
import type { ObjectToDelete } from './object-store.ts'
import { preconditionFailed } from './preconditions.ts'
import { deletionRequirements, toDelete } from './requirements.ts'

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const OBJECTS_MAX = 1000

/** Deletes an object; that there was none is a success too. */
export const deleteObject: S3Operation<DeleteObjectRequest, DeleteObjectOutput> = {
  name: 'DeleteObject',
  requires: { kind: 'allowed', requirements: toDelete },

  async handle({ input }, { buckets, objects }) {
    const key = input.Key
    refuseUnsupported(input, ['Bucket', 'Key', 'ExpectedBucketOwner', 'IfMatch'])
    assertKey(key)
    const bucket = await requireBucket(buckets, input)
    const [outcome] = await objects.delete(bucket, [{ key, ifMatch: input.IfMatch }])
    if (outcome?.isGone === false) throw preconditionFailed('If-Match')
    return {}
  },
}

/**
 * Deletes up to 1,000 objects. Each key is judged on its own: what the caller may not delete comes back among the errors, the
 * others are deleted.
 */
export const deleteObjects: S3Operation<DeleteObjectsRequest, DeleteObjectsOutput> = {
  name: 'DeleteObjects',
  requires: { kind: 'signed', reason: 'each key is judged on its own, in the handler' },

  async handle({ input }, dependencies) {
    const { buckets, objects } = dependencies
    refuseUnsupported(input, ['Bucket', 'Delete', 'ExpectedBucketOwner', 'ChecksumAlgorithm'])
    const bucket = await requireBucket(buckets, input)
    const errors: _Error[] = []
    const allowed: ObjectToDelete[] = []
    for (const object of objectsOf(input)) {
      const refusal = await refusalOf(object, bucket, dependencies)
      if (refusal) errors.push({ ...identify(object), Code: refusal.code, Message: refusal.message })
      else allowed.push({ key: object.Key, ifMatch: object.ETag })
    }
    const outcomes = allowed.length === 0 ? [] : await objects.delete(bucket, allowed)
    const deleted: DeletedObject[] = []
    for (const { key, isGone } of outcomes) {
      if (isGone) deleted.push({ Key: key })
      else errors.push({ Key: key, Code: PRECONDITION.code, Message: PRECONDITION.message })
    }
    return { Deleted: input.Delete.Quiet ? [] : deleted, Errors: errors }
  },
}

type Identifier = Present<ObjectIdentifier>

const PRECONDITION = preconditionFailed('If-Match')

function objectsOf(input: Present<DeleteObjectsRequest>): readonly Identifier[] {
  const objects = input.Delete.Objects
  if (objects.length >= 1 && objects.length <= OBJECTS_MAX) return objects
  throw malformedXml()
}

async function refusalOf(object: Identifier, bucket: BucketRecord, { isAllowed }: S3Dependencies) {
  const key = object.Key
  for (const requirement of deletionRequirements(bucket, { ...object, IfMatch: object.ETag })) {
    if (!(await isAllowed(requirement))) return new AwsError(ACCESS_DENIED, 'Access Denied')
  }
  try {
    refuseUnsupported(object, ['Key', 'ETag'])
    assertKey(key)
    return undefined
  } catch (error) {
    if (error instanceof AwsError) return error
    throw error
  }
}

function identify({ Key, VersionId }: Identifier): _Error {
  return { Key, VersionId }
}
