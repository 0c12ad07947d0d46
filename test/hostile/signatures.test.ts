import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSession, type SessionRecord, sealSession } from '../../src/access/authentication/session-token.ts'
import { newAccessKeyId } from '../../src/aws/access-key-id.ts'
import { newSecretAccessKey } from '../../src/aws/unique-id.ts'
import { presign } from '../../src/sigv4/sign.ts'
import { type KeyRing, openKeyRing } from '../../src/store/key-ring.ts'
import { openStoreAt } from '../../src/store/testing/store-at.ts'
import {
  type Key,
  meteringCall,
  queryCall,
  RawClient,
  type RawRequest,
  restCall,
  type ServiceCall,
} from '../support/raw-request.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'
import { snapshot } from '../support/state.ts'

/** How each protocol family spells one refusal. */
interface Spelled {
  readonly query: string
  readonly json: string
  readonly s3: string
  /** 403 unless said otherwise; S3 alone differs where it does. */
  readonly s3Status?: number
}

interface HostileCase {
  readonly title: string
  readonly answer: Spelled
  /** Makes of a call what a stranger would send. */
  send(call: ServiceCall, client: RawClient): RawRequest | Promise<RawRequest>
}

const MISMATCH: Spelled = {
  query: 'SignatureDoesNotMatch',
  json: 'InvalidSignatureException',
  s3: 'SignatureDoesNotMatch',
}
const UNKNOWN_KEY: Spelled = {
  query: 'InvalidClientTokenId',
  json: 'UnrecognizedClientException',
  s3: 'InvalidAccessKeyId',
}
const EXPIRED: Spelled = { query: 'ExpiredToken', json: 'ExpiredTokenException', s3: 'ExpiredToken' }
const SKEWED: Spelled = { ...MISMATCH, s3: 'RequestTimeTooSkewed' }
const UNSIGNED: Spelled = {
  query: 'MissingAuthenticationToken',
  json: 'MissingAuthenticationTokenException',
  // Nobody may be allowed on S3 by a bucket's policy, so it is permission that is missing.
  s3: 'AccessDenied',
}

/** Calls that would leave something behind, each, if it were let in. */
const CALLS: readonly (ServiceCall & { readonly title: string; readonly family: 'query' | 'json' | 's3' })[] = [
  { title: 'IAM', family: 'query', ...queryCall('iam', 'CreateUser', { UserName: 'stranger' }) },
  {
    title: 'STS',
    family: 'query',
    ...queryCall('sts', 'AssumeRole', {
      RoleArn: 'arn:aws:iam::111122223333:role/target',
      RoleSessionName: 'stranger',
    }),
  },
  {
    title: 'EKS',
    family: 'json',
    ...restCall('eks', 'POST', '/clusters', {
      name: 'stranger',
      roleArn: 'arn:aws:iam::111122223333:role/any',
      resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
    }),
  },
  { title: 'S3', family: 's3', ...restCall('s3', 'PUT', '/hostile-bucket/stranger', 'written by a stranger') },
  {
    title: 'Marketplace Metering',
    family: 'json',
    ...meteringCall('MeterUsage', {
      ProductCode: 'abcdefghijklmnopqrstuvwxy',
      Timestamp: Math.floor(Date.now() / 1000),
      UsageDimension: 'stranger',
      UsageQuantity: 1,
    }),
  },
  {
    title: 'OpenIRSA',
    family: 'json',
    ...restCall('openirsa', 'POST', '/openirsa/clusters', {
      name: 'stranger-attached',
      issuerUrl: 'https://192.0.2.1',
    }),
  },
]

/** Keys of the admin's and of others, made before the tests. */
const keys: Record<'inactive' | 'deleted' | 'session' | 'expired' | 'foreign', Key> = Object.create(null)
let server: TestServer
let client: RawClient

const minutes = (count: number, seconds = 0) => (count * 60 + seconds) * 1000
/** A time of signing with whole seconds, so that the age is the one that is meant. */
const secondsFrom = (milliseconds: number, round: (value: number) => number) =>
  round((Date.now() + milliseconds) / 1000) * 1000

