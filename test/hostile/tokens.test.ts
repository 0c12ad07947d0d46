import { createHmac, createPublicKey, sign } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { exportPKCS8, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newTestKey, startTestIssuer, type TestIssuer, type TestKey } from '../../src/oidc/testing/issuer.ts'
import { openStoreAt } from '../../src/store/testing/store-at.ts'
import {
  AUDIENCE,
  assumeByToken,
  iam,
  outcome,
  providerArn,
  roleArn,
  SUBJECT,
  trustOfServiceAccount,
} from '../support/account.ts'
import { queryCall, RawClient } from '../support/raw-request.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'
import { run } from '../support/shell.ts'
import { snapshot } from '../support/state.ts'

const OTHER_ACCOUNT = '444455556666'
const UPLOADED_ISSUER = 'https://kubernetes.default.svc.cluster.local'
const PROGRAM = path.resolve(import.meta.dirname, '../../bin/openirsa.js')
const INVALID = ['InvalidIdentityToken', 400] as const
const EXPIRED = ['ExpiredTokenException', 400] as const
const OK = [undefined, 200] as const

let server: TestServer
let client: RawClient
let issuer: TestIssuer
let otherIssuer: TestIssuer
let key: TestKey
let ecKey: TestKey
let pssKey: TestKey
let otherKey: TestKey
let uploadedKey: TestKey
/** Not published anywhere; its `kid` is the published key's. */
let forgedKey: TestKey

beforeAll(async () => {
  ;[key, ecKey, pssKey, otherKey, uploadedKey] = await Promise.all([
    newTestKey('RS256', 'rsa'),
    newTestKey('ES256', 'ec'),
    newTestKey('PS256', 'pss'),
    newTestKey('RS256', 'other'),
    newTestKey('RS256', 'uploaded'),
  ])
  forgedKey = await newTestKey('RS256', 'rsa')
  issuer = await startTestIssuer([key, ecKey])
  // Published without `alg`, so that nothing but the list of algorithms keeps it out.
  const { alg: _, ...pssJwk } = pssKey.jwk
  issuer.publish([key, ecKey, { ...pssKey, jwk: pssJwk }])
  otherIssuer = await startTestIssuer([otherKey])
  server = await startServer({ flags: ['--dev'] })
  client = new RawClient(server)
  for (const { url } of [issuer, otherIssuer, { url: UPLOADED_ISSUER }]) {
    await iam(client, 'CreateOpenIDConnectProvider', {
      Url: url,
      'ClientIDList.member.1': AUDIENCE,
      'ClientIDList.member.2': 'second-client',
      'ThumbprintList.member.1': 'a'.repeat(40),
    })
  }
  const { url } = issuer
  await iam(client, 'CreateRole', { RoleName: 'pod', AssumeRolePolicyDocument: trustOfServiceAccount(url) })
  await iam(client, 'CreateRole', {
    RoleName: 'uploaded',
    AssumeRolePolicyDocument: trustOfServiceAccount(UPLOADED_ISSUER),
  })
})

afterAll(async () => {
  await Promise.all([issuer.close(), otherIssuer.close()])
  expect(await server.stop()).toBe(0)
})

/** What a pod's token says; times in seconds from now. */
function claims(change: Readonly<Record<string, unknown>> = {}, expiresIn = 3600): JWTPayload {
  const now = Math.floor(Date.now() / 1000)
  return { iss: issuer.url, sub: SUBJECT, aud: [AUDIENCE], iat: now, nbf: now, exp: now + expiresIn, ...change }
}

const without = (name: string) => ({ ...claims(), [name]: undefined })
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
const base64Url = (text: string) => Buffer.from(text).toString('base64url')

/** Signs any two texts properly: what is wrong with such a token is what the texts say. */
async function signedTexts(header: string, payload: string): Promise<string> {
  const input = `${base64Url(header)}.${base64Url(payload)}`
  return `${input}.${sign('sha256', Buffer.from(input), await exportPKCS8(key.privateKey)).toString('base64url')}`
}

const HEADER = '{"alg":"RS256","kid":"rsa"}'
const text = (change: Readonly<Record<string, unknown>> = {}) => JSON.stringify(claims(change))

