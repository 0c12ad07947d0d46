import type {
  DeleteBucketRequest,
  GetBucketLocationOutput,
  GetBucketLocationRequest,
  HeadBucketOutput,
  HeadBucketRequest,
  ListBucketsOutput,
  ListBucketsRequest,
} from '@aws-sdk/client-s3'
import { AwsError } from '../../aws/aws-error.ts'
import type { BucketRow } from '../../store/tables.ts'
import { type BucketInput, requireBucket, requireSameBucket } from './bucket.ts'
import { continuationToken, placeOfContinuationToken } from './continuation-token.ts'
import { REGION_WITHOUT_CONSTRAINT } from './create-bucket.ts'
import type { S3Operation } from './dependencies.ts'
import { BUCKET_NOT_EMPTY } from './error-codes.ts'
import { refuseUnsupported } from './features.ts'
import { keyBehind } from './object-listing.ts'
import { canonicalUserId } from './owner.ts'
import { bucketArn, onBucket } from './requirements.ts'

const NAMED = ['Bucket', 'ExpectedBucketOwner'] satisfies (keyof BucketInput)[]

export const headBucket: S3Operation<HeadBucketRequest, HeadBucketOutput> = {
  name: 'HeadBucket',
  requires: { kind: 'allowed', requirements: onBucket('s3:ListBucket') },

  async handle({ input }, { buckets }) {
    refuseUnsupported(input, NAMED)
    const bucket = await requireBucket(buckets, input)
    return { BucketRegion: bucket.region, BucketArn: bucketArn(bucket.name), AccessPointAlias: false }
  },
}

export const getBucketLocation: S3Operation<GetBucketLocationRequest, GetBucketLocationOutput> = {
  name: 'GetBucketLocation',
  requires: { kind: 'allowed', requirements: onBucket('s3:GetBucketLocation') },

  async handle({ input }, { buckets }) {
    refuseUnsupported(input, NAMED)
    const { region } = await requireBucket(buckets, input)
    return { LocationConstraint: region === REGION_WITHOUT_CONSTRAINT ? undefined : toConstraint(region) }
  },
}

/** Deletes an empty bucket. Uploads that were never completed go with it. */
export const deleteBucket: S3Operation<DeleteBucketRequest, object> = {
  name: 'DeleteBucket',
  requires: { kind: 'allowed', requirements: onBucket('s3:DeleteBucket') },

  async handle({ input }, { store, buckets, objects }) {
    refuseUnsupported(input, NAMED)
    const bucket = await requireBucket(buckets, input)
    await store.write(async (writes) => {
      await requireSameBucket(writes, bucket)
      if (!(await objects.dropBucket(bucket.name, writes))) {
        throw new AwsError(BUCKET_NOT_EMPTY, 'The bucket you tried to delete is not empty', {
          detail: { BucketName: bucket.name },
        })
      }
      await writes.deleteFrom('buckets').where('bucket_name', '=', bucket.name).execute()
      writes.changed(`bucket/${bucket.name}`)
    })
    return {}
  },
}

/** The caller's own account's buckets. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export const listBuckets: S3Operation<ListBucketsRequest, ListBucketsOutput> = {
  name: 'ListBuckets',
  requires: { kind: 'allowed', requirements: () => [{ action: 's3:ListAllMyBuckets', resource: '*' }] },

  async handle({ input, accountId }, { store }) {
    refuseUnsupported(input, ['MaxBuckets', 'ContinuationToken', 'Prefix', 'BucketRegion'])
    const after = placeOfContinuationToken('ListBuckets', input.ContinuationToken)
    let query = store.reads.selectFrom('buckets').selectAll().where('account_id', '=', accountId)
    if (after !== undefined) query = query.where('bucket_name', '>', after)
    if (input.BucketRegion) query = query.where('region', '=', input.BucketRegion)
    if (input.Prefix) query = query.where('bucket_name', '>=', input.Prefix)
    const until = keyBehind(input.Prefix ?? '')
    if (until !== undefined) query = query.where('bucket_name', '<', until)
    const limit = input.MaxBuckets ?? BUCKETS_PAGE_MAX
    const rows = await query
      .orderBy('bucket_name')
      .limit(limit + 1)
      .execute()
    const page = rows.slice(0, limit)
    const last = rows.length > limit ? page.at(-1) : undefined
    return {
      Owner: { ID: canonicalUserId(accountId) },
      Buckets: page.map((row) => describe(row, isPaged(input))),
      Prefix: input.Prefix,
      ContinuationToken: last && continuationToken('ListBuckets', last.bucket_name),
    }
  },
}

/** No account has more buckets than one page of ListBuckets can hold. */
const BUCKETS_PAGE_MAX = 10_000

/** S3 names regions only to who uses a parameter of the newer, paged form. */
function isPaged(input: ListBucketsRequest): boolean {
  return Object.values(input).some((value) => value !== undefined)
}

function describe(row: BucketRow, withRegion: boolean) {
  return {
    Name: row.bucket_name,
    CreationDate: new Date(Math.floor(row.created_at / 1000) * 1000),
    ...(withRegion && { BucketRegion: row.region, BucketArn: bucketArn(row.bucket_name) }),
  }
}

/** Any region can be configured, also one that the model's list does not have yet. */
function toConstraint(region: string): GetBucketLocationOutput['LocationConstraint'] {
  return region as GetBucketLocationOutput['LocationConstraint']
}
