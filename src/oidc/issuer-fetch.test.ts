import { createHash } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isAllowed } from './address-rule.ts'
import { fetchIssuerThumbprint, fetchKeySet, type IssuerFetchOptions } from './issuer-fetch.ts'
import { storedIssuerUrl } from './issuer-url.ts'
import { type IssueOptions, issueCertificate, type TestCertificate } from './testing/certificate-authority.ts'
import { newTestKey, sendJson, startTestIssuer, type TestIssuer, type TestKey } from './testing/issuer.ts'

const LOOPBACK = { allowedNetworks: ['127.0.0.0/8', '::1/128'], allowsLoopback: false }
const OPTIONS: IssuerFetchOptions = {
  addresses: LOOPBACK,
  allowsHttpLoopback: false,
  extraCertificates: [],
  timeoutMs: 2000,
}
const DEV: IssuerFetchOptions = {
  ...OPTIONS,
  addresses: { allowedNetworks: [], allowsLoopback: true },
  allowsHttpLoopback: true,
}
const SERVER: IssueOptions = { dnsNames: ['localhost'], addresses: ['127.0.0.1'] }

let key: TestKey
let ca: TestCertificate
let leaf: TestCertificate
beforeAll(async () => {
  key = await newTestKey('ES256', 'key-1')
  ca = await issueCertificate('private CA', { isCa: true })
  leaf = await issueCertificate('issuer', { ...SERVER, signedBy: ca })
})

const running: TestIssuer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((issuer) => issuer.close()))
})

async function start(...options: Parameters<typeof startTestIssuer>): Promise<TestIssuer> {
  const issuer = await startTestIssuer(...options)
  running.push(issuer)
  return issuer
}

/** Serves the certificates in this order, the server's own first. */
function startTls(...chain: readonly TestCertificate[]): Promise<TestIssuer> {
  return start([key], { cert: chain.map(({ pem }) => pem).join('\n'), key: chain[0]?.keyPem ?? '' })
}

function sha1(certificate: TestCertificate): string {
  return createHash('sha1').update(Buffer.from(certificate.certificate.rawData)).digest('hex')
}

function fetchFrom(issuer: TestIssuer, thumbprints: readonly string[], options = OPTIONS) {
  return fetchKeySet({ url: storedIssuerUrl(issuer.url), thumbprints }, options)
}

const notTrusted = expect.objectContaining({
  code: 'InvalidIdentityToken',
  message: "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
})
const outOfReach = (cause: RegExp) =>
  expect.objectContaining({
    code: 'IDPCommunicationError',
    status: 400,
    cause: expect.objectContaining({ message: expect.stringMatching(cause) }),
  })
const unusable = expect.objectContaining({ code: 'InvalidIdentityToken' })

