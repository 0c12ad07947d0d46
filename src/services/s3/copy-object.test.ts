import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { copyObject } from './copy-object.ts'
import { parseCopySource } from './copy-source.ts'
import { createBucket } from './create-bucket.ts'
import { deleteObject } from './delete-objects.ts'
import { getObject, headObject } from './get-object.ts'
import { putObject } from './put-object.ts'
import { openTestService, readAll, refusalOf, streamOf } from './testing/s3-fixture.ts'

async function openBuckets() {
  const service = await openTestService()
  await service.call(createBucket, { Bucket: 'source' })
  await service.call(createBucket, { Bucket: 'target' })
  const { ETag } = await service.call(putObject, {
    Bucket: 'source',
    Key: 'a b',
    Body: streamOf('bytes'),
    ContentType: 'text/plain',
    Metadata: { from: 'source' },
  })
  const copy = (more: object = {}, as = {}) =>
    service.call(copyObject, { Bucket: 'target', Key: 'copy', CopySource: '/source/a%20b', ...more }, as)
  return { ...service, copy, etag: ETag ?? '' }
}

test('a copy has the bytes and headers of its source, and lives on without it', async () => {
  const { call, copy, etag } = await openBuckets()
  expect((await copy()).CopyObjectResult).toMatchObject({ ETag: etag })
  await call(deleteObject, { Bucket: 'source', Key: 'a b' })
  const answer = await call(getObject, { Bucket: 'target', Key: 'copy' })
  expect(answer).toMatchObject({ ContentType: 'text/plain', Metadata: { from: 'source' }, ETag: etag })
  expect(await readAll(answer.Body)).toBe('bytes')
})

test('with the directive REPLACE a copy has headers of its own', async () => {
  const { call, copy } = await openBuckets()
  await copy({ MetadataDirective: 'REPLACE', ContentType: 'text/html', Metadata: { from: 'copy' } })
  const head = await call(headObject, { Bucket: 'target', Key: 'copy' })
  expect(head).toMatchObject({ ContentType: 'text/html', Metadata: { from: 'copy' } })
})

test('an object is copied to itself only with something new', async () => {
  const { call, copy } = await openBuckets()
  const itself = { Bucket: 'source', Key: 'a b' }
  expect(await refusalOf(copy(itself))).toBe('InvalidRequest')
  await copy({ ...itself, MetadataDirective: 'REPLACE', Metadata: { from: 'itself' } })
  const answer = await call(getObject, itself)
  expect(answer.Metadata).toEqual({ from: 'itself' })
  expect(await readAll(answer.Body)).toBe('bytes')
})

test('a copy can have a checksum that its source has not', async () => {
  const { copy } = await openBuckets()
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32('bytes'))
  expect((await copy({ ChecksumAlgorithm: 'CRC32' })).CopyObjectResult).toMatchObject({
    ChecksumCRC32: checksum.toString('base64'),
  })
})

test('conditions on the source and on the target', async () => {
  const { copy, etag } = await openBuckets()
  expect(await refusalOf(copy({ CopySourceIfMatch: '"x"' }))).toBe('PreconditionFailed')
  expect(await refusalOf(copy({ CopySourceIfNoneMatch: etag }))).toBe('PreconditionFailed')
  await copy({ CopySourceIfMatch: etag, IfNoneMatch: '*' })
  expect(await refusalOf(copy({ IfNoneMatch: '*' }))).toBe('PreconditionFailed')
})

test('a missing source is told to who may list its bucket', async () => {
  const { copy } = await openBuckets()
  const asked: string[] = []
  const isAllowed = ({ resource }: { readonly resource: string }) => asked.push(resource) === 0
  expect(await refusalOf(copy({ CopySource: 'source/missing' }))).toBe('NoSuchKey')
  expect(await refusalOf(copy({ CopySource: 'source/missing' }, { isAllowed }))).toBe('AccessDenied')
  expect(asked).toEqual(['arn:aws:s3:::source'])
  expect(await refusalOf(copy({ CopySource: 'nowhere/key' }))).toBe('NoSuchBucket')
  expect(await refusalOf(copy({ CopySource: 'source/a%00' }))).toBe('InvalidArgument')
  expect(await refusalOf(copy({ ExpectedSourceBucketOwner: '444455556666' }))).toBe('AccessDenied')
})

test('a copy must be allowed to read its source and to write its target', async () => {
  const { requirements } = await openBuckets()
  const input = { Bucket: 'target', Key: 'copy', CopySource: 'source/a%20b' }
  expect(await requirements(copyObject, input)).toMatchObject([
    { action: 's3:GetObject', resource: 'arn:aws:s3:::source/a b' },
    {
      action: 's3:PutObject',
      resource: 'arn:aws:s3:::target/copy',
      context: { 's3:x-amz-copy-source': 'source/a%20b' },
    },
  ])
})

test.each([
  ['bucket/key', 'key'],
  ['/bucket/a/b', 'a/b'],
  ['bucket/a%2Fb%3Fc+d', 'a/b?c+d'],
  ['bucket%2Fkey', 'key'],
  ['bucket/key?versionId=null', 'key'],
  ['bucket//key', '/key'],
])('%s names the key %s', (header, key) => {
  expect(parseCopySource(header)).toMatchObject({ bucketName: 'bucket', key })
})

test.each(['', 'bucket', 'bucket/', '/', 'bucket/%ff', 'bucket/key?versionId=v1'])('%j is no copy source', (header) => {
  expect(() => parseCopySource(header)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
})
