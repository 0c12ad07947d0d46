import type { CreateBucketConfiguration, CreateBucketOutput, CreateBucketRequest } from '@aws-sdk/client-s3'
import type { RequirementContext } from '../../access/operation.ts'
import type { Present } from '../../access/present.ts'
import { readBucketRecord } from '../../access/records/bucket-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { Writes } from '../../store/store.ts'
import { assertBucketName } from './bucket-name.ts'
import type { S3Operation } from './dependencies.ts'
import {
  BUCKET_ALREADY_EXISTS,
  BUCKET_ALREADY_OWNED_BY_YOU,
  ILLEGAL_LOCATION_CONSTRAINT,
  INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP,
  INVALID_LOCATION_CONSTRAINT,
  TOO_MANY_BUCKETS,
} from './error-codes.ts'
import { notImplemented, refuseUnsupported } from './features.ts'
import { bucketArn, conditionKeys } from './requirements.ts'

/** The region that has no location constraint, for history's sake. */
export const REGION_WITHOUT_CONSTRAINT = 'us-east-1'

/** Buckets of one account. @see https://docs.aws.amazon.com/general/latest/gr/s3.html (quota "General purpose buckets") */
const BUCKETS_MAX = 10_000

const HONOURED = [
  'Bucket',
  'CreateBucketConfiguration',
  'ObjectOwnership',
  'ObjectLockEnabledForBucket',
  'BucketNamespace',
  'ACL',
]

/** Makes a bucket of the caller's account. Names are unique in the whole installation. */
export const createBucket: S3Operation<CreateBucketRequest, CreateBucketOutput> = {
  name: 'CreateBucket',
  requires: { kind: 'allowed', requirements },

  async handle({ input, accountId, region, now }, { store }) {
    const bucketName = input.Bucket
    refuseUnsupported(input, HONOURED)
    refuseOtherKinds(input)
    assertBucketName(bucketName)
    assertLocation(input.CreateBucketConfiguration, region)
    await store.write(async (writes) => {
      if (await isTaken(writes, bucketName, accountId, region)) return
      await assertBucketsLeft(writes, accountId)
      const row = { bucket_name: bucketName, account_id: accountId, region, policy: null, policy_principal_ids: null }
      await writes
        .insertInto('buckets')
        .values({ ...row, created_at: now })
        .execute()
      writes.changed(`bucket/${bucketName}`)
    })
    return { Location: `/${bucketName}`, BucketArn: bucketArn(bucketName) }
  },
}

function requirements(input: Present<CreateBucketRequest>, { accountId }: RequirementContext) {
  const location = input.CreateBucketConfiguration?.LocationConstraint
  const context = { ...conditionKeys('s3:CreateBucket', input), ...(location && { 's3:locationconstraint': location }) }
  return [{ action: 's3:CreateBucket', resource: bucketArn(input.Bucket), resourceAccount: accountId, context }]
}

/** Directory buckets, object lock, and ownership that lets access control lists grant something are not built. */
function refuseOtherKinds(input: Present<CreateBucketRequest>): void {
  const configuration = input.CreateBucketConfiguration ?? {}
  refuseUnsupported({ ...configuration, Tags: emptyAsAbsent(configuration.Tags) }, ['LocationConstraint'])
  if (input.ObjectLockEnabledForBucket) throw notImplemented('x-amz-bucket-object-lock-enabled')
  if (input.BucketNamespace !== undefined && input.BucketNamespace !== 'global') {
    throw notImplemented('x-amz-bucket-namespace')
  }
  if (input.ObjectOwnership !== undefined && input.ObjectOwnership !== 'BucketOwnerEnforced') {
    throw notImplemented('x-amz-object-ownership')
  }
  if (input.ACL !== undefined && input.ACL !== 'private') {
    throw new AwsError(
      INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP,
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )
  }
}

/** @throws AwsError `IllegalLocationConstraintException`, `InvalidLocationConstraint` */
function assertLocation(configuration: Present<CreateBucketConfiguration> | undefined, region: string): void {
  const constraint: string = configuration?.LocationConstraint ?? ''
  if (constraint === region && region === REGION_WITHOUT_CONSTRAINT) {
    throw new AwsError(INVALID_LOCATION_CONSTRAINT, 'The specified location-constraint is not valid', {
      detail: { LocationConstraint: constraint },
    })
  }
  if (constraint === region || (constraint === '' && region === REGION_WITHOUT_CONSTRAINT)) return
  const named = constraint === '' ? 'unspecified' : constraint
  throw new AwsError(
    ILLEGAL_LOCATION_CONSTRAINT,
    `The ${named} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  )
}

/** Whether the bucket is the caller's already, which us-east-1 alone answers with success. */
async function isTaken(writes: Writes, bucketName: string, accountId: string, region: string): Promise<boolean> {
  const bucket = await readBucketRecord(writes, bucketName)
  if (!bucket) return false
  if (bucket.accountId !== accountId) {
    throw new AwsError(
      BUCKET_ALREADY_EXISTS,
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
      { detail: { BucketName: bucketName } },
    )
  }
  if (region === REGION_WITHOUT_CONSTRAINT && bucket.region === REGION_WITHOUT_CONSTRAINT) return true
  throw new AwsError(
    BUCKET_ALREADY_OWNED_BY_YOU,
    'Your previous request to create the named bucket succeeded and you already own it.',
    { detail: { BucketName: bucketName } },
  )
}

async function assertBucketsLeft(writes: Writes, accountId: string): Promise<void> {
  const { count } = await writes
    .selectFrom('buckets')
    .select(writes.fn.countAll<number | string>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  if (Number(count) < BUCKETS_MAX) return
  throw new AwsError(TOO_MANY_BUCKETS, 'You have attempted to create more buckets than allowed')
}

function emptyAsAbsent<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length === 0 ? undefined : list
}
