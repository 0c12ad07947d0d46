import { hash } from 'node:crypto'
import { canonicalQuery, canonicalRequest, canonicalUris, stringToSign } from './canonical-request.ts'
import { credentialScope } from './credential.ts'
import { deriveSigningKey, hmacHex, secretKeyOf } from './signing-key.ts'
import { ALGORITHM, EMPTY_SHA256, type SigningStyle, UNSIGNED_PAYLOAD } from './signing-style.ts'
import { formatTimestamp } from './timestamp.ts'
import { encodeBytes } from './uri-encoding.ts'

/** A request about to be sent: path and query already percent-encoded, header names in lower case, `host` among them. */
export interface OutgoingRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Signer {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly region: string
  /** Name in the credential scope; `s3` signs in S3's style. */
  readonly service: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Signs a request in its headers.
 *
 * @param body  the bytes, or the word that stands for them on S3 (`UNSIGNED-PAYLOAD`, `STREAMING-…`)
 * @returns all headers to send: the given ones with `x-amz-date`, `authorization` and, where needed, token and body hash
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signRequest(
  request: OutgoingRequest,
  body: Uint8Array | string,
  signer: Signer,
): Readonly<Record<string, string>> {
  const payloadHash = typeof body === 'string' ? body : hash('sha256', body, 'hex')
  const timestamp = formatTimestamp(signer.now)
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': timestamp }
  if (styleOf(signer) === 's3') headers['x-amz-content-sha256'] = payloadHash
  if (signer.sessionToken !== undefined) headers['x-amz-security-token'] = signer.sessionToken
  const signedHeaders = Object.keys(headers).sort()
  const signature = signatureOf({ ...request, headers }, signedHeaders, payloadHash, timestamp, signer)
  const scope = credentialScope(scopeOf(timestamp, signer))
  headers.authorization = `${ALGORITHM} Credential=${signer.accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
  return headers
}

/**
 * Signs a request in its query string. Its headers must be sent as they are given here.
 *
 * @param expiresSeconds  1 to 604 800; only S3 looks at it, elsewhere a link is good for 15 minutes
 * @returns the whole query string
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function presign(request: OutgoingRequest, expiresSeconds: number, signer: Signer): string {
  const timestamp = formatTimestamp(signer.now)
  const signedHeaders = Object.keys(request.headers).sort()
  const parameters = {
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${signer.accessKeyId}/${credentialScope(scopeOf(timestamp, signer))}`,
    'X-Amz-Date': timestamp,
    'X-Amz-Expires': String(expiresSeconds),
    'X-Amz-SignedHeaders': signedHeaders.join(';'),
    ...(signer.sessionToken === undefined ? {} : { 'X-Amz-Security-Token': signer.sessionToken }),
  }
  const added = Object.entries(parameters).map(([name, value]) => `${name}=${encodeBytes(value)}`)
  const query = [...(request.query === '' ? [] : [request.query]), ...added].join('&')
  const payloadHash = styleOf(signer) === 's3' ? UNSIGNED_PAYLOAD : EMPTY_SHA256
  const signature = signatureOf({ ...request, query }, signedHeaders, payloadHash, timestamp, signer)
  return `${query}&X-Amz-Signature=${signature}`
}

function signatureOf(
  request: OutgoingRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
  timestamp: string,
  signer: Signer,
): string {
  const scope = scopeOf(timestamp, signer)
  const canonical = canonicalRequest({
    method: request.method,
    uri: canonicalUris(request.path, styleOf(signer))[0] ?? request.path,
    query: canonicalQuery(request.query),
    headers: request.headers,
    signedHeaders,
    payloadHash,
  })
  const signingKey = deriveSigningKey(secretKeyOf(signer.secretAccessKey), scope)
  return hmacHex(signingKey, stringToSign(timestamp, scope, canonical))
}

function styleOf(signer: Signer): SigningStyle {
  return signer.service === 's3' ? 's3' : 'standard'
}

function scopeOf(timestamp: string, { region, service }: Signer) {
  return { date: timestamp.slice(0, 8), region, service }
}
