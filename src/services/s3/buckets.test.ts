import type { CreateBucketConfiguration } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import type { Present } from '../../access/present.ts'
import { deleteBucket, getBucketLocation, headBucket, listBuckets } from './buckets.ts'
import { createBucket } from './create-bucket.ts'
import { deleteObject } from './delete-objects.ts'
import { createMultipartUpload } from './multipart-upload.ts'
import { putObject } from './put-object.ts'
import { ACCOUNT, openTestService, refusalOf, streamOf, userOf } from './testing/s3-fixture.ts'

const OTHER_ACCOUNT = '444455556666'

test('a bucket that was made is there', async () => {
  const { call } = await openTestService()
  expect(await call(createBucket, { Bucket: 'my-bucket' })).toEqual({
    Location: '/my-bucket',
    BucketArn: 'arn:aws:s3:::my-bucket',
  })
  expect(await call(headBucket, { Bucket: 'my-bucket' })).toMatchObject({ BucketRegion: 'us-east-1' })
})

test('a bucket needs a proper name', async () => {
  const { call } = await openTestService()
  expect(await refusalOf(call(createBucket, { Bucket: 'Upper' }))).toBe('InvalidBucketName')
})

test('making a bucket again is a success in us-east-1 and a conflict elsewhere', async () => {
  const { call } = await openTestService()
  await call(createBucket, { Bucket: 'here' })
  await call(createBucket, { Bucket: 'here' })
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const
  const there = { Bucket: 'there', CreateBucketConfiguration }
  await call(createBucket, there, { region: 'eu-west-1' })
  expect(await refusalOf(call(createBucket, there, { region: 'eu-west-1' }))).toBe('BucketAlreadyOwnedByYou')
})

test('a name that another account has is taken', async () => {
  const { call } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' }, { caller: userOf(OTHER_ACCOUNT) })
  expect(await refusalOf(call(createBucket, { Bucket: 'bucket' }))).toBe('BucketAlreadyExists')
})

test.each([
  ['us-east-1', undefined, undefined],
  ['us-east-1', 'us-east-1', 'InvalidLocationConstraint'],
  ['us-east-1', 'eu-west-1', 'IllegalLocationConstraintException'],
  ['eu-west-1', 'eu-west-1', undefined],
  ['eu-west-1', undefined, 'IllegalLocationConstraintException'],
  ['eu-west-1', 'us-west-2', 'IllegalLocationConstraintException'],
] as const)('in %s the location constraint %s gives %s', async (region, LocationConstraint, code) => {
  const { call } = await openTestService()
  // The SDK's type leaves out us-east-1, which a client may send all the same.
  const CreateBucketConfiguration = { LocationConstraint } as Present<CreateBucketConfiguration>
  const made = call(createBucket, { Bucket: 'bucket', CreateBucketConfiguration }, { region })
  if (code) expect(await refusalOf(made)).toBe(code)
  else await made
})

test('the location of a bucket is its region, and nothing in us-east-1', async () => {
  const { call } = await openTestService()
  await call(createBucket, { Bucket: 'east' })
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const
  await call(createBucket, { Bucket: 'west', CreateBucketConfiguration }, { region: 'eu-west-1' })
  expect(await call(getBucketLocation, { Bucket: 'east' })).toEqual({ LocationConstraint: undefined })
  expect(await call(getBucketLocation, { Bucket: 'west' })).toEqual({ LocationConstraint: 'eu-west-1' })
})

test.each([
  [{ ACL: 'public-read' }, 'InvalidBucketAclWithObjectOwnership'],
  [{ GrantRead: 'id=1' }, 'NotImplemented'],
  [{ ObjectLockEnabledForBucket: true }, 'NotImplemented'],
  [{ ObjectOwnership: 'ObjectWriter' }, 'NotImplemented'],
  [{ BucketNamespace: 'account-regional' }, 'NotImplemented'],
  [{ CreateBucketConfiguration: { Tags: [{ Key: 'k', Value: 'v' }] } }, 'NotImplemented'],
] as const)('a bucket with %j is refused', async (asked, code) => {
  const { call } = await openTestService()
  const input = structuredClone({ Bucket: 'bucket', ...asked }) as Parameters<typeof createBucket.handle>[0]['input']
  expect(await refusalOf(call(createBucket, input))).toBe(code)
})

test('what holds anyway may be asked', async () => {
  const { call } = await openTestService()
  await call(createBucket, { Bucket: 'bucket', ACL: 'private', ObjectOwnership: 'BucketOwnerEnforced' })
})

test('a bucket that is missing is not found, and one of another owner than expected is denied', async () => {
  const { call } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' })
  expect(await refusalOf(call(headBucket, { Bucket: 'nothing' }))).toBe('NoSuchBucket')
  expect(await refusalOf(call(headBucket, { Bucket: 'bucket', ExpectedBucketOwner: OTHER_ACCOUNT }))).toBe(
    'AccessDenied',
  )
  await call(headBucket, { Bucket: 'bucket', ExpectedBucketOwner: ACCOUNT })
})

test('only an empty bucket is deleted, unfinished uploads or not', async () => {
  const { call, dependencies } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' })
  await call(putObject, { Bucket: 'bucket', Key: 'key', Body: streamOf('') })
  await call(createMultipartUpload, { Bucket: 'bucket', Key: 'key' })
  expect(await refusalOf(call(deleteBucket, { Bucket: 'bucket' }))).toBe('BucketNotEmpty')
  expect(await dependencies.store.reads.selectFrom('multipart_uploads').selectAll().execute()).toHaveLength(1)
  await call(deleteObject, { Bucket: 'bucket', Key: 'key' })
  await call(deleteBucket, { Bucket: 'bucket' })
  expect(await refusalOf(call(headBucket, { Bucket: 'bucket' }))).toBe('NoSuchBucket')
  expect(await dependencies.store.reads.selectFrom('multipart_uploads').selectAll().execute()).toHaveLength(0)
})

test('buckets are listed for their own account, in pages', async () => {
  const { call } = await openTestService()
  for (const Bucket of ['bucket-c', 'bucket-a', 'bucket-b', 'other']) await call(createBucket, { Bucket })
  await call(createBucket, { Bucket: 'bucket-foreign' }, { caller: userOf(OTHER_ACCOUNT) })

  expect(namesOf(await call(listBuckets, {}))).toEqual(['bucket-a', 'bucket-b', 'bucket-c', 'other'])
  const first = await call(listBuckets, { MaxBuckets: 2, Prefix: 'bucket-' })
  expect(namesOf(first)).toEqual(['bucket-a', 'bucket-b'])
  const second = await call(listBuckets, {
    MaxBuckets: 2,
    Prefix: 'bucket-',
    ContinuationToken: first.ContinuationToken,
  })
  expect(namesOf(second)).toEqual(['bucket-c'])
  expect(second.ContinuationToken).toBeUndefined()
  expect(namesOf(await call(listBuckets, { BucketRegion: 'eu-west-1' }))).toEqual([])
  expect(await refusalOf(call(listBuckets, { ContinuationToken: 'made up' }))).toBe('InvalidArgument')
})

function namesOf({ Buckets }: { readonly Buckets?: { readonly Name?: string }[] }) {
  return Buckets?.map(({ Name }) => Name)
}
