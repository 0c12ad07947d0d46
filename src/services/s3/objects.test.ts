import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { deleteBucket } from './buckets.ts'
import { createBucket } from './create-bucket.ts'
import { deleteObject } from './delete-objects.ts'
import { EmbeddedObjectStore } from './embedded-object-store.ts'
import { getObject, headObject } from './get-object.ts'
import { putObject } from './put-object.ts'
import { NOW, openTestService, readAll, refusalOf, streamOf } from './testing/s3-fixture.ts'

const MIB = 1024 ** 2

async function openBucket() {
  const service = await openTestService()
  await service.call(createBucket, { Bucket: 'bucket' })
  const put = (Key: string, text: string, more: object = {}) =>
    service.call(putObject, { Bucket: 'bucket', Key, Body: streamOf(text), ...more })
  const get = (Key: string, more: object = {}) => service.call(getObject, { Bucket: 'bucket', Key, ...more })
  const text = async (Key: string, more: object = {}) => readAll((await get(Key, more)).Body)
  return { ...service, put, get, text }
}

test('an object comes back with its bytes, headers and metadata', async () => {
  const { put, get, call } = await openBucket()
  const headers = {
    ContentType: 'text/plain',
    CacheControl: 'no-cache',
    ContentDisposition: 'inline',
    ContentEncoding: 'gzip',
    ContentLanguage: 'en',
    Expires: new Date(Date.UTC(2030, 0, 1)),
  }
  const stored = await put('a/b c', 'hello', { ...headers, Metadata: { Name: 'välue' } })
  expect(stored.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`)

  const expected = {
    ...headers,
    Metadata: { name: 'välue' },
    ETag: stored.ETag,
    ContentLength: 5,
    LastModified: new Date(Math.floor(NOW / 1000) * 1000),
    AcceptRanges: 'bytes',
  }
  const answer = await get('a/b c')
  expect(answer).toMatchObject(expected)
  expect(await readAll(answer.Body)).toBe('hello')
  expect(await call(headObject, { Bucket: 'bucket', Key: 'a/b c' })).toMatchObject(expected)
})

test('an object of no bytes, and one without a body, are objects', async () => {
  const { put, call, text } = await openBucket()
  await put('empty', '')
  await call(putObject, { Bucket: 'bucket', Key: 'absent' })
  expect(await text('empty')).toBe('')
  expect(await text('absent')).toBe('')
  expect(await call(headObject, { Bucket: 'bucket', Key: 'absent' })).toMatchObject({ ContentLength: 0 })
})

test('an object is replaced, its old file deleted', async () => {
  const { put, text, files } = await openBucket()
  await put('key', 'old')
  await put('key', 'new')
  expect(await text('key')).toBe('new')
  expect(await files()).toHaveLength(1)
})

test('a range is answered as one', async () => {
  const { put, get, call } = await openBucket()
  await put('key', '0123456789')
  const answer = await get('key', { Range: 'bytes=2-4' })
  expect(answer).toMatchObject({ ContentRange: 'bytes 2-4/10', ContentLength: 3 })
  expect(await readAll(answer.Body)).toBe('234')
  expect(await call(headObject, { Bucket: 'bucket', Key: 'key', Range: 'bytes=-1' })).toMatchObject({
    ContentRange: 'bytes 9-9/10',
  })
  expect(await refusalOf(get('key', { Range: 'bytes=10-' }))).toBe('InvalidRange')
})

test('a range of a large object is read from its file', async () => {
  const { call, get } = await openBucket()
  const bytes = Buffer.alloc(2 * MIB)
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(at, at)
  await call(putObject, { Bucket: 'bucket', Key: 'large', Body: streamOf(bytes) })
  const last = 3 + 1.5 * MIB
  const { Body } = await get('large', { Range: `bytes=3-${last}` })
  const chunks: Uint8Array[] = []
  for await (const chunk of Body) chunks.push(chunk)
  expect(Buffer.concat(chunks).equals(bytes.subarray(3, last + 1))).toBe(true)
})

test('conditional reads answer 304 and 412', async () => {
  const { put, get, text } = await openBucket()
  const { ETag } = await put('key', 'text')
  expect(await text('key', { IfMatch: ETag })).toBe('text')
  expect(await refusalOf(get('key', { IfNoneMatch: ETag }))).toBe('NotModified')
  expect(await refusalOf(get('key', { IfModifiedSince: new Date(NOW) }))).toBe('NotModified')
  expect(await refusalOf(get('key', { IfMatch: '"other"' }))).toBe('PreconditionFailed')
  expect(await refusalOf(get('key', { IfUnmodifiedSince: new Date(NOW - 2000) }))).toBe('PreconditionFailed')
})

test('conditional writes', async () => {
  const { put, text } = await openBucket()
  const { ETag } = await put('key', 'first', { IfNoneMatch: '*' })
  expect(await refusalOf(put('key', 'second', { IfNoneMatch: '*' }))).toBe('PreconditionFailed')
  expect(await refusalOf(put('key', 'second', { IfMatch: '"other"' }))).toBe('PreconditionFailed')
  expect(await refusalOf(put('missing', 'second', { IfMatch: ETag }))).toBe('NoSuchKey')
  await put('key', 'third', { IfMatch: ETag })
  expect(await text('key')).toBe('third')
})

test('of many that write at once only where there is nothing, one does', async () => {
  const { put, text, files } = await openBucket()
  const names = Array.from({ length: 20 }, (_, index) => `writer ${index}`)
  const results = await Promise.allSettled(names.map((name) => put('key', name, { IfNoneMatch: '*' })))
  const winners = names.filter((_, index) => results[index]?.status === 'fulfilled')
  expect(winners).toEqual([await text('key')])
  expect(await files()).toHaveLength(1)
})

test('a body that is not the announced one leaves nothing', async () => {
  const { put, get, files } = await openBucket()
  await put('key', 'kept')
  const wrong = Buffer.from(createHash('md5').update('other').digest()).toString('base64')
  expect(await refusalOf(put('key', 'text', { ContentMD5: wrong }))).toBe('BadDigest')
  expect(await refusalOf(put('new', 'text', { ChecksumCRC32: 'AAAAAA==' }))).toBe('BadDigest')
  expect(await refusalOf(get('new'))).toBe('NoSuchKey')
  expect(await readAll((await get('key')).Body)).toBe('kept')
  expect(await files()).toHaveLength(1)
})

test('a body that breaks off or was tampered with leaves nothing', async () => {
  const { call, get, files } = await openBucket()
  async function* stream() {
    yield Buffer.from('half')
    throw Object.assign(new Error('tampered'), { code: 'XAmzContentSHA256Mismatch' })
  }
  const Body = { kind: 'stream', stream: stream() } as const
  expect(await refusalOf(call(putObject, { Bucket: 'bucket', Key: 'key', Body }))).toBe('XAmzContentSHA256Mismatch')
  expect(await refusalOf(get('key'))).toBe('NoSuchKey')
  expect(await files()).toEqual([])
})

const CHECKSUMS = [
  ['ChecksumCRC32', 'y/Q5Jg=='],
  ['ChecksumCRC32C', '4waSgw=='],
  ['ChecksumCRC64NVME', 'rosUhgp5mIg='],
  ['ChecksumSHA1', createHash('sha1').update('123456789').digest('base64')],
  ['ChecksumSHA256', createHash('sha256').update('123456789').digest('base64')],
  ['ChecksumSHA512', createHash('sha512').update('123456789').digest('base64')],
] as const

test.each(CHECKSUMS)('%s is verified, kept, and shown to who asks', async (member, value) => {
  const { put, get } = await openBucket()
  expect(await put('key', '123456789', { [member]: value })).toMatchObject({
    [member]: value,
    ChecksumType: 'FULL_OBJECT',
  })
  expect(await get('key', { ChecksumMode: 'ENABLED' })).toMatchObject({ [member]: value, ChecksumType: 'FULL_OBJECT' })
  expect(await get('key')).not.toHaveProperty(member)
  expect(await refusalOf(put('key', '12345678', { [member]: value }))).toBe('BadDigest')
  expect(await refusalOf(put('key', '123456789', { [member]: 'AA==' }))).toBe('InvalidRequest')
})

test('a checksum that follows the body is verified', async () => {
  const { call, get } = await openBucket()
  const trailed = (value: string) => {
    const stream = Object.assign(streamOf('123456789').stream, {
      trailerNames: ['x-amz-checksum-crc32c'],
      trailers: () => ({ 'x-amz-checksum-crc32c': value }),
    })
    return call(putObject, { Bucket: 'bucket', Key: 'key', Body: { kind: 'stream', stream } })
  }
  expect(await refusalOf(trailed('AAAAAA=='))).toBe('BadDigest')
  expect(await trailed('4waSgw==')).toMatchObject({ ChecksumCRC32C: '4waSgw==' })
  expect(await get('key', { ChecksumMode: 'ENABLED' })).toMatchObject({ ChecksumCRC32C: '4waSgw==' })
})

test('checksums that headers, trailers and the announcement tell differently are refused', async () => {
  const { call } = await openBucket()
  const put = (trailerNames: readonly string[], more: object) => {
    const stream = Object.assign(streamOf('123456789').stream, {
      trailerNames,
      trailers: () => Object.fromEntries(trailerNames.map((name) => [name, '4waSgw=='])),
    })
    return call(putObject, { Bucket: 'bucket', Key: 'key', Body: { kind: 'stream', stream }, ...more })
  }
  const crc32c = 'x-amz-checksum-crc32c'
  expect(await refusalOf(put([crc32c], { ChecksumAlgorithm: 'CRC32' }))).toBe('InvalidRequest')
  expect(await refusalOf(put([crc32c], { ChecksumCRC32: 'y/Q5Jg==' }))).toBe('InvalidRequest')
  expect(await refusalOf(put([crc32c, 'x-amz-checksum-sha1'], {}))).toBe('InvalidRequest')
  expect(await refusalOf(put(['x-amz-checksum-xxhash64'], {}))).toBe('NotImplemented')
  expect(await refusalOf(put([], { ChecksumAlgorithm: 'CRC32C' }))).toBe('InvalidRequest')
  await put([crc32c], { ChecksumAlgorithm: 'CRC32C' })
})

test('two checksums, an unreadable digest and an unknown algorithm are refused', async () => {
  const { put } = await openBucket()
  const two = { ChecksumCRC32: 'y/Q5Jg==', ChecksumCRC32C: '4waSgw==' }
  expect(await refusalOf(put('key', '123456789', two))).toBe('InvalidRequest')
  expect(await refusalOf(put('key', 'text', { ContentMD5: 'short' }))).toBe('InvalidDigest')
  expect(await refusalOf(put('key', 'text', { ChecksumXXHASH64: 'AAAAAAAAAAA=' }))).toBe('NotImplemented')
  expect(await refusalOf(put('key', 'text', { ChecksumAlgorithm: 'XXHASH3' }))).toBe('NotImplemented')
  const mixed = { ChecksumAlgorithm: 'SHA256', ChecksumCRC32: 'y/Q5Jg==' }
  expect(await refusalOf(put('key', '123456789', mixed))).toBe('InvalidRequest')
})

test('keys of 1,024 bytes are accepted, longer ones and unprintable nothing are not', async () => {
  const { put, text } = await openBucket()
  const longest = 'ä'.repeat(512)
  await put(longest, 'text')
  expect(await text(longest)).toBe('text')
  expect(await refusalOf(put(`${longest}a`, 'text'))).toBe('KeyTooLongError')
  expect(await refusalOf(put('a\0b', 'text'))).toBe('InvalidArgument')
  for (const key of ['../../etc/passwd', '/', '.', '..', '//a', '😀']) {
    await put(key, key)
    expect(await text(key)).toBe(key)
  }
})

test('2,048 bytes of metadata are accepted, one more is not', async () => {
  const { put } = await openBucket()
  await put('key', '', { Metadata: { name: 'x'.repeat(2044) } })
  expect(await refusalOf(put('key', '', { Metadata: { name: 'x'.repeat(2045) } }))).toBe('MetadataTooLarge')
})

test('more than 5 GiB are refused by their announced length', async () => {
  const { put } = await openBucket()
  expect(await refusalOf(put('key', '', { ContentLength: 5 * 1024 ** 3 + 1 }))).toBe('EntityTooLarge')
})

test('what is not built is refused, and nothing is written', async () => {
  const { put, get } = await openBucket()
  const refused = [
    [{ ACL: 'public-read' }, 'AccessControlListNotSupported'],
    [{ GrantRead: 'id=1' }, 'NotImplemented'],
    [{ ServerSideEncryption: 'AES256' }, 'NotImplemented'],
    [{ SSECustomerAlgorithm: 'AES256' }, 'NotImplemented'],
    [{ StorageClass: 'GLACIER' }, 'InvalidStorageClass'],
    [{ Tagging: 'a=b' }, 'NotImplemented'],
    [{ ObjectLockMode: 'GOVERNANCE' }, 'NotImplemented'],
    [{ ObjectLockLegalHoldStatus: 'ON' }, 'NotImplemented'],
    [{ WebsiteRedirectLocation: '/x' }, 'NotImplemented'],
    [{ WriteOffsetBytes: 0 }, 'NotImplemented'],
    [{ SomethingThatS3MayAddOneDay: 'x' }, 'NotImplemented'],
  ] as const
  for (const [asked, code] of refused) expect(await refusalOf(put('key', 'text', asked))).toBe(code)
  expect(await refusalOf(get('key'))).toBe('NoSuchKey')
})

test('what holds anyway may be asked', async () => {
  const { put, get } = await openBucket()
  const asked = {
    ACL: 'bucket-owner-full-control',
    StorageClass: 'STANDARD',
    RequestPayer: 'requester',
    BucketKeyEnabled: false,
  }
  await put('key', 'text', asked)
  await get('key', { VersionId: 'null' })
  expect(await refusalOf(get('key', { VersionId: 'other' }))).toBe('InvalidArgument')
  expect(await refusalOf(get('key', { PartNumber: 1 }))).toBe('NotImplemented')
})

test('that an object is missing is told to who may list the bucket, and to nobody else', async () => {
  const { call } = await openBucket()
  const asked: unknown[] = []
  const denied = {
    isAllowed: (requirement: unknown) => {
      asked.push(requirement)
      return false
    },
  }
  const input = { Bucket: 'bucket', Key: 'key' }
  expect(await refusalOf(call(getObject, input))).toBe('NoSuchKey')
  expect(await refusalOf(call(headObject, input))).toBe('NoSuchKey')
  expect(await refusalOf(call(getObject, input, denied))).toBe('AccessDenied')
  expect(await refusalOf(call(headObject, input, denied))).toBe('AccessDenied')
  expect(asked).toContainEqual(
    expect.objectContaining({
      action: 's3:ListBucket',
      resource: 'arn:aws:s3:::bucket',
      resourceAccount: '111122223333',
    }),
  )
})

test('a signed read chooses its response headers, an anonymous one does not', async () => {
  const { put, get, call } = await openBucket()
  await put('key', 'text', { ContentType: 'text/plain', CacheControl: 'private' })
  const chosen = { ResponseContentType: 'text/html', ResponseContentDisposition: 'attachment' }
  expect(await get('key', chosen)).toMatchObject({
    ContentType: 'text/html',
    ContentDisposition: 'attachment',
    CacheControl: 'private',
  })
  const input = { Bucket: 'bucket', Key: 'key', ...chosen }
  expect(await refusalOf(call(getObject, input, { caller: { kind: 'anonymous' } }))).toBe('InvalidRequest')
})

test('who has begun to read an object reads it to its end, whatever happens to it', async () => {
  const { call, get, put, files } = await openBucket()
  const large = Buffer.alloc(MIB, 'a')
  await call(putObject, { Bucket: 'bucket', Key: 'key', Body: streamOf(large) })
  const replaced = await get('key')
  await put('key', 'new')
  const again = await get('key')
  await call(deleteObject, { Bucket: 'bucket', Key: 'key' })
  expect(await files()).toEqual([])
  expect(await readAll(replaced.Body)).toBe(large.toString())
  expect(await readAll(again.Body)).toBe('new')
})

test('a read whose object is replaced between its row and its file gets the new one', async () => {
  const { blobs, dependencies, put } = await openBucket()
  await put('key', 'old')
  let opened = 0
  const replacedOnce = Object.assign(Object.create(blobs), {
    async open(blob: string) {
      if (++opened === 1) await put('key', 'new')
      return blobs.open(blob)
    },
  })
  const objects = new EmbeddedObjectStore(replacedOnce, dependencies.store)
  const found = await objects.get('bucket', 'key', { conditions: {} })
  expect(found && (await readAll(found.bytes))).toBe('new')
  expect(opened).toBe(2)
})

test('reads among replacements always see one whole object', async () => {
  const { call, text } = await openBucket()
  const bodyOf = (letter: string) => Buffer.alloc(300_000, letter)
  await call(putObject, { Bucket: 'bucket', Key: 'key', Body: streamOf(bodyOf('a')) })
  let isWriting = true
  const writing = (async () => {
    for (const letter of 'bcdefghijklmnop') {
      await call(putObject, { Bucket: 'bucket', Key: 'key', Body: streamOf(bodyOf(letter)) })
    }
    isWriting = false
  })()
  let reads = 0
  while (isWriting) {
    const seen = await text('key')
    expect(seen).toBe(seen.charAt(0).repeat(300_000))
    reads++
  }
  await writing
  expect(reads).toBeGreaterThan(0)
})

test('a bucket that was deleted and made again while a body arrived does not get the object', async () => {
  const { call, get } = await openBucket()
  async function* stream() {
    yield Buffer.from('for the old bucket')
    await call(deleteBucket, { Bucket: 'bucket' })
    await call(createBucket, { Bucket: 'bucket' }, { now: NOW + 1 })
  }
  const Body = { kind: 'stream', stream: stream() } as const
  expect(await refusalOf(call(putObject, { Bucket: 'bucket', Key: 'key', Body }))).toBe('NoSuchBucket')
  expect(await refusalOf(get('key'))).toBe('NoSuchKey')
})

test('64 MiB pass in both directions while a few megabytes of them are in memory', async () => {
  const { call, get } = await openBucket()
  const before = retainedBytes()
  let peakBytes = 0
  const sample = () => {
    peakBytes = Math.max(peakBytes, retainedBytes() - before)
  }
  async function* stream() {
    for (let count = 1; count <= 64; count++) {
      yield Buffer.alloc(MIB, 'x')
      if (count % 16 === 0) sample()
    }
  }
  await call(putObject, { Bucket: 'bucket', Key: 'large', Body: { kind: 'stream', stream: stream() } })
  let sizeBytes = 0
  for await (const part of (await get('large')).Body) {
    sizeBytes += part.length
    if (sizeBytes % (16 * MIB) === 0) sample()
  }
  expect(sizeBytes).toBe(64 * MIB)
  // Buffers are freed beside the program, so some that nobody holds any more are counted.
  expect(peakBytes).toBeLessThan(24 * MIB)
})

/** Memory that is really in use: what garbage collection leaves. */
function retainedBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}
