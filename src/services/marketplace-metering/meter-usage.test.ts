import { expect, it } from 'vitest'
import { type MeterUsageInput, meterUsage } from './meter-usage.ts'
import { BUYER, call, HOUR_MS, NOW, openTestingMetering, SELLER } from './testing/metering-fixture.ts'

const HOUR = Math.floor(NOW / HOUR_MS) * HOUR_MS
const INPUT: MeterUsageInput = {
  ProductCode: 'product-1',
  Timestamp: new Date(NOW),
  UsageDimension: 'users',
  UsageQuantity: 3,
}

const ALLOCATIONS = [
  {
    AllocatedUsageQuantity: 1,
    Tags: [
      { Key: 'team', Value: 'red' },
      { Key: 'env', Value: 'dev' },
    ],
  },
  { AllocatedUsageQuantity: 2 },
]

it('records usage once an hour: a report of the same usage in the same hour gets the same record', async () => {
  await using metering = await openTestingMetering()
  const first = await call(meterUsage, metering, { ...INPUT, Timestamp: new Date(HOUR) })
  expect(first.MeteringRecordId).toMatch(/^[0-9a-f-]{36}$/)
  expect(
    await call(meterUsage, metering, { ...INPUT, Timestamp: new Date(HOUR + HOUR_MS - 1) }, { now: HOUR + HOUR_MS }),
  ).toEqual(first)
  const next = await call(meterUsage, metering, { ...INPUT, Timestamp: new Date(HOUR - 1) })
  expect(next).not.toEqual(first)
  const rows = await metering.store.reads.selectFrom('usage_records').select(['account_id', 'recorded_at']).execute()
  expect(rows).toHaveLength(2)
  expect(rows[0]).toEqual({ account_id: SELLER, recorded_at: NOW })
})

it('refuses another usage for the same hour', async () => {
  await using metering = await openTestingMetering()
  await call(meterUsage, metering, INPUT)
  const duplicate = { code: 'DuplicateRequestException', status: 400 }
  await expect(call(meterUsage, metering, { ...INPUT, UsageQuantity: 4 })).rejects.toMatchObject(duplicate)
  await expect(call(meterUsage, metering, { ...INPUT, UsageAllocations: ALLOCATIONS })).rejects.toMatchObject(duplicate)
})

it('tells dimensions, products, accounts and instances apart', async () => {
  await using metering = await openTestingMetering()
  const answers = [
    await call(meterUsage, metering, INPUT),
    await call(meterUsage, metering, { ...INPUT, UsageDimension: 'hosts', UsageQuantity: 5 }),
    await call(meterUsage, metering, { ...INPUT, ProductCode: 'product-2', UsageQuantity: 6 }),
    await call(meterUsage, metering, { ...INPUT, UsageQuantity: 7 }, { accountId: BUYER }),
    await call(meterUsage, metering, { ...INPUT, UsageQuantity: 8 }, { sessionName: 'pod-2' }),
  ]
  expect(new Set(answers.map((answer) => answer.MeteringRecordId)).size).toBe(5)
})

it('takes a quantity that was left out as 0', async () => {
  await using metering = await openTestingMetering()
  const { UsageQuantity: _, ...withoutQuantity } = INPUT
  const first = await call(meterUsage, metering, withoutQuantity)
  expect(await call(meterUsage, metering, { ...INPUT, UsageQuantity: 0 })).toEqual(first)
})

