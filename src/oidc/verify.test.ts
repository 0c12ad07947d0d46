import { createHmac, createPublicKey, type JsonWebKeyInput } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { storedIssuerUrl } from './issuer-url.ts'
import { parseKeySet } from './key-set.ts'
import { createKeySource, type IssuerRecord } from './key-source.ts'
import { newTestKey, type TestKey } from './testing/issuer.ts'
import { VerifiedTokens } from './verified-tokens.ts'
import { CLOCK_SKEW_SECONDS, verifyWebIdentityToken } from './verify.ts'
import type { WebIdentityProvider } from './web-identity.ts'

const NOW = Date.UTC(2026, 8, 1, 12)
const SECONDS = NOW / 1000
const ISSUER = 'https://oidc.example.org/id/ABC'
const PROVIDER: WebIdentityProvider = {
  providerArn: 'arn:aws:iam::111122223333:oidc-provider/oidc.example.org/id/ABC',
  accountId: '111122223333',
  url: 'oidc.example.org/id/ABC',
  clientIds: ['sts.amazonaws.com'],
  thumbprints: [],
}
const SUBJECT = 'system:serviceaccount:my-namespace:my-service-account'

let key: TestKey
let weakKey: TestKey
beforeAll(async () => {
  key = await newTestKey('RS256', 'key-1')
  weakKey = await newTestKey('ES256', 'ec-1')
})

function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const all = { iss: ISSUER, sub: SUBJECT, aud: ['sts.amazonaws.com'], iat: SECONDS, nbf: SECONDS, exp: SECONDS + 3600 }
  return Object.fromEntries(Object.entries({ ...all, ...changes }).filter(([, value]) => value !== undefined))
}

function lookups(
  options: {
    keys?: readonly TestKey[]
    provider?: Partial<WebIdentityProvider>
    now?: number
    verified?: VerifiedTokens
  } = {},
) {
  const provider = { ...PROVIDER, ...options.provider }
  const record: IssuerRecord = {
    issuerUrl: ISSUER,
    accountId: PROVIDER.accountId,
    kind: 'uploaded',
    jwks: JSON.stringify({ keys: (options.keys ?? [key, weakKey]).map(({ jwk }) => jwk) }),
  }
  return {
    findProvider: (issuer: string) => (storedIssuerUrl(issuer) === provider.url ? provider : undefined),
    keys: createKeySource({
      findIssuer: () => record,
      fetchKeySet: () => Promise.reject(new Error('nothing is fetched here')),
    }),
    now: options.now ?? NOW,
    verified: options.verified,
  }
}

