import { createHash, hash, type KeyObject } from 'node:crypto'
import { AwsError, type AwsErrorCode } from '../aws/aws-error.ts'
import { type ByteReader, openByteReader } from './byte-reader.ts'
import { type Credential, credentialScope } from './credential.ts'
import { REFUSALS } from './refusals.ts'
import { hmacHex } from './signing-key.ts'
import { EMPTY_SHA256 } from './signing-style.ts'
import { isSameSignature } from './verify.ts'

/** What an aws-chunked body must turn out to be. */
export interface ChunkedBody {
  /** `x-amz-decoded-content-length`: exactly so many bytes come out. */
  readonly decodedBytes: number
  /** Present where chunks are signed. */
  readonly chain: SignatureChain | undefined
  /** Lower-case names that `x-amz-trailer` announced: exactly these must follow the last chunk. */
  readonly trailerNames: readonly string[]
}

/** Each chunk's signature covers the one before; the first covers that of the request. */
export interface SignatureChain {
  readonly signingKey: KeyObject
  readonly scope: Omit<Credential, 'accessKeyId'>
  readonly timestamp: string
  readonly seedSignature: string
}

const INCOMPLETE_BODY = { code: 'IncompleteBody', status: 400 } satisfies AwsErrorCode
const INVALID_CHUNK = { code: 'InvalidRequest', status: 400 } satisfies AwsErrorCode
const MALFORMED_TRAILER = { code: 'MalformedTrailerError', status: 400 } satisfies AwsErrorCode

/** Size in hex and `;chunk-signature=` with 64 digits make 97 characters at most. */
const CHUNK_HEADER_BYTES_MAX = 128
/** A checksum of SHA-512 in base 64 has 88 characters. */
const TRAILER_BYTES_MAX = 1024

/**
 * Decodes an aws-chunked body. Bytes come out as they arrive, so memory stays small; a chunk that does not match its signature,
 * a body cut short or too long, and a wrong trailer end the stream with an error, so nothing may be kept before it has ended well.
 *
 * @param trailers  filled with the trailing headers (names in lower case) when the stream ends; they are not compared with the body
 * @throws AwsError `SignatureDoesNotMatch`, `IncompleteBody`, `InvalidRequest`, `MalformedTrailerError`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Uint8Array>,
  body: ChunkedBody,
  trailers: Map<string, string>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = openByteReader(source, invalidChunk)
  let previousSignature = body.chain?.seedSignature ?? ''
  let remainingBytes = body.decodedBytes
  while (true) {
    const header = parseChunkHeader(await reader.line(CHUNK_HEADER_BYTES_MAX), body.chain !== undefined)
    if (header.bytes > remainingBytes) throw incompleteBody()
    remainingBytes -= header.bytes
    const digest = createHash('sha256')
    for await (const bytes of chunkData(reader, header.bytes)) {
      if (body.chain !== undefined) digest.update(bytes)
      yield bytes
    }
    if (body.chain !== undefined) {
      const expected = chunkSignature(body.chain, previousSignature, digest.digest('hex'))
      if (!isSameSignature(expected, header.signature)) throw REFUSALS.s3.mismatch()
      previousSignature = expected
    }
    if (header.bytes === 0) break
    if ((await reader.line(0)) !== '') throw invalidChunk()
  }
  if (remainingBytes > 0) throw incompleteBody()
  await readTrailers(reader, body, previousSignature, trailers)
}

interface ChunkHeader {
  readonly bytes: number
  readonly signature: string
}

/** `10000;chunk-signature=<64 hex digits>`, or the size alone where chunks are not signed. */
function parseChunkHeader(line: string | undefined, isSigned: boolean): ChunkHeader {
  if (line === undefined) throw incompleteBody()
  const [, size = '', signature] = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ?? []
  if (size === '' || (signature !== undefined) !== isSigned) throw invalidChunk()
  return { bytes: Number.parseInt(size, 16), signature: signature ?? '' }
}

async function* chunkData(reader: ByteReader, chunkBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let remaining = chunkBytes
  while (remaining > 0) {
    const bytes = await reader.some(remaining)
    if (bytes === undefined) throw incompleteBody()
    remaining -= bytes.length
    yield bytes
  }
}

/** Reads to the end of the stream: trailing headers, an empty line (which some clients leave out), nothing more. */
async function readTrailers(
  reader: ByteReader,
  body: ChunkedBody,
  previousSignature: string,
  trailers: Map<string, string>,
): Promise<void> {
  let canonical = ''
  let signature: string | undefined
  const found = new Map<string, string>()
  for (let line = await reader.line(TRAILER_BYTES_MAX); line; line = await reader.line(TRAILER_BYTES_MAX)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === 'x-amz-trailer-signature' && signature === undefined) {
      signature = value
    } else if (body.trailerNames.includes(name) && !found.has(name) && signature === undefined) {
      found.set(name, value)
      canonical += `${name}:${value}\n`
    } else {
      throw malformedTrailer()
    }
  }
  if ((await reader.some(1)) !== undefined) throw invalidChunk()
  if (found.size !== body.trailerNames.length) throw malformedTrailer()
  if (signature !== undefined && (body.chain === undefined || found.size === 0)) throw malformedTrailer()
  if (body.chain !== undefined && found.size > 0) {
    const expected = trailerSignature(body.chain, previousSignature, canonical)
    if (!isSameSignature(expected, signature ?? '')) throw REFUSALS.s3.mismatch()
  }
  for (const [name, value] of found) trailers.set(name, value)
}

function chunkSignature(chain: SignatureChain, previousSignature: string, chunkSha256: string): string {
  const scope = credentialScope(chain.scope)
  const text = `AWS4-HMAC-SHA256-PAYLOAD\n${chain.timestamp}\n${scope}\n${previousSignature}\n${EMPTY_SHA256}\n${chunkSha256}`
  return hmacHex(chain.signingKey, text)
}

function trailerSignature(chain: SignatureChain, previousSignature: string, canonicalTrailers: string): string {
  const scope = credentialScope(chain.scope)
  const sha256 = hash('sha256', canonicalTrailers, 'hex')
  return hmacHex(
    chain.signingKey,
    `AWS4-HMAC-SHA256-TRAILER\n${chain.timestamp}\n${scope}\n${previousSignature}\n${sha256}`,
  )
}

function incompleteBody(): AwsError {
  return new AwsError(INCOMPLETE_BODY, 'The request body terminated unexpectedly')
}

function invalidChunk(): AwsError {
  return new AwsError(INVALID_CHUNK, 'The chunked encoding of the request body is not valid.')
}

function malformedTrailer(): AwsError {
  return new AwsError(
    MALFORMED_TRAILER,
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  )
}