describe('trust in an issuer over TLS', () => {
  it('a certificate below an extra root is trusted without a thumbprint', async () => {
    const issuer = await startTls(leaf)
    const answer = await fetchFrom(issuer, [], { ...OPTIONS, extraCertificates: [ca.pem] })
    expect(JSON.parse(answer.jwks).keys[0].kid).toBe('key-1')
  })

  it('the thumbprint of the CA in the presented chain is trusted, in either case', async () => {
    const issuer = await startTls(leaf, ca)
    for (const thumbprint of [sha1(ca), sha1(ca).toUpperCase()]) {
      await expect(fetchFrom(issuer, ['0'.repeat(40), thumbprint])).resolves.toBeDefined()
    }
  })

  it('the thumbprint of an intermediate CA is trusted', async () => {
    const middle = await issueCertificate('intermediate', { isCa: true, signedBy: ca })
    const issuer = await startTls(await issueCertificate('issuer', { ...SERVER, signedBy: middle }), middle)
    await expect(fetchFrom(issuer, [sha1(middle)])).resolves.toBeDefined()
  })

  it('the thumbprint of a lone server certificate is trusted, self-signed or not', async () => {
    const selfSigned = await issueCertificate('issuer', SERVER)
    await expect(fetchFrom(await startTls(selfSigned), [sha1(selfSigned)])).resolves.toBeDefined()
    await expect(fetchFrom(await startTls(leaf), [sha1(leaf)])).resolves.toBeDefined()
  })

  it('no or another thumbprint is not trusted, and nothing is asked of the server', async () => {
    const issuer = await startTls(leaf, ca)
    for (const thumbprints of [[], ['f'.repeat(40)], [sha1(leaf)]]) {
      await expect(fetchFrom(issuer, thumbprints)).rejects.toEqual(notTrusted)
    }
    expect(issuer.requests).toEqual([])
  })

  it('the right CA beside a certificate that it did not sign is not trusted', async () => {
    const stranger = await issueCertificate('issuer', {
      ...SERVER,
      signedBy: await issueCertificate('private CA', { isCa: true }),
    })
    await expect(fetchFrom(await startTls(stranger, ca), [sha1(ca)])).rejects.toEqual(notTrusted)
  })

  it('a server certificate that signed another one is no CA', async () => {
    const below = await issueCertificate('issuer', { ...SERVER, signedBy: leaf })
    await expect(fetchFrom(await startTls(below, leaf, ca), [sha1(leaf)])).rejects.toEqual(notTrusted)
    await expect(fetchFrom(await startTls(below, leaf, ca), [sha1(ca)])).rejects.toEqual(notTrusted)
  })

  it('an expired certificate and one for another name are not trusted', async () => {
    const expired = await issueCertificate('issuer', {
      ...SERVER,
      signedBy: ca,
      notAfter: new Date(Date.now() - 60_000),
    })
    const otherName = await issueCertificate('issuer', { dnsNames: ['other.example'], signedBy: ca })
    for (const server of [expired, otherName]) {
      await expect(fetchFrom(await startTls(server, ca), [sha1(ca)])).rejects.toEqual(notTrusted)
      await expect(
        fetchFrom(await startTls(server, ca), [], { ...OPTIONS, extraCertificates: [ca.pem] }),
      ).rejects.toEqual(notTrusted)
    }
  })

  it('the name of the certificate is the one in the URL', async () => {
    const byName = await issueCertificate('issuer', { dnsNames: ['localhost'], signedBy: ca })
    const tls = { cert: `${byName.pem}\n${ca.pem}`, key: byName.keyPem }
    await expect(fetchFrom(await start([key], { ...tls, host: 'localhost' }), [sha1(ca)])).resolves.toBeDefined()
    await expect(fetchFrom(await start([key], tls), [sha1(ca)])).rejects.toEqual(notTrusted)
  })

  it('fetchIssuerThumbprint gives the last presented certificate, which is then trusted', async () => {
    const issuer = await startTls(leaf, ca)
    const thumbprint = await fetchIssuerThumbprint(issuer.url, OPTIONS)
    expect(thumbprint).toBe(sha1(ca))
    await expect(fetchFrom(issuer, [thumbprint])).resolves.toBeDefined()
    expect(await fetchIssuerThumbprint((await startTls(leaf)).url, OPTIONS)).toBe(sha1(leaf))
  })

  it('fetchIssuerThumbprint says when the issuer is out of reach', async () => {
    const issuer = await startTls(leaf)
    await issuer.close()
    await expect(fetchIssuerThumbprint(issuer.url, OPTIONS)).rejects.toEqual(outOfReach(/ECONNREFUSED/))
  })
})

