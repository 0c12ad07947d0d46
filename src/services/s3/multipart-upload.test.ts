import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { CompletedPart } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { copyObject } from './copy-object.ts'
import { createBucket } from './create-bucket.ts'
import { getObject, headObject } from './get-object.ts'
import { listMultipartUploads, listParts } from './list-uploads.ts'
import { abortMultipartUpload, completeMultipartUpload, createMultipartUpload } from './multipart-upload.ts'
import { putObject } from './put-object.ts'
import { NOW, openTestService, refusalOf, streamOf } from './testing/s3-fixture.ts'
import { uploadPart, uploadPartCopy } from './upload-part.ts'

const PART_BYTES = 5 * 1024 ** 2
const FIRST = Buffer.alloc(PART_BYTES, 'a')
const LAST = Buffer.from('last')

async function openUpload(settings: object = {}) {
  const service = await openTestService()
  const { call } = service
  await call(createBucket, { Bucket: 'bucket' })
  const named = { Bucket: 'bucket', Key: 'key' }
  const { UploadId = '' } = await call(createMultipartUpload, { ...named, ContentType: 'text/plain', ...settings })
  const upload = { ...named, UploadId }
  const part = (PartNumber: number, bytes: Uint8Array, more: object = {}) =>
    call(uploadPart, { ...upload, PartNumber, Body: streamOf(bytes), ...more })
  const complete = (Parts: CompletedPart[], more: object = {}) =>
    call(completeMultipartUpload, { ...upload, MultipartUpload: { Parts }, ...more })
  return { ...service, named, upload, part, complete }
}

test('parts become one object in the order of their numbers, and nothing else stays', async () => {
  const { call, part, complete, named, upload, files } = await openUpload()
  const last = await part(7, LAST)
  const first = await part(2, FIRST)
  await part(3, Buffer.from('not named'))
  expect(await refusalOf(call(headObject, named))).toBe('NoSuchKey')

  const answer = await complete([
    { PartNumber: 2, ETag: first.ETag },
    { PartNumber: 7, ETag: last.ETag },
  ])
  const digests = Buffer.concat([md5(FIRST), md5(LAST)])
  expect(answer).toMatchObject({ ETag: `"${md5(digests).toString('hex')}-2"`, Bucket: 'bucket', Key: 'key' })
  const object = await call(getObject, named)
  expect(object).toMatchObject({ ContentType: 'text/plain', ContentLength: PART_BYTES + 4, ETag: answer.ETag })
  expect(await bytesOf(object.Body)).toEqual(Buffer.concat([FIRST, LAST]))
  expect(await files()).toHaveLength(1)
  expect(await refusalOf(part(1, LAST))).toBe('NoSuchUpload')
  expect(await refusalOf(call(listParts, upload))).toBe('NoSuchUpload')
  expect(await refusalOf(complete([{ PartNumber: 2, ETag: first.ETag }]))).toBe('NoSuchUpload')
})

test('a part that is uploaded again replaces the first', async () => {
  const { call, part, complete, named, files } = await openUpload()
  const old = await part(1, Buffer.from('old'))
  const { ETag } = await part(1, Buffer.from('new'))
  expect(await files()).toHaveLength(1)
  expect(await refusalOf(complete([{ PartNumber: 1, ETag: old.ETag }]))).toBe('InvalidPart')
  await complete([{ PartNumber: 1, ETag }])
  expect((await bytesOf((await call(getObject, named)).Body)).toString()).toBe('new')
})

test('a completion with the wrong parts is refused and the upload stays', async () => {
  const { call, part, complete, upload } = await openUpload()
  const small = await part(1, LAST)
  const large = await part(2, FIRST)
  const one = { PartNumber: 1, ETag: small.ETag }
  const two = { PartNumber: 2, ETag: large.ETag }
  expect(await refusalOf(complete([]))).toBe('MalformedXML')
  expect(await refusalOf(complete([{ PartNumber: 1 }]))).toBe('MalformedXML')
  expect(await refusalOf(complete([two, one]))).toBe('InvalidPartOrder')
  expect(await refusalOf(complete([two, two]))).toBe('InvalidPartOrder')
  expect(await refusalOf(complete([{ ...two, ETag: '"x"' }]))).toBe('InvalidPart')
  expect(await refusalOf(complete([two, { PartNumber: 3, ETag: '"x"' }]))).toBe('InvalidPart')
  expect(await refusalOf(complete([one, two]))).toBe('EntityTooSmall')
  expect(await refusalOf(complete([two], { MpuObjectSize: 1 }))).toBe('InvalidRequest')
  expect((await call(listParts, upload)).Parts).toHaveLength(2)
  await complete([two], { MpuObjectSize: PART_BYTES })
})

