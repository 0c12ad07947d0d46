import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import { openDenialRecords } from '../../access/denials/denial-records.ts'
import type { Operation, RequirementContext } from '../../access/operation.ts'
import { insertHostedIssuer, openIssuerRecords } from '../../access/records/issuer-records.ts'
import { generateSigningKey } from '../../oidc/hosted-issuer.ts'
import { storedIssuerUrl } from '../../oidc/issuer-url.ts'
import { createKeySource } from '../../oidc/key-source.ts'
import { newTestKey, type TestKey } from '../../oidc/testing/issuer.ts'
import { verifyWebIdentityToken } from '../../oidc/verify.ts'
import { type KeyRing, openKeyRing } from '../../store/key-ring.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { attachCluster, detachCluster } from './attach-cluster.ts'
import { listClusters } from './cluster.ts'
import { getClusterKeys, updateClusterKeys } from './cluster-keys.ts'
import { createServiceAccountToken } from './create-service-account-token.ts'
import type { OpenIrsaDependencies } from './dependencies.ts'
import { rotateClusterKey } from './rotate-cluster-key.ts'
import * as schemas from './schemas.ts'
import { OPENIRSA } from './service.ts'

const NOW = Date.UTC(2026, 8, 1, 12)
const DAY = 86_400_000
const ACCOUNT = '111122223333'
const OTHER = '444455556666'
const ISSUER = 'https://oidc.example.org/cluster'
const HOSTED = 'https://oidc.us-east-1.openirsa.internal/id/0123456789ABCDEF0123456789ABCDEF'
const ARN = `arn:aws:eks:us-east-1:${ACCOUNT}:cluster/demo`

let store: Store
let keyRing: KeyRing
let dependencies: OpenIrsaDependencies
let fetched: TestKey[] | undefined
let key: TestKey
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  keyRing = await openKeyRing(store, Buffer.alloc(32, 7), () => NOW)
  const issuers = openIssuerRecords(store)
  const keys = createKeySource({
    findIssuer: issuers.findIssuer,
    fetchKeySet: async () => {
      if (fetched === undefined) throw new Error('connect ECONNREFUSED')
      return { jwks: jwksOf(...fetched), maxAgeSeconds: undefined }
    },
  })
  const denials = openDenialRecords(store.reads, async () => {})
  dependencies = { store, keyRing, issuers, keys, denials, isDev: false }
  fetched = undefined
  key = await newTestKey('ES256', 'key-1')
})
afterEach(() => store.close())

const jwksOf = (...keys: readonly TestKey[]) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })

function run<Input, Output>(
  operation: Operation<Input, Output, OpenIrsaDependencies>,
  input: Input,
  options: { readonly accountId?: string; readonly now?: number; readonly isDev?: boolean } = {},
): Promise<Output> {
  const call = { accountId: ACCOUNT, region: 'us-east-1', now: NOW, input, ...options }
  return operation.handle(call as unknown as AuthorizedCall<Input>, {
    ...dependencies,
    isDev: options.isDev ?? false,
  })
}

/** A created cluster, as eks:CreateCluster leaves it. */
async function createdCluster(): Promise<void> {
  const signing = await generateSigningKey()
  await store.write(async (writes) => {
    await writes
      .insertInto('clusters')
      .values({
        account_id: ACCOUNT,
        region: 'us-east-1',
        cluster_name: 'demo',
        cluster_arn: ARN,
        issuer_url: HOSTED,
        kind: 'created',
        version: '1.34',
        role_arn: '',
        endpoint: '',
        detail: '{}',
        created_at: NOW,
      })
      .execute()
    await insertHostedIssuer(writes, keyRing, {
      issuerUrl: HOSTED,
      accountId: ACCOUNT,
      hostedId: HOSTED.slice(-32),
      key: signing,
      now: NOW,
    })
  })
}

async function registerProvider(accountId: string, url: string): Promise<void> {
  const arn = `arn:aws:iam::${accountId}:oidc-provider/${url}`
  await store.write(async (writes) => {
    await writes
      .insertInto('oidc_providers')
      .values({
        account_id: accountId,
        provider_arn: arn,
        url,
        client_ids: '["sts.amazonaws.com"]',
        thumbprints: '[]',
        created_at: NOW,
      })
      .execute()
    writes.changed(`oidc-provider/${arn}`)
  })
}

const verify = (token: string, accountId = ACCOUNT, now = NOW) =>
  verifyWebIdentityToken(token, {
    findProvider: (issuerUrl) => dependencies.issuers.findProvider(accountId, storedIssuerUrl(issuerUrl)),
    keys: dependencies.keys,
    now,
  })

