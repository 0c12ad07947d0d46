import { createHash, X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueCertificate, type TestCertificate } from '../../src/oidc/testing/certificate-authority.ts'
import { newTestKey, sendJson, startTestIssuer, type TestIssuer, type TestKey } from '../../src/oidc/testing/issuer.ts'
import {
  AUDIENCE,
  assumeByToken,
  done,
  iam,
  outcome,
  providerArn,
  roleArn,
  SUBJECT,
  trustOfServiceAccount,
} from '../support/account.ts'
import { queryCall, RawClient, restCall } from '../support/raw-request.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'
import { newTestClock, type TestClock } from '../support/test-clock.ts'

const INVALID = ['InvalidIdentityToken', 400] as const
const OUT_OF_REACH = ['IDPCommunicationError', 400] as const
const OK = [undefined, 200] as const
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let ca: TestCertificate
let tls: { cert: string; key: string; thumbprint: string }
let key: TestKey

beforeAll(async () => {
  key = await newTestKey('RS256', 'first')
  ca = await issueCertificate('A private authority', { isCa: true })
  const own = await issueCertificate('issuer', { addresses: ['127.0.0.1'], dnsNames: ['localhost'], signedBy: ca })
  tls = { cert: `${own.pem}\n${ca.pem}`, key: own.keyPem, thumbprint: thumbprintOf(ca) }
})

function thumbprintOf({ pem }: TestCertificate): string {
  return createHash('sha1').update(new X509Certificate(pem).raw).digest('hex')
}

/** A server with what a test of issuers needs: each issuer gets a provider and a role of its own. */
class Scene {
  readonly server: TestServer
  readonly client: RawClient
  readonly clock: TestClock

  private constructor(server: TestServer, clock: TestClock) {
    this.server = server
    this.client = new RawClient(server)
    this.clock = clock
  }

  static async start(...flags: string[]): Promise<Scene> {
    const clock = await newTestClock()
    return new Scene(await startServer({ flags, environment: clock.environment }), clock)
  }

  async trust(url: string, thumbprint = tls.thumbprint): Promise<string> {
    const name = `role-${createHash('sha256').update(url).digest('hex').slice(0, 16)}`
    const now = this.clock.now()
    const provider = { Url: url, 'ClientIDList.member.1': AUDIENCE, 'ThumbprintList.member.1': thumbprint }
    await iam(this.client, 'CreateOpenIDConnectProvider', provider, now)
    await iam(this.client, 'CreateRole', { RoleName: name, AssumeRolePolicyDocument: trustOfServiceAccount(url) }, now)
    return roleArn(name)
  }

  /** Shows a fresh token of the issuer. */
  async show(role: string, iss: string, signer = key) {
    const now = Math.floor(this.clock.now() / 1000)
    const token = await signer.sign({ iss, sub: SUBJECT, aud: [AUDIENCE], iat: now, exp: now + 3600 })
    return outcome(await assumeByToken(this.client, role, token))
  }

  /** Ends the server; nothing that it said may hold a token, nothing that happened may be its own fault. */
  async stop(): Promise<void> {
    expect(this.client.leaks(this.server.log())).toEqual([])
    expect(this.server.log().filter((line) => line.includes('"level":"error"'))).toEqual([])
    expect(await this.server.stop()).toBe(0)
  }
}

