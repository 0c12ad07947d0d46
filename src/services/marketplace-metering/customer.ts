import { createHash } from 'node:crypto'
import type { ResolveCustomerRequest, ResolveCustomerResult } from '@aws-sdk/client-marketplace-metering'
import { openRegistration } from '../../access/records/registration-tokens.ts'
import { parseArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { type MeteringOperation, onEverything } from './dependencies.ts'
import { EXPIRED_REGISTRATION_TOKEN, INVALID_TOKEN } from './errors.ts'

/** An account as the customer of a product. */
export interface Customer {
  readonly accountId: string
  readonly productCode: string
}

const ACCOUNT_DIGITS = 12
/** Base 36 digits that hold any account id. */
const ACCOUNT_CHARACTERS = 8
const IDENTIFIER_CHECK_CHARACTERS = 12
const LICENSE_ID_CHARACTERS = 32

/** Answers who a buyer is that comes to a seller's page with a registration token. */
export const resolveCustomer: MeteringOperation<ResolveCustomerRequest, ResolveCustomerResult> = {
  name: 'ResolveCustomer',
  requires: onEverything('ResolveCustomer'),
  async handle({ input, accountId, now }, { keyRing }) {
    const registration = openRegistration(keyRing, input.RegistrationToken)
    // "The API must be called from the account that was used to publish the application": others learn nothing from the token.
    if (registration === undefined || registration.sellerAccountId !== accountId) {
      throw new AwsError(INVALID_TOKEN, 'Registration token is invalid.')
    }
    if (registration.expiresAt <= now) {
      throw new AwsError(EXPIRED_REGISTRATION_TOKEN, 'The submitted registration token has expired.')
    }
    return {
      CustomerIdentifier: customerIdentifier(registration),
      CustomerAWSAccountId: registration.accountId,
      ProductCode: registration.productCode,
      LicenseArn: licenseArn(registration),
    }
  },
}

/** The identifier of a customer: different for each product, and enough to find the account again without a table. */
export function customerIdentifier(customer: Customer): string {
  const account = Number(customer.accountId).toString(36).padStart(ACCOUNT_CHARACTERS, '0')
  return account + customerDigest(customer).slice(0, IDENTIFIER_CHECK_CHARACTERS)
}

/** @returns the account, undefined where the identifier is not one of the product */
export function accountOfIdentifier(productCode: string, identifier: string): string | undefined {
  const account = Number.parseInt(identifier.slice(0, ACCOUNT_CHARACTERS), 36)
  const accountId = String(account).padStart(ACCOUNT_DIGITS, '0')
  return customerIdentifier({ accountId, productCode }) === identifier ? accountId : undefined
}

/** The licence that a customer has for a product. Product codes hold only characters that are allowed in its ARN. */
export function licenseArn(customer: Customer): string {
  const licenseId = `l-${customerDigest(customer).slice(0, LICENSE_ID_CHARACTERS)}`
  return `arn:aws:license-manager::${customer.accountId}:license:${licenseId}:${customer.productCode}`
}

/** @returns the customer, undefined where the text is not the ARN of a licence of ours */
export function customerOfLicense(arn: string): Customer | undefined {
  const parsed = parseArn(arn)
  const [, , ...productCode] = parsed?.resource.split(':') ?? []
  const customer = { accountId: parsed?.accountId ?? '', productCode: productCode.join(':') }
  return licenseArn(customer) === arn ? customer : undefined
}

function customerDigest({ accountId, productCode }: Customer): string {
  return createHash('sha256')
    .update(JSON.stringify([productCode, accountId]))
    .digest('hex')
}
