import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import type { RequirementContext } from '../../access/operation.ts'
import { openRegistration } from '../../access/records/registration-tokens.ts'
import { type KeyRing, openKeyRing } from '../../store/key-ring.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { createRegistrationToken } from './create-registration-token.ts'
import type { OpenIrsaDependencies } from './dependencies.ts'

const NOW = Date.UTC(2026, 8, 1, 12)
const BUYER = '444455556666'
const SELLER = '111122223333'

let store: Store
let keyRing: KeyRing
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  keyRing = await openKeyRing(store, Buffer.alloc(32, 7), () => NOW)
  await store.write((writes) => writes.insertInto('accounts').values({ account_id: SELLER, created_at: 0 }).execute())
})
afterEach(() => store.close())

function create(sellerAccountId: string) {
  const call = { accountId: BUYER, region: 'us-east-1', now: NOW, input: { productCode: 'product-1', sellerAccountId } }
  const dependencies = { store, keyRing } as unknown as OpenIrsaDependencies
  return createRegistrationToken.handle(call as unknown as AuthorizedCall<typeof call.input>, dependencies)
}

it('names the caller as the buyer, for the seller alone', async () => {
  const { registrationToken, expiration } = await create(SELLER)
  expect(registrationToken).not.toContain(BUYER)
  expect(openRegistration(keyRing, registrationToken)).toEqual({
    accountId: BUYER,
    productCode: 'product-1',
    sellerAccountId: SELLER,
    expiresAt: expiration.getTime(),
  })
  expect(expiration).toEqual(new Date(NOW + 4 * 3_600_000))
})

it('refuses a seller that is no account here', async () => {
  await expect(create('999999999999')).rejects.toMatchObject({ code: 'InvalidParameterException', status: 400 })
})

it('is asked for with the product and the seller', async () => {
  if (createRegistrationToken.requires.kind !== 'allowed') throw new Error('it is authorized')
  const input = { productCode: 'product-1', sellerAccountId: SELLER }
  expect(await createRegistrationToken.requires.requirements(input, {} as RequirementContext)).toEqual([
    {
      action: 'openirsa:CreateRegistrationToken',
      resource: '*',
      context: { 'openirsa:ProductCode': 'product-1', 'openirsa:SellerAccountId': SELLER },
    },
  ])
})