describe('an issuer with https on a private authority', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await Scene.start('--allow-private-issuers', '127.0.0.0/8')
  })

  afterAll(() => scene.stop())

  /** The server remembers issuers by their URL: a port that the system gives out again would be a known one. */
  const usedPorts = new Set<string>()
  async function startOnNewPort(...made: Parameters<typeof startTestIssuer>): Promise<TestIssuer> {
    const issuer = await startTestIssuer(...made)
    const { port } = new URL(issuer.url)
    if (!usedPorts.has(port)) {
      usedPorts.add(port)
      return issuer
    }
    await issuer.close()
    return startOnNewPort(...made)
  }

  async function withIssuer(use: (issuer: TestIssuer) => Promise<void>, keys = [key], certificate = tls) {
    const issuer = await startOnNewPort(keys, certificate)
    try {
      await use(issuer)
    } finally {
      await issuer.close()
    }
  }

  test('is trusted by the thumbprint of its authority', () =>
    withIssuer(async (issuer) => {
      const role = await scene.trust(issuer.url)
      expect(await scene.show(role, issuer.url)).toEqual(OK)
    }))

  test('is refused by any other thumbprint, and trusted once the right one is registered', () =>
    withIssuer(async (issuer) => {
      const role = await scene.trust(issuer.url, 'b'.repeat(40))
      expect(await scene.show(role, issuer.url)).toEqual(INVALID)
      await iam(
        scene.client,
        'UpdateOpenIDConnectProviderThumbprint',
        { OpenIDConnectProviderArn: providerArn(issuer.url), 'ThumbprintList.member.1': tls.thumbprint },
        scene.clock.now(),
      )
      expect(await scene.show(role, issuer.url)).toEqual(OK)
    }))

  test('is refused with a certificate for another name, an expired one, or one that is not below the authority', async () => {
    const bad = [
      await issueCertificate('issuer', { addresses: ['127.0.0.2'], signedBy: ca }),
      await issueCertificate('issuer', {
        addresses: ['127.0.0.1'],
        signedBy: ca,
        notAfter: new Date(Date.now() - 1000),
      }),
      await issueCertificate('issuer', { addresses: ['127.0.0.1'] }),
    ]
    for (const { pem, keyPem } of bad) {
      // The authority is presented along, and anybody may present it: it must have signed.
      const certificate = { cert: `${pem}\n${ca.pem}`, key: keyPem, thumbprint: tls.thumbprint }
      await withIssuer(
        async (issuer) => {
          const role = await scene.trust(issuer.url)
          expect(await scene.show(role, issuer.url)).toEqual(INVALID)
          expect(issuer.requests).toEqual([])
        },
        [key],
        certificate,
      )
    }
  })

  test('that gives its own thumbprint when it is registered without one', () =>
    withIssuer(async (issuer) => {
      const registered = { Url: issuer.url, 'ClientIDList.member.1': AUDIENCE }
      await iam(scene.client, 'CreateOpenIDConnectProvider', registered, scene.clock.now())
      const shown = await iam(
        scene.client,
        'GetOpenIDConnectProvider',
        { OpenIDConnectProviderArn: providerArn(issuer.url) },
        scene.clock.now(),
      )
      expect(shown.xml('member')).toBe(AUDIENCE)
      expect(shown.text).toContain(tls.thumbprint)
    }))

  test('whose key was rotated: the new one works at once, the removed one no more after its time', async () => {
    const next = await newTestKey('ES256', 'second')
    await withIssuer(async (issuer) => {
      const role = await scene.trust(issuer.url)
      expect(await scene.show(role, issuer.url, key)).toEqual(OK)
      expect(await scene.show(role, issuer.url, next)).toEqual(INVALID)
      scene.clock.setAhead(2 * MINUTE_MS)
      issuer.publish([key, next])
      expect(await scene.show(role, issuer.url, next)).toEqual(OK)
      issuer.publish([next])
      scene.clock.setAhead(12 * MINUTE_MS)
      expect(await scene.show(role, issuer.url, next)).toEqual(OK)
      expect(await scene.show(role, issuer.url, key)).toEqual(INVALID)
      scene.clock.setAhead(0)
    })
  })

  test('that goes down: its keys serve on for hours, and then no longer', async () => {
    let url = ''
    let role = ''
    await withIssuer(async (issuer) => {
      url = issuer.url
      role = await scene.trust(url)
      expect(await scene.show(role, url)).toEqual(OK)
    })
    scene.clock.setAhead(10 * MINUTE_MS)
    expect(await scene.show(role, url)).toEqual(OK)
    scene.clock.setAhead(5 * HOUR_MS)
    expect(await scene.show(role, url)).toEqual(OK)
    scene.clock.setAhead(7 * HOUR_MS)
    expect(await scene.show(role, url)).toEqual(OUT_OF_REACH)
    scene.clock.setAhead(0)
  })

  test('that was never up', async () => {
    let url = ''
    await withIssuer(async (issuer) => {
      url = issuer.url
    })
    const role = await scene.trust(url)
    expect(await scene.show(role, url)).toEqual(OUT_OF_REACH)
  })

  test('that never answers holds up nobody but those who need it', () =>
    withIssuer(async (issuer) => {
      issuer.answers.set('/.well-known/openid-configuration', () => {})
      const role = await scene.trust(issuer.url)
      const startedAt = performance.now()
      // As a fleet's pods: all wait for the one fetch.
      const shown = Promise.all(Array.from({ length: 20 }, () => scene.show(role, issuer.url)))
      const identity = () => done(scene.client, queryCall('sts', 'GetCallerIdentity'))
      for (let count = 0; count < 20; count++) {
        const calledAt = performance.now()
        await identity()
        expect(performance.now() - calledAt).toBeLessThan(1_000)
      }
      expect(new Set((await shown).map(String))).toEqual(new Set([String(OUT_OF_REACH)]))
      expect(performance.now() - startedAt).toBeLessThan(15_000)
      expect(issuer.requests).toHaveLength(1)
    }))

  test.for([
    [
      'sends its document byte by byte without end',
      (_: TestIssuer, send: (bytes: string) => void) => send('{"issuer":"'),
    ],
    ['sends more than any document has', (_: TestIssuer, send: (bytes: string) => void) => send('x'.repeat(600_000))],
  ] as const)('that %s', async ([, begin]) =>
    withIssuer(async (issuer) => {
      issuer.answers.set('/.well-known/openid-configuration', (_, response) => {
        begin(issuer, (bytes) => response.write(bytes))
        const timer = setInterval(() => response.write(' '), 100)
        response.on('close', () => clearInterval(timer))
      })
      const role = await scene.trust(issuer.url)
      expect(await scene.show(role, issuer.url)).toEqual(OUT_OF_REACH)
    }),
  )

  test.for([
    ['names another issuer', (url: string) => ({ issuer: `${url}/other`, jwks_uri: `${url}/keys` })],
    ['names no issuer', (url: string) => ({ jwks_uri: `${url}/keys` })],
    ['names no keys', (url: string) => ({ issuer: url })],
    [
      'has its keys at an http URL',
      (url: string) => ({ issuer: url, jwks_uri: `${url.replace('https', 'http')}/keys` }),
    ],
    ['has its keys in a file', (url: string) => ({ issuer: url, jwks_uri: 'file:///etc/passwd' })],
    ['is a list', () => []],
  ] as const)('whose discovery document %s is refused', async ([, document]) =>
    withIssuer(async (issuer) => {
      issuer.answers.set('/.well-known/openid-configuration', (_, response) => sendJson(response, document(issuer.url)))
      const role = await scene.trust(issuer.url)
      expect(await scene.show(role, issuer.url)).toEqual(INVALID)
      expect(issuer.requests).not.toContain('/keys')
    }),
  )

  test.for([
    ['101 keys', () => ({ keys: Array.from({ length: 101 }, () => key.jwk) })],
    ['no list', () => ({ keys: {} })],
    ['a weak key', () => ({ keys: [{ ...key.jwk, n: 'AQAB' }] })],
    ['a key for encryption', () => ({ keys: [{ ...key.jwk, use: 'enc' }] })],
    ['a key of another algorithm', () => ({ keys: [{ ...key.jwk, alg: 'RS512' }] })],
    ['nothing', () => ({ keys: [] })],
  ] as const)('whose key set has %s is refused', async ([, keySet]) =>
    withIssuer(async (issuer) => {
      issuer.answers.set('/keys', (_, response) => sendJson(response, keySet()))
      const role = await scene.trust(issuer.url)
      expect(await scene.show(role, issuer.url)).toEqual(INVALID)
    }),
  )

  test('that sends us elsewhere: only the path may change', () =>
    withIssuer((elsewhere) =>
      withIssuer(async (issuer) => {
        const role = await scene.trust(issuer.url)
        for (const target of [
          elsewhere.url,
          issuer.url.replace('127.0.0.1', 'localhost'),
          issuer.url.replace('https', 'http'),
        ]) {
          issuer.answers.set('/.well-known/openid-configuration', (_, response) => {
            response.writeHead(302, { location: `${target}/discovery` }).end()
          })
          expect(await scene.show(role, issuer.url)).toSatisfy(([, status]) => status === 400)
          scene.clock.setAhead(scene.clock.now() - Date.now() + 2 * MINUTE_MS)
        }
        expect(elsewhere.requests).toEqual([])
        issuer.answers.set('/.well-known/openid-configuration', (_, response) => {
          response.writeHead(302, { location: '/discovery' }).end()
        })
        issuer.answers.set('/discovery', (_, response) =>
          sendJson(response, { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` }),
        )
        expect(await scene.show(role, issuer.url)).toEqual(OK)
        scene.clock.setAhead(0)
      }),
    ))

  test('that sends us round in circles', () =>
    withIssuer(async (issuer) => {
      const role = await scene.trust(issuer.url)
      issuer.answers.set('/.well-known/openid-configuration', (_, response) => {
        response.writeHead(302, { location: '/.well-known/openid-configuration' }).end()
      })
      expect(await scene.show(role, issuer.url)).toEqual(OUT_OF_REACH)
      expect(issuer.requests.length).toBeLessThan(5)
    }))

  test('whose keys are at an address that is not allowed: nobody connects there', async () => {
    const inside = await startTrap()
    await withIssuer(async (issuer) => {
      // ::1 is loopback too, and not in the allowed network.
      issuer.answers.set('/.well-known/openid-configuration', (_, response) =>
        sendJson(response, { issuer: issuer.url, jwks_uri: `https://[::1]:${inside.port}/keys` }),
      )
      const role = await scene.trust(issuer.url)
      expect(await scene.show(role, issuer.url)).toEqual(OUT_OF_REACH)
      expect(inside.connections()).toBe(0)
    })
    await inside.close()
  })

  test('of a flood of unknown key ids is asked a few times only', () =>
    withIssuer(async (issuer) => {
      const role = await scene.trust(issuer.url)
      expect(await scene.show(role, issuer.url)).toEqual(OK)
      const asked = issuer.requests.length
      const strangers = await Promise.all(Array.from({ length: 30 }, (_, n) => newTestKey('ES256', `stranger-${n}`)))
      for (const stranger of strangers) expect(await scene.show(role, issuer.url, stranger)).toEqual(INVALID)
      // Three fetches of two documents.
      expect(issuer.requests.length - asked).toBeLessThanOrEqual(6)
      expect(await scene.show(role, issuer.url)).toEqual(OK)
    }))
})

