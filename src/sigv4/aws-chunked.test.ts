import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../aws/http-message.ts'
import { type ChunkedBody, decodeAwsChunked, type SignatureChain } from './aws-chunked.ts'
import { readClaim } from './claim.ts'
import { declaredPayload } from './payload.ts'
import { deriveSigningKey, hmacHex, secretKeyOf } from './signing-key.ts'
import { EMPTY_SHA256 } from './signing-style.ts'
import { arrived, collect, NOW, pieces, refusalOf, SIGNER } from './testing/requests.ts'
import { verifySignature } from './verify.ts'

const SCOPE = { date: '20130524', region: 'us-east-1', service: 's3' }
const SIGNING_KEY = deriveSigningKey(secretKeyOf(SIGNER.secretAccessKey), SCOPE)
const CHAIN: SignatureChain = {
  signingKey: SIGNING_KEY,
  scope: SCOPE,
  timestamp: '20130524T000000Z',
  seedSignature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
}
const TRAILER_CHAIN = { ...CHAIN, seedSignature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e' }
const CONTENT = Buffer.alloc(66_560, 'a')

/** The S3 documentation's example: 64 KiB, 1 KiB and the empty last chunk. */
function documented(signatures: readonly [string, string, string], trailers: string): Buffer {
  return Buffer.concat([
    Buffer.from(`10000;chunk-signature=${signatures[0]}\r\n`),
    CONTENT.subarray(0, 65_536),
    Buffer.from(`\r\n400;chunk-signature=${signatures[1]}\r\n`),
    CONTENT.subarray(65_536),
    Buffer.from(`\r\n0;chunk-signature=${signatures[2]}\r\n${trailers}\r\n`),
  ])
}

const SIGNED = documented(
  [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ],
  '',
)
const TRAILER = 'x-amz-checksum-crc32c:sOO8/Q==\r\n'
const TRAILER_SIGNATURE = 'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n'
const TRAILER_CHUNKS: readonly [string, string, string] = [
  'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
  '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
  '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
]
const SIGNED_WITH_TRAILER = documented(TRAILER_CHUNKS, TRAILER + TRAILER_SIGNATURE)

const PLAIN: ChunkedBody = { decodedBytes: CONTENT.length, chain: CHAIN, trailerNames: [] }
const WITH_TRAILER: ChunkedBody = {
  decodedBytes: CONTENT.length,
  chain: TRAILER_CHAIN,
  trailerNames: ['x-amz-checksum-crc32c'],
}

async function decode(bytes: Uint8Array, body: ChunkedBody, pieceBytes = 10_000) {
  const trailers = new Map<string, string>()
  const content = await collect(decodeAwsChunked(pieces(bytes, pieceBytes), body, trailers))
  return { content, trailers: Object.fromEntries(trailers) }
}

function unsigned(text: string, decodedBytes: number, pieceBytes = 3) {
  return decode(
    Buffer.from(text, 'latin1'),
    { decodedBytes, chain: undefined, trailerNames: ['x-amz-checksum-crc32'] },
    pieceBytes,
  )
}

describe("the S3 documentation's chunked upload", () => {
  function seedRequest(
    request: Partial<HttpRequest['headers']>,
    signedHeaders: string,
    signature: string,
  ): HttpRequest {
    return arrived({
      method: 'PUT',
      path: '/examplebucket/chunkObject.txt',
      headers: {
        host: 's3.amazonaws.com',
        'content-encoding': 'aws-chunked',
        'content-length': '66824',
        'x-amz-date': '20130524T000000Z',
        'x-amz-decoded-content-length': '66560',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${signature}`,
        ...(request as Record<string, string>),
      },
    })
  }
  it.each([
    [
      'signed chunks',
      { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
      'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
      CHAIN.seedSignature,
    ],
    [
      'signed chunks with a trailer',
      {
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
        'x-amz-trailer': 'x-amz-checksum-crc32c',
      },
      'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
      TRAILER_CHAIN.seedSignature,
    ],
  ])('has the published seed signature for %s', (_name, headers, signedHeaders, signature) => {
    const request = seedRequest(headers, signedHeaders, signature)
    const claim = readClaim(request, 's3')
    if (claim === undefined) throw new Error('unsigned')
    const payloadHash = declaredPayload(request, claim).hash
    verifySignature(request, claim, SIGNING_KEY, { style: 's3', now: NOW, payloadHash, signingNames: ['s3'] })
  })

  it.each([1, 7, 65_536, 1_000_000])('decodes in pieces of %i bytes', async (pieceBytes) => {
    expect((await decode(SIGNED, PLAIN, pieceBytes)).content.equals(CONTENT)).toBe(true)
    const { content, trailers } = await decode(SIGNED_WITH_TRAILER, WITH_TRAILER, pieceBytes)
    expect(content.equals(CONTENT)).toBe(true)
    expect(trailers).toEqual({ 'x-amz-checksum-crc32c': 'sOO8/Q==' })
  })
})

describe('decodeAwsChunked', () => {
  const MISMATCH = { code: 'SignatureDoesNotMatch', status: 403 }

  it('refuses a changed byte wherever it stands, or it changes nothing that is said', async () => {
    const whole = await decode(SIGNED_WITH_TRAILER, WITH_TRAILER)
    const places = fc.nat(SIGNED_WITH_TRAILER.length - 1)
    await fc.assert(
      fc.asyncProperty(places, fc.integer({ min: 1, max: 255 }), async (at, difference) => {
        const bytes = Buffer.from(SIGNED_WITH_TRAILER)
        bytes[at] = (bytes[at] ?? 0) ^ difference
        const decoded = await decode(bytes, WITH_TRAILER).catch((error: unknown) => error)
        // Letter case of a size or of a trailer's name, and white space at a trailer's end, say the same.
        if (decoded instanceof Error) expect(decoded).toMatchObject({ name: 'AwsError' })
        else expect(decoded).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })

  it('refuses chunks in another order', async () => {
    const [one, two, three] = ['one', 'two', ''].map((text) => Buffer.from(text))
    if (!one || !two || !three) throw new Error('impossible')
    const body = { ...PLAIN, decodedBytes: 6 }
    const chunks = sign([one, two, three])
    expect((await decode(Buffer.concat(chunks), body)).content.toString()).toBe('onetwo')
    const [first, second, last] = chunks
    if (!first || !second || !last) throw new Error('impossible')
    expect(await refusalOf(() => decode(Buffer.concat([second, first, last]), body))).toMatchObject(MISMATCH)
  })

  it('refuses chunks of another request', async () => {
    const other = { ...CHAIN, seedSignature: '0'.repeat(64) }
    expect(await refusalOf(() => decode(SIGNED, { ...PLAIN, chain: other }))).toMatchObject(MISMATCH)
  })

  it('refuses a last chunk that is not signed by the chain', async () => {
    const bytes = documented(TRAILER_CHUNKS, '')
    const broken = Buffer.from(bytes.toString('latin1').replace('2ca2', '2ca3'), 'latin1')
    expect(await refusalOf(() => decode(broken, { ...PLAIN, chain: TRAILER_CHAIN }))).toMatchObject(MISMATCH)
  })

  it('refuses a trailer without its signature, and one with another', async () => {
    expect(await refusalOf(() => decode(documented(TRAILER_CHUNKS, TRAILER), WITH_TRAILER))).toMatchObject(MISMATCH)
    const other = TRAILER.replace('sOO8', 'sOO9') + TRAILER_SIGNATURE
    expect(await refusalOf(() => decode(documented(TRAILER_CHUNKS, other), WITH_TRAILER))).toMatchObject(MISMATCH)
  })

  it('refuses a body that was cut short anywhere', async () => {
    // The empty line at the very end says nothing more, and some clients leave it out.
    await fc.assert(
      fc.asyncProperty(fc.nat(SIGNED_WITH_TRAILER.length - 3), async (length) => {
        await expect(decode(SIGNED_WITH_TRAILER.subarray(0, length), WITH_TRAILER)).rejects.toMatchObject({
          name: 'AwsError',
        })
      }),
      { numRuns: 60 },
    )
    expect(await refusalOf(() => decode(SIGNED.subarray(0, 1000), PLAIN))).toEqual({
      code: 'IncompleteBody',
      status: 400,
      message: 'The request body terminated unexpectedly',
    })
    expect((await decode(SIGNED_WITH_TRAILER.subarray(0, -2), WITH_TRAILER)).content.length).toBe(CONTENT.length)
  })

  it('refuses more and fewer bytes than were announced', async () => {
    for (const decodedBytes of [CONTENT.length - 1, CONTENT.length + 1])
      expect(await refusalOf(() => decode(SIGNED, { ...PLAIN, decodedBytes }))).toMatchObject({
        code: 'IncompleteBody',
      })
  })

  it('decodes unsigned chunks with a trailer', async () => {
    const { content, trailers } = await unsigned(
      '3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Amz-Checksum-CRC32: AAAAAA==\r\n\r\n',
      13,
    )
    expect(content.toString()).toBe('abc0123456789')
    expect(trailers).toEqual({ 'x-amz-checksum-crc32': 'AAAAAA==' })
  })

  it.each([
    ['a chunk signature that cannot be checked', `1;chunk-signature=${'a'.repeat(64)}\r\na\r\n0\r\n`, 'InvalidRequest'],
    ['a size that is no number', 'x\r\na\r\n', 'InvalidRequest'],
    ['an endless chunk header', '1'.repeat(1000), 'InvalidRequest'],
    ['a bare line feed', '1\na\r\n0\r\n', 'InvalidRequest'],
    ['bytes between chunks', '1\r\nabc\r\n0\r\n', 'InvalidRequest'],
    ['bytes after the end', '1\r\na\r\n0\r\nx-amz-checksum-crc32:b\r\n\r\nmore', 'InvalidRequest'],
    ['an endless trailer', `1\r\na\r\n0\r\nx-amz-checksum-crc32:${'b'.repeat(2000)}`, 'InvalidRequest'],
    ['no trailer', '1\r\na\r\n0\r\n\r\n', 'MalformedTrailerError'],
    ['a trailer that was not announced', '1\r\na\r\n0\r\nx-amz-acl:public-read\r\n\r\n', 'MalformedTrailerError'],
    [
      'a trailer twice',
      '1\r\na\r\n0\r\nx-amz-checksum-crc32:b\r\nx-amz-checksum-crc32:b\r\n\r\n',
      'MalformedTrailerError',
    ],
    ['a line that is no header', '1\r\na\r\n0\r\nchecksum\r\n\r\n', 'MalformedTrailerError'],
    [
      'a trailer signature that cannot be checked',
      '1\r\na\r\n0\r\nx-amz-checksum-crc32:b\r\nx-amz-trailer-signature:c\r\n\r\n',
      'MalformedTrailerError',
    ],
  ])('refuses %s', async (_name, text, code) => {
    expect(await refusalOf(() => unsigned(text, 1))).toMatchObject({ code, status: 400 })
  })

  it('decodes what a client encodes, for any content, chunks and pieces', async () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 80 }), async (contents, pieceBytes) => {
        const content = Buffer.concat(contents)
        const bytes = Buffer.concat(sign([...contents, Buffer.from('')]))
        const decoded = await decode(bytes, { ...PLAIN, decodedBytes: content.length }, pieceBytes)
        expect(decoded.content.equals(content)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  function sign(contents: readonly Uint8Array[]): Buffer[] {
    let previous = CHAIN.seedSignature
    return contents.map((content) => {
      const scope = '20130524/us-east-1/s3/aws4_request'
      previous = hmacHex(
        SIGNING_KEY,
        `AWS4-HMAC-SHA256-PAYLOAD\n${CHAIN.timestamp}\n${scope}\n${previous}\n${EMPTY_SHA256}\n${hash('sha256', content, 'hex')}`,
      )
      const header = `${content.length.toString(16)};chunk-signature=${previous}\r\n`
      return Buffer.concat([Buffer.from(header), content, Buffer.from('\r\n')])
    })
  }
})
