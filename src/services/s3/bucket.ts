import { type BucketRecord, type BucketRecords, readBucketRecord } from '../../access/records/bucket-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED } from '../../aws/error-codes.ts'
import type { Writes } from '../../store/store.ts'
import { noSuchBucket } from './no-such.ts'

/** Members by which an input names a bucket. */
export interface BucketInput {
  readonly Bucket: string
  readonly ExpectedBucketOwner?: string | undefined
}

/**
 * Finds the bucket that an input names.
 * @throws AwsError `NoSuchBucket`; `AccessDenied` where it is not the expected owner's
 */
export async function requireBucket(buckets: BucketRecords, input: BucketInput): Promise<BucketRecord> {
  const bucket = await buckets.findByName(input.Bucket)
  if (!bucket) throw noSuchBucket(input.Bucket)
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== bucket.accountId) {
    throw new AwsError(ACCESS_DENIED, 'Access Denied')
  }
  return bucket
}

/**
 * Asks inside a change whether the bucket is still the one for which the call was allowed.
 * @throws AwsError `NoSuchBucket`, also where a new bucket has the name now
 */
export async function requireSameBucket(
  writes: Writes,
  bucket: Pick<BucketRecord, 'name' | 'createdAt'>,
): Promise<void> {
  const current = await readBucketRecord(writes, bucket.name)
  if (current?.createdAt !== bucket.createdAt) throw noSuchBucket(bucket.name)
}