test('conditions of a completion are judged when the object would appear', async () => {
  const { call, part, complete, named } = await openUpload()
  const { ETag } = await part(1, LAST)
  await call(putObject, { ...named, Body: streamOf('there') })
  expect(await refusalOf(complete([{ PartNumber: 1, ETag }], { IfNoneMatch: '*' }))).toBe('PreconditionFailed')
  await complete([{ PartNumber: 1, ETag }], { IfMatch: `"${md5(Buffer.from('there')).toString('hex')}"` })
})

test('an aborted upload leaves nothing', async () => {
  const { call, part, upload, files } = await openUpload()
  await part(1, LAST)
  await call(abortMultipartUpload, upload)
  expect(await files()).toEqual([])
  expect(await refusalOf(call(abortMultipartUpload, upload))).toBe('NoSuchUpload')
  expect(await refusalOf(part(2, LAST))).toBe('NoSuchUpload')
  expect(await files()).toEqual([])
})

test('an upload is found by its own bucket and key only', async () => {
  const { call, upload } = await openUpload()
  expect(await refusalOf(call(listParts, { ...upload, Key: 'other' }))).toBe('NoSuchUpload')
  expect(await refusalOf(call(abortMultipartUpload, { ...upload, Key: 'other' }))).toBe('NoSuchUpload')
})

test.each([0, 10_001, 1.5])('a part number of %d is refused', async (PartNumber) => {
  const { part } = await openUpload()
  expect(await refusalOf(part(PartNumber, LAST))).toBe('InvalidArgument')
})

test('a composite checksum is the checksum of the checksums', async () => {
  const { call, part, complete, named } = await openUpload({ ChecksumAlgorithm: 'SHA256' })
  const first = await part(1, FIRST, { ChecksumSHA256: sha256(FIRST).toString('base64') })
  const last = await part(2, LAST)
  expect(last.ChecksumSHA256).toBe(sha256(LAST).toString('base64'))
  const composite = sha256(Buffer.concat([sha256(FIRST), sha256(LAST)])).toString('base64')
  const parts = [
    { PartNumber: 1, ETag: first.ETag, ChecksumSHA256: first.ChecksumSHA256 },
    { PartNumber: 2, ETag: last.ETag },
  ]
  const wrong = sha256(LAST).toString('base64')
  expect(await refusalOf(complete(parts, { ChecksumSHA256: wrong }))).toBe('BadDigest')
  expect(await complete(parts, { ChecksumSHA256: composite })).toMatchObject({
    ChecksumSHA256: `${composite}-2`,
    ChecksumType: 'COMPOSITE',
  })
  expect(await call(headObject, { ...named, ChecksumMode: 'ENABLED' })).toMatchObject({ ChecksumType: 'COMPOSITE' })
})