const clusterToken = (by: TestKey, issuer = ISSUER) =>
  by.sign({
    iss: issuer,
    sub: 'system:serviceaccount:a:b',
    aud: 'sts.amazonaws.com',
    exp: NOW / 1000 + 600,
    iat: NOW / 1000,
  })

describe('CreateServiceAccountToken', () => {
  const input = { clusterName: 'demo', namespace: 'my-namespace', serviceAccount: 'my-service-account' }

  it('mints a token that STS verifies and that is good for the time asked for', async () => {
    await createdCluster()
    await registerProvider(ACCOUNT, HOSTED.slice('https://'.length))
    const answer = await run(createServiceAccountToken, { ...input, durationSeconds: 600 })
    expect(answer).toMatchObject({
      subject: 'system:serviceaccount:my-namespace:my-service-account',
      issuerUrl: HOSTED,
      audiences: ['sts.amazonaws.com'],
      expiration: new Date(NOW + 600_000),
    })
    expect(await verify(answer.token)).toMatchObject({ subject: answer.subject, expiresAt: NOW + 600_000 })
    const { keys } = await run(getClusterKeys, { name: 'demo' })
    const { payload } = await jwtVerify(answer.token, createLocalJWKSet(JSON.parse(keys.jwks ?? '')), {
      currentDate: new Date(NOW),
      issuer: HOSTED,
    })
    expect(payload.aud).toEqual(['sts.amazonaws.com'])
  })

  it('takes other audiences, which STS then refuses', async () => {
    await createdCluster()
    await registerProvider(ACCOUNT, HOSTED.slice('https://'.length))
    const { token } = await run(createServiceAccountToken, { ...input, audiences: ['vault'] })
    await expect(verify(token)).rejects.toMatchObject({
      code: 'InvalidIdentityToken',
      message: 'Incorrect token audience',
    })
  })

  it('is for clusters whose issuer is hosted here', async () => {
    await run(attachCluster, { name: 'demo', issuerUrl: ISSUER, jwks: jwksOf(key) })
    await expect(run(createServiceAccountToken, input)).rejects.toMatchObject({ code: 'InvalidRequestException' })
    await expect(run(createServiceAccountToken, { ...input, clusterName: 'x' })).rejects.toMatchObject({ status: 404 })
    await expect(run(createServiceAccountToken, input, { accountId: OTHER })).rejects.toMatchObject({ status: 404 })
  })

  it('can be allowed for one service account', async () => {
    const { requires } = createServiceAccountToken
    if (requires.kind !== 'allowed') throw new Error('it is authorized')
    const context = { accountId: ACCOUNT, region: 'us-east-1', reads: store.reads } as unknown as RequirementContext
    expect(await requires.requirements(input, context)).toEqual([
      {
        action: 'openirsa:CreateServiceAccountToken',
        resource: ARN,
        context: {
          'openirsa:Namespace': 'my-namespace',
          'openirsa:ServiceAccount': 'my-service-account',
          'openirsa:Audience': ['sts.amazonaws.com'],
        },
      },
    ])
  })
})

