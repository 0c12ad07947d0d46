import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { AwsError } from '../aws/aws-error.ts'
import { IDP_COMMUNICATION_ERROR, INVALID_IDENTITY_TOKEN } from '../aws/error-codes.ts'
import type { AddressRule } from './address-rule.ts'
import { connectIssuer, fetchThumbprint } from './issuer-connection.ts'
import { issuerUrlOf, storedIssuerUrl } from './issuer-url.ts'
import { parseJsonObject } from './json-object.ts'
import type { FetchedKeySet } from './key-source.ts'
import type { WebIdentityProvider } from './web-identity.ts'

export interface IssuerFetchOptions {
  readonly addresses: AddressRule
  /** `--dev`: `http://` issuers on loopback addresses. */
  readonly allowsHttpLoopback: boolean
  /** PEM certificates trusted on top of the system's roots; keep one list, its parsed form is cached by identity. */
  readonly extraCertificates: readonly string[]
  /** Milliseconds for one document, from name lookup to last byte. */
  readonly timeoutMs?: number
}

/** 5 s a document: two of them stay well below the minute after which clients give up on STS. Own limits, as the sizes. */
const TIMEOUT_MS = 5000
const DISCOVERY_BYTES_MAX = 65_536
const JWKS_BYTES_MAX = 524_288
const REDIRECTS_MAX = 2

/**
 * Fetches the keys of an issuer: its discovery document, which must be its own, and the JWKS that it names.
 *
 * @throws AwsError `IDPCommunicationError` where it is out of reach or answers wrongly, `InvalidIdentityToken` where its
 *   certificate or its document is not to be trusted
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function fetchKeySet(
  provider: Pick<WebIdentityProvider, 'url' | 'thumbprints'>,
  options: IssuerFetchOptions,
): Promise<FetchedKeySet> {
  const issuer = issuerUrlOf(provider.url)
  const discoveryUrl = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const discovery = await fetchText(discoveryUrl, DISCOVERY_BYTES_MAX, provider.thumbprints, options)
  const document = parseJsonObject(discovery.body)
  if (typeof document?.issuer !== 'string' || storedIssuerUrl(document.issuer) !== provider.url) {
    throw unusableDiscovery(`${discoveryUrl} does not name ${issuer} as its issuer`)
  }
  if (typeof document.jwks_uri !== 'string') throw unusableDiscovery(`${discoveryUrl} names no jwks_uri`)
  const jwks = await fetchText(document.jwks_uri, JWKS_BYTES_MAX, provider.thumbprints, options)
  return { jwks: jwks.body, maxAgeSeconds: maxAgeOf(jwks.cacheControl) }
}

/**
 * Returns the thumbprint that CreateOpenIDConnectProvider registers where the caller gives none.
 * @throws AwsError `IDPCommunicationError`
 */
export async function fetchIssuerThumbprint(issuerUrl: string, options: IssuerFetchOptions): Promise<string> {
  const url = permittedUrl(issuerUrl, options)
  const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  try {
    return await fetchThumbprint(url, { addresses: options.addresses, signal })
  } catch (error) {
    throw outOfReach(url, error)
  }
}

interface Answer {
  readonly body: string
  readonly cacheControl: string
}

async function fetchText(
  text: string,
  bytesMax: number,
  thumbprints: readonly string[],
  options: IssuerFetchOptions,
): Promise<Answer> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  let url = permittedUrl(text, options)
  try {
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const socket = await connectIssuer(url, { ...options, thumbprints, signal })
      const answer = await get(url, socket, bytesMax, signal)
      if (typeof answer !== 'string') return answer
      url = redirectTarget(url, answer, options)
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects`)
  } catch (error) {
    throw outOfReach(url, error)
  }
}

function permittedUrl(text: string, options: IssuerFetchOptions): URL {
  const url = URL.parse(text)
  const isPermitted =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackUrl(url) && options.allowsHttpLoopback)
  if (url === null || !isPermitted || url.username !== '' || url.password !== '') {
    throw unusableDiscovery(`${text.slice(0, 300)} is not an https URL`)
  }
  return url
}

/** Plain HTTP goes nowhere else, whatever the name resolves to: the address rule sees to that. */
function isLoopbackUrl(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname)
}

/** Returns the answer, or the target where it is a redirect. */
async function get(url: URL, socket: Socket, bytesMax: number, signal: AbortSignal): Promise<Answer | string> {
  try {
    const response = await send(url, socket, signal)
    const status = response.statusCode ?? 0
    if (status >= 300 && status < 400 && response.headers.location !== undefined) return response.headers.location
    if (status !== 200) throw new Error(`status ${status}`)
    if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') throw new Error('the answer is compressed')
    return { body: await readBody(response, bytesMax), cacheControl: response.headers['cache-control'] ?? '' }
  } finally {
    socket.destroy()
  }
}

function send(url: URL, socket: Socket, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method: 'GET',
      path: url.pathname + url.search,
      headers: { host: url.host, accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'openirsa' },
      createConnection: () => socket,
      signal,
    })
    outgoing.once('response', resolve).once('error', reject).end()
  })
}

async function readBody(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bytesMax) throw new Error(`the answer is longer than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A redirect may change the path, never scheme, host or port: the registered name vouches for nobody else. */
function redirectTarget(from: URL, location: string, options: IssuerFetchOptions): URL {
  const target = permittedUrl(new URL(location, from).href, options)
  if (target.origin !== from.origin) throw new Error(`redirected to another host: ${target.origin}`)
  return target
}

function maxAgeOf(cacheControl: string): number | undefined {
  if (/(?:^|[,\s])no-(?:store|cache)(?:$|[,\s])/i.test(cacheControl)) return 0
  const seconds = /(?:^|[,\s])max-age=(\d{1,9})(?:$|[,\s])/i.exec(cacheControl)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}

function unusableDiscovery(cause: string): AwsError {
  return new AwsError(
    INVALID_IDENTITY_TOKEN,
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    { cause: new Error(cause) },
  )
}

/** AWS's wording of this code is that of its API reference; the cause is for the operator. */
function outOfReach(url: URL, error: unknown): AwsError {
  if (error instanceof AwsError) return error
  return new AwsError(
    IDP_COMMUNICATION_ERROR,
    "The identity provider couldn't be reached to verify the incoming identity token.",
    {
      cause: new Error(`GET ${url.href} failed: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      }),
    },
  )
}