describe('what an issuer answers', () => {
  it('gives the key set and how long it may be kept', async () => {
    const issuer = await start([key])
    expect((await fetchFrom(issuer, [], DEV)).maxAgeSeconds).toBeUndefined()
    for (const [header, seconds] of [
      ['public, max-age=604800', 604_800],
      ['max-age=60, no-store', 0],
      ['no-cache', 0],
      ['s-maxage=5', undefined],
    ] as const) {
      issuer.answers.set('/keys', (_, response) => sendJson(response, { keys: [] }, { 'cache-control': header }))
      expect(await fetchFrom(issuer, [], DEV)).toEqual({ jwks: '{"keys":[]}', maxAgeSeconds: seconds })
    }
  })

  it('a document that names another issuer is refused', async () => {
    const issuer = await start([key])
    issuer.answers.set('/.well-known/openid-configuration', (_, response) =>
      sendJson(response, { issuer: 'https://other.example', jwks_uri: `${issuer.url}/keys` }),
    )
    await expect(fetchFrom(issuer, [], DEV)).rejects.toEqual(unusable)
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration'])
  })

  it.each([
    ['http://192.0.2.1/keys'],
    ['file:///etc/passwd'],
    ['https://user:password@127.0.0.1/keys'],
    ['/keys'],
    [42],
    [undefined],
  ])('jwks_uri %s is refused', async (jwksUri) => {
    const issuer = await start([key])
    issuer.answers.set('/.well-known/openid-configuration', (_, response) =>
      sendJson(response, { issuer: issuer.url, jwks_uri: jwksUri }),
    )
    await expect(fetchFrom(issuer, [], DEV)).rejects.toEqual(unusable)
  })

  it('plain http is refused without --dev', async () => {
    const issuer = await start([key])
    await expect(fetchFrom(issuer, [], OPTIONS)).rejects.toEqual(unusable)
    expect(issuer.requests).toEqual([])
  })

  it('a redirect on the same host is followed, twice at most', async () => {
    const issuer = await start([key])
    const redirect = (from: string, to: string) =>
      issuer.answers.set(from, (_, response) => void response.writeHead(302, { location: to }).end())
    const keys = issuer.answers.get('/keys')
    if (keys !== undefined) issuer.answers.set('/c', keys)
    redirect('/keys', '/b')
    redirect('/b', '/c')
    await expect(fetchFrom(issuer, [], DEV)).resolves.toBeDefined()
    redirect('/c', '/d')
    await expect(fetchFrom(issuer, [], DEV)).rejects.toEqual(outOfReach(/more than 2 redirects/))
  })

  it('a redirect to another host is refused, and nobody is asked there', async () => {
    const issuer = await start([key])
    const other = await start([key])
    issuer.answers.set('/keys', (_, response) => void response.writeHead(302, { location: `${other.url}/keys` }).end())
    await expect(fetchFrom(issuer, [], DEV)).rejects.toEqual(outOfReach(/redirected to another host/))
    expect(other.requests).toEqual([])
  })

  it('a huge key set is cut off', async () => {
    const issuer = await start([key])
    issuer.answers.set(
      '/keys',
      (_, response) => void response.writeHead(200).end(`{"keys":[],"x":"${'x'.repeat(600_000)}"}`),
    )
    await expect(fetchFrom(issuer, [], DEV)).rejects.toEqual(outOfReach(/longer than 524288 bytes/))
  })

  it.each([
    ['answers slowly', { '/keys': () => undefined }],
    ['sends half an answer', { '/keys': (_: unknown, response: { write(text: string): void }) => response.write('{') }],
  ])('an issuer that %s is given up', async (_, answers) => {
    const issuer = await start([key])
    for (const [path, answer] of Object.entries(answers)) issuer.answers.set(path, answer)
    const began = Date.now()
    await expect(fetchFrom(issuer, [], { ...DEV, timeoutMs: 150 })).rejects.toEqual(outOfReach(/timeout|abort/i))
    expect(Date.now() - began).toBeLessThan(1500)
  })

  it.each([404, 500, 204])('status %i is out of reach', async (status) => {
    const issuer = await start([key])
    issuer.answers.set('/keys', (_, response) => void response.writeHead(status).end())
    await expect(fetchFrom(issuer, [], DEV)).rejects.toEqual(outOfReach(new RegExp(`status ${status}`)))
  })

  it('an issuer that is down is out of reach', async () => {
    const issuer = await start([key])
    await issuer.close()
    await expect(fetchFrom(issuer, [], DEV)).rejects.toEqual(outOfReach(/ECONNREFUSED/))
  })
})

describe('which addresses an issuer may have', () => {
  const closed = { allowedNetworks: [], allowsLoopback: false }

  it.each([
    '127.0.0.1',
    '::1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    'fe80::1',
    'fd00:ec2::23',
    '100.64.0.1',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    '255.255.255.255',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '198.18.0.1',
    '::127.0.0.1',
    'fec0::1',
    '64:ff9b:1::a00:1',
    'not an address',
  ])('%s is refused', (address) => {
    expect(isAllowed(address, closed)).toBe(false)
  })

  it.each(['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', '172.15.255.255'])('%s is public', (address) => {
    expect(isAllowed(address, closed)).toBe(true)
  })

  it('a configured network opens that network only', () => {
    const rule = { allowedNetworks: ['10.1.0.0/16'], allowsLoopback: false }
    expect(isAllowed('10.1.255.255', rule)).toBe(true)
    expect(isAllowed('::ffff:10.1.0.1', rule)).toBe(true)
    expect(isAllowed('10.2.0.0', rule)).toBe(false)
    expect(isAllowed('127.0.0.1', rule)).toBe(false)
  })

  it('a name that resolves to loopback is refused before anything is sent', async () => {
    const issuer = await start([key], { cert: leaf.pem, key: leaf.keyPem, host: 'localhost' })
    await expect(fetchFrom(issuer, [sha1(leaf)], { ...OPTIONS, addresses: closed })).rejects.toEqual(
      outOfReach(/no public address/),
    )
    expect(issuer.requests).toEqual([])
  })

  it('the jwks_uri is held to the same rule', async () => {
    const issuer = await start([key])
    issuer.answers.set('/.well-known/openid-configuration', (_, response) =>
      sendJson(response, { issuer: issuer.url, jwks_uri: 'https://169.254.169.254/keys' }),
    )
    await expect(fetchFrom(issuer, [], DEV)).rejects.toEqual(outOfReach(/169\.254\.169\.254 has no public address/))
  })
})
