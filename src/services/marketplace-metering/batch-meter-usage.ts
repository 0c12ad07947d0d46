import { randomUUID } from 'node:crypto'
import type {
  BatchMeterUsageRequest,
  BatchMeterUsageResult,
  UsageRecord,
  UsageRecordResult,
} from '@aws-sdk/client-marketplace-metering'
import type { Present } from '../../access/present.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { Reads, Writes } from '../../store/store.ts'
import { accountOfIdentifier, type Customer, customerOfLicense } from './customer.ts'
import { type MeteringOperation, onEverything } from './dependencies.ts'
import { INVALID_CUSTOMER_IDENTIFIER, INVALID_LICENSE, INVALID_PRODUCT_CODE } from './errors.ts'
import { isEntitled, type ProductCatalog, requireDimension, requireProduct } from './product.ts'
import {
  dedupeKey,
  findUsageRecords,
  hourOf,
  insertUsageRecords,
  isSameUsage,
  readUsage,
  requireRecent,
  type StoredRecord,
} from './usage-record.ts'

export type BatchMeterUsageInput = Present<BatchMeterUsageRequest>
type GivenRecord = Present<UsageRecord>
type RecordResult = Present<UsageRecordResult>

/**
 * Records usage that a seller reports of customers, once for each customer, dimension and hour. Either all good records of
 * the batch are stored or none: nothing is ever left unprocessed.
 *
 * A customer is an account of this installation, by its id, its identifier from ResolveCustomer, or its licence. It is
 * subscribed where the account exists and the catalog does not say otherwise.
 */
export const batchMeterUsage: MeteringOperation<BatchMeterUsageRequest, Present<BatchMeterUsageResult>> = {
  name: 'BatchMeterUsage',
  requires: onEverything('BatchMeterUsage'),
  async handle({ input, accountId, now }, { store, catalog }) {
    const productCode = productOf(input)
    const product = requireProduct(catalog, productCode)
    const reports = input.UsageRecords.map((record) => {
      requireDimension(product, record.Dimension)
      requireRecent(record.Timestamp.getTime(), now)
      return reportOf(record, { sellerAccountId: accountId, productCode, now })
    })
    const Results = await store.write(async (writes) => {
      const subscribed = await subscribedAccounts(writes, catalog, productCode, reports)
      return recordReports(writes, reports, subscribed)
    })
    return { Results, UnprocessedRecords: [] }
  },
}

/** A record of the batch and the row that it becomes; without a customer where the identifier is nobody's. */
interface Report {
  readonly record: GivenRecord
  readonly customer: Customer | undefined
  readonly row: StoredRecord & { readonly detail: { readonly kind: 'usage' } }
}

/**
 * The product of the whole batch: the one named, else that of the licences, which "identify both the product and the agreement".
 * @throws AwsError `InvalidProductCodeException`, `InvalidLicenseException`
 */
function productOf({ ProductCode, UsageRecords }: BatchMeterUsageInput): string {
  if (ProductCode !== undefined) return ProductCode
  const [arn] = UsageRecords.map((record) => record.LicenseArn)
  if (arn === undefined) throw new AwsError(INVALID_PRODUCT_CODE, 'A ProductCode or a LicenseArn is required.')
  return requireLicense(arn).productCode
}

function requireLicense(arn: string): Customer {
  const customer = customerOfLicense(arn)
  if (customer === undefined) throw new AwsError(INVALID_LICENSE, 'The LicenseArn is not valid.')
  return customer
}

function reportOf(
  record: GivenRecord,
  batch: { readonly sellerAccountId: string; readonly productCode: string; readonly now: number },
): Report {
  const customer = customerOf(record, batch.productCode)
  const meteredFor = customer?.accountId ?? ''
  const timestamp = record.Timestamp.getTime()
  return {
    record,
    customer,
    row: {
      recordId: randomUUID(),
      accountId: batch.sellerAccountId,
      productCode: batch.productCode,
      dedupeKey: dedupeKey('batch-meter-usage', [meteredFor, record.Dimension, hourOf(timestamp)]),
      detail: {
        kind: 'usage',
        meteredFor,
        dimension: record.Dimension,
        timestamp,
        usage: readUsage(record.Quantity, record.UsageAllocations),
      },
      recordedAt: batch.now,
    },
  }
}

/**
 * @returns undefined where the identifier is nobody's, which is a result of the record and no error of the batch
 * @throws AwsError `InvalidCustomerIdentifierException`, `InvalidLicenseException`
 */
function customerOf(record: GivenRecord, productCode: string): Customer | undefined {
  const { CustomerIdentifier, CustomerAWSAccountId, LicenseArn } = record
  if ((CustomerIdentifier === undefined) === (CustomerAWSAccountId === undefined)) {
    throw new AwsError(
      INVALID_CUSTOMER_IDENTIFIER,
      'Exactly one of CustomerIdentifier and CustomerAWSAccountId is required in a usage record.',
    )
  }
  const accountId = CustomerAWSAccountId ?? accountOfIdentifier(productCode, CustomerIdentifier ?? '')
  if (LicenseArn !== undefined) {
    const licensed = requireLicense(LicenseArn)
    if (licensed.productCode !== productCode || licensed.accountId !== accountId) {
      throw new AwsError(INVALID_LICENSE, 'The LicenseArn does not match the customer and the product.')
    }
  }
  return accountId === undefined ? undefined : { accountId, productCode }
}

async function subscribedAccounts(
  reads: Reads | Writes,
  catalog: ProductCatalog,
  productCode: string,
  reports: readonly Report[],
): Promise<ReadonlySet<string>> {
  const product = requireProduct(catalog, productCode)
  const named = reports.map(({ customer }) => customer?.accountId).filter((accountId) => accountId !== undefined)
  const entitled = named.filter((accountId) => isEntitled(product, accountId))
  if (entitled.length === 0) return new Set()
  const rows = await reads.selectFrom('accounts').select('account_id').where('account_id', 'in', entitled).execute()
  return new Set(rows.map((row) => row.account_id))
}

async function recordReports(
  writes: Writes,
  reports: readonly Report[],
  subscribed: ReadonlySet<string>,
): Promise<readonly RecordResult[]> {
  const [first] = reports
  if (first === undefined) return []
  const keys = reports.map(({ row }) => row.dedupeKey)
  const known = await findUsageRecords(writes, first.row.accountId, first.row.productCode, keys)
  const added: StoredRecord[] = []
  const results = reports.map(({ record, customer, row }): RecordResult => {
    if (customer === undefined || !subscribed.has(customer.accountId)) {
      return { UsageRecord: record, Status: 'CustomerNotSubscribed' }
    }
    const earlier = known.get(row.dedupeKey)
    if (earlier === undefined) {
      known.set(row.dedupeKey, row)
      added.push(row)
      return { UsageRecord: record, Status: 'Success', MeteringRecordId: row.recordId }
    }
    const isRepeated = earlier.detail.kind === 'usage' && isSameUsage(earlier.detail.usage, row.detail.usage)
    return isRepeated
      ? { UsageRecord: record, Status: 'Success', MeteringRecordId: earlier.recordId }
      : { UsageRecord: record, Status: 'DuplicateRecord' }
  })
  await insertUsageRecords(writes, added)
  return results
}
