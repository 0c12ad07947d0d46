import type { HttpRequest } from '../aws/http-message.ts'
import { type Credential, parseCredential } from './credential.ts'
import { REFUSALS, type Refusals } from './refusals.ts'
import { ALGORITHM, PRESIGNED_EXPIRES_MAX_SECONDS, type SigningStyle } from './signing-style.ts'
import { formatTimestamp, parseDateHeader, parseTimestamp } from './timestamp.ts'
import { decode } from './uri-encoding.ts'

/** What a request says of itself: who signed it, when, for what, and which headers. Nothing of it is verified yet. */
export interface Claim extends Credential {
  readonly kind: 'header' | 'presigned'
  /** In lower case, sorted, each once. */
  readonly signedHeaders: readonly string[]
  /** As sent; anything but 64 lower-case hex digits matches nothing. */
  readonly signature: string
  /** ISO 8601 basic format, as it stands in the string to sign. */
  readonly timestamp: string
  readonly timestampMs: number
  /** Presigned requests; absent outside S3 where the link does not say. */
  readonly expiresSeconds: number | undefined
  readonly securityToken: string | undefined
  /** `X-Amz-Content-Sha256` of a presigned request's query string. */
  readonly contentSha256: string | undefined
}

/** Node's own limit for all headers is 16 KiB; an SDK's Authorization header has about 400 characters. */
const AUTHORIZATION_CHARACTERS_MAX = 4096
/** The most headers one request may sign; the SDKs sign up to 15. */
const SIGNED_HEADERS_MAX = 100

/**
 * Reads the signature of a request, from its Authorization header or from its query string.
 *
 * @returns undefined where the request has neither: it is unsigned
 * @throws AwsError `IncompleteSignature` (S3: `AuthorizationHeaderMalformed`, `AuthorizationQueryParametersError`,
 *   `InvalidRequest` for other algorithms), `SignatureDoesNotMatch` (S3: `InvalidArgument`) where it has both
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export function readClaim(request: HttpRequest, style: SigningStyle): Claim | undefined {
  const refusals = REFUSALS[style]
  const authorization = request.headers.authorization
  const parameters = signatureParameters(request.query, refusals)
  const isPresigned = MECHANISM_PARAMETERS.some((name) => parameters.has(name))
  if (authorization === undefined) return isPresigned ? presignedClaim(request, parameters, style) : undefined
  if (isPresigned) throw refusals.twoMechanisms()
  return headerClaim(request, authorization, parameters, refusals)
}

/** Presence of any of these makes a request presigned (the last one: signature version 2). */
const MECHANISM_PARAMETERS = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'AWSAccessKeyId']

const SIGNATURE_PARAMETERS: ReadonlySet<string> = new Set([
  ...MECHANISM_PARAMETERS,
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Security-Token',
  'X-Amz-Content-Sha256',
])

function signatureParameters(query: string, refusals: Refusals): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  if (query === '') return parameters
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    const name = decode(equals === -1 ? pair : pair.slice(0, equals))
    if (name === undefined || !SIGNATURE_PARAMETERS.has(name)) continue
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1))
    if (value === undefined || parameters.has(name)) throw refusals.malformedQuery(name)
    parameters.set(name, value)
  }
  return parameters
}

function headerClaim(
  request: HttpRequest,
  authorization: string,
  parameters: ReadonlyMap<string, string>,
  refusals: Refusals,
): Claim {
  const dateHeader = request.headers['x-amz-date'] ?? request.headers.date
  const fields = authorizationFields(authorization, dateHeader !== undefined, refusals)
  const credential = parseCredential(fields.Credential)
  if (credential === undefined) throw refusals.malformedCredential('header')
  const signedHeaders = parseSignedHeaders(fields.SignedHeaders)
  if (signedHeaders === undefined) throw refusals.malformedHeader(authorization)
  if (dateHeader === undefined) throw refusals.missingDate(authorization)
  const timestampMs = parseDateHeader(dateHeader)
  if (timestampMs === undefined) throw refusals.malformedDate('header')
  return {
    kind: 'header',
    ...credential,
    signedHeaders,
    signature: fields.Signature,
    timestamp: formatTimestamp(timestampMs),
    timestampMs,
    expiresSeconds: undefined,
    securityToken: request.headers['x-amz-security-token'] ?? parameters.get('X-Amz-Security-Token'),
    contentSha256: undefined,
  }
}

