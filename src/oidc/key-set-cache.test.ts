import { beforeAll, describe, expect, it } from 'vitest'
import { KeySetCache } from './key-set-cache.ts'
import { createKeySource, type FetchedKeySet, type IssuerRecord } from './key-source.ts'
import { SIGNATURE_ALGORITHMS } from './signature-algorithm.ts'
import { newTestKey, type TestKey } from './testing/issuer.ts'

const PROVIDER = { url: 'oidc.example.org', thumbprints: [] as string[] }
const MINUTE = 60_000
const HOUR = 60 * MINUTE

let first: TestKey
let second: TestKey
beforeAll(async () => {
  first = await newTestKey('ES256', 'first')
  second = await newTestKey('ES256', 'second')
})

const algorithm = SIGNATURE_ALGORITHMS.get('ES256')
const token = (keyId: string) => {
  if (algorithm === undefined) throw new Error('ES256 is known')
  return { keyId, algorithm }
}

/** An issuer whose answers the test decides. */
function fakeIssuer(published: readonly TestKey[]) {
  const issuer = {
    published,
    maxAgeSeconds: undefined as number | undefined,
    failure: undefined as Error | undefined,
    fetches: 0,
    async fetchKeySet(): Promise<FetchedKeySet> {
      issuer.fetches++
      await Promise.resolve()
      if (issuer.failure !== undefined) throw issuer.failure
      return {
        jwks: JSON.stringify({ keys: issuer.published.map(({ jwk }) => jwk) }),
        maxAgeSeconds: issuer.maxAgeSeconds,
      }
    },
  }
  return { issuer, cache: new KeySetCache(() => issuer.fetchKeySet()) }
}