describe('AttachCluster', () => {
  it('with a JWKS makes the cluster’s tokens good at once, without a fetch', async () => {
    await registerProvider(ACCOUNT, ISSUER.slice('https://'.length))
    const token = await clusterToken(key)
    await expect(verify(token)).rejects.toMatchObject({ code: 'IDPCommunicationError' })
    const answer = await run(attachCluster, { name: 'demo', issuerUrl: ISSUER, jwks: jwksOf(key), tags: { team: 'a' } })
    expect(answer.cluster).toMatchObject({
      name: 'demo',
      arn: ARN,
      kind: 'attached',
      issuerUrl: ISSUER,
      keySource: 'uploaded',
      tags: { team: 'a' },
    })
    expect(answer.keys).toMatchObject({ keySource: 'uploaded', keys: [{ keyId: 'key-1', algorithm: 'ES256' }] })
    expect((await verify(token)).subject).toBe('system:serviceaccount:a:b')
  })

  it('without a JWKS says how fetching the keys went', async () => {
    const down = await run(attachCluster, { name: 'down', issuerUrl: ISSUER })
    expect(down.keys).toMatchObject({
      keySource: 'fetched',
      keys: [],
      lastError: expect.stringContaining('ECONNREFUSED'),
    })
    fetched = [key]
    const up = await run(getClusterKeys, { name: 'down' }, { now: NOW + 10_000 })
    expect(up.keys).toMatchObject({
      keySource: 'fetched',
      keys: [{ keyId: 'key-1' }],
      fetchedAt: new Date(NOW + 10_000),
      lastError: undefined,
    })
  })

  it('one account’s upload never speaks for another account’s provider', async () => {
    await registerProvider(ACCOUNT, ISSUER.slice('https://'.length))
    await run(attachCluster, { name: 'demo', issuerUrl: ISSUER, jwks: jwksOf(key) }, { accountId: OTHER })
    await expect(verify(await clusterToken(key))).rejects.toMatchObject({ code: 'IDPCommunicationError' })
    const genuine = await newTestKey('ES256', 'genuine')
    fetched = [genuine]
    expect(await verify(await clusterToken(genuine), ACCOUNT, NOW + 10_000)).toBeDefined()
    await expect(verify(await clusterToken(key), ACCOUNT, NOW + 10_000)).rejects.toMatchObject({
      code: 'InvalidIdentityToken',
    })
  })

  it('refuses to take over the keys of a hosted issuer', async () => {
    await createdCluster()
    for (const accountId of [ACCOUNT, OTHER]) {
      await expect(
        run(attachCluster, { name: 'x', issuerUrl: HOSTED, jwks: jwksOf(key) }, { accountId }),
      ).rejects.toMatchObject({ code: 'InvalidParameterException' })
    }
  })

  it.each([
    ['http://127.0.0.1:8080', /https:\/\//],
    ['https://oidc.example.org/?a=b', /query/],
    ['https://user@oidc.example.org', /user/],
    ['oidc.example.org', /https:\/\//],
  ])('refuses the issuer URL %s', async (issuerUrl, message) => {
    await expect(run(attachCluster, { name: 'x', issuerUrl })).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringMatching(message),
    })
  })

  it('takes an http issuer on loopback under --dev only', async () => {
    const issuerUrl = 'http://127.0.0.1:8080'
    await expect(run(attachCluster, { name: 'x', issuerUrl }, { isDev: true })).resolves.toBeDefined()
    await expect(
      run(attachCluster, { name: 'y', issuerUrl: 'http://192.0.2.1' }, { isDev: true }),
    ).rejects.toMatchObject({ status: 400 })
  })

  it.each([
    [
      'private keys',
      JSON.stringify({ keys: [{ kty: 'EC', kid: 'a', crv: 'P-256', x: 'AA', y: 'AA', d: 'AA' }] }),
      /private keys/,
    ],
    ['no usable key', '{"keys":[{"kty":"EC","kid":"a"}]}', /no key that can check a token/],
    ['no JWKS', '{}', /not a JSON Web Key Set/],
  ])('refuses an upload with %s and writes nothing', async (_, jwks, message) => {
    await expect(run(attachCluster, { name: 'x', issuerUrl: ISSUER, jwks })).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringMatching(message),
    })
    expect(await store.reads.selectFrom('clusters').selectAll().execute()).toEqual([])
  })

  it('refuses a name that is taken and a certificate that is none', async () => {
    await createdCluster()
    await expect(run(attachCluster, { name: 'demo', issuerUrl: ISSUER })).rejects.toMatchObject({
      code: 'ResourceInUseException',
    })
    await expect(
      run(attachCluster, { name: 'x', issuerUrl: ISSUER, certificateAuthorityData: 'AAAA' }),
    ).rejects.toMatchObject({ message: expect.stringContaining('certificateAuthorityData') })
  })
})

describe('DetachCluster', () => {
  it('ends the uploaded keys with the last cluster that has the issuer', async () => {
    await registerProvider(ACCOUNT, ISSUER.slice('https://'.length))
    await run(attachCluster, { name: 'one', issuerUrl: ISSUER, jwks: jwksOf(key) })
    await run(attachCluster, { name: 'two', issuerUrl: ISSUER })
    const token = await clusterToken(key)
    await run(detachCluster, { name: 'one' })
    await expect(verify(token)).resolves.toBeDefined()
    await run(detachCluster, { name: 'two' })
    await expect(verify(token)).rejects.toMatchObject({ code: 'IDPCommunicationError' })
    expect((await run(listClusters, {})).clusters).toEqual([])
  })

  it('leaves created clusters to DeleteCluster', async () => {
    await createdCluster()
    await expect(run(detachCluster, { name: 'demo' })).rejects.toMatchObject({ code: 'InvalidRequestException' })
  })
})

