import { type KeyObject, timingSafeEqual } from 'node:crypto'
import type { HttpRequest } from '../aws/http-message.ts'
import { canonicalQuery, canonicalRequest, canonicalUris, stringToSign } from './canonical-request.ts'
import type { Claim } from './claim.ts'
import { REFUSALS } from './refusals.ts'
import { hmacHex } from './signing-key.ts'
import { CLOCK_SKEW_MAX_MS, type SigningStyle } from './signing-style.ts'

export interface Verification {
  readonly style: SigningStyle
  /** Server time, milliseconds since the epoch. */
  readonly now: number
  /** SHA-256 of the body that arrived, in hex; on S3 what `declaredPayload` says. */
  readonly payloadHash: string
  /** Names that may stand in the scope: the first is told to a caller who used another. */
  readonly signingNames: readonly string[]
}

/**
 * Returns where the request is signed with the key, now, for this service, with every header that counts; throws otherwise.
 *
 * @param signingKey  derived from the secret of the claim's access key for the claim's own scope
 * @throws AwsError `SignatureDoesNotMatch`; S3 also `RequestTimeTooSkewed`, `AccessDenied`, `AuthorizationHeaderMalformed`
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function verifySignature(
  request: HttpRequest,
  claim: Claim,
  signingKey: KeyObject,
  verification: Verification,
): void {
  checkScope(claim, verification)
  checkTime(claim, verification)
  checkSignedHeaders(request, claim, verification.style)
  const query = canonicalQuery(request.query)
  const isSigned = canonicalUris(request.path, verification.style).some((uri) => {
    const canonical = canonicalRequest({
      method: request.method,
      uri,
      query,
      headers: request.headers,
      signedHeaders: claim.signedHeaders,
      payloadHash: verification.payloadHash,
    })
    return isSameSignature(hmacHex(signingKey, stringToSign(claim.timestamp, claim, canonical)), claim.signature)
  })
  if (!isSigned) throw REFUSALS[verification.style].mismatch()
}

/** Compares in a time that does not depend on where the two differ. */
export function isSameSignature(expected: string, given: string): boolean {
  const givenBytes = Buffer.from(given, 'utf8')
  const expectedBytes = Buffer.from(expected, 'utf8')
  return givenBytes.length === expectedBytes.length && timingSafeEqual(givenBytes, expectedBytes)
}

function checkScope(claim: Claim, { style, signingNames }: Verification): void {
  const refusals = REFUSALS[style]
  if (!signingNames.includes(claim.service)) throw refusals.wrongService(claim.kind, claim.service, signingNames)
  if (claim.date !== claim.timestamp.slice(0, 8)) throw refusals.wrongDate(claim.kind, claim.date, claim.timestamp)
}

/**
 * A presigned S3 request is good until its expiry. Elsewhere AWS does not look at `X-Amz-Expires`: 15 minutes from the
 * timestamp, for links as for headers (aws-sdk-go issue 2167); EKS tokens say 60 seconds and are used for 10 minutes.
 */
function checkTime(claim: Claim, { style, now }: Verification): void {
  const refusals = REFUSALS[style]
  if (claim.timestampMs > now + CLOCK_SKEW_MAX_MS) throw refusals.tooNew(claim.kind, claim.timestamp, now)
  const lifetimeMs =
    style === 's3' && claim.kind === 'presigned' ? (claim.expiresSeconds ?? 0) * 1000 : CLOCK_SKEW_MAX_MS
  if (now > claim.timestampMs + lifetimeMs) throw refusals.tooOld(claim.kind, claim.timestamp, now)
}

/**
 * `host` and every `x-amz-*` header must be signed, so that nobody adds one on the way. `x-amz-content-sha256` of a signed
 * request needs no place in the list: its value is part of what is signed anyway.
 */
function checkSignedHeaders(request: HttpRequest, claim: Claim, style: SigningStyle): void {
  const signed = new Set(claim.signedHeaders)
  const unsigned = Object.keys(request.headers).filter(
    (name) =>
      (name === 'host' || name.startsWith('x-amz-')) &&
      !signed.has(name) &&
      !(name === 'x-amz-content-sha256' && claim.kind === 'header'),
  )
  if (!signed.has('host'))
    throw REFUSALS[style].unsignedHeaders(['host', ...unsigned.filter((name) => name !== 'host')])
  if (unsigned.length > 0) throw REFUSALS[style].unsignedHeaders(unsigned)
  // A header that is listed and did not arrive was taken away; `constructor` must be one that arrived, too.
  if (claim.signedHeaders.some((name) => !Object.hasOwn(request.headers, name))) throw REFUSALS[style].mismatch()
}
