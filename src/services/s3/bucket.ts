import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED } from '../../aws/error-codes.ts'
import type { Reads } from '../../store/store.ts'
import { noSuchBucket } from './no-such.ts'

/** A bucket as authorization and handlers need it. */
export interface Bucket {
  readonly name: string
  /** The account that owns it. */
  readonly accountId: string
  readonly region: string
  readonly policy: BucketPolicy | undefined
  readonly createdAt: number
}

export interface BucketPolicy {
  readonly document: string
  /** ARN → unique id, as saved with the policy. */
  readonly principalIds: Readonly<Record<string, string>>
}

/** Members by which an input names a bucket. */
export interface BucketInput {
  readonly Bucket: string | undefined
  readonly ExpectedBucketOwner?: string | undefined
}

/**
 * Finds the bucket that an input names.
 * @throws AwsError `NoSuchBucket`; `AccessDenied` where it is not the expected owner's
 */
export async function requireBucket(reads: Pick<Reads, 'selectFrom'>, input: BucketInput): Promise<Bucket> {
  const name = input.Bucket ?? ''
  const bucket = await findBucket(reads, name)
  if (!bucket) throw noSuchBucket(name)
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== bucket.accountId) {
    throw new AwsError(ACCESS_DENIED, 'Access Denied')
  }
  return bucket
}

export async function findBucket(reads: Pick<Reads, 'selectFrom'>, name: string): Promise<Bucket | undefined> {
  const row = await reads.selectFrom('buckets').selectAll().where('bucket_name', '=', name).executeTakeFirst()
  if (!row) return undefined
  return {
    name: row.bucket_name,
    accountId: row.account_id,
    region: row.region,
    policy: row.policy === null ? undefined : toPolicy(row.policy, row.policy_principal_ids),
    createdAt: row.created_at,
  }
}

function toPolicy(document: string, principalIds: string | null): BucketPolicy {
  return { document, principalIds: principalIds === null ? {} : JSON.parse(principalIds) }
}