type AuthorizationFields = Readonly<Record<'Credential' | 'Signature' | 'SignedHeaders', string>>

/** Splits `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; commas, spaces or both stand between the fields. */
function authorizationFields(authorization: string, hasDate: boolean, refusals: Refusals): AuthorizationFields {
  if (authorization.length > AUTHORIZATION_CHARACTERS_MAX) throw refusals.malformedHeader(authorization)
  const [algorithm = '', ...parts] = authorization.split(/[\s,]+/)
  if (algorithm !== ALGORITHM && isAlgorithm(algorithm)) throw refusals.unsupportedAlgorithm(algorithm)
  const fields = new Map<string, string>()
  for (const part of algorithm === ALGORITHM ? parts : []) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = part.slice(0, equals)
    if (equals === -1 || fields.has(name)) throw refusals.malformedHeader(authorization)
    fields.set(name, part.slice(equals + 1))
  }
  const Credential = fields.get('Credential')
  const Signature = fields.get('Signature')
  const SignedHeaders = fields.get('SignedHeaders')
  if (Credential && Signature && SignedHeaders) return { Credential, Signature, SignedHeaders }
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.get(name))
  throw refusals.incompleteHeader(missing, hasDate, authorization)
}

/** `AWS` is signature version 2, `AWS3…` and `AWS4-ECDSA-P256-SHA256` (version 4A) are its other relatives. */
function isAlgorithm(text: string): boolean {
  return /^AWS[A-Z0-9-]{0,40}$/.test(text)
}

function presignedClaim(request: HttpRequest, parameters: ReadonlyMap<string, string>, style: SigningStyle): Claim {
  const refusals = REFUSALS[style]
  if (parameters.has('AWSAccessKeyId')) throw refusals.unsupportedAlgorithm('AWS')
  const required = style === 's3' ? [...PRESIGNED_REQUIRED, 'X-Amz-Expires'] : PRESIGNED_REQUIRED
  const missing = required.filter((name) => !parameters.get(name))
  if (missing.length > 0) throw refusals.incompleteQuery(missing)
  const value = (name: string) => parameters.get(name) ?? ''
  if (value('X-Amz-Algorithm') !== ALGORITHM) throw refusals.unsupportedAlgorithm('X-Amz-Algorithm')
  const credential = parseCredential(value('X-Amz-Credential'))
  if (credential === undefined) throw refusals.malformedCredential('presigned')
  const signedHeaders = parseSignedHeaders(value('X-Amz-SignedHeaders'))
  if (signedHeaders === undefined) throw refusals.malformedQuery('X-Amz-SignedHeaders')
  const timestampMs = parseTimestamp(value('X-Amz-Date'))
  if (timestampMs === undefined) throw refusals.malformedDate('presigned')
  return {
    kind: 'presigned',
    ...credential,
    signedHeaders,
    signature: value('X-Amz-Signature'),
    timestamp: value('X-Amz-Date'),
    timestampMs,
    expiresSeconds: parseExpires(parameters.get('X-Amz-Expires'), refusals),
    securityToken: parameters.get('X-Amz-Security-Token') ?? request.headers['x-amz-security-token'],
    contentSha256: parameters.get('X-Amz-Content-Sha256'),
  }
}

const PRESIGNED_REQUIRED: readonly string[] = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
  'X-Amz-Date',
]

function parseExpires(text: string | undefined, refusals: Refusals): number | undefined {
  if (text === undefined) return undefined
  if (!/^-?\d{1,12}$/.test(text)) throw refusals.expiresOutOfRange('number')
  const seconds = Number(text)
  if (seconds < 1) throw refusals.expiresOutOfRange('small')
  if (seconds > PRESIGNED_EXPIRES_MAX_SECONDS) throw refusals.expiresOutOfRange('large')
  return seconds
}

function parseSignedHeaders(text: string): readonly string[] | undefined {
  const names = text.toLowerCase().split(';')
  if (names.length > SIGNED_HEADERS_MAX || new Set(names).size !== names.length) return undefined
  if (!names.every((name) => /^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/.test(name))) return undefined
  return names.sort()
}