/** HS256, with whatever somebody knows of the public key as the secret. */
function hmacToken(secret: string | Buffer, header: object = { alg: 'HS256', kid: 'rsa' }): string {
  const input = `${base64Url(JSON.stringify(header))}.${base64Url(text())}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

function unsigned(header: object, signature = ''): string {
  return `${base64Url(JSON.stringify(header))}.${base64Url(text())}.${signature}`
}

function publicKey() {
  return createPublicKey({ key: key.jwk as object, format: 'jwk' } as Parameters<typeof createPublicKey>[0])
}

const edited = (token: string, part: number, edit: (text: string) => string) =>
  token
    .split('.')
    .map((piece, index) => (index === part ? edit(piece) : piece))
    .join('.')

/** A good token of exactly that many characters. */
async function tokenOfLength(characters: number): Promise<string> {
  // Three characters of padding are four of base64url; the header takes what is left over.
  for (const kidPadding of ['', ' ', '  ']) {
    const header = HEADER.replace('}', `${kidPadding}}`)
    const rest = characters - (await signedTexts(header, text({ pad: '' }))).length
    for (let pad = Math.max(0, Math.floor((rest * 3) / 4) - 4); pad < (rest * 3) / 4 + 4; pad++) {
      const token = await signedTexts(header, text({ pad: 'x'.repeat(pad) }))
      if (token.length === characters) return token
    }
  }
  throw new Error(`no token has ${characters} characters`)
}

interface TokenCase {
  readonly title: string
  readonly answer: readonly [string | undefined, number]
  make(): string | Promise<string>
}

const CASES: readonly TokenCase[] = [
  { title: 'a good token', answer: OK, make: () => key.sign(claims()) },
  { title: 'ES256', answer: OK, make: () => ecKey.sign(claims()) },
  { title: 'one audience as text', answer: OK, make: () => key.sign(claims({ aud: AUDIENCE })) },
  { title: 'one of several audiences', answer: OK, make: () => key.sign(claims({ aud: ['x', AUDIENCE] })) },
  { title: 'expired 4:59 minutes ago', answer: OK, make: () => key.sign(claims({ exp: inSeconds(-299 + 1) })) },
  { title: 'valid from 4:59 minutes on', answer: OK, make: () => key.sign(claims({ nbf: inSeconds(299) })) },
  { title: 'issued in 4:59 minutes', answer: OK, make: () => key.sign(claims({ iat: inSeconds(299) })) },
  { title: 'expired 5:01 minutes ago', answer: EXPIRED, make: () => key.sign(claims({ exp: inSeconds(-301) })) },
  { title: 'expired years ago', answer: EXPIRED, make: () => key.sign(claims({ exp: 1 })) },
  { title: 'expired before the epoch', answer: EXPIRED, make: () => key.sign(claims({ exp: -1 })) },
  { title: 'valid from 5:02 minutes on', answer: INVALID, make: () => key.sign(claims({ nbf: inSeconds(302) })) },
  { title: 'issued in 5:02 minutes', answer: INVALID, make: () => key.sign(claims({ iat: inSeconds(302) })) },
  { title: 'without an expiry', answer: INVALID, make: () => key.sign(without('exp')) },
  { title: 'an expiry in text', answer: INVALID, make: () => signedTexts(HEADER, text({ exp: '9999999999' })) },
  {
    title: 'an expiry without end',
    answer: INVALID,
    make: () => signedTexts(HEADER, text({ exp: 'E' }).replace('"E"', '1e999')),
  },

  { title: 'two parts', answer: INVALID, make: () => unsigned({ alg: 'RS256', kid: 'rsa' }).slice(0, -1) },
  { title: 'an empty signature', answer: INVALID, make: () => unsigned({ alg: 'RS256', kid: 'rsa' }) },
  ...['none', 'None', 'NONE', 'nOnE', ' none', ''].flatMap((alg) =>
    ['', 'AAAA'].map((signature) => ({
      title: `alg ${JSON.stringify(alg)}, signature ${JSON.stringify(signature)}`,
      answer: INVALID,
      make: () => unsigned({ alg, kid: 'rsa' }, signature),
    })),
  ),
  { title: 'no alg', answer: INVALID, make: () => unsigned({ kid: 'rsa' }, 'AAAA') },
  {
    title: 'HS256 by the public key in PEM',
    answer: INVALID,
    make: () => hmacToken(publicKey().export({ type: 'spki', format: 'pem' })),
  },
  {
    title: 'HS256 by the public key in DER',
    answer: INVALID,
    make: () => hmacToken(publicKey().export({ type: 'spki', format: 'der' })),
  },
  { title: 'HS256 by the public JWK', answer: INVALID, make: () => hmacToken(JSON.stringify(key.jwk)) },
  { title: 'HS256 by the modulus', answer: INVALID, make: () => hmacToken(Buffer.from(key.jwk.n ?? '', 'base64url')) },
  { title: 'HS256 by nothing', answer: INVALID, make: () => hmacToken('') },
  {
    title: 'an HMAC that says RS256',
    answer: INVALID,
    make: () => hmacToken(publicKey().export({ type: 'spki', format: 'pem' }), { alg: 'RS256', kid: 'rsa' }),
  },
  {
    title: 'PS256 of a published key',
    answer: INVALID,
    make: () => pssKey.sign(claims()),
  },
  { title: "ES256 with the RSA key's kid", answer: INVALID, make: () => ecKey.sign(claims(), { kid: 'rsa' }) },
  {
    title: "RS256 with the EC key's kid",
    answer: INVALID,
    make: () => new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', kid: 'ec' }).sign(key.privateKey),
  },

  { title: 'another key with the same kid', answer: INVALID, make: () => forgedKey.sign(claims()) },
  { title: "another issuer's key", answer: INVALID, make: () => otherKey.sign(claims()) },
  { title: "another issuer's key with our kid", answer: INVALID, make: () => otherKey.sign(claims(), { kid: 'rsa' }) },
  {
    title: 'another registered issuer: known, and not trusted by the role',
    answer: ['AccessDenied', 403],
    make: () => otherKey.sign(claims({ iss: otherIssuer.url })),
  },
  {
    title: 'an issuer that nobody registered',
    answer: INVALID,
    make: () => key.sign(claims({ iss: 'https://x.example' })),
  },
  { title: 'the issuer with a slash behind', answer: INVALID, make: () => key.sign(claims({ iss: `${issuer.url}/` })) },
  { title: 'the issuer in capitals', answer: INVALID, make: () => key.sign(claims({ iss: issuer.url.toUpperCase() })) },
  {
    title: 'the issuer by another scheme',
    answer: INVALID,
    make: () => key.sign(claims({ iss: issuer.url.replace('http:', 'https:') })),
  },
  { title: 'several issuers', answer: INVALID, make: () => signedTexts(HEADER, text({ iss: [issuer.url] })) },
  { title: 'no issuer', answer: INVALID, make: () => key.sign(without('iss')) },
  { title: 'no subject', answer: INVALID, make: () => key.sign(without('sub')) },
  { title: 'an empty subject', answer: INVALID, make: () => key.sign(claims({ sub: '' })) },
  { title: 'another subject', answer: ['AccessDenied', 403], make: () => key.sign(claims({ sub: `${SUBJECT}x` })) },

  { title: 'the wrong audience', answer: INVALID, make: () => key.sign(claims({ aud: ['kubernetes'] })) },
  { title: 'the audience in capitals', answer: INVALID, make: () => key.sign(claims({ aud: AUDIENCE.toUpperCase() })) },
  { title: 'no audience', answer: INVALID, make: () => key.sign(without('aud')) },
  { title: 'an empty list of audiences', answer: INVALID, make: () => key.sign(claims({ aud: [] })) },
  { title: 'a number for an audience', answer: INVALID, make: () => signedTexts(HEADER, text({ aud: 1 })) },
  {
    title: 'the right audience for a foreign party',
    answer: INVALID,
    make: () => key.sign(claims({ azp: 'foreign' })),
  },
  {
    title: 'an audience that the provider knows and the role does not trust',
    answer: ['AccessDenied', 403],
    make: () => key.sign(claims({ aud: 'second-client' })),
  },

  { title: 'no kid', answer: INVALID, make: () => signedTexts('{"alg":"RS256"}', text()) },
  { title: 'an empty kid', answer: INVALID, make: () => signedTexts('{"alg":"RS256","kid":""}', text()) },
  { title: 'a number for a kid', answer: INVALID, make: () => signedTexts('{"alg":"RS256","kid":1}', text()) },
  { title: 'an unknown kid', answer: INVALID, make: () => signedTexts('{"alg":"RS256","kid":"x"}', text()) },
  { title: 'a kid of Object', answer: INVALID, make: () => signedTexts('{"alg":"RS256","kid":"__proto__"}', text()) },
  {
    title: 'an extension that must be understood',
    answer: INVALID,
    make: () => signedTexts(HEADER.replace('}', ',"crit":["exp"],"exp":1}'), text()),
  },
  {
    title: 'a member of the header twice',
    answer: INVALID,
    make: () => signedTexts('{"alg":"none","alg":"RS256","kid":"rsa"}', text()),
  },
  {
    title: 'a claim twice',
    answer: INVALID,
    make: () => signedTexts(HEADER, text().replace('{', `{"sub":"system:serviceaccount:kube-system:admin",`)),
  },
  {
    title: 'a claim twice, once escaped',
    answer: INVALID,
    make: () => signedTexts(HEADER, text().replace('{', `{"s\\u0075b":"system:serviceaccount:kube-system:admin",`)),
  },
  {
    title: 'claims nested a thousand deep',
    answer: INVALID,
    make: () => signedTexts(HEADER, text({ x: 'N' }).replace('"N"', '['.repeat(1000) + ']'.repeat(1000))),
  },
  { title: 'claims that are a list', answer: INVALID, make: () => signedTexts(HEADER, `[${text()}]`) },
  {
    title: 'claims that are no UTF-8',
    answer: INVALID,
    make: async () => edited(await key.sign(claims()), 1, () => Buffer.from('7bff7d', 'hex').toString('base64url')),
  },
  {
    title: 'session tags of another form',
    answer: INVALID,
    make: () => key.sign(claims({ 'https://aws.amazon.com/tags': 'all' })),
  },

  {
    title: 'other claims than were signed',
    answer: INVALID,
    make: async () => edited(await key.sign(claims({ sub: 'x' })), 1, () => base64Url(text())),
  },
  {
    title: 'a signature cut short',
    answer: INVALID,
    make: async () => edited(await key.sign(claims()), 2, (piece) => piece.slice(0, -4)),
  },
  {
    title: 'a signature of zeros',
    answer: INVALID,
    make: async () => edited(await key.sign(claims()), 2, (piece) => 'A'.repeat(piece.length)),
  },
  { title: 'padding after the signature', answer: INVALID, make: async () => `${await key.sign(claims())}==` },
  { title: 'a fourth part', answer: INVALID, make: async () => `${await key.sign(claims())}.AAAA` },
  { title: 'a line end after it, as files have', answer: OK, make: async () => `${await key.sign(claims())}\n` },
  { title: 'a space before it', answer: INVALID, make: async () => ` ${await key.sign(claims())}` },
  { title: 'a line end inside', answer: INVALID, make: async () => (await key.sign(claims())).replace('.', '.\n') },
  { title: 'NUL after it', answer: ['ValidationError', 400], make: async () => `${await key.sign(claims())}\0` },
  { title: 'five parts, as encrypted ones have', answer: INVALID, make: () => 'eyJhIjoxfQ.AAAA.AAAA.AAAA.AAAA' },

  { title: 'garbage', answer: INVALID, make: () => 'garbage' },
  { title: 'dots', answer: INVALID, make: () => '....' },
  { title: 'three letters between dots', answer: INVALID, make: () => 'a.b.c' },
  { title: 'other letters', answer: INVALID, make: () => 'é.ü.ß'.repeat(10) },
  { title: 'an access key', answer: INVALID, make: () => 'AKIAOPENIRSATESTSUITE' },
  { title: 'three characters', answer: ['ValidationError', 400], make: () => 'a.b' },
  { title: 'none', answer: ['ValidationError', 400], make: () => '' },
  { title: '20,000 characters', answer: OK, make: () => tokenOfLength(20_000) },
  { title: '20,001 characters', answer: ['ValidationError', 400], make: () => tokenOfLength(20_001) },
]

describe('AssumeRoleWithWebIdentity, shown', () => {
  test.for(CASES)('$title', async ({ make, answer }) => {
    const before = snapshot(server.dataDir)
    const token = await make()
    const assumed = await assumeByToken(client, roleArn('pod'), token)
    expect([assumed.text.includes('<AccessKeyId>'), ...outcome(assumed)]).toEqual([answer[1] === 200, ...answer])
    // The same again: what was found out about a token must not make it better.
    expect(outcome(await assumeByToken(client, roleArn('pod'), token))).toEqual(answer)
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test.for(['jku', 'x5u'])('a header that says where to fetch a key (%s): nobody asks there', async (name) => {
    const attacker = await startTestIssuer([forgedKey])
    const url = `${attacker.url}/keys`
    const assumed = await assumeByToken(client, roleArn('pod'), await forgedKey.sign(claims(), { [name]: url }))
    expect(outcome(assumed)).toEqual(INVALID)
    expect(attacker.requests).toEqual([])
    await attacker.close()
  })

  test('a header that brings its own key: nobody believes it', async () => {
    const token = await forgedKey.sign(claims(), { jwk: forgedKey.jwk })
    expect(outcome(await assumeByToken(client, roleArn('pod'), token))).toEqual(INVALID)
  })

  test('a role ARN that is none, or a role that does not exist', async () => {
    const token = await key.sign(claims())
    for (const arn of ['arn:aws:iam::111122223333:user/pod', 'arn:aws:iam::1:role/pod', 'arn:aws:s3:::role/pod-pod']) {
      expect(outcome(await assumeByToken(client, arn, token))).toEqual(['ValidationError', 400])
    }
    for (const name of ['no-such-role', 'POD', 'path/pod']) {
      expect(outcome(await assumeByToken(client, roleArn(name), token))).toEqual(['AccessDenied', 403])
    }
  })

  test('a duration that the role does not allow', async () => {
    const token = await key.sign(claims())
    for (const DurationSeconds of ['899', '3601', '43201']) {
      const assumed = await assumeByToken(client, roleArn('pod'), token, { DurationSeconds })
      expect(outcome(assumed)).toEqual(['ValidationError', 400])
    }
    expect(outcome(await assumeByToken(client, roleArn('pod'), token, { DurationSeconds: '900' }))).toEqual(OK)
  })

  test('a signature on the request beside the token: the token alone counts', async () => {
    const forged = await forgedKey.sign(claims())
    client.remember(forged)
    const call = queryCall('sts', 'AssumeRoleWithWebIdentity', {
      RoleArn: roleArn('pod'),
      RoleSessionName: 'pod',
      WebIdentityToken: forged,
    })
    expect(outcome(await client.call(call, ADMIN))).toEqual(INVALID)
  })
})

describe('a provider', () => {
  test('of another account lets nobody in here', async () => {
    const token = await otherKey.sign(claims({ iss: otherIssuer.url }))
    await writeOtherAccount(otherIssuer.url)
    const trust = trustOfServiceAccount(otherIssuer.url)
    await iam(client, 'CreateRole', { RoleName: 'of-other-issuer', AssumeRolePolicyDocument: trust })
    expect(outcome(await assumeByToken(client, roleArn('of-other-issuer'), token))).toEqual(OK)
    // There, the issuer of this account's provider is unknown; here, once our own provider is gone, the other's is no help.
    const here = await key.sign(claims())
    expect(outcome(await assumeByToken(client, roleArn('pod', OTHER_ACCOUNT), here))).toEqual(INVALID)
    await iam(client, 'DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn: providerArn(otherIssuer.url) })
    expect(outcome(await assumeByToken(client, roleArn('of-other-issuer'), token))).toEqual(INVALID)
    expect(outcome(await assumeByToken(client, roleArn('pod', OTHER_ACCOUNT), token))).toEqual(['AccessDenied', 403])
  })

  test('without the client id, or deleted, accepts no token from then on', async () => {
    const arn = { OpenIDConnectProviderArn: providerArn(issuer.url) }
    const token = await key.sign(claims())
    const shown = async () => outcome(await assumeByToken(client, roleArn('pod'), token))
    expect(await shown()).toEqual(OK)
    await iam(client, 'RemoveClientIDFromOpenIDConnectProvider', { ...arn, ClientID: AUDIENCE })
    expect(await shown()).toEqual(INVALID)
    await iam(client, 'AddClientIDToOpenIDConnectProvider', { ...arn, ClientID: AUDIENCE })
    expect(await shown()).toEqual(OK)
    await iam(client, 'DeleteOpenIDConnectProvider', arn)
    expect(await shown()).toEqual(INVALID)
  })
})

describe('an attached cluster with uploaded keys', () => {
  const cli = (...args: string[]) => run(process.execPath, [PROGRAM, ...args], server.environment)
  const shown = async (signer: TestKey) =>
    outcome(await assumeByToken(client, roleArn('uploaded'), await signer.sign(claims({ iss: UPLOADED_ISSUER }))))

  test('lets its tokens in, those of the keys that are uploaded now', async () => {
    const file = path.join(server.dataDir, 'jwks.json')
    await writeFile(file, JSON.stringify({ keys: [uploadedKey.jwk] }))
    const attached = await cli('cluster', 'attach', 'own', '--issuer', UPLOADED_ISSUER, '--jwks', file, '--output=name')
    expect([attached.stdout, attached.code]).toEqual(['own\n', 0])
    expect(await shown(uploadedKey)).toEqual(OK)
    expect(await shown(otherKey)).toEqual(INVALID)
    const next = await newTestKey('ES256', 'next')
    await writeFile(file, JSON.stringify({ keys: [next.jwk] }))
    expect((await cli('cluster', 'keys', 'own', '--upload', file)).code).toBe(0)
    expect(await shown(next)).toEqual(OK)
    expect(await shown(uploadedKey)).toEqual(INVALID)
  })

  test('takes no private, weak or symmetric key', async () => {
    const file = path.join(server.dataDir, 'bad.json')
    const weak = { kty: 'RSA', kid: 'weak', n: Buffer.alloc(128, 0xff).toString('base64url'), e: 'AQAB' }
    const secret = { kty: 'oct', kid: 'secret', k: base64Url('a secret of the cluster') }
    for (const jwk of [weak, secret, { ...uploadedKey.jwk, d: 'AQAB' }, { ...uploadedKey.jwk, kid: undefined }]) {
      await writeFile(file, JSON.stringify({ keys: [jwk] }))
      const refused = await cli('cluster', 'keys', 'own', '--upload', file)
      expect([refused.stderr, refused.code]).toEqual([expect.stringContaining('[InvalidParameterException]'), 1])
    }
  })
})

test('no token, key or signature of this suite is in a log line or a refusal, and nothing was a fault of the server', () => {
  expect(client.leaks(server.log())).toEqual([])
  expect(server.log().filter((line) => line.includes('"level":"error"'))).toEqual([])
})

/** Another process adds an account with a provider and a role: nothing in the API makes one yet. */
async function writeOtherAccount(issuerUrl: string): Promise<void> {
  const store = await openStoreAt(path.join(server.dataDir, 'openirsa.sqlite'))
  try {
    await store.write(async (writes) => {
      const common = { account_id: OTHER_ACCOUNT, created_at: Date.now() }
      await writes.insertInto('accounts').values(common).execute()
      const arn = providerArn(issuerUrl, OTHER_ACCOUNT)
      await writes
        .insertInto('oidc_providers')
        .values({
          ...common,
          provider_arn: arn,
          url: issuerUrl,
          client_ids: JSON.stringify([AUDIENCE]),
          thumbprints: '[]',
        })
        .execute()
      writes.changed(`account/${OTHER_ACCOUNT}`)
      writes.changed(`oidc-provider/${arn}`)
    })
  } finally {
    await store.close()
  }
}
