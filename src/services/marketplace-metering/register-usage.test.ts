import { createLocalJWKSet, decodeProtectedHeader, importJWK, type JSONWebKeySet, jwtVerify } from 'jose'
import { expect, it } from 'vitest'
import type { MarketplaceMeteringDependencies } from './dependencies.ts'
import { registerUsage } from './register-usage.ts'
import { publishedRegistrationKeys, rotateRegistrationKey } from './registration-key.ts'
import { BUYER, call, HOUR_MS, NOW, openTestingMetering, SELLER } from './testing/metering-fixture.ts'

const INPUT = { ProductCode: 'product-1', PublicKeyVersion: 1, Nonce: 'nonce-1' }
const CURRENT_DATE = new Date(NOW)

async function verify(dependencies: MarketplaceMeteringDependencies, signature: string | undefined) {
  const published = (await publishedRegistrationKeys(dependencies, NOW)) as JSONWebKeySet
  return jwtVerify(signature ?? '', createLocalJWKSet(published), { algorithms: ['PS256'], currentDate: CURRENT_DATE })
}

it('signs a JWT with the documented claims, which the published key verifies', async () => {
  await using metering = await openTestingMetering()
  const { Signature, PublicKeyRotationTimestamp } = await call(registerUsage, metering, INPUT)
  const { payload, protectedHeader } = await verify(metering, Signature)
  expect(protectedHeader).toEqual({ alg: 'PS256', typ: 'JWT', kid: '1' })
  expect(payload).toEqual({ productCode: 'product-1', publicKeyVersion: 1, nonce: 'nonce-1', iat: NOW / 1000 })
  expect(PublicKeyRotationTimestamp).toBeUndefined()
})

it('leaves out the nonce that was not sent', async () => {
  await using metering = await openTestingMetering()
  const { Signature } = await call(registerUsage, metering, { ProductCode: 'product-1', PublicKeyVersion: 1 })
  expect((await verify(metering, Signature)).payload).not.toHaveProperty('nonce')
})

it('makes signatures that do not verify once a claim is changed, or with the key of another installation', async () => {
  await using metering = await openTestingMetering()
  await using other = await openTestingMetering()
  const { Signature = '' } = await call(registerUsage, metering, INPUT)
  const [header, , signature] = Signature.split('.')
  const payload = Buffer.from(JSON.stringify({ productCode: 'product-2' })).toString('base64url')
  await expect(verify(metering, `${header}.${payload}.${signature}`)).rejects.toThrow('signature verification failed')
  await expect(verify(other, Signature)).rejects.toThrow('signature verification failed')
})

it('publishes public keys only, and the same to everybody who asks at once', async () => {
  await using metering = await openTestingMetering()
  const [one, other] = await Promise.all([
    publishedRegistrationKeys(metering, NOW),
    publishedRegistrationKeys(metering, NOW),
  ])
  expect(one).toEqual(other)
  expect(one.keys).toHaveLength(1)
  expect(Object.keys(one.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  const key = await importJWK(one.keys[0] as never)
  expect(key).toHaveProperty('type', 'public')
})

it('keeps the private key sealed', async () => {
  await using metering = await openTestingMetering()
  await call(registerUsage, metering, INPUT)
  const rows = await metering.store.reads.selectFrom('settings').selectAll().execute()
  expect(JSON.stringify(rows)).toContain('marketplace-registration-key/1')
  expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY')
})

it('answers an earlier key version with that key and the time of the rotation', async () => {
  await using metering = await openTestingMetering()
  const before = await call(registerUsage, metering, INPUT)
  expect(await rotateRegistrationKey(metering, NOW + HOUR_MS)).toBe(2)
  const earlier = await call(registerUsage, metering, INPUT)
  expect(earlier.PublicKeyRotationTimestamp).toEqual(new Date(NOW + HOUR_MS))
  expect((await verify(metering, earlier.Signature)).protectedHeader.kid).toBe('1')
  expect((await verify(metering, before.Signature)).protectedHeader.kid).toBe('1')
  const later = await call(registerUsage, metering, { ...INPUT, PublicKeyVersion: 2 })
  expect(later.PublicKeyRotationTimestamp).toBeUndefined()
  expect(decodeProtectedHeader(later.Signature ?? '').kid).toBe('2')
  expect((await verify(metering, later.Signature)).payload.publicKeyVersion).toBe(2)
})

it('refuses a key version that was never made', async () => {
  await using metering = await openTestingMetering()
  await expect(call(registerUsage, metering, { ...INPUT, PublicKeyVersion: 2 })).rejects.toMatchObject({
    code: 'InvalidPublicKeyVersionException',
    status: 400,
  })
})

it('records the first registration of an account and product only', async () => {
  await using metering = await openTestingMetering()
  // The key is there, so that both calls ask for the registration before either has made it.
  await publishedRegistrationKeys(metering, NOW)
  await Promise.all([call(registerUsage, metering, INPUT), call(registerUsage, metering, { ...INPUT, Nonce: 'other' })])
  await call(registerUsage, metering, INPUT, { sessionName: 'pod-2' })
  await call(registerUsage, metering, INPUT, { accountId: BUYER })
  await call(registerUsage, metering, { ...INPUT, ProductCode: 'product-2' })
  const rows = await metering.store.reads
    .selectFrom('usage_records')
    .select(['account_id', 'product_code'])
    .orderBy('account_id')
    .orderBy('product_code')
    .execute()
  expect(rows).toEqual([
    { account_id: SELLER, product_code: 'product-1' },
    { account_id: SELLER, product_code: 'product-2' },
    { account_id: BUYER, product_code: 'product-1' },
  ])
})

it('refuses what is no product, and accounts that are not subscribed, where the operator declares products', async () => {
  const products = new Map([['product-1', { dimensions: [], customers: [SELLER] }]])
  await using metering = await openTestingMetering({ kind: 'declared', products })
  await expect(call(registerUsage, metering, INPUT)).resolves.toHaveProperty('Signature')
  await expect(call(registerUsage, metering, { ...INPUT, ProductCode: 'product-2' })).rejects.toMatchObject({
    code: 'InvalidProductCodeException',
  })
  await expect(call(registerUsage, metering, INPUT, { accountId: BUYER })).rejects.toMatchObject({
    code: 'CustomerNotEntitledException',
  })
  const rows = await metering.store.reads.selectFrom('usage_records').select('account_id').execute()
  expect(rows).toEqual([{ account_id: SELLER }])
})

it('refuses an empty product code everywhere', async () => {
  await using metering = await openTestingMetering()
  await expect(call(registerUsage, metering, { ...INPUT, ProductCode: '' })).rejects.toMatchObject({
    code: 'InvalidProductCodeException',
  })
})

it('needs aws-marketplace:RegisterUsage on everything', () => {
  expect(
    registerUsage.requires.kind === 'allowed' && registerUsage.requires.requirements(INPUT, undefined as never),
  ).toEqual([{ action: 'aws-marketplace:RegisterUsage', resource: '*' }])
})
