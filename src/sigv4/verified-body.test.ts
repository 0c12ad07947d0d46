import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../aws/http-message.ts'
import { readClaim } from './claim.ts'
import { declaredPayload } from './payload.ts'
import { arrived, collect, pieces, presigned, refusalOf, signed } from './testing/requests.ts'
import { sha256Verified, verifyBody } from './verified-body.ts'

const BYTES = Buffer.from('Welcome to Amazon S3.')
const SHA256 = hash('sha256', BYTES, 'hex')
const MISMATCH = {
  code: 'XAmzContentSHA256Mismatch',
  status: 400,
  message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
}

describe('sha256Verified', () => {
  it('passes the bytes on', async () => {
    expect(await collect(sha256Verified(pieces(BYTES, 4), SHA256))).toEqual(BYTES)
  })

  it('fails at the end where they are others', async () => {
    expect(await refusalOf(() => collect(sha256Verified(pieces(BYTES.subarray(1), 4), SHA256)))).toEqual(MISMATCH)
  })
})

describe('declaredPayload', () => {
  const headerClaim = readClaim(signed({ service: 's3' }), 's3')
  const linkClaim = readClaim(presigned(60, { service: 's3' }), 's3')
  const declaring = (value: string) => arrived({ headers: { 'x-amz-content-sha256': value } })

  it('must be there in a signed request, and is taken as unsigned elsewhere', async () => {
    expect(await refusalOf(() => declaredPayload(arrived({}), headerClaim))).toEqual({
      code: 'InvalidRequest',
      status: 400,
      message: 'Missing required header for this request: x-amz-content-sha256',
    })
    expect(declaredPayload(arrived({}), linkClaim)).toEqual({ kind: 'unsigned', hash: 'UNSIGNED-PAYLOAD' })
    expect(declaredPayload(arrived({}), undefined)).toEqual({ kind: 'unsigned', hash: 'UNSIGNED-PAYLOAD' })
  })

  it.each(['', 'abc', SHA256.toUpperCase(), 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD', '__proto__', 'constructor'])(
    'is not %j',
    async (value) => {
      expect(await refusalOf(() => declaredPayload(declaring(value), headerClaim))).toMatchObject({
        code: 'InvalidArgument',
        status: 400,
        message: expect.stringContaining('x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-'),
      })
    },
  )

  it('does not let links and unsigned requests send signed chunks', async () => {
    const request = declaring('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')
    expect(declaredPayload(request, headerClaim)).toMatchObject({ kind: 'chunked', isSigned: true })
    for (const claim of [linkClaim, undefined])
      expect(await refusalOf(() => declaredPayload(request, claim))).toMatchObject({ code: 'InvalidArgument' })
    expect(declaredPayload(declaring('STREAMING-UNSIGNED-PAYLOAD-TRAILER'), undefined)).toMatchObject({
      kind: 'chunked',
    })
  })

  it('may stand in the query of a link', () => {
    const claim = readClaim(presigned(60, { service: 's3' }, { query: `X-Amz-Content-Sha256=${SHA256}` }), 's3')
    expect(declaredPayload(arrived({}), claim)).toEqual({ kind: 'sha256', hash: SHA256 })
  })
})

describe('verifyBody', () => {
  const whole = arrived({ method: 'PUT', body: { kind: 'bytes', bytes: BYTES } })
  const streaming = (bytes: Uint8Array) =>
    arrived({ method: 'PUT', body: { kind: 'stream', stream: pieces(bytes, 5) } })

  it('checks a whole body at once', async () => {
    expect(await verifyBody(whole, { kind: 'sha256', hash: SHA256 }, undefined)).toBe(whole)
    const other = { kind: 'sha256', hash: hash('sha256', 'other', 'hex') } as const
    expect(await refusalOf(() => verifyBody(whole, other, undefined))).toEqual(MISMATCH)
  })

  it('checks a streaming body at its end', async () => {
    const good = await verifyBody(streaming(BYTES), { kind: 'sha256', hash: SHA256 }, undefined)
    expect(await contentOf(good)).toEqual(BYTES)
    const bad = await verifyBody(streaming(BYTES.subarray(1)), { kind: 'sha256', hash: SHA256 }, undefined)
    expect(await refusalOf(() => contentOf(bad))).toEqual(MISMATCH)
  })

  describe('with aws-chunked bodies', () => {
    const FRAMED = Buffer.from('15\r\nWelcome to Amazon S3.\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n')
    const PAYLOAD = {
      kind: 'chunked',
      hash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      isSigned: false,
      hasTrailer: true,
    } as const
    const HEADERS = {
      'content-encoding': 'aws-chunked, gzip',
      'content-length': String(FRAMED.length),
      'x-amz-decoded-content-length': String(BYTES.length),
      'x-amz-trailer': 'x-amz-checksum-crc32',
    }
    const framed = (request: HttpRequest, headers: Record<string, string> = {}) =>
      verifyBody({ ...request, headers: { ...HEADERS, ...headers } }, PAYLOAD, undefined)

    it('gives the request that was meant', async () => {
      const request = await framed(streaming(FRAMED))
      if (request.body.kind !== 'stream') throw new Error('not a stream')
      const { stream } = request.body
      if (!('trailers' in stream) || typeof stream.trailers !== 'function') throw new Error('no trailers')
      expect(stream.trailers()).toEqual({})
      expect(await collect(stream)).toEqual(BYTES)
      expect(stream.trailers()).toEqual({ 'x-amz-checksum-crc32': 'AAAAAA==' })
      expect(request.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(BYTES.length) })
      const { headers } = await framed(streaming(FRAMED), { 'content-encoding': 'AWS-chunked' })
      expect(headers).not.toHaveProperty('content-encoding')
    })

    it('puts the trailers of a whole body among its headers, but over none', async () => {
      const request = await framed({ ...whole, body: { kind: 'bytes', bytes: FRAMED } })
      expect(await contentOf(request)).toEqual(BYTES)
      expect(request.headers['x-amz-checksum-crc32']).toBe('AAAAAA==')
      const given = await framed(
        { ...whole, body: { kind: 'bytes', bytes: FRAMED } },
        { 'x-amz-checksum-crc32': 'BBBBBB==' },
      )
      expect(given.headers['x-amz-checksum-crc32']).toBe('BBBBBB==')
    })

    it.each(['', '-1', '1e3', '0x10', '99999999999999'])('needs a decoded length, not %j', async (length) => {
      expect(await refusalOf(() => framed(whole, { 'x-amz-decoded-content-length': length }))).toMatchObject({
        code: 'MissingContentLength',
        status: 411,
      })
    })

    it.each(['x-amz-acl', 'content-type', 'x-amz-checksum-crc32, x-amz-checksum-crc32'])(
      'takes no trailer %j',
      async (names) => {
        expect(await refusalOf(() => framed(whole, { 'x-amz-trailer': names }))).toMatchObject({
          code: 'InvalidArgument',
        })
      },
    )
  })
})

async function contentOf({ body }: HttpRequest): Promise<Uint8Array> {
  return body.kind === 'stream' ? collect(body.stream) : body.bytes
}
