import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchBucket,
  NoSuchKey,
  NoSuchUpload,
  NotFound,
  PutBucketPolicyCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  paginateListParts,
  S3Client,
  UploadPartCommand,
  waitUntilBucketExists,
  waitUntilObjectExists,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../../support/server.ts'
import { clients, collect, refusal, settings, unique } from './fixture.ts'

const MIB = 1024 * 1024
const WAIT = { maxWaitTime: 10, minDelay: 1, maxDelay: 1 }
const Bucket = unique('bucket')

describe('S3 with the AWS SDK for JavaScript', () => {
  let server: TestServer
  let s3: S3Client

  beforeAll(async () => {
    server = await startServer()
    s3 = clients(server.url).s3
    await s3.send(new CreateBucketCommand({ Bucket }))
    await waitUntilBucketExists({ client: s3, ...WAIT }, { Bucket })
  })
  afterAll(async () => expect(await server.stop()).toBe(0))

  const put = (Key: string, Body: PutObjectCommand['input']['Body'], more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
  const get = (Key: string, more: object = {}) => s3.send(new GetObjectCommand({ Bucket, Key, ...more }))

  test('an object comes back as a stream, with its metadata', async () => {
    const content = randomBytes(3 * MIB)
    const Key = 'ä/b c+d%.bin'
    await put(Key, content, { Metadata: { a: '1' }, ContentType: 'text/x-test' })
    await waitUntilObjectExists({ client: s3, ...WAIT }, { Bucket, Key })
    const got = await get(Key)
    expect(got).toMatchObject({ ContentLength: content.length, ContentType: 'text/x-test', Metadata: { a: '1' } })
    const hash = createHash('sha256')
    for await (const chunk of got.Body as Readable) hash.update(chunk)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'))
    expect(await (await get(Key, { Range: 'bytes=-3' })).Body?.transformToByteArray()).toEqual(
      new Uint8Array(content.subarray(-3)),
    )
  })

  test('a file is streamed in chunks with a checksum behind them', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'openirsa-s3-'))
    const file = path.join(folder, 'file')
    const content = randomBytes(2 * MIB + 17)
    await writeFile(file, content)
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
      const sent = sentHeaders()
      await s3.send(new PutObjectCommand({ Bucket, Key: file, Body: createReadStream(file), ChecksumAlgorithm }))
      expect(sent()).toMatchObject({
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-trailer': `x-amz-checksum-${ChecksumAlgorithm.toLowerCase()}`,
      })
      const got = await get(file, { ChecksumMode: 'ENABLED' })
      expect(got.ContentEncoding).toBeUndefined()
      expect(got[`Checksum${ChecksumAlgorithm}`]).toMatch(/=$/)
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(content)).toBe(true)
    }
    await rm(folder, { recursive: true })
  })

  test('a stream that tells its length, and one that is shorter than it says, are kept whole or not at all', async () => {
    const stream = () => Readable.from(Array.from({ length: 100 }, (_, number) => Buffer.alloc(1000, number)))
    await put('stream', stream(), { ContentLength: 100_000 })
    const got = await (await get('stream')).Body?.transformToByteArray()
    expect([got?.length, got?.at(-1)]).toEqual([100_000, 99])
    await expect(put('short', stream(), { ContentLength: 100_001 })).rejects.toThrow()
    expect(await refusal(get('short'))).toBeInstanceOf(NoSuchKey)
  })

  /** Watches the headers of the next request, as they leave. */
  function sentHeaders(): () => Record<string, string> {
    let headers: Record<string, string> = {}
    s3.middlewareStack.add(
      (next) => async (args) => {
        headers = (args.request as { headers: Record<string, string> }).headers
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low', name: 'sent', override: true },
    )
    return () => headers
  }

  test('parts become an object', async () => {
    const Key = 'parts'
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'CRC32' }))
    const upload = { Bucket, Key, UploadId }
    const bodies = [Buffer.alloc(5 * MIB, 'a'), Buffer.alloc(5 * MIB, 'b'), Buffer.from('c')]
    const Parts = await Promise.all(
      bodies.map(async (Body, index) => {
        const PartNumber = index + 1
        const part = new UploadPartCommand({ ...upload, PartNumber, Body, ChecksumAlgorithm: 'CRC32' })
        const { ETag, ChecksumCRC32 } = await s3.send(part)
        return { PartNumber, ETag, ChecksumCRC32 }
      }),
    )
    const listed = await collect(paginateListParts({ client: s3, pageSize: 2 }, upload))
    expect(listed.flatMap((page) => page.Parts?.map(({ Size }) => Size))).toEqual([5 * MIB, 5 * MIB, 1])
    const done = await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
    expect(done.ETag).toMatch(/-3"$/)
    expect(await (await get(Key, { Range: `bytes=${10 * MIB - 1}-` })).Body?.transformToString()).toBe('bc')
    const again = refusal(s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' })))
    expect(await again).toBeInstanceOf(NoSuchUpload)
  })

  test('the paginator sees every key once, in order; a copy and a deletion of many follow', async () => {
    const keys = ['list/1', 'list/2', 'list/é', 'list/日本', 'list/🌋']
    for (const key of keys) await put(key, key)
    const pages = await collect(paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket, Prefix: 'list/' }))
    expect(pages.flatMap(({ Contents }) => Contents?.map(({ Key }) => Key))).toEqual(keys)
    const source = `${Bucket}/${encodeURIComponent('list/日本')}`
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: source }))
    expect(await (await get('copy')).Body?.transformToString()).toBe('list/日本')
    const Objects = keys.map((Key) => ({ Key }))
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    expect(Deleted?.map(({ Key }) => Key).sort()).toEqual(keys.sort())
    expect(Errors).toBeUndefined()
  })

  test('mistakes are instances of the typed exceptions', async () => {
    expect(await refusal(get('none'))).toBeInstanceOf(NoSuchKey)
    expect(await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'none' })))).toBeInstanceOf(NotFound)
    const nowhere = new GetObjectCommand({ Bucket: unique('none'), Key: 'x' })
    expect(await refusal(s3.send(nowhere))).toBeInstanceOf(NoSuchBucket)
    await put('etag', 'x')
    expect(await refusal(put('etag', 'y', { IfNoneMatch: '*' }))).toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    })
    const { ETag } = await get('etag')
    expect(await refusal(get('etag', { IfNoneMatch: ETag }))).toMatchObject({ $metadata: { httpStatusCode: 304 } })
  })

  test('the bucket may be in the host name', async () => {
    const { port } = new URL(server.url)
    const lookup: NonNullable<ConstructorParameters<typeof Agent>[0]>['lookup'] = (_host, options, found) =>
      options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4)
    const virtual = new S3Client({
      ...settings(`http://localhost:${port}`),
      requestHandler: { httpAgent: new Agent({ lookup, keepAlive: true }) },
    })
    await virtual.send(new PutObjectCommand({ Bucket, Key: 'ä b', Body: 'by host' }))
    expect(await (await get('ä b')).Body?.transformToString()).toBe('by host')
    const PolicyStatement = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${Bucket}/x`,
    }
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [PolicyStatement] })
    await virtual.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy)
    virtual.destroy()
  })
})