describe('KeySetCache', () => {
  it('fetches once for many calls at the same time', async () => {
    const { issuer, cache } = fakeIssuer([first])
    const found = await Promise.all(Array.from({ length: 50 }, () => cache.find(PROVIDER, token('first'), 0)))
    expect(found.every((key) => key?.keyId === 'first')).toBe(true)
    expect(issuer.fetches).toBe(1)
  })

  it('keeps a set for the time that its Cache-Control says, within a minute and an hour', async () => {
    for (const [maxAgeSeconds, lastKeptMs] of [
      [600, 600_000],
      [0, MINUTE],
      [604_800, HOUR],
      [undefined, 5 * MINUTE],
    ] as const) {
      const { issuer, cache } = fakeIssuer([first])
      issuer.maxAgeSeconds = maxAgeSeconds
      await cache.find(PROVIDER, token('first'), 0)
      await cache.find(PROVIDER, token('first'), lastKeptMs * 0.8 - 1)
      expect(issuer.fetches).toBe(1)
      await cache.find(PROVIDER, token('first'), lastKeptMs)
      expect(issuer.fetches).toBe(2)
    }
  })

  it('refreshes ahead of time beside the call that notices', async () => {
    const { issuer, cache } = fakeIssuer([first])
    await cache.find(PROVIDER, token('first'), 0)
    issuer.published = [second]
    expect((await cache.find(PROVIDER, token('first'), 4.5 * MINUTE))?.keyId).toBe('first')
    await Promise.resolve()
    expect((await cache.find(PROVIDER, token('second'), 4.6 * MINUTE))?.keyId).toBe('second')
    expect(issuer.fetches).toBe(2)
  })

  it('fetches for an unknown kid, so that a rotated key works at once', async () => {
    const { issuer, cache } = fakeIssuer([first])
    await cache.find(PROVIDER, token('first'), 0)
    issuer.published = [first, second]
    expect((await cache.find(PROVIDER, token('second'), 1))?.keyId).toBe('second')
  })

  it('does not let unknown kids drive fetches', async () => {
    const { issuer, cache } = fakeIssuer([first])
    await cache.find(PROVIDER, token('first'), 0)
    for (let at = 0; at < 1000; at++) {
      expect(await cache.find(PROVIDER, token(`unknown-${at}`), 1000 + at)).toBeUndefined()
    }
    expect(issuer.fetches).toBe(1 + 3)
    await cache.find(PROVIDER, token('another'), 1000 + 29_999)
    expect(issuer.fetches).toBe(1 + 3)
    await cache.find(PROVIDER, token('another'), 1000 + 30_000)
    expect(issuer.fetches).toBe(1 + 4)
    await cache.find(PROVIDER, token('another'), 1000 + 31_000)
    expect(issuer.fetches).toBe(1 + 4)
  })

  it('refuses a removed key after the refresh', async () => {
    const { issuer, cache } = fakeIssuer([first, second])
    await cache.find(PROVIDER, token('first'), 0)
    issuer.published = [second]
    expect(await cache.find(PROVIDER, token('first'), 6 * MINUTE)).toBeUndefined()
  })

  it('keeps the key objects where the document is the same, and only there', async () => {
    const { issuer, cache } = fakeIssuer([first])
    const before = await cache.find(PROVIDER, token('first'), 0)
    expect(await cache.find(PROVIDER, token('first'), HOUR)).toBe(before)
    issuer.published = [first, second]
    expect(await cache.find(PROVIDER, token('first'), 2 * HOUR)).not.toBe(before)
  })

  it('serves old keys for six hours while the issuer fails, asking at most every ten seconds', async () => {
    const { issuer, cache } = fakeIssuer([first])
    await cache.find(PROVIDER, token('first'), 0)
    issuer.failure = new Error('down')
    const end = 5 * MINUTE + 6 * HOUR
    expect((await cache.find(PROVIDER, token('first'), 10 * MINUTE))?.keyId).toBe('first')
    expect((await cache.find(PROVIDER, token('first'), 10 * MINUTE + 9999))?.keyId).toBe('first')
    expect(issuer.fetches).toBe(2)
    expect((await cache.find(PROVIDER, token('first'), end - 1))?.keyId).toBe('first')
    await expect(cache.find(PROVIDER, token('first'), end)).rejects.toMatchObject({ code: 'IDPCommunicationError' })
    issuer.failure = undefined
    expect((await cache.find(PROVIDER, token('first'), end + 10_000))?.keyId).toBe('first')
  })

  it('says that an issuer is out of reach without asking it for every call', async () => {
    const { issuer, cache } = fakeIssuer([first])
    issuer.failure = new Error('down')
    for (const now of [0, 1, 9999]) {
      await expect(cache.find(PROVIDER, token('first'), now)).rejects.toMatchObject({ code: 'IDPCommunicationError' })
    }
    expect(issuer.fetches).toBe(1)
    issuer.failure = undefined
    expect((await cache.find(PROVIDER, token('first'), 10_000))?.keyId).toBe('first')
  })

  it('does not share a set between providers with other thumbprints', async () => {
    const { issuer, cache } = fakeIssuer([first])
    await cache.find(PROVIDER, token('first'), 0)
    await cache.find({ ...PROVIDER, thumbprints: ['a'.repeat(40)] }, token('first'), 0)
    expect(issuer.fetches).toBe(2)
  })

  it('forgets the issuer that was used longest ago', async () => {
    const { issuer, cache } = fakeIssuer([first])
    for (let at = 0; at <= 1000; at++) await cache.find({ ...PROVIDER, url: `i${at}.example` }, token('first'), 0)
    expect(issuer.fetches).toBe(1001)
    await cache.find({ ...PROVIDER, url: 'i1000.example' }, token('first'), 0)
    expect(issuer.fetches).toBe(1001)
    await cache.find({ ...PROVIDER, url: 'i0.example' }, token('first'), 0)
    expect(issuer.fetches).toBe(1002)
  })
})

describe('createKeySource', () => {
  const provider = { ...PROVIDER, providerArn: 'arn', accountId: '111122223333', clientIds: [] }

  it('takes stored keys before fetched ones, and drops what it parsed when the record changes', async () => {
    let record: IssuerRecord | undefined
    const { issuer } = fakeIssuer([first])
    const source = createKeySource({ findIssuer: () => record, fetchKeySet: issuer.fetchKeySet })
    const upload = (key: TestKey): IssuerRecord => ({
      issuerUrl: 'https://oidc.example.org',
      accountId: provider.accountId,
      kind: 'uploaded',
      jwks: JSON.stringify({ keys: [key.jwk] }),
    })
    record = upload(second)
    const found = await source.find(provider, token('second'), 0)
    expect(found?.keyId).toBe('second')
    expect(await source.find(provider, token('second'), 1)).toBe(found)
    expect(await source.find(provider, token('first'), 0)).toBeUndefined()
    expect(issuer.fetches).toBe(0)
    expect(await source.status(provider)).toMatchObject({ kind: 'uploaded' })
    record = upload(first)
    expect(await source.find(provider, token('second'), 0)).toBeUndefined()
    record = undefined
    expect((await source.find(provider, token('first'), 0))?.keyId).toBe('first')
    expect(await source.status(provider)).toMatchObject({ kind: 'fetched', fetchedAt: 0, freshUntil: 5 * MINUTE })
  })
})
