import { sealRegistration } from '../../access/records/registration-tokens.ts'
import type { OpenIrsaOperation } from './dependencies.ts'
import { invalidParameter } from './errors.ts'
import type { CreateRegistrationTokenRequest, CreateRegistrationTokenResponse } from './messages.ts'

/**
 * Registers the caller's account as a buyer of a product, as AWS Marketplace does when one subscribes: the token that it
 * answers is what the buyer brings to the seller's page, and the seller alone learns from it (ResolveCustomer) who the buyer is.
 */
export const createRegistrationToken: OpenIrsaOperation<
  CreateRegistrationTokenRequest,
  CreateRegistrationTokenResponse
> = {
  name: 'CreateRegistrationToken',
  requires: {
    kind: 'allowed',
    requirements: ({ productCode, sellerAccountId }) => [
      {
        action: 'openirsa:CreateRegistrationToken',
        resource: '*',
        context: { 'openirsa:ProductCode': productCode, 'openirsa:SellerAccountId': sellerAccountId },
      },
    ],
  },
  async handle({ accountId, input, now }, { store, keyRing }) {
    const { productCode, sellerAccountId } = input
    const seller = await store.reads
      .selectFrom('accounts')
      .select('account_id')
      .where('account_id', '=', sellerAccountId)
      .executeTakeFirst()
    if (seller === undefined) throw invalidParameter('sellerAccountId is not an account of this installation.')
    const { token, expiresAt } = sealRegistration(keyRing, { accountId, productCode, sellerAccountId }, now)
    return { registrationToken: token, expiration: new Date(expiresAt) }
  },
}
