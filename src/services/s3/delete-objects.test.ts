import { expect, test } from 'vitest'
import { deleteBucket } from './buckets.ts'
import { createBucket } from './create-bucket.ts'
import { deleteObject, deleteObjects } from './delete-objects.ts'
import { listObjectsV2 } from './list-objects.ts'
import { putObject } from './put-object.ts'
import { NOW, openTestService, refusalOf, streamOf } from './testing/s3-fixture.ts'

async function openBucket(...keys: readonly string[]) {
  const service = await openTestService()
  await service.call(createBucket, { Bucket: 'bucket' })
  for (const Key of keys) await service.call(putObject, { Bucket: 'bucket', Key, Body: streamOf(Key) })
  const keysLeft = async () => {
    const { Contents } = await service.call(listObjectsV2, { Bucket: 'bucket' })
    return Contents?.map(({ Key }) => Key)
  }
  return { ...service, keysLeft }
}

const etagOf = { a: '"0cc175b9c0f1b6a831c399e269772661"' }

test('deleting an object twice is a success twice, its file gone', async () => {
  const { call, keysLeft, files } = await openBucket('a')
  await call(deleteObject, { Bucket: 'bucket', Key: 'a' })
  await call(deleteObject, { Bucket: 'bucket', Key: 'a' })
  expect(await keysLeft()).toEqual([])
  expect(await files()).toEqual([])
})

test('If-Match deletes the named object only', async () => {
  const { call, keysLeft } = await openBucket('a')
  expect(await refusalOf(call(deleteObject, { Bucket: 'bucket', Key: 'a', IfMatch: '"x"' }))).toBe('PreconditionFailed')
  expect(await refusalOf(call(deleteObject, { Bucket: 'bucket', Key: 'b', IfMatch: '*' }))).toBe('PreconditionFailed')
  expect(await keysLeft()).toEqual(['a'])
  await call(deleteObject, { Bucket: 'bucket', Key: 'a', IfMatch: etagOf.a })
  expect(await keysLeft()).toEqual([])
})

test('of several objects, those are deleted that the caller may delete', async () => {
  const { call, keysLeft } = await openBucket('a', 'b', 'c')
  const asked: string[] = []
  const answer = await call(
    deleteObjects,
    { Bucket: 'bucket', Delete: { Objects: [{ Key: 'a' }, { Key: 'b' }, { Key: 'missing' }, { Key: '\0' }] } },
    {
      isAllowed({ action, resource }) {
        asked.push(`${action} ${resource}`)
        return !resource.endsWith('/b')
      },
    },
  )
  expect(answer.Deleted).toEqual([{ Key: 'a' }, { Key: 'missing' }])
  expect(answer.Errors).toEqual([
    { Key: 'b', VersionId: undefined, Code: 'AccessDenied', Message: 'Access Denied' },
    { Key: '\0', VersionId: undefined, Code: 'InvalidArgument', Message: 'Object key is not valid' },
  ])
  expect(asked[0]).toBe('s3:DeleteObject arn:aws:s3:::bucket/a')
  expect(await keysLeft()).toEqual(['b', 'c'])
})

test('a quiet deletion tells of errors only, and judges conditions one by one', async () => {
  const { call, keysLeft } = await openBucket('a', 'b')
  const Objects = [
    { Key: 'a', ETag: etagOf.a },
    { Key: 'b', ETag: '"x"' },
    { Key: 'c', VersionId: 'v' },
  ]
  const answer = await call(deleteObjects, { Bucket: 'bucket', Delete: { Quiet: true, Objects } })
  expect(answer.Deleted).toEqual([])
  expect(answer.Errors?.map(({ Key, Code }) => [Key, Code])).toEqual([
    ['c', 'InvalidArgument'],
    ['b', 'PreconditionFailed'],
  ])
  expect(await keysLeft()).toEqual(['b'])
})

test('an object that is named twice is deleted only where both conditions hold', async () => {
  const { call, keysLeft } = await openBucket('a')
  const Objects = [{ Key: 'a' }, { Key: 'a', ETag: '"x"' }]
  await call(deleteObjects, { Bucket: 'bucket', Delete: { Objects } })
  expect(await keysLeft()).toEqual(['a'])
})

test('1,000 objects are deleted at once, 1,001 and none are not', async () => {
  const { call } = await openBucket()
  const named = (count: number) => Array.from({ length: count }, (_, index) => ({ Key: String(index) }))
  const answer = await call(deleteObjects, { Bucket: 'bucket', Delete: { Objects: named(1000) } })
  expect(answer.Deleted).toHaveLength(1000)
  for (const count of [0, 1001]) {
    const input = { Bucket: 'bucket', Delete: { Objects: named(count) } }
    expect(await refusalOf(call(deleteObjects, input))).toBe('MalformedXML')
  }
})

test('a bucket that was made again while keys were judged keeps its objects', async () => {
  const { call, keysLeft } = await openBucket('a')
  async function isAllowed() {
    await call(deleteObject, { Bucket: 'bucket', Key: 'a' })
    await call(deleteBucket, { Bucket: 'bucket' })
    await call(createBucket, { Bucket: 'bucket' }, { now: NOW + 1 })
    await call(putObject, { Bucket: 'bucket', Key: 'a', Body: streamOf('new') })
    return true
  }
  const asked = call(deleteObjects, { Bucket: 'bucket', Delete: { Objects: [{ Key: 'a' }] } }, { isAllowed })
  expect(await refusalOf(asked)).toBe('NoSuchBucket')
  expect(await keysLeft()).toEqual(['a'])
})