describe('a provider whose URL points into our own network', () => {
  let scene: Scene
  let trap: Trap

  beforeAll(async () => {
    scene = await Scene.start()
    trap = await startTrap()
  })

  afterAll(async () => {
    await trap.close()
    await scene.stop()
  })

  const HOSTS = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '017700000001',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    'localhost',
    'LOCALHOST',
    hostname(),
    '169.254.169.254',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '[fd00:ec2::254]',
    '[fe80::1]',
  ]

  test.for(HOSTS)('%s: is refused, or registered and never connected to', async (host) => {
    const url = `https://${host}:${trap.port}`
    const registered = { Url: url, 'ClientIDList.member.1': AUDIENCE }
    const asked = await scene.client.call(queryCall('iam', 'CreateOpenIDConnectProvider', registered), ADMIN)
    // Without a thumbprint the server would have to look at the certificate itself.
    expect(outcome(asked)).toSatisfy(
      ([code]) => code === 'OpenIdIdpCommunicationError' || code === 'InvalidInput' || code === 'ValidationError',
    )
    const call = queryCall('iam', 'CreateOpenIDConnectProvider', {
      ...registered,
      'ThumbprintList.member.1': tls.thumbprint,
    })
    const given = await scene.client.call(call, ADMIN)
    if (given.status === 200) {
      await iam(scene.client, 'DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn: providerArn(url) })
      const role = await scene.trust(url)
      expect(await scene.show(role, url)).toEqual(OUT_OF_REACH)
    } else {
      expect(outcome(given)).toSatisfy(([code]) => code === 'InvalidInput' || code === 'ValidationError')
    }
    const attached = restCall('openirsa', 'POST', '/openirsa/clusters', { name: 'inside', issuerUrl: url })
    const cluster = await scene.client.call(attached, ADMIN)
    expect(cluster.status).toBeLessThan(500)
    if (cluster.status === 200) await done(scene.client, restCall('openirsa', 'DELETE', '/openirsa/clusters/inside'))
    expect(trap.connections()).toBe(0)
  })

  test.for([
    'http://127.0.0.1',
    'http://issuer.example.com',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'https://user:word@127.0.0.1',
  ])('%s: is refused', async (url) => {
    const registered = { Url: url, 'ClientIDList.member.1': AUDIENCE, 'ThumbprintList.member.1': tls.thumbprint }
    const refused = await scene.client.call(queryCall('iam', 'CreateOpenIDConnectProvider', registered), ADMIN)
    expect(outcome(refused)).toSatisfy(([code]) => code === 'InvalidInput' || code === 'ValidationError')
    const attached = restCall('openirsa', 'POST', '/openirsa/clusters', { name: 'inside', issuerUrl: url })
    expect(outcome(await scene.client.call(attached, ADMIN))).toEqual(['InvalidParameterException', 400])
  })

  test('the URL of a provider is not fetched before somebody shows a token of it', () => {
    expect(trap.connections()).toBe(0)
  })
})

interface Trap {
  readonly port: number
  connections(): number
  close(): Promise<void>
}

/** Listens on every address of this machine and counts who comes. */
async function startTrap(): Promise<Trap> {
  let count = 0
  const server: Server = createServer((socket) => {
    count++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '::', ipv6Only: false }, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port is free')
  return {
    port: address.port,
    connections: () => count,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
