import { describe, expect, test } from 'vitest'
import { openMetrics } from './metrics.ts'
import { type SiteParts, siteAnswer } from './site.ts'

const HEX = '0123456789ABCDEF0123456789ABCDEF'

interface Sent {
  readonly method?: string
  readonly path: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly sourceAddress?: string
}

function site(parts: Partial<SiteParts> = {}) {
  const failures: unknown[] = []
  const whole: SiteParts = {
    ready: async () => {},
    catchUp: () => {},
    metrics: openMetrics(),
    issuerDocument: async (hostedId, document) => (hostedId === HEX ? `{"is":"${document}"}` : undefined),
    marketplaceKeys: async () => '{"keys":[]}',
    reset: undefined,
    failed: (error) => failures.push(error),
    ...parts,
  }
  const send = async ({ method = 'GET', path, query = '', headers = {}, sourceAddress = '127.0.0.1' }: Sent) => {
    const head = { method, path, query, headers, sourceAddress, isSecure: false }
    const readBody = async () => new Uint8Array()
    const answer = await siteAnswer({ head, readBody, streamBody: async function* () {} }, whole)
    return answer && { status: answer.status, body: String(answer.body), headers: answer.headers }
  }
  return { send, failures }
}

test('healthz says that the process lives, readyz whether the database answers', async () => {
  expect(await site().send({ path: '/healthz' })).toMatchObject({ status: 200, body: 'ok\n' })
  expect(await site().send({ path: '/readyz' })).toMatchObject({ status: 200, body: 'ready\n' })
  const ready = () => Promise.reject(new Error('secret host'))
  const { send } = site({ ready })
  expect(await send({ path: '/healthz' })).toMatchObject({ status: 200 })
  expect(await send({ path: '/readyz' })).toMatchObject({ status: 503, body: expect.not.stringContaining('secret') })
})

test('metrics are in the text format of Prometheus', async () => {
  const answer = await site().send({ path: '/metrics' })
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': expect.stringMatching(/^text\/plain/) } })
  expect(answer?.body).toContain('# TYPE openirsa_requests_total counter')
})

describe('hosted issuers', () => {
  test.each([
    [`/id/${HEX}/.well-known/openid-configuration`, 'discovery'],
    [`/id/${HEX.toLowerCase()}/keys`, 'keys'],
  ])('%s', async (path, document) => {
    expect(await site().send({ path })).toEqual({
      status: 200,
      body: `{"is":"${document}"}`,
      headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' },
    })
  })

  test('one that does not exist is 404', async () => {
    expect(await site().send({ path: `/id/${'0'.repeat(32)}/keys` })).toMatchObject({ status: 404 })
  })

  test('see what other processes have changed, and are not answered from a stale cache', async () => {
    let isCaughtUp = false
    const issuerDocument = async () => (isCaughtUp ? 'new' : 'old')
    const catchUp = async () => {
      isCaughtUp = true
    }
    expect(await site({ issuerDocument, catchUp }).send({ path: `/id/${HEX}/keys` })).toMatchObject({ body: 'new' })
    const cause = new Error('database')
    const { send, failures } = site({ catchUp: () => Promise.reject(cause) })
    expect(await send({ path: `/id/${HEX}/keys` })).toMatchObject({
      status: 503,
      body: 'The server cannot answer now.\n',
    })
    expect(failures).toEqual([cause])
  })
})

test.each<[string, Sent]>([
  ['a path that is longer', { path: '/healthz/' }],
  ['another method', { path: '/healthz', method: 'POST' }],
  ['an issuer of 31 digits', { path: `/id/${HEX.slice(1)}/keys` }],
  ['a signature in a header', { path: '/healthz', headers: { authorization: 'AWS4-HMAC-SHA256 …' } }],
  ['a signature in the query', { path: '/healthz', query: 'X-Amz-Signature=1' }],
  ['reset by GET', { path: '/_openirsa/reset' }],
])("is AWS's: %s", async (_, sent) => {
  expect(await site({ reset: async () => {} }).send(sent)).toBeUndefined()
})

test('HEAD finds what GET finds', async () => {
  expect(await site().send({ path: '/healthz', method: 'HEAD' })).toMatchObject({ status: 200 })
})

describe('reset', () => {
  const RESET = { method: 'POST', path: '/_openirsa/reset', headers: { host: '127.0.0.1:4566' } }

  function resettable() {
    const resets: number[] = []
    const reset = async () => {
      resets.push(1)
    }
    return { ...site({ reset }), resets }
  }

  test('does not exist without --dev', async () => {
    expect(await site().send(RESET)).toMatchObject({ status: 403, body: expect.stringContaining('--dev') })
  })

  test.each(['localhost', 'localhost:4566', '127.0.0.1', '127.8.8.8:1', '[::1]:4566'])('works on %s', async (host) => {
    const { send, resets } = resettable()
    expect(await send({ ...RESET, headers: { host } })).toMatchObject({ status: 200 })
    expect(resets).toHaveLength(1)
  })

  test.each<[string, Partial<Sent>]>([
    ['another address', { sourceAddress: '192.0.2.1' }],
    ['an address that begins like loopback', { sourceAddress: '127.0.0.1.example' }],
    ['a page of another origin', { headers: { host: 'localhost', origin: 'https://evil.example' } }],
    ['a page that hides its origin', { headers: { host: 'localhost', origin: 'null' } }],
    ['a browser', { headers: { host: 'localhost', 'sec-fetch-site': 'cross-site' } }],
    ['a rebound name', { headers: { host: 'evil.example:4566' } }],
    ['a name that begins like loopback', { headers: { host: 'localhost.evil.example' } }],
    ['no name', { headers: {} }],
  ])('is refused to %s', async (_, more) => {
    const { send, resets } = resettable()
    expect(await send({ ...RESET, ...more })).toMatchObject({ status: 403 })
    expect(resets).toEqual([])
  })
})
