import { createHash, X509Certificate } from 'node:crypto'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { AwsError } from '../aws/aws-error.ts'
import { INVALID_IDENTITY_TOKEN } from '../aws/error-codes.ts'
import { type AddressRule, type CheckedAddress, resolveAllowed } from './address-rule.ts'

export interface ConnectOptions {
  readonly addresses: AddressRule
  /** PEM certificates trusted on top of the system's roots. */
  readonly extraCertificates: readonly string[]
  /** SHA-1 of certificates, 40 hex digits: used where the roots do not vouch for the issuer. */
  readonly thumbprints: readonly string[]
  readonly signal: AbortSignal
}

/** Certificates looked at in what a server presents; public chains have two to four. Own limit. */
const CHAIN_CERTIFICATES_MAX = 10

/**
 * Opens a connection to an issuer whose address and certificate were checked: by the system's roots (and extra ones), else
 * by a registered thumbprint.
 *
 * @throws AwsError `InvalidIdentityToken` where neither vouches for the certificate; the socket's error where it fails
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
 */
export async function connectIssuer(url: URL, options: ConnectOptions): Promise<Socket> {
  const addresses = await resolveAllowed(url.hostname, options.addresses)
  const roots = trustedRoots(options.extraCertificates)
  return firstOf(addresses, async (address) => {
    if (url.protocol === 'http:') return openTcp(url, address, options.signal)
    const socket = await openTls(url, address, roots, options.signal)
    if (socket.authorized) return socket
    const reason = socket.authorizationError
    const anchor = pinnedCertificate(socket, options.thumbprints)
    socket.destroy()
    if (anchor === undefined) throw untrusted(reason)
    return openPinned(url, address, anchor, options.signal)
  })
}

/**
 * Returns what `ThumbprintList` holds for an issuer: the SHA-1 of the last certificate that its server presents.
 * The certificate is not checked: this is what somebody is about to decide to trust.
 */
export async function fetchThumbprint(
  url: URL,
  options: Pick<ConnectOptions, 'addresses' | 'signal'>,
): Promise<string> {
  const addresses = await resolveAllowed(url.hostname, options.addresses)
  // Without roots of our own, or OpenSSL adds one to the chain that the server did not present.
  const context = createSecureContext({ ca: [] })
  return firstOf(addresses, async (address) => {
    const socket = await openTls(url, address, context, options.signal)
    const last = presentedChain(socket).at(-1)
    socket.destroy()
    if (last === undefined) throw new Error(`${url.host} presented no certificate`)
    return thumbprintOf(last)
  })
}

export function thumbprintOf(certificate: X509Certificate): string {
  return createHash('sha1').update(certificate.raw).digest('hex')
}

/**
 * Connects once more, with the pinned certificate as the only anchor: OpenSSL then judges signatures, dates, constraints and
 * key usage of the chain below it, Node the name.
 */
async function openPinned(
  url: URL,
  address: CheckedAddress,
  anchor: X509Certificate,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const context = createSecureContext({ ca: anchor.toString(), allowPartialTrustChain: true })
  const socket = await openTls(url, address, context, signal)
  if (socket.authorized) return socket
  socket.destroy()
  throw untrusted(socket.authorizationError)
}

/**
 * The presented certificate that a thumbprint names: a CA, or the server's own where it presents nothing else (as
 * kube-apiserver does). A server certificate below a CA is no anchor: IAM compares the top of the chain.
 */
function pinnedCertificate(socket: TLSSocket, thumbprints: readonly string[]): X509Certificate | undefined {
  const chain = presentedChain(socket)
  const wanted = new Set(thumbprints.map((thumbprint) => thumbprint.toLowerCase()))
  return chain.find(
    (certificate, index) =>
      wanted.has(thumbprintOf(certificate)) && (index === 0 ? chain.length === 1 : certificate.ca),
  )
}

function presentedChain(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  let link = socket.getPeerCertificate(true)
  while (link?.raw !== undefined && chain.length < CHAIN_CERTIFICATES_MAX) {
    chain.push(new X509Certificate(link.raw))
    if (link.issuerCertificate === link) break
    link = link.issuerCertificate
  }
  return chain
}

/** Made once for each list: some three hundred certificates take milliseconds to read. */
const contexts = new WeakMap<readonly string[], SecureContext>()

function trustedRoots(extraCertificates: readonly string[]): SecureContext {
  const known = contexts.get(extraCertificates)
  if (known !== undefined) return known
  const roots = new Set([...getCACertificates('default'), ...getCACertificates('system'), ...extraCertificates])
  const context = createSecureContext({ ca: [...roots] })
  contexts.set(extraCertificates, context)
  return context
}

/** The handshake ends whether the certificate is trusted or not; `socket.authorized` says which. */
function openTls(url: URL, address: CheckedAddress, secureContext: SecureContext, signal: AbortSignal) {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const socket = connect({
    host: address.address,
    port: portOf(url),
    // The name of the certificate is the URL's, also where an address is connected to.
    servername: isIP(host) === 0 ? host : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    secureContext,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  })
  return opened(socket, 'secureConnect', signal)
}

function openTcp(url: URL, address: CheckedAddress, signal: AbortSignal): Promise<Socket> {
  return opened(connectTcp({ host: address.address, port: portOf(url), family: address.family }), 'connect', signal)
}

function opened<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      socket.destroy()
      reject(error)
    }
    const abort = () => fail(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', fail)
    socket.once(event, () => {
      signal.removeEventListener('abort', abort)
      socket.off('error', fail)
      // Nobody may be listening yet when the peer resets.
      socket.on('error', () => socket.destroy())
      resolve(socket)
    })
  })
}

async function firstOf<T>(addresses: readonly CheckedAddress[], attempt: (address: CheckedAddress) => Promise<T>) {
  let failure: unknown
  for (const address of addresses) {
    try {
      return await attempt(address)
    } catch (error) {
      if (error instanceof AwsError) throw error
      failure = error
    }
  }
  throw failure
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port)
}

/** Text as seen in aws-actions/configure-aws-credentials#357. */
function untrusted(reason: unknown): AwsError {
  return new AwsError(
    INVALID_IDENTITY_TOKEN,
    "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
    { cause: new Error(`The issuer's certificate is not trusted: ${String(reason)}`) },
  )
}
