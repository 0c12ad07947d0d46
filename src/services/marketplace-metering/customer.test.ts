import { expect, it } from 'vitest'
import { sealRegistration } from '../../access/records/registration-tokens.ts'
import { MARKETPLACE_METERING_CONSTRAINTS } from './constraints.ts'
import { accountOfIdentifier, customerIdentifier, customerOfLicense, licenseArn, resolveCustomer } from './customer.ts'
import { BUYER, call, HOUR_MS, NOW, openTestingMetering, SELLER } from './testing/metering-fixture.ts'

const REGISTRATION = { accountId: BUYER, productCode: 'product-1', sellerAccountId: SELLER }

it('tells the seller who a token is of', async () => {
  await using metering = await openTestingMetering()
  const RegistrationToken = sealRegistration(metering.keyRing, REGISTRATION, NOW).token
  expect(RegistrationToken).not.toContain(BUYER)
  expect(await call(resolveCustomer, metering, { RegistrationToken })).toEqual({
    CustomerIdentifier: customerIdentifier(REGISTRATION),
    CustomerAWSAccountId: BUYER,
    ProductCode: 'product-1',
    LicenseArn: licenseArn(REGISTRATION),
  })
})

it('refuses the token to every other account', async () => {
  await using metering = await openTestingMetering()
  const RegistrationToken = sealRegistration(metering.keyRing, REGISTRATION, NOW).token
  await expect(call(resolveCustomer, metering, { RegistrationToken }, { accountId: BUYER })).rejects.toMatchObject({
    code: 'InvalidTokenException',
    status: 400,
  })
})

it('resolves a token for four hours', async () => {
  await using metering = await openTestingMetering()
  const RegistrationToken = sealRegistration(metering.keyRing, REGISTRATION, NOW).token
  const end = NOW + 4 * HOUR_MS
  await expect(call(resolveCustomer, metering, { RegistrationToken }, { now: end - 1 })).resolves.toBeDefined()
  await expect(call(resolveCustomer, metering, { RegistrationToken }, { now: end })).rejects.toMatchObject({
    code: 'ExpiredTokenException',
  })
})

it('refuses what is not a token: garbage, a changed token, one of another installation, other sealed values', async () => {
  await using metering = await openTestingMetering()
  await using other = await openTestingMetering()
  const token = sealRegistration(metering.keyRing, REGISTRATION, NOW).token
  const changed = token.slice(0, -8) + (token.at(-8) === 'A' ? 'B' : 'A') + token.slice(-7)
  const sealed = Buffer.from(JSON.stringify({ ...REGISTRATION, expiresAt: NOW + HOUR_MS }))
  const tokens = [
    'garbage',
    '{}',
    changed,
    sealRegistration(other.keyRing, REGISTRATION, NOW).token,
    metering.keyRing.seal('session', sealed, 'session token'),
    metering.keyRing.seal('column', sealed, 'marketplace-registration-token'),
  ]
  for (const RegistrationToken of tokens) {
    await expect(call(resolveCustomer, metering, { RegistrationToken }), RegistrationToken).rejects.toMatchObject({
      code: 'InvalidTokenException',
    })
  }
})

it('finds the account in an identifier again, for its product only', () => {
  for (const accountId of ['000000000000', '000000000001', BUYER, '999999999999']) {
    const identifier = customerIdentifier({ accountId, productCode: 'product-1' })
    expect(accountOfIdentifier('product-1', identifier)).toBe(accountId)
    expect(accountOfIdentifier('product-2', identifier)).toBeUndefined()
    expect(accountOfIdentifier('product-1', identifier.toUpperCase())).toBeUndefined()
  }
})

it('finds customer and product in a licence again, whatever the product code holds', () => {
  const pattern = MARKETPLACE_METERING_CONSTRAINTS.table.LicenseArn?.pattern
  for (const productCode of ['p', 'product-1', 'a:b/c=d_e.f@g', 'x'.repeat(255)]) {
    const arn = licenseArn({ accountId: BUYER, productCode })
    expect(arn).toMatch(pattern ?? '')
    expect(customerOfLicense(arn)).toEqual({ accountId: BUYER, productCode })
    expect(customerOfLicense(`${arn}x`)).toBeUndefined()
    expect(customerOfLicense(arn.replace(BUYER, SELLER))).toBeUndefined()
  }
})