test('a whole-object checksum is that of all bytes', async () => {
  const { part, complete } = await openUpload({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' })
  const first = await part(1, FIRST)
  const last = await part(2, LAST)
  const parts = [
    { PartNumber: 1, ETag: first.ETag },
    { PartNumber: 2, ETag: last.ETag },
  ]
  const expected = Buffer.alloc(4)
  expected.writeUInt32BE(crc32(Buffer.concat([FIRST, LAST])))
  expect(await refusalOf(complete(parts, { ChecksumCRC32: 'AAAAAA==' }))).toBe('BadDigest')
  expect(await complete(parts, { ChecksumType: 'FULL_OBJECT' })).toMatchObject({
    ChecksumCRC32: expected.toString('base64'),
    ChecksumType: 'FULL_OBJECT',
  })
})

test.each([
  [{ ChecksumType: 'COMPOSITE' }, 'InvalidRequest'],
  [{ ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' }, 'InvalidRequest'],
  [{ ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'COMPOSITE' }, 'InvalidRequest'],
  [{ ChecksumAlgorithm: 'XXHASH64' }, 'NotImplemented'],
  [{ ServerSideEncryption: 'aws:kms' }, 'NotImplemented'],
])('an upload with %j is refused', async (settings, code) => {
  expect(await refusalOf(openUpload(settings))).toBe(code)
})

test('a part with another checksum than the upload is refused', async () => {
  const { part, complete } = await openUpload({ ChecksumAlgorithm: 'SHA256' })
  expect(await refusalOf(part(1, LAST, { ChecksumCRC32: 'AAAAAA==' }))).toBe('InvalidRequest')
  const { ETag } = await part(1, LAST)
  expect(await refusalOf(complete([{ PartNumber: 1, ETag }], { ChecksumType: 'FULL_OBJECT' }))).toBe('InvalidRequest')
})

test('parts may have checksums in an upload that was begun without one', async () => {
  const { part, complete } = await openUpload()
  const { ETag, ChecksumSHA256 } = await part(1, LAST, { ChecksumSHA256: sha256(LAST).toString('base64') })
  const other = sha256(FIRST).toString('base64')
  expect(await refusalOf(complete([{ PartNumber: 1, ETag, ChecksumSHA256: other }]))).toBe('InvalidPart')
  const parts = [{ PartNumber: 1, ETag, ChecksumSHA256 }]
  expect(await refusalOf(complete(parts, { ChecksumSHA256 }))).toBe('InvalidRequest')
  expect(await complete(parts)).not.toHaveProperty('ChecksumSHA256')
})

test('parts are made of other objects and of ranges of them', async () => {
  const { call, complete, named, upload } = await openUpload()
  await call(putObject, { Bucket: 'bucket', Key: 'source', Body: streamOf(FIRST) })
  await call(putObject, { Bucket: 'bucket', Key: 'small', Body: streamOf('0123456789') })
  const copy = (PartNumber: number, CopySource: string, more: object = {}) =>
    call(uploadPartCopy, { ...upload, PartNumber, CopySource, ...more })
  const one = await copy(1, 'bucket/source')
  const two = await copy(2, 'bucket/small', { CopySourceRange: 'bytes=2-4' })
  expect(await refusalOf(copy(3, 'bucket/small', { CopySourceRange: 'bytes=5-2' }))).toBe('InvalidArgument')
  expect(await refusalOf(copy(3, 'bucket/small', { CopySourceRange: 'bytes=10-' }))).toBe('InvalidRange')
  expect(await refusalOf(copy(3, 'bucket/small', { CopySourceIfMatch: '"x"' }))).toBe('PreconditionFailed')
  expect(await refusalOf(copy(3, 'bucket/missing'))).toBe('NoSuchKey')
  await complete([
    { PartNumber: 1, ETag: one.CopyPartResult?.ETag },
    { PartNumber: 2, ETag: two.CopyPartResult?.ETag },
  ])
  const object = await call(getObject, { ...named, Range: `bytes=${PART_BYTES - 1}-` })
  expect((await bytesOf(object.Body)).toString()).toBe('a234')
})

test('a copy of a multipart object has the MD5 of its bytes', async () => {
  const { call, part, complete } = await openUpload({ ChecksumAlgorithm: 'SHA256' })
  const { ETag } = await part(1, LAST)
  await complete([{ PartNumber: 1, ETag }])
  const { CopyObjectResult } = await call(copyObject, { Bucket: 'bucket', Key: 'copy', CopySource: 'bucket/key' })
  expect(CopyObjectResult).toMatchObject({
    ETag: `"${md5(LAST).toString('hex')}"`,
    ChecksumSHA256: sha256(LAST).toString('base64'),
    ChecksumType: 'FULL_OBJECT',
  })
})

test('parts are listed by number, in pages', async () => {
  const { call, part, upload } = await openUpload()
  for (const number of [3, 1, 2]) await part(number, LAST)
  const first = await call(listParts, { ...upload, MaxParts: 2 })
  expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2', PartNumberMarker: '0' })
  expect(first.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, 4],
    [2, 4],
  ])
  const second = await call(listParts, { ...upload, PartNumberMarker: '2' })
  expect(second).toMatchObject({ IsTruncated: false, NextPartNumberMarker: undefined, Parts: [{ PartNumber: 3 }] })
  expect(await refusalOf(call(listParts, { ...upload, PartNumberMarker: 'x' }))).toBe('InvalidArgument')
})

test('uploads are listed by key and age, in pages, rolled up at a delimiter', async () => {
  const { call, upload } = await openUpload()
  const begin = async (Key: string, now: number) =>
    (await call(createMultipartUpload, { Bucket: 'bucket', Key }, { now })).UploadId
  const younger = await begin('key', NOW + 1)
  const oldest = await begin('key', NOW - 1)
  await begin('a/1', NOW)
  await begin('a/2', NOW)
  const list = (input: object) => call(listMultipartUploads, { Bucket: 'bucket', ...input })

  const rolled = await list({ Delimiter: '/' })
  expect(rolled.CommonPrefixes).toEqual([{ Prefix: 'a/' }])
  expect(rolled.Uploads?.map(({ UploadId }) => UploadId)).toEqual([oldest, upload.UploadId, younger])

  const seen: unknown[] = []
  let markers = {}
  for (let isTruncated = true; isTruncated; ) {
    const page = await list({ ...markers, MaxUploads: 1 })
    seen.push(...(page.Uploads ?? []).map(({ Key }) => Key))
    markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
    isTruncated = page.IsTruncated ?? false
  }
  expect(seen).toEqual(['a/1', 'a/2', 'key', 'key', 'key'])
})

function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest()
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
