import { expect, it } from 'vitest'
import { type BatchMeterUsageInput, batchMeterUsage } from './batch-meter-usage.ts'
import { customerIdentifier, licenseArn } from './customer.ts'
import { BUYER, call, HOUR_MS, NOW, openTestingMetering, SELLER } from './testing/metering-fixture.ts'

const PRODUCT = 'product-1'
const CUSTOMER = { accountId: BUYER, productCode: PRODUCT }
const RECORD = { Timestamp: new Date(NOW), Dimension: 'users', Quantity: 3, CustomerAWSAccountId: BUYER }

function batch(...UsageRecords: BatchMeterUsageInput['UsageRecords']): BatchMeterUsageInput {
  return { ProductCode: PRODUCT, UsageRecords }
}

it('answers each record with its own status, and the record as it came', async () => {
  await using metering = await openTestingMetering()
  const unknown = { ...RECORD, CustomerAWSAccountId: '999999999999' }
  const changed = { ...RECORD, Quantity: 4 }
  const answer = await call(batchMeterUsage, metering, batch(RECORD, unknown, changed, RECORD))
  const [first, , , last] = answer.Results ?? []
  expect(answer).toEqual({
    Results: [
      { UsageRecord: RECORD, Status: 'Success', MeteringRecordId: first?.MeteringRecordId },
      { UsageRecord: unknown, Status: 'CustomerNotSubscribed' },
      { UsageRecord: changed, Status: 'DuplicateRecord' },
      { UsageRecord: RECORD, Status: 'Success', MeteringRecordId: first?.MeteringRecordId },
    ],
    UnprocessedRecords: [],
  })
  expect(last?.MeteringRecordId).toMatch(/^[0-9a-f-]{36}$/)
  const rows = await metering.store.reads.selectFrom('usage_records').select(['account_id', 'detail']).execute()
  expect(rows).toHaveLength(1)
  expect(rows[0]?.account_id).toBe(SELLER)
  expect(JSON.parse(rows[0]?.detail ?? '')).toMatchObject({ kind: 'usage', meteredFor: BUYER, dimension: 'users' })
})

it('gives a batch that is sent again the same record ids', async () => {
  await using metering = await openTestingMetering()
  const records = Array.from({ length: 25 }, (_, index) => ({ ...RECORD, Dimension: `dimension-${index}` }))
  const first = await call(batchMeterUsage, metering, batch(...records))
  expect(await call(batchMeterUsage, metering, batch(...records))).toEqual(first)
  expect(new Set(first.Results?.map((result) => result.MeteringRecordId)).size).toBe(25)
})

it('knows a customer by account, by identifier and by licence, as one and the same', async () => {
  await using metering = await openTestingMetering()
  const { CustomerAWSAccountId: _, ...nobody } = RECORD
  const answer = await call(
    batchMeterUsage,
    metering,
    batch(
      RECORD,
      { ...nobody, CustomerIdentifier: customerIdentifier(CUSTOMER) },
      { ...RECORD, LicenseArn: licenseArn(CUSTOMER) },
    ),
  )
  const ids = answer.Results?.map((result) => result.MeteringRecordId)
  expect(ids?.[0]).toBeDefined()
  expect(new Set(ids).size).toBe(1)
})

it('takes the product from the licence where no product code is sent', async () => {
  await using metering = await openTestingMetering()
  const record = { ...RECORD, LicenseArn: licenseArn(CUSTOMER) }
  await call(batchMeterUsage, metering, { UsageRecords: [record] })
  const rows = await metering.store.reads.selectFrom('usage_records').select('product_code').execute()
  expect(rows).toEqual([{ product_code: PRODUCT }])
  await expect(call(batchMeterUsage, metering, { UsageRecords: [RECORD] })).rejects.toMatchObject({
    code: 'InvalidProductCodeException',
  })
})

it('does not know an identifier of another product or a made-up one', async () => {
  await using metering = await openTestingMetering()
  const { CustomerAWSAccountId: _, ...nobody } = RECORD
  const identifiers = [
    customerIdentifier({ ...CUSTOMER, productCode: 'product-2' }),
    'ifAPi5AcF3',
    '',
    `${customerIdentifier(CUSTOMER)}0`,
  ]
  const answer = await call(
    batchMeterUsage,
    metering,
    batch(...identifiers.map((CustomerIdentifier) => ({ ...nobody, CustomerIdentifier }))),
  )
  expect(answer.Results?.map((result) => result.Status)).toEqual(identifiers.map(() => 'CustomerNotSubscribed'))
})

it('refuses the whole batch for one licence that is another customer or product, or none of ours', async () => {
  await using metering = await openTestingMetering()
  const licences = [
    licenseArn({ ...CUSTOMER, accountId: SELLER }),
    licenseArn({ ...CUSTOMER, productCode: 'product-2' }),
    `arn:aws:license-manager::${BUYER}:license:l-0123456789abcdef0123456789abcdef`,
    'licence',
  ]
  for (const LicenseArn of licences) {
    await expect(call(batchMeterUsage, metering, batch(RECORD, { ...RECORD, LicenseArn }))).rejects.toMatchObject({
      code: 'InvalidLicenseException',
    })
  }
  expect(await metering.store.reads.selectFrom('usage_records').select('record_id').execute()).toEqual([])
})

it('refuses a record with no customer or with two', async () => {
  await using metering = await openTestingMetering()
  const refusal = { code: 'InvalidCustomerIdentifierException' }
  const both = { ...RECORD, CustomerIdentifier: customerIdentifier(CUSTOMER) }
  const { CustomerAWSAccountId: _, ...none } = RECORD
  await expect(call(batchMeterUsage, metering, batch(both))).rejects.toMatchObject(refusal)
  await expect(call(batchMeterUsage, metering, batch(none))).rejects.toMatchObject(refusal)
})

it('processes nothing where one timestamp is out of bounds', async () => {
  await using metering = await openTestingMetering()
  const old = { ...RECORD, Timestamp: new Date(NOW - 6 * HOUR_MS) }
  await expect(call(batchMeterUsage, metering, batch(RECORD, old))).rejects.toMatchObject({
    code: 'TimestampOutOfBoundsException',
  })
  expect(await metering.store.reads.selectFrom('usage_records').select('record_id').execute()).toEqual([])
})

it('answers an empty batch with nothing', async () => {
  await using metering = await openTestingMetering()
  expect(await call(batchMeterUsage, metering, batch())).toEqual({ Results: [], UnprocessedRecords: [] })
})

it('asks the declared products for subscriptions and dimensions', async () => {
  const products = new Map([[PRODUCT, { dimensions: ['users'], customers: [BUYER] }]])
  await using metering = await openTestingMetering({ kind: 'declared', products })
  const answer = await call(batchMeterUsage, metering, batch(RECORD, { ...RECORD, CustomerAWSAccountId: SELLER }))
  expect(answer.Results?.map((result) => result.Status)).toEqual(['Success', 'CustomerNotSubscribed'])
  await expect(call(batchMeterUsage, metering, batch({ ...RECORD, Dimension: 'hosts' }))).rejects.toMatchObject({
    code: 'InvalidUsageDimensionException',
  })
})
