import { hash } from 'node:crypto'
import { type Credential, credentialScope } from './credential.ts'
import { ALGORITHM, type SigningStyle } from './signing-style.ts'
import { encodeBytes, recode } from './uri-encoding.ts'

export interface CanonicalParts {
  readonly method: string
  readonly uri: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  /** In lower case and sorted. Each must be present. */
  readonly signedHeaders: readonly string[]
  /** SHA-256 of the body in hex, or one of S3's words instead. */
  readonly payloadHash: string
}

/**
 * The text that a signature covers. Characters up to U+00FF stand for the bytes that travel.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
 */
export function canonicalRequest(parts: CanonicalParts): string {
  const headers = parts.signedHeaders.map((name) => `${name}:${canonicalValue(parts.headers[name] ?? '')}\n`).join('')
  return `${parts.method}\n${parts.uri}\n${parts.query}\n${headers}\n${parts.signedHeaders.join(';')}\n${parts.payloadHash}`
}

/**
 * The path forms under which a request may have been signed, most likely first.
 *
 * S3: the path as sent; where the client left characters unescaped on the way, also its canonical form, which is what S3
 * itself derives from the decoded key. Elsewhere: dot segments and repeated slashes removed, and what was sent encoded once more.
 */
export function canonicalUris(path: string, style: SigningStyle): readonly string[] {
  if (style === 'standard') return [encodeSegments(normalizePath(path), encodeBytes)]
  const canonical = encodeSegments(path, recode)
  return canonical === path ? [path] : [path, canonical]
}

/** Sorted by encoded name, then by encoded value (not by the joined text: `select=` comes before `select-type=2`). */
export function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs: (readonly [string, string])[] = []
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = canonicalComponent(equals === -1 ? pair : pair.slice(0, equals))
    // The signature cannot cover itself.
    if (name === 'X-Amz-Signature') continue
    pairs.push([name, equals === -1 ? '' : canonicalComponent(pair.slice(equals + 1))])
  }
  pairs.sort((a, b) => compareText(a[0], b[0]) || compareText(a[1], b[1]))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

export function stringToSign(
  timestamp: string,
  scope: Omit<Credential, 'accessKeyId'>,
  canonicalRequestText: string,
): string {
  return `${ALGORITHM}\n${timestamp}\n${credentialScope(scope)}\n${hashText(canonicalRequestText)}`
}

/** Runs of blanks count as one, as the SDKs sign them. */
function canonicalValue(value: string): string {
  return value.trim().replace(/[ \t]+/g, ' ')
}

function encodeSegments(path: string, encode: (segment: string) => string): string {
  return path.split('/').map(encode).join('/')
}

function normalizePath(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') segments.pop()
    else segments.push(segment)
  }
  const isFolder = segments.length > 0 && path.endsWith('/')
  return `/${segments.join('/')}${isFolder ? '/' : ''}`
}

/** `+` is a blank in a query string, as the services decode it. */
function canonicalComponent(encoded: string): string {
  return recode(encoded.replaceAll('+', '%20'))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Node gives header bytes as Latin-1, so that is how they turn back into bytes. */
function hashText(text: string): string {
  return hash('sha256', Buffer.from(text, isLatin1(text) ? 'latin1' : 'utf8'), 'hex')
}

function isLatin1(text: string): boolean {
  return !/[^\0-\xff]/.test(text)
}