it('answers a retry with the same client token with the record that it made', async () => {
  await using metering = await openTestingMetering()
  const first = await call(meterUsage, metering, { ...INPUT, ClientToken: 'token-1' })
  expect(await call(meterUsage, metering, { ...INPUT, ClientToken: 'token-1' })).toEqual(first)
  expect(await call(meterUsage, metering, { ...INPUT, ClientToken: 'token-2' })).toEqual(first)
  expect(first.MeteringRecordId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

it('refuses a client token for another request', async () => {
  await using metering = await openTestingMetering()
  await call(meterUsage, metering, { ...INPUT, ClientToken: 'token-1' })
  const conflict = { code: 'IdempotencyConflictException', status: 409 }
  const others: Partial<MeterUsageInput>[] = [
    { UsageQuantity: 4 },
    { UsageDimension: 'hosts' },
    { ProductCode: 'product-2' },
    { Timestamp: new Date(NOW - 1) },
  ]
  for (const other of others) {
    await expect(call(meterUsage, metering, { ...INPUT, ClientToken: 'token-1', ...other })).rejects.toMatchObject(
      conflict,
    )
  }
  await expect(
    call(meterUsage, metering, { ...INPUT, ClientToken: 'token-1' }, { accountId: BUYER }),
  ).resolves.toBeDefined()
})

it('takes timestamps of less than six hours ago, and as far ahead as a clock may be off', async () => {
  await using metering = await openTestingMetering()
  const at = (timestamp: number) => call(meterUsage, metering, { ...INPUT, Timestamp: new Date(timestamp) })
  const refusal = { code: 'TimestampOutOfBoundsException', status: 400 }
  await expect(at(NOW - 6 * HOUR_MS + 1)).resolves.toBeDefined()
  await expect(at(NOW - 6 * HOUR_MS)).rejects.toMatchObject(refusal)
  await expect(at(NOW + 900_000)).resolves.toBeDefined()
  await expect(at(NOW + 900_001)).rejects.toMatchObject(refusal)
  await expect(at(Number.NaN)).rejects.toMatchObject(refusal)
})

it('takes allocations that add up to the quantity, in any order', async () => {
  await using metering = await openTestingMetering()
  const first = await call(meterUsage, metering, { ...INPUT, UsageAllocations: ALLOCATIONS })
  const reversed = ALLOCATIONS.map((allocation) => ({ ...allocation, Tags: allocation.Tags?.toReversed() })).reverse()
  expect(await call(meterUsage, metering, { ...INPUT, UsageAllocations: reversed })).toEqual(first)
})

it('refuses allocations that do not add up, share their tags, or name a tag twice', async () => {
  await using metering = await openTestingMetering()
  const allocate = (UsageAllocations: MeterUsageInput['UsageAllocations']) =>
    call(meterUsage, metering, { ...INPUT, UsageAllocations })
  await expect(allocate([{ AllocatedUsageQuantity: 2 }])).rejects.toMatchObject({
    code: 'InvalidUsageAllocationsException',
    message: expect.stringContaining('(2) is not equal to the usage quantity (3)'),
  })
  await expect(allocate([{ AllocatedUsageQuantity: 1 }, { AllocatedUsageQuantity: 2 }])).rejects.toMatchObject({
    code: 'InvalidUsageAllocationsException',
  })
  const tag = { Key: 'team', Value: 'red' }
  await expect(allocate([{ AllocatedUsageQuantity: 3, Tags: [tag, tag] }])).rejects.toMatchObject({
    code: 'InvalidTagException',
  })
  expect(await metering.store.reads.selectFrom('usage_records').select('record_id').execute()).toEqual([])
})

it('writes nothing in a dry run', async () => {
  await using metering = await openTestingMetering()
  await expect(call(meterUsage, metering, { ...INPUT, DryRun: true })).rejects.toMatchObject({
    code: 'DryRunOperation',
  })
  expect(await metering.store.reads.selectFrom('usage_records').select('record_id').execute()).toEqual([])
})

it('refuses other dimensions and accounts where the operator declares products', async () => {
  const products = new Map([['product-1', { dimensions: ['users'], customers: [SELLER] }]])
  await using metering = await openTestingMetering({ kind: 'declared', products })
  await expect(call(meterUsage, metering, INPUT)).resolves.toBeDefined()
  await expect(call(meterUsage, metering, { ...INPUT, UsageDimension: 'hosts' })).rejects.toMatchObject({
    code: 'InvalidUsageDimensionException',
  })
  await expect(call(meterUsage, metering, { ...INPUT, ProductCode: 'product-2' })).rejects.toMatchObject({
    code: 'InvalidProductCodeException',
  })
  await expect(call(meterUsage, metering, INPUT, { accountId: BUYER })).rejects.toMatchObject({
    code: 'CustomerNotEntitledException',
  })
})