const refused = (code: string, message: string | RegExp) =>
  expect.objectContaining({ code, status: 400, message: expect.stringMatching(message) })

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('verifyWebIdentityToken', () => {
  it('gives issuer, subject, audience and condition keys of a good token', async () => {
    const token = await key.sign(claims({ amr: ['authenticated', 'mfa'], nested: { a: 1 } }))
    const identity = await verifyWebIdentityToken(token, lookups())
    expect(identity).toMatchObject({
      issuer: ISSUER,
      providerArn: PROVIDER.providerArn,
      subject: SUBJECT,
      audience: 'sts.amazonaws.com',
      expiresAt: NOW + 3_600_000,
      issuedAt: NOW,
    })
    expect(identity.conditionKeys['oidc.example.org/id/ABC:sub']).toBe(SUBJECT)
    expect(identity.conditionKeys['oidc.example.org/id/ABC:aud']).toBe('sts.amazonaws.com')
    expect(identity.conditionKeys['oidc.example.org/id/ABC:amr']).toEqual(['authenticated', 'mfa'])
    expect(Object.keys(identity.conditionKeys)).not.toContain('oidc.example.org/id/ABC:nested')
  })

  it.each(['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'])('accepts %s', async (alg) => {
    const own = await newTestKey(alg, 'own')
    const identity = await verifyWebIdentityToken(await own.sign(claims()), lookups({ keys: [own] }))
    expect(identity.subject).toBe(SUBJECT)
  })

  it.each(['PS256', 'EdDSA'])('refuses %s although the issuer publishes such a key', async (alg) => {
    const own = await newTestKey(alg, 'own')
    await expect(verifyWebIdentityToken(await own.sign(claims()), lookups({ keys: [own] }))).rejects.toEqual(
      refused('InvalidIdentityToken', /not a valid JWT/),
    )
  })

  it('refuses alg none, with and without a signature', async () => {
    const unsigned = `${encode({ alg: 'none', kid: 'key-1' })}.${encode(claims())}`
    for (const token of [`${unsigned}.`, `${unsigned}.AAAA`, unsigned]) {
      await expect(verifyWebIdentityToken(token, lookups())).rejects.toEqual(
        refused('InvalidIdentityToken', /not a valid JWT/),
      )
    }
  })

  it('refuses HS256 signed with the public key as the secret', async () => {
    const publicKey = createPublicKey({ key: key.jwk, format: 'jwk' } as JsonWebKeyInput)
    const input = `${encode({ alg: 'HS256', kid: 'key-1' })}.${encode(claims())}`
    const mac = createHmac('sha256', publicKey.export({ type: 'spki', format: 'pem' }))
      .update(input)
      .digest('base64url')
    await expect(verifyWebIdentityToken(`${input}.${mac}`, lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', /not a valid JWT/),
    )
  })

  it('refuses another key under the same kid', async () => {
    const other = await newTestKey('RS256', 'key-1')
    await expect(verifyWebIdentityToken(await other.sign(claims()), lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', /signature of the web identity token is not valid/),
    )
  })

  it('refuses a changed payload, header or signature', async () => {
    const [header, , signature = ''] = (await key.sign(claims())).split('.')
    const payload = encode(claims({ sub: 'system:serviceaccount:kube-system:admin' }))
    const flipped = Buffer.from(signature, 'base64url')
    flipped[0] = (flipped[0] ?? 0) ^ 1
    const good = await key.sign(claims())
    for (const token of [
      `${header}.${payload}.${signature}`,
      `${encode({ alg: 'RS256', kid: 'key-1', typ: 'x' })}.${good.split('.')[1]}.${good.split('.')[2]}`,
      `${good.split('.').slice(0, 2).join('.')}.${flipped.toString('base64url')}`,
    ]) {
      await expect(verifyWebIdentityToken(token, lookups())).rejects.toEqual(
        refused('InvalidIdentityToken', /signature/),
      )
    }
  })

  it('refuses a kid that the issuer does not have', async () => {
    const other = await newTestKey('RS256', 'other')
    await expect(verifyWebIdentityToken(await other.sign(claims()), lookups())).rejects.toEqual(
      refused(
        'InvalidIdentityToken',
        /^Couldn't retrieve verification key from your identity provider, {2}please reference/,
      ),
    )
  })

  it('refuses an algorithm that does not fit the key with the kid', async () => {
    const forged = `${encode({ alg: 'ES256', kid: 'key-1' })}.${encode(claims())}.${Buffer.alloc(64).toString('base64url')}`
    await expect(verifyWebIdentityToken(forged, lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', /verification key/),
    )
    const rs512 = await newTestKey('RS512', 'key-1')
    await expect(verifyWebIdentityToken(await rs512.sign(claims()), lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', /verification key/),
    )
  })

  it('refuses a curve that is not the algorithm’s, although the key names no algorithm', async () => {
    const p384 = await newTestKey('ES384', 'own')
    const { alg: _, ...jwk } = p384.jwk
    const forged = `${encode({ alg: 'ES256', kid: 'own' })}.${encode(claims())}.${Buffer.alloc(64, 1).toString('base64url')}`
    await expect(verifyWebIdentityToken(forged, lookups({ keys: [{ ...p384, jwk }] }))).rejects.toEqual(
      refused('InvalidIdentityToken', /verification key/),
    )
    await expect(
      verifyWebIdentityToken(await p384.sign(claims()), lookups({ keys: [{ ...p384, jwk }] })),
    ).resolves.toBeDefined()
  })

  it('refuses an issuer that the account did not register, the trailing slash included', async () => {
    for (const iss of ['https://other.example.org', `${ISSUER}/`, 'http://oidc.example.org/id/ABC']) {
      await expect(verifyWebIdentityToken(await key.sign(claims({ iss })), lookups())).rejects.toEqual(
        refused('InvalidIdentityToken', `^No OpenIDConnect provider found in your account for ${iss}$`),
      )
    }
  })

  it('takes the default port as not written', async () => {
    const iss = 'https://oidc.example.org:443/id/ABC'
    expect((await verifyWebIdentityToken(await key.sign(claims({ iss })), lookups())).issuer).toBe(iss)
  })

  it('gives the condition keys of an issuer with a port also without it', async () => {
    const provider = { url: '127.0.0.1:16443' }
    const identity = await verifyWebIdentityToken(
      await key.sign(claims({ iss: 'https://127.0.0.1:16443' })),
      lookups({ provider }),
    )
    expect(identity.conditionKeys['127.0.0.1:16443:sub']).toBe(SUBJECT)
    expect(identity.conditionKeys['127.0.0.1:sub']).toBe(SUBJECT)
  })

  it('accepts a token up to five minutes after its expiry', async () => {
    const token = await key.sign(claims())
    const end = NOW + 3_600_000 + CLOCK_SKEW_SECONDS * 1000
    await expect(verifyWebIdentityToken(token, lookups({ now: end - 1 }))).resolves.toBeDefined()
    await expect(verifyWebIdentityToken(token, lookups({ now: end }))).rejects.toEqual(
      refused(
        'ExpiredTokenException',
        `^Token expired: current date/time ${end / 1000} must be before the expiration date/time ${SECONDS + 3600}$`,
      ),
    )
  })

  it.each(['nbf', 'iat'])('accepts %s up to five minutes ahead', async (name) => {
    const border = SECONDS + CLOCK_SKEW_SECONDS
    await expect(verifyWebIdentityToken(await key.sign(claims({ [name]: border })), lookups())).resolves.toBeDefined()
    await expect(verifyWebIdentityToken(await key.sign(claims({ [name]: border + 1 })), lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', /not yet valid/),
    )
  })

  it.each(['iss', 'sub', 'exp', 'aud'])('refuses a token without %s', async (name) => {
    await expect(verifyWebIdentityToken(await key.sign(claims({ [name]: undefined })), lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', `^Missing a required claim: ${name}$`),
    )
  })

  it('refuses times that are no numbers', async () => {
    for (const changes of [{ exp: `${SECONDS + 3600}` }, { nbf: '0' }, { iat: null }]) {
      const token = await signRaw(key, claims(changes))
      await expect(verifyWebIdentityToken(token, lookups())).rejects.toEqual(
        refused('InvalidIdentityToken', /Invalid claim/),
      )
    }
  })

  it('refuses an audience that is not in the client id list, and every audience where the list is empty', async () => {
    const wrong = await key.sign(claims({ aud: ['https://kubernetes.default.svc'] }))
    await expect(verifyWebIdentityToken(wrong, lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', '^Incorrect token audience$'),
    )
    const right = await key.sign(claims())
    await expect(verifyWebIdentityToken(right, lookups({ provider: { clientIds: [] } }))).rejects.toEqual(
      refused('InvalidIdentityToken', '^Incorrect token audience$'),
    )
  })

  it('accepts a registered audience among others, as text or in a list', async () => {
    for (const aud of ['sts.amazonaws.com', ['other', 'sts.amazonaws.com']]) {
      expect((await verifyWebIdentityToken(await key.sign(claims({ aud })), lookups())).audience).toBe(
        'sts.amazonaws.com',
      )
    }
  })

  it('lets azp replace aud, both ways', async () => {
    const good = await verifyWebIdentityToken(
      await key.sign(claims({ azp: 'sts.amazonaws.com', aud: 'other' })),
      lookups(),
    )
    expect(good.conditionKeys).toMatchObject({
      'oidc.example.org/id/ABC:aud': 'sts.amazonaws.com',
      'oidc.example.org/id/ABC:oaud': 'other',
    })
    const bad = await key.sign(claims({ azp: 'other' }))
    await expect(verifyWebIdentityToken(bad, lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', 'Incorrect token audience'),
    )
  })

  it('never lets a claim stand in for a condition key that is judged', async () => {
    const identity = await verifyWebIdentityToken(await key.sign(claims({ oaud: 'forged', 'a:sub': 'x' })), lookups())
    expect(Object.keys(identity.conditionKeys).filter((name) => /oaud|a:sub/.test(name))).toEqual([])
  })

  it.each(['Sub', 'SUB', 'Aud'])(
    'refuses a claim %s beside the one that is judged: keys compare without case',
    async (name) => {
      const token = await key.sign(claims({ [name]: 'system:serviceaccount:kube-system:admin' }))
      await expect(verifyWebIdentityToken(token, lookups())).rejects.toEqual(
        refused('InvalidIdentityToken', 'two spellings'),
      )
    },
  )

  it('gives no OAUD for oaud', async () => {
    const { conditionKeys } = await verifyWebIdentityToken(await key.sign(claims({ OAUD: 'forged' })), lookups())
    expect(Object.keys(conditionKeys).filter((name) => /oaud/i.test(name))).toEqual([])
  })

  it.each(['aws', 'iam', 's3', 'aws-marketplace'])(
    'an issuer called %s writes none of the keys of that service',
    async (url) => {
      for (const [iss, stored, kept] of [
        [`https://${url}`, url, []],
        [`https://${url}:8443`, `${url}:8443`, [`${url}:8443:`]],
      ] as const) {
        const token = await key.sign(claims({ iss, PrincipalOrgID: 'o-forged', PermissionsBoundary: 'arn:forged' }))
        const { conditionKeys } = await verifyWebIdentityToken(token, lookups({ provider: { url: stored } }))
        const foreign = Object.keys(conditionKeys).filter((name) => !kept.some((prefix) => name.startsWith(prefix)))
        expect(foreign).toEqual([])
      }
    },
  )

  it('looks no issuer up that is longer than one that can be registered', async () => {
    const asked: string[] = []
    const looking = { ...lookups(), findProvider: (issuer: string) => void asked.push(issuer) }
    const longest = `https://oidc.example.org:443/${'x'.repeat(255 - 'https://oidc.example.org/'.length)}`
    for (const iss of [longest, `${longest}x`]) {
      await expect(verifyWebIdentityToken(await key.sign(claims({ iss })), looking)).rejects.toEqual(
        refused('InvalidIdentityToken', 'No OpenIDConnect provider found'),
      )
    }
    expect(asked).toEqual([longest])
  })

  it('remembers a good signature and still judges key, time and audience', async () => {
    const verified = new VerifiedTokens()
    const token = await key.sign(claims())
    const known = lookups({ verified })
    await verifyWebIdentityToken(token, known)
    expect(verified.size).toBe(1)
    await expect(verifyWebIdentityToken(token, known)).resolves.toMatchObject({ subject: SUBJECT })
    await expect(verifyWebIdentityToken(token, { ...known, now: NOW + 4_000_000 })).rejects.toEqual(
      refused('ExpiredTokenException', 'Token expired'),
    )
    await expect(verifyWebIdentityToken(token, lookups({ verified, provider: { clientIds: ['x'] } }))).rejects.toEqual(
      refused('InvalidIdentityToken', 'audience'),
    )
    const replaced = await newTestKey('RS256', 'key-1')
    await expect(verifyWebIdentityToken(token, lookups({ verified, keys: [replaced] }))).rejects.toEqual(
      refused('InvalidIdentityToken', 'signature'),
    )
  })

  it('does not remember a token whose signature is bad', async () => {
    const verified = new VerifiedTokens()
    const other = await newTestKey('RS256', 'key-1')
    const token = await other.sign(claims())
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(verifyWebIdentityToken(token, lookups({ verified }))).rejects.toEqual(
        refused('InvalidIdentityToken', 'signature'),
      )
    }
    expect(verified.size).toBe(0)
  })

  it('never repeats the token in a message', async () => {
    const token = `${await key.sign(claims())}x`
    const error = await verifyWebIdentityToken(token, lookups()).catch((caught: unknown) => caught)
    expect(String(error) + String((error as Error).cause)).not.toContain(token.slice(0, 40))
  })
})

describe('the form of a token', () => {
  const garbage: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['a word', 'garbage'],
    ['two parts', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['empty parts', '..'],
    ['no JSON', `${Buffer.from('{').toString('base64url')}.e30.AA`],
    ['an array', `${encode([])}.${encode({})}.AA`],
    ['padding', `${encode({ alg: 'RS256', kid: 'key-1' })}=.e30.AA`],
    ['plain base64', `${encode({ alg: 'RS256', kid: 'key-1' })}.e30.+/==`],
    ['a line break', `${encode({ alg: 'RS256', kid: 'key-1' })}.e30.AA\n`],
    ['bytes that are no UTF-8', `${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.e30.AA`],
    ['a member twice', `${Buffer.from('{"alg":"RS256","kid":"key-1","kid":"key-2"}').toString('base64url')}.e30.AA`],
    [
      'a member twice, spelt differently',
      `${Buffer.from('{"alg":"RS256","kid":"a","k\\u0069d":"b"}').toString('base64url')}.e30.AA`,
    ],
    ['crit', `${encode({ alg: 'RS256', kid: 'key-1', crit: ['exp'] })}.e30.AA`],
    ['b64', `${encode({ alg: 'RS256', kid: 'key-1', b64: false })}.e30.AA`],
    ['alg that is no text', `${encode({ alg: ['RS256'], kid: 'key-1' })}.e30.AA`],
    ['alg in another case', `${encode({ alg: 'rs256', kid: 'key-1' })}.e30.AA`],
    ['alg that is a name of Object', `${encode({ alg: 'constructor', kid: 'key-1' })}.e30.AA`],
    [
      'depth',
      `${encode({ alg: 'RS256', kid: 'key-1' })}.${Buffer.from(`{"a":${'['.repeat(6000)}${']'.repeat(6000)}}`).toString('base64url')}.AA`,
    ],
  ]
  it.each(garbage)('%s is refused as no JWT', async (_, token) => {
    await expect(verifyWebIdentityToken(token, lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', /not a valid JWT/),
    )
  })

  it('a payload with a member twice is refused even when its signature is good', async () => {
    const text = JSON.stringify(claims())
    const token = await signText(key, `${text.slice(0, -1)},"sub":"system:serviceaccount:kube-system:admin"}`)
    await expect(verifyWebIdentityToken(token, lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', /not a valid JWT/),
    )
  })

  it('20,000 characters are accepted, one more is not', async () => {
    const longest = await tokenOfLength(20_000)
    await expect(verifyWebIdentityToken(longest, lookups())).resolves.toBeDefined()
    await expect(verifyWebIdentityToken(`${longest}A`, lookups())).rejects.toEqual(
      refused('InvalidIdentityToken', /not a valid JWT/),
    )
  })

  it('a token without kid is refused', async () => {
    const token = `${encode({ alg: 'RS256' })}.${encode(claims())}.AA`
    await expect(verifyWebIdentityToken(token, lookups())).rejects.toEqual(refused('InvalidIdentityToken', /kid/))
  })

  it('keys that the header brings along are not looked at', async () => {
    const own = await newTestKey('RS256', 'key-1')
    for (const header of [
      { jwk: own.jwk },
      { jku: 'https://attacker.example/keys' },
      { x5u: 'https://attacker.example' },
    ]) {
      const token = await own.sign(claims(), header)
      await expect(verifyWebIdentityToken(token, lookups())).rejects.toEqual(
        refused('InvalidIdentityToken', /signature/),
      )
    }
  })
})

describe('parseKeySet', () => {
  it.each(['n', 'e'])('reads no number of unusable size: %s', (name) => {
    const huge = Buffer.alloc(380_000, 0xff).toString('base64url')
    const startedAt = performance.now()
    expect(parseKeySet(JSON.stringify({ keys: [{ ...key.jwk, [name]: huge }] })).keys).toEqual([])
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it('leaves out what cannot check a token', async () => {
    const { jwk } = key
    const set = parseKeySet(
      JSON.stringify({
        keys: [
          { ...jwk, use: 'enc', kid: 'enc' },
          { ...jwk, key_ops: ['sign'], kid: 'ops' },
          { kty: 'oct', k: 'AAAA', kid: 'oct' },
          { ...jwk, kid: undefined },
          { ...jwk, n: 'AQAB', kid: 'weak' },
          { ...jwk, e: 'AQ', kid: 'exponent-1' },
          null,
          { ...jwk, kid: 'good' },
        ],
      }),
    )
    expect(set.keys.map(({ keyId }) => keyId)).toEqual(['good'])
  })

  it('refuses more than a hundred keys of a family', () => {
    const keys = (count: number) =>
      JSON.stringify({ keys: Array.from({ length: count }, (_, at) => ({ ...key.jwk, kid: `k${at}` })) })
    expect(parseKeySet(keys(100)).keys).toHaveLength(100)
    expect(() => parseKeySet(keys(101))).toThrow('more than 100 RSA keys')
  })

  it.each(['', '[]', '{}', '{"keys":{}}', 'null', '{"keys":[],"keys":[]}'])('refuses %s', (text) => {
    expect(() => parseKeySet(text)).toThrow('not a JSON Web Key Set')
  })
})

async function signRaw(by: TestKey, value: unknown): Promise<string> {
  return signText(by, JSON.stringify(value))
}

/** Signs a payload as it stands, which `SignJWT` would write anew. */
async function signText(by: TestKey, payload: string): Promise<string> {
  const { CompactSign } = await import('jose')
  return new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: 'RS256', kid: 'key-1' }).sign(by.privateKey)
}

/** base64url skips every fourth length of a part, so the header is varied too. */
async function tokenOfLength(length: number): Promise<string> {
  for (const typ of ['JWT', 'JWTs', 'at+jwt']) {
    const spare = length - (await key.sign(claims({ filler: '' }), { typ })).length
    for (let filler = Math.floor((spare * 3) / 4) - 2; filler <= (spare * 3) / 4 + 2; filler++) {
      const token = await key.sign(claims({ filler: 'x'.repeat(filler) }), { typ })
      if (token.length === length) return token
    }
  }
  throw new Error('no filler gives this length')
}
