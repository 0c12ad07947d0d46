import { createHash, hash } from 'node:crypto'
import { assert } from '../aws/assert.ts'
import { AwsError, type AwsErrorCode } from '../aws/aws-error.ts'
import type { HttpRequest, RequestBody } from '../aws/http-message.ts'
import { type ChunkedBody, decodeAwsChunked, type SignatureChain } from './aws-chunked.ts'
import type { Payload } from './payload.ts'
import { isSameSignature } from './verify.ts'

const CONTENT_SHA256_MISMATCH = { code: 'XAmzContentSHA256Mismatch', status: 400 } satisfies AwsErrorCode
const MISSING_CONTENT_LENGTH = { code: 'MissingContentLength', status: 411 } satisfies AwsErrorCode
const INVALID_ARGUMENT = { code: 'InvalidArgument', status: 400 } satisfies AwsErrorCode

/** S3's largest object, and what is far beyond any. Source: S3 documentation, 50 TB since 2025. */
const DECODED_BYTES_MAX = 50 * 1024 ** 4
/** Clients announce one checksum; S3 takes nothing else as a trailer. */
const TRAILER_NAME = /^x-amz-checksum-[a-z0-9]{1,32}$/
const TRAILERS_MAX = 8

/**
 * Checks an S3 body against its declaration: at once where the body is here, else while it streams. What leaves a stream that
 * ends with an error must leave no trace.
 *
 * @param chain  for signed chunks: the request's own verified signature and key
 * @returns the request that was meant: aws-chunked framing and what tells of it taken off, trailers of a whole body among the headers
 * @throws AwsError `XAmzContentSHA256Mismatch`, `MissingContentLength`, `InvalidArgument`, and those of `decodeAwsChunked`
 */
export async function verifyBody(
  request: HttpRequest,
  payload: Payload,
  chain: SignatureChain | undefined,
): Promise<HttpRequest> {
  const { body } = request
  switch (payload.kind) {
    case 'unsigned':
      return request
    case 'sha256':
      if (body.kind === 'stream')
        return { ...request, body: streamOf(sha256Verified(body.stream, payload.hash), [], new Map()) }
      if (!isSameSignature(hash('sha256', body.bytes, 'hex'), payload.hash)) throw contentMismatch()
      return request
    case 'chunked': {
      assert(!payload.isSigned || chain !== undefined, 'only signed requests declare signed chunks')
      const chunked = chunkedBody(request, payload, chain)
      const headers = plainHeaders(request.headers, chunked.decodedBytes)
      const trailers = new Map<string, string>()
      const stream = decodeAwsChunked(body.kind === 'stream' ? body.stream : once(body.bytes), chunked, trailers)
      if (body.kind === 'stream') return { ...request, headers, body: streamOf(stream, chunked.trailerNames, trailers) }
      const bytes = await collect(stream)
      return { ...request, headers: { ...Object.fromEntries(trailers), ...headers }, body: { kind: 'bytes', bytes } }
    }
  }
}

/**
 * Passes a stream through and fails at its end where its SHA-256 is another one.
 *
 * @throws AwsError `XAmzContentSHA256Mismatch`
 */
export async function* sha256Verified(
  source: AsyncIterable<Uint8Array>,
  expectedHex: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digest = createHash('sha256')
  for await (const bytes of source) {
    digest.update(bytes)
    yield bytes
  }
  if (!isSameSignature(digest.digest('hex'), expectedHex)) throw contentMismatch()
}

function streamOf(
  stream: AsyncIterable<Uint8Array>,
  trailerNames: readonly string[],
  trailers: ReadonlyMap<string, string>,
): RequestBody {
  const verified = {
    [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator](),
    trailerNames,
    trailers: () => Object.fromEntries(trailers),
  }
  return { kind: 'stream', stream: verified }
}

/** `aws-chunked` is about the way, not about the object: its length and encoding are those of the bytes inside. */
function plainHeaders(headers: HttpRequest['headers'], decodedBytes: number): HttpRequest['headers'] {
  const { 'content-encoding': encoding, 'content-length': _framedBytes, ...others } = headers
  const kept = (encoding ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && word.toLowerCase() !== 'aws-chunked')
  const plain = { ...others, 'content-length': String(decodedBytes) }
  return kept.length === 0 ? plain : { ...plain, 'content-encoding': kept.join(', ') }
}

function chunkedBody(
  request: HttpRequest,
  payload: Payload & { readonly kind: 'chunked' },
  chain: SignatureChain | undefined,
): ChunkedBody {
  const decodedLength = request.headers['x-amz-decoded-content-length'] ?? ''
  if (!/^\d{1,14}$/.test(decodedLength) || Number(decodedLength) > DECODED_BYTES_MAX)
    throw new AwsError(MISSING_CONTENT_LENGTH, 'You must provide the Content-Length HTTP header.')
  return {
    decodedBytes: Number(decodedLength),
    chain: payload.isSigned ? chain : undefined,
    trailerNames: payload.hasTrailer ? announcedTrailers(request.headers['x-amz-trailer'] ?? '') : [],
  }
}

function announcedTrailers(header: string): readonly string[] {
  const names = header
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (
    names.length > TRAILERS_MAX ||
    new Set(names).size !== names.length ||
    !names.every((name) => TRAILER_NAME.test(name))
  )
    throw new AwsError(INVALID_ARGUMENT, 'The value specified in the x-amz-trailer header is not supported')
  return names
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const bytes of stream) pieces.push(bytes)
  return Buffer.concat(pieces)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

function contentMismatch(): AwsError {
  return new AwsError(
    CONTENT_SHA256_MISMATCH,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  )
}
