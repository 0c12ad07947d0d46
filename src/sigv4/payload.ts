import { hash } from 'node:crypto'
import { AwsError, type AwsErrorCode } from '../aws/aws-error.ts'
import type { HttpRequest } from '../aws/http-message.ts'
import type { Claim } from './claim.ts'
import { REFUSALS } from './refusals.ts'
import { UNSIGNED_PAYLOAD } from './signing-style.ts'
import { isSameSignature } from './verify.ts'

/** What a request promises of its body. `hash` is the word that stands in the canonical request. */
export type Payload =
  /** The whole body has this SHA-256 (64 lower-case hex digits). */
  | { readonly kind: 'sha256'; readonly hash: string }
  | { readonly kind: 'unsigned'; readonly hash: string }
  /** aws-chunked. `isSigned`: each chunk carries a signature. `hasTrailer`: headers follow the last chunk. */
  | { readonly kind: 'chunked'; readonly hash: string; readonly isSigned: boolean; readonly hasTrailer: boolean }

const CHUNKED: Readonly<Record<string, Payload>> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': {
    kind: 'chunked',
    hash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    isSigned: true,
    hasTrailer: false,
  },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': {
    kind: 'chunked',
    hash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    isSigned: true,
    hasTrailer: true,
  },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': {
    kind: 'chunked',
    hash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    isSigned: false,
    hasTrailer: true,
  },
}

const INVALID_ARGUMENT = { code: 'InvalidArgument', status: 400 } satisfies AwsErrorCode
const INVALID_REQUEST = { code: 'InvalidRequest', status: 400 } satisfies AwsErrorCode

/**
 * What an S3 request says of its body: `x-amz-content-sha256`, for presigned requests also from the query string.
 *
 * @param claim  undefined for an unsigned request
 * @throws AwsError `InvalidRequest` where a signed request does not say, `InvalidArgument` where it says something else
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export function declaredPayload(request: HttpRequest, claim: Claim | undefined): Payload {
  const declared = request.headers['x-amz-content-sha256'] ?? claim?.contentSha256
  if (declared === undefined) {
    if (claim?.kind !== 'header') return { kind: 'unsigned', hash: UNSIGNED_PAYLOAD }
    throw new AwsError(INVALID_REQUEST, 'Missing required header for this request: x-amz-content-sha256')
  }
  if (declared === UNSIGNED_PAYLOAD) return { kind: 'unsigned', hash: UNSIGNED_PAYLOAD }
  const chunked = Object.hasOwn(CHUNKED, declared) ? CHUNKED[declared] : undefined
  // Chunk signatures start from a signature in the headers; unsigned requests and links have none.
  if (chunked?.kind === 'chunked' && !(chunked.isSigned && claim?.kind !== 'header')) return chunked
  if (/^[0-9a-f]{64}$/.test(declared)) return { kind: 'sha256', hash: declared }
  throw new AwsError(
    INVALID_ARGUMENT,
    `x-amz-content-sha256 must be ${[UNSIGNED_PAYLOAD, ...Object.keys(CHUNKED)].join(', ')}, or a valid sha256 value.`,
  )
}

/**
 * The SHA-256 of a body that arrived whole, for all services but S3. A client that also sends the hash (the JavaScript SDK does)
 * must have sent this one.
 *
 * @throws AwsError `SignatureDoesNotMatch`
 */
export function receivedPayload(request: HttpRequest, body: Uint8Array): Payload {
  const sha256 = hash('sha256', body, 'hex')
  const declared = request.headers['x-amz-content-sha256']
  if (declared !== undefined && !isSameSignature(sha256, declared)) throw REFUSALS.standard.mismatch()
  return { kind: 'sha256', hash: sha256 }
}