function signedWith(key: () => Key): HostileCase['send'] {
  return (call, raw) => raw.sign(call, key())
}

function changed(call: ServiceCall, raw: RawClient, change: (signed: RawRequest) => Partial<RawRequest>): RawRequest {
  const signed = raw.sign({ ...call, headers: { ...call.headers, 'x-thing': 'one' } }, ADMIN)
  return { ...signed, ...change(signed) }
}

function withoutHeader({ headers }: RawRequest, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name))
}

function withAuthorization(signed: RawRequest, edit: (authorization: string) => string): Partial<RawRequest> {
  return { headers: { ...signed.headers, authorization: edit(signed.headers.authorization ?? '') } }
}

/** Still a body that its operation understands. */
function otherBody({ body }: RawRequest): Uint8Array {
  return Buffer.from(Buffer.from(body).toString().replace('stranger', 'strangle'))
}

/** For the host label that names the service where there is no signature to name it. */
const HOST_LABELS: Readonly<Record<string, string>> = { 'aws-marketplace': 'metering.marketplace', s3: 's3' }

const CASES: readonly HostileCase[] = [
  {
    title: 'unsigned',
    answer: UNSIGNED,
    send: (call) => ({
      ...call,
      headers: { ...call.headers, host: `${HOST_LABELS[call.service] ?? call.service}.us-east-1.amazonaws.com` },
    }),
  },
  {
    title: 'of an unknown key',
    answer: UNKNOWN_KEY,
    send: signedWith(() => ({ ...ADMIN, accessKeyId: 'AKIAUNKNOWNUNKNOWNUN' })),
  },
  { title: 'of an inactive key', answer: UNKNOWN_KEY, send: signedWith(() => keys.inactive) },
  { title: 'of a deleted key', answer: UNKNOWN_KEY, send: signedWith(() => keys.deleted) },
  {
    title: 'with the wrong secret',
    answer: MISMATCH,
    send: signedWith(() => ({ ...ADMIN, secretAccessKey: newSecretAccessKey() })),
  },
  {
    title: 'with an empty secret',
    answer: MISMATCH,
    send: signedWith(() => ({ ...ADMIN, secretAccessKey: '' })),
  },
  {
    title: 'with another body than was signed',
    // S3 signs the body's hash in a header of its own, and says which of the two it is.
    answer: { ...MISMATCH, s3: 'XAmzContentSHA256Mismatch', s3Status: 400 },
    send: (call, raw) => changed(call, raw, () => ({ body: otherBody(call) })),
  },
  {
    title: 'with the hash of another body than was signed',
    answer: MISMATCH,
    send: (call, raw) => {
      const body = otherBody(call)
      const { 'x-amz-content-sha256': hash = '' } = raw.sign({ ...call, service: 's3', body }, ADMIN).headers
      return changed(call, raw, ({ headers }) => ({ body, headers: { ...headers, 'x-amz-content-sha256': hash } }))
    },
  },
  {
    title: 'with a signed header changed',
    answer: MISMATCH,
    send: (call, raw) => changed(call, raw, ({ headers }) => ({ headers: { ...headers, 'x-thing': 'two' } })),
  },
  {
    title: 'with a signed header taken away',
    answer: MISMATCH,
    send: (call, raw) => changed(call, raw, (signed) => ({ headers: withoutHeader(signed, 'x-thing') })),
  },
  {
    title: 'with an x-amz- header added',
    answer: { ...MISMATCH, s3: 'AccessDenied' },
    send: (call, raw) => changed(call, raw, ({ headers }) => ({ headers: { ...headers, 'x-amz-meta-added': '1' } })),
  },
  {
    title: 'with another host than was signed',
    answer: MISMATCH,
    send: (call, raw) => changed(call, raw, ({ headers }) => ({ headers: { ...headers, host: 'localhost:1' } })),
  },
  {
    title: 'that does not sign its host',
    answer: { ...MISMATCH, s3: 'AccessDenied' },
    send: (call, raw) => changed(call, raw, (signed) => withAuthorization(signed, (text) => text.replace('host;', ''))),
  },
  {
    title: 'with its date changed',
    answer: MISMATCH,
    send: (call, raw) =>
      changed(call, raw, ({ headers }) => {
        const [day = '', time = ''] = (headers['x-amz-date'] ?? '').split('T')
        return {
          headers: {
            ...headers,
            'x-amz-date': `${day}T${time.replace(/\dZ$/, (end) => (end === '0Z' ? '1Z' : '0Z'))}`,
          },
        }
      }),
  },
  {
    title: 'with a parameter added to the query',
    answer: MISMATCH,
    send: (call, raw) => changed(call, raw, () => ({ query: 'added=1' })),
  },
  {
    title: 'that says another region than was signed',
    answer: MISMATCH,
    send: (call, raw) =>
      changed(call, raw, (signed) => withAuthorization(signed, (text) => text.replace('/us-east-1/', '/eu-west-1/'))),
  },
  {
    title: 'with the date of another day in its scope',
    answer: { ...MISMATCH, s3: 'AuthorizationHeaderMalformed', s3Status: 400 },
    send: (call, raw) =>
      changed(call, raw, (signed) => withAuthorization(signed, (text) => text.replace(/\/\d{8}\//, '/20200101/'))),
  },
  {
    title: 'with a signature of another length',
    answer: MISMATCH,
    send: (call, raw) =>
      changed(call, raw, (signed) => withAuthorization(signed, (text) => text.replace(/Signature=\w+/, 'Signature=0'))),
  },
  {
    title: 'of 15:01 minutes ago',
    answer: SKEWED,
    send: (call, raw) => raw.sign(call, ADMIN, { now: secondsFrom(-minutes(15, 1), Math.floor) }),
  },
  {
    title: 'of 15:01 minutes from now',
    answer: SKEWED,
    send: (call, raw) => raw.sign(call, ADMIN, { now: secondsFrom(minutes(15, 2), Math.ceil) }),
  },
  {
    title: 'of years ago',
    answer: SKEWED,
    send: (call, raw) => raw.sign(call, ADMIN, { now: Date.UTC(2015, 7, 30) }),
  },
  {
    title: 'of a session from another installation',
    answer: UNKNOWN_KEY,
    send: signedWith(() => keys.foreign),
  },
  {
    title: 'of a session whose token was changed in one character',
    answer: UNKNOWN_KEY,
    send: signedWith(() => ({ ...keys.session, sessionToken: flipped(keys.session.sessionToken ?? '') })),
  },
  {
    title: 'of a session whose token is garbage',
    answer: UNKNOWN_KEY,
    send: signedWith(() => ({ ...keys.session, sessionToken: 'garbage' })),
  },
  {
    title: "of a session's key without its token",
    answer: UNKNOWN_KEY,
    send: signedWith(() => ({ ...keys.session, sessionToken: undefined })),
  },
  {
    title: "of a session's key with another session's token",
    answer: UNKNOWN_KEY,
    send: signedWith(() => ({ ...keys.expired, sessionToken: keys.session.sessionToken })),
  },
  {
    title: "of a user's key with a session's token",
    answer: UNKNOWN_KEY,
    send: signedWith(() => ({ ...ADMIN, sessionToken: keys.session.sessionToken })),
  },
  {
    title: "of a session with another session's secret",
    answer: MISMATCH,
    send: signedWith(() => ({ ...keys.session, secretAccessKey: keys.foreign.secretAccessKey })),
  },
  { title: 'of an expired session', answer: EXPIRED, send: signedWith(() => keys.expired) },
  {
    title: 'with signature version 4A',
    answer: {
      query: 'IncompleteSignature',
      json: 'IncompleteSignatureException',
      s3: 'InvalidRequest',
      s3Status: 400,
    },
    send: (call, raw) =>
      changed(call, raw, (signed) =>
        withAuthorization(signed, (text) =>
          text.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256').replace('/us-east-1/', '/'),
        ),
      ),
  },
  {
    title: 'with an Authorization header that is cut off',
    answer: {
      query: 'IncompleteSignature',
      json: 'IncompleteSignatureException',
      s3: 'AuthorizationHeaderMalformed',
      s3Status: 400,
    },
    send: (call, raw) =>
      changed(call, raw, (signed) => withAuthorization(signed, (text) => text.split(', Signature')[0] ?? '')),
  },
]

beforeAll(async () => {
  server = await startServer()
  client = new RawClient(server)
  const trust = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'sts:AssumeRole' }
  await succeed(
    queryCall('iam', 'CreateRole', {
      RoleName: 'target',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  )
  await succeed(
    queryCall('iam', 'AttachRolePolicy', {
      RoleName: 'target',
      PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
    }),
  )
  await succeed(restCall('s3', 'PUT', '/hostile-bucket'))
  keys.inactive = await newUserKey('inactive')
  await succeed(
    queryCall('iam', 'UpdateAccessKey', {
      UserName: 'inactive',
      AccessKeyId: keys.inactive.accessKeyId,
      Status: 'Inactive',
    }),
  )
  keys.deleted = await newUserKey('deleted')
  await succeed(queryCall('iam', 'DeleteAccessKey', { UserName: 'deleted', AccessKeyId: keys.deleted.accessKeyId }))
  const assumed = await succeed(
    queryCall('sts', 'AssumeRole', { RoleArn: 'arn:aws:iam::111122223333:role/target', RoleSessionName: 'known' }),
  )
  keys.session = {
    accessKeyId: assumed.xml('AccessKeyId'),
    secretAccessKey: assumed.xml('SecretAccessKey'),
    sessionToken: assumed.xml('SessionToken'),
  }
  await makeSessionsByHand()
  // Whatever the server makes at the first use of a service is there before the first snapshot.
  for (const call of CALLS) await client.send({ ...call, headers: { ...call.headers, host: client.host } })
})

afterAll(async () => {
  expect(await server.stop()).toBe(0)
})

describe.each(CALLS)('a request to $title', (call) => {
  test.for(CASES)('$title is refused, and leaves nothing', async ({ answer, send }) => {
    const before = snapshot(server.dataDir)
    const refused = await client.send(await send(call, client))
    expect([refused.code, refused.status]).toEqual([
      answer[call.family],
      call.family === 's3' ? (answer.s3Status ?? 403) : 403,
    ])
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test('with signature version 2 is refused', async () => {
    const before = snapshot(server.dataDir)
    const headers = { ...call.headers, authorization: `AWS ${ADMIN.accessKeyId}:AAAAAAAAAAAAAAAAAAAAAAAAAAA=` }
    const refused = await client.send({ ...call, headers })
    // Only S3 ever had it in this header, so such a request is taken for one to S3.
    const answer = call.family === 's3' ? ['InvalidRequest', 400] : ['MethodNotAllowed', 405]
    expect([refused.code, refused.status]).toEqual(answer)
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test.for(['ec2', 'execute-api', 'iam2', 'x'.repeat(64)])('signed for the service %s is refused', async (service) => {
    const before = snapshot(server.dataDir)
    const refused = await client.call(call, ADMIN, { service })
    expect([refused.code, refused.status]).toEqual(['InvalidAction', 400])
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test('signed for another service of this server is refused', async () => {
    const before = snapshot(server.dataDir)
    for (const service of ['iam', 'sts', 'eks', 's3', 'aws-marketplace', 'openirsa'].filter(
      (name) => name !== call.service,
    )) {
      const refused = await client.call(call, ADMIN, { service })
      expect([service, refused.status]).toEqual([
        service,
        expect.toSatisfy((status) => (status >= 400 && status < 500) || status === 501),
      ])
    }
    expect(snapshot(server.dataDir)).toEqual(before)
  })
})

describe('a clock that is off by less than 15 minutes', () => {
  test.for([-minutes(14, 59), minutes(14, 59)])('is accepted (%s ms)', async (offset) => {
    const now = secondsFrom(offset, offset < 0 ? Math.ceil : Math.floor)
    for (const call of [queryCall('iam', 'GetUser'), restCall('s3', 'GET', '/'), restCall('eks', 'GET', '/clusters')]) {
      expect((await client.call(call, ADMIN, { now })).status).toBe(200)
    }
  })
})

describe('a presigned request', () => {
  const link = (path: string, expiresSeconds: number, now = Date.now(), key: Key = ADMIN, method = 'GET') => {
    const call = { ...restCall('s3', method, path), headers: { host: client.host } }
    const signer = { region: 'us-east-1', service: 's3', now, ...key, sessionToken: key.sessionToken }
    const query = presign(call, expiresSeconds, signer)
    client.remember(/X-Amz-Signature=(\w+)/.exec(query)?.[1])
    return { ...call, query }
  }
  const refusal = async (request: RawRequest) => {
    const { code, status } = await client.send(request)
    return [code, status]
  }

  beforeAll(async () => {
    await succeed(restCall('s3', 'PUT', '/hostile-bucket/linked', 'linked'))
    await succeed(restCall('s3', 'PUT', '/hostile-bucket/unlinked', 'unlinked'))
  })

  test('is good until its expiry, and refused a second after', async () => {
    const age = secondsFrom(-minutes(60), Math.floor)
    expect((await client.send(link('/hostile-bucket/linked', 3605, age))).text).toBe('linked')
    expect(await refusal(link('/hostile-bucket/linked', 3599, age))).toEqual(['AccessDenied', 403])
  })

  test('is refused for another path, method, host, expiry, key or parameter than was signed', async () => {
    const good = link('/hostile-bucket/linked', 60)
    expect((await client.send(good)).status).toBe(200)
    const mismatch = ['SignatureDoesNotMatch', 403]
    expect(await refusal({ ...good, path: '/hostile-bucket/unlinked' })).toEqual(mismatch)
    expect(await refusal({ ...good, path: '/hostile-bucket//linked' })).toEqual(mismatch)
    expect(await refusal({ ...good, method: 'DELETE' })).toEqual(mismatch)
    expect(await refusal({ ...good, method: 'PUT', body: Buffer.from('new') })).toEqual(mismatch)
    expect(await refusal({ ...good, headers: { host: 'localhost' } })).toEqual(mismatch)
    expect(await refusal({ ...good, query: good.query.replace('Expires=60', 'Expires=6000') })).toEqual(mismatch)
    expect(await refusal({ ...good, query: `${good.query}&versionId=1` })).toEqual(mismatch)
    expect(await refusal({ ...good, query: good.query.replace(/Signature=\w/, 'Signature=g') })).toEqual(mismatch)
    expect(await refusal({ ...good, query: good.query.replace(ADMIN.accessKeyId, 'AKIAUNKNOWNUNKNOWNUN') })).toEqual([
      'InvalidAccessKeyId',
      403,
    ])
  })

  test('is refused with a signature parameter twice, beside a header, or out of range', async () => {
    const good = link('/hostile-bucket/linked', 60)
    const bad = ['AuthorizationQueryParametersError', 400]
    expect(await refusal({ ...good, query: `${good.query}&X-Amz-Expires=600` })).toEqual(bad)
    expect(await refusal({ ...good, query: `X-Amz-Signature=0&${good.query}` })).toEqual(bad)
    expect(await refusal(link('/hostile-bucket/linked', 604_801))).toEqual(bad)
    expect(await refusal(link('/hostile-bucket/linked', 0))).toEqual(bad)
    const signed = client.sign(restCall('s3', 'GET', '/hostile-bucket/linked'), ADMIN)
    expect(await refusal({ ...signed, query: good.query })).toEqual(['InvalidArgument', 400])
  })

  test("of a session is refused with another session's token, and after the session", async () => {
    const good = link('/hostile-bucket/linked', 60, Date.now(), keys.session)
    expect((await client.send(good)).status).toBe(200)
    const foreign = link('/hostile-bucket/linked', 60, Date.now(), keys.foreign)
    expect(await refusal(foreign)).toEqual(['InvalidAccessKeyId', 403])
    const expired = link('/hostile-bucket/linked', 60, Date.now(), keys.expired)
    expect(await refusal(expired)).toEqual(['ExpiredToken', 403])
  })

  test('of STS is refused when its host or its action is changed, or after 15 minutes', async () => {
    const call = {
      ...restCall('s3', 'GET', '/?Action=GetCallerIdentity&Version=2011-06-15'),
      headers: { host: client.host },
    }
    const signer = { ...ADMIN, region: 'us-east-1', service: 'sts', sessionToken: undefined }
    const good = { ...call, query: presign(call, 60, { ...signer, now: Date.now() }) }
    expect((await client.send(good)).status).toBe(200)
    expect(await refusal({ ...good, headers: { host: 'sts.amazonaws.com' } })).toEqual(['SignatureDoesNotMatch', 403])
    expect(await refusal({ ...good, query: good.query.replace('GetCallerIdentity', 'GetSessionToken') })).toEqual([
      'SignatureDoesNotMatch',
      403,
    ])
    const old = presign(call, 604_800, { ...signer, now: secondsFrom(-minutes(15, 1), Math.floor) })
    expect(await refusal({ ...call, query: old })).toEqual(['SignatureDoesNotMatch', 403])
  })
})

test.for(CALLS)('the very request to $title that was refused so often is accepted as it was signed', async (call) => {
  expect((await client.call(call, ADMIN)).status).toBeLessThan(300)
  expect((await client.call(queryCall('sts', 'GetCallerIdentity'), keys.session)).status).toBe(200)
})

test('no secret, token or signature of this suite is in a log line or a refusal', () => {
  expect(server.log().length).toBeGreaterThan(CASES.length * CALLS.length)
  expect(client.leaks(server.log())).toEqual([])
})

async function succeed(call: ServiceCall) {
  const answer = await client.call(call, ADMIN)
  expect(answer.text.slice(0, 500) + answer.status).toMatch(/20\d$/)
  return answer
}

async function newUserKey(userName: string): Promise<Key> {
  await succeed(queryCall('iam', 'CreateUser', { UserName: userName }))
  await succeed(
    queryCall('iam', 'AttachUserPolicy', {
      UserName: userName,
      PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
    }),
  )
  const made = await succeed(queryCall('iam', 'CreateAccessKey', { UserName: userName }))
  const key = { accessKeyId: made.xml('AccessKeyId'), secretAccessKey: made.xml('SecretAccessKey') }
  expect((await client.call(queryCall('iam', 'GetUser'), key)).status).toBe(200)
  return key
}

/** With the installation's own master key: a session that is over; with one that strangers made: one that looks right. */
async function makeSessionsByHand(): Promise<void> {
  const masterKey = Buffer.from(readFileSync(path.join(server.dataDir, 'master-key'), 'utf8'), 'base64')
  const store = await openStoreAt(path.join(server.dataDir, 'openirsa.sqlite'))
  const strangersStore = await openStoreAt(':memory:')
  try {
    const ring = await openKeyRing(store, masterKey, Date.now)
    const record = openSession(ring, keys.session.sessionToken ?? '')
    if (record === undefined) throw new Error("the server's session does not open")
    const now = Date.now()
    keys.expired = sealed(ring, { ...record, issuedAt: now - 901_000, expiresAt: now - 1_000 })
    const strangersRing = await openKeyRing(strangersStore, randomBytes(32), Date.now)
    keys.foreign = sealed(strangersRing, record)
  } finally {
    await store.close()
    await strangersStore.close()
  }
}

function sealed(ring: KeyRing, record: SessionRecord): Key {
  const accessKeyId = newAccessKeyId('temporary', '111122223333')
  const secretAccessKey = newSecretAccessKey()
  return { accessKeyId, secretAccessKey, sessionToken: sealSession(ring, { ...record, accessKeyId, secretAccessKey }) }
}

function flipped(text: string): string {
  const place = Math.floor(text.length / 2)
  return text.slice(0, place) + (text[place] === 'A' ? 'B' : 'A') + text.slice(place + 1)
}