describe('UpdateClusterKeys', () => {
  it('replaces the keys: the one that is gone is refused from then on', async () => {
    await registerProvider(ACCOUNT, ISSUER.slice('https://'.length))
    await run(attachCluster, { name: 'demo', issuerUrl: ISSUER, jwks: jwksOf(key) })
    const old = await clusterToken(key)
    await verify(old)
    const next = await newTestKey('ES256', 'key-2')
    await run(updateClusterKeys, { name: 'demo', jwks: jwksOf(next) })
    await expect(verify(await clusterToken(next))).resolves.toBeDefined()
    await expect(verify(old)).rejects.toMatchObject({ code: 'InvalidIdentityToken' })
  })

  it('is not for a hosted issuer, nor for another account’s upload', async () => {
    await createdCluster()
    await expect(run(updateClusterKeys, { name: 'demo', jwks: jwksOf(key) })).rejects.toMatchObject({
      code: 'InvalidRequestException',
    })
    await run(attachCluster, { name: 'theirs', issuerUrl: ISSUER, jwks: jwksOf(key) }, { accountId: OTHER })
    await run(attachCluster, { name: 'mine', issuerUrl: ISSUER })
    await expect(run(updateClusterKeys, { name: 'mine', jwks: jwksOf(key) })).rejects.toMatchObject({
      code: 'ResourceInUseException',
    })
  })
})

describe('RotateClusterKey', () => {
  it('publishes first, then signs, then removes, and no good token is refused on the way', async () => {
    await createdCluster()
    await registerProvider(ACCOUNT, HOSTED.slice('https://'.length))
    const mint = (now: number) =>
      run(
        createServiceAccountToken,
        { clusterName: 'demo', namespace: 'a', serviceAccount: 'b', durationSeconds: 86_400 },
        { now },
      )
    const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
    const old = (await mint(NOW)).token

    const published = await run(rotateClusterKey, { name: 'demo', step: 'PUBLISH' }, { now: NOW + 1 })
    expect(published.keys.keys.map(({ isSigning }) => isSigning)).toEqual([true, false])
    expect(kidOf((await mint(NOW + 1)).token)).toBe(kidOf(old))

    await run(rotateClusterKey, { name: 'demo', step: 'SIGN' }, { now: NOW + 2 })
    const next = (await mint(NOW + 2)).token
    expect(kidOf(next)).not.toBe(kidOf(old))
    await expect(verify(old)).resolves.toBeDefined()
    await expect(verify(next)).resolves.toBeDefined()

    const remove = (now: number, force?: boolean) =>
      run(rotateClusterKey, { name: 'demo', step: 'REMOVE', force }, { now })
    await expect(remove(NOW + 2 + DAY - 1)).rejects.toMatchObject({ code: 'InvalidRequestException' })
    expect((await remove(NOW + 2 + DAY)).keys.keys).toHaveLength(1)
    await expect(verify(next)).resolves.toBeDefined()
    await expect(verify(old)).rejects.toMatchObject({ code: 'InvalidIdentityToken' })
  })

  it('removes a key at once where forced', async () => {
    await createdCluster()
    await run(rotateClusterKey, { name: 'demo', step: 'PUBLISH' }, { now: NOW + 1 })
    await run(rotateClusterKey, { name: 'demo', step: 'SIGN' }, { now: NOW + 2 })
    expect(
      (await run(rotateClusterKey, { name: 'demo', step: 'REMOVE', force: true }, { now: NOW + 3 })).keys.keys,
    ).toHaveLength(1)
  })

  it('has an order, and a limit', async () => {
    await createdCluster()
    const refusal = { code: 'InvalidRequestException' }
    await expect(run(rotateClusterKey, { name: 'demo', step: 'SIGN' })).rejects.toMatchObject(refusal)
    await expect(run(rotateClusterKey, { name: 'demo', step: 'REMOVE' })).rejects.toMatchObject(refusal)
    for (let at = 1; at < 5; at++) await run(rotateClusterKey, { name: 'demo', step: 'PUBLISH' }, { now: NOW + at })
    await expect(run(rotateClusterKey, { name: 'demo', step: 'PUBLISH' })).rejects.toMatchObject(refusal)
    await expect(run(rotateClusterKey, { name: 'demo', step: 'REMOVE', force: true })).rejects.toMatchObject(refusal)
  })

  it('is for hosted issuers', async () => {
    await run(attachCluster, { name: 'demo', issuerUrl: ISSUER })
    await expect(run(rotateClusterKey, { name: 'demo', step: 'PUBLISH' })).rejects.toMatchObject({
      code: 'InvalidRequestException',
    })
  })
})

describe('the service', () => {
  it('describes every operation that is built, and builds every one that it describes', () => {
    const described = Object.values(schemas).flatMap((schema) => (schema[0] === 9 ? [schema[2]] : []))
    expect(OPENIRSA.operations.map(({ name }) => name).sort()).toEqual(described.sort())
  })
})
