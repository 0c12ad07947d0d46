import { createHash } from 'node:crypto'
import type { UsageAllocation } from '@aws-sdk/client-marketplace-metering'
import type { Present } from '../../access/present.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { Caller } from '../../aws/caller.ts'
import type { Reads, Writes } from '../../store/store.ts'
import type { UsageRecordRow } from '../../store/tables.ts'
import { INVALID_TAG, INVALID_USAGE_ALLOCATIONS, TIMESTAMP_OUT_OF_BOUNDS } from './errors.ts'

/** A row of `usage_records`, with the detail read. */
export interface StoredRecord {
  readonly recordId: string
  readonly accountId: string
  readonly productCode: string
  readonly dedupeKey: string
  readonly detail: RecordDetail
  readonly recordedAt: number
}

export type RecordDetail =
  | { readonly kind: 'registration'; readonly callerId: string }
  | {
      readonly kind: 'usage'
      /** `aws:userid` of the caller of MeterUsage, account id of the customer of BatchMeterUsage. */
      readonly meteredFor: string
      readonly dimension: string
      /** As reported, milliseconds since the epoch. */
      readonly timestamp: number
      readonly usage: Usage
    }

/** What is compared to tell a repeated report from a changed one. */
export interface Usage {
  readonly quantity: number
  readonly allocations: readonly Allocation[]
}

interface Allocation {
  readonly quantity: number
  /** Sorted by key. */
  readonly tags: readonly (readonly [key: string, value: string])[]
}

const HOUR_MS = 3_600_000
/** "Usage records aren't accepted 6 hours or more after an event" (BatchMeterUsage). */
const AGE_MS_MAX = 6 * HOUR_MS
/** A report may be as far ahead as the clock that signed it, which SigV4 lets be off by 15 minutes. */
const AHEAD_MS_MAX = 900_000

/** Usage counts once an hour: "The Timestamp request parameter is rounded down to the hour" (MeterUsage). */
export function hourOf(timestamp: number): number {
  return Math.floor(timestamp / HOUR_MS) * HOUR_MS
}

/** @throws AwsError `TimestampOutOfBoundsException` */
export function requireRecent(timestamp: number, now: number): void {
  if (timestamp > now - AGE_MS_MAX && timestamp <= now + AHEAD_MS_MAX) return
  throw new AwsError(
    TIMESTAMP_OUT_OF_BOUNDS,
    'The timestamp is out of the allowed range: at most six hours in the past and not in the future.',
  )
}

/**
 * Reads what was used. Allocations come in a fixed order, so that equal usage is equal data.
 * @throws AwsError `InvalidUsageAllocationsException`, `InvalidTagException`
 */
export function readUsage(quantity = 0, allocations: readonly Present<UsageAllocation>[] = []): Usage {
  const read = allocations.map(readAllocation)
  const total = read.reduce((sum, allocation) => sum + allocation.quantity, 0)
  if (read.length > 0 && total !== quantity) {
    throw new AwsError(
      INVALID_USAGE_ALLOCATIONS,
      `The sum of allocated usage quantities (${total}) is not equal to the usage quantity (${quantity}).`,
    )
  }
  const byTags = new Map(read.map((allocation) => [JSON.stringify(allocation.tags), allocation]))
  if (byTags.size < read.length) {
    throw new AwsError(INVALID_USAGE_ALLOCATIONS, 'Each usage allocation must have a unique set of tags.')
  }
  const sorted = Array.from(byTags).sort(byKey)
  return { quantity, allocations: sorted.map(([, allocation]) => allocation) }
}

export function isSameUsage(one: Usage, other: Usage): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Text of a fixed length that is equal for equal parts only. */
export function dedupeKey(kind: string, parts: readonly (string | number)[]): string {
  return `${kind}/${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`
}

export function callerIdOf(caller: Caller): string {
  return caller.kind === 'anonymous' ? caller.kind : caller.userId
}

/** Returns the records of an account and product that have one of the keys, by key. */
export async function findUsageRecords(
  reads: Reads | Writes,
  accountId: string,
  productCode: string,
  dedupeKeys: readonly string[],
): Promise<Map<string, StoredRecord>> {
  if (dedupeKeys.length === 0) return new Map()
  const rows = await reads
    .selectFrom('usage_records')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('product_code', '=', productCode)
    .where('dedupe_key', 'in', dedupeKeys)
    .execute()
  return new Map(rows.map((row) => [row.dedupe_key, readRow(row)]))
}

export async function findUsageRecord(reads: Reads | Writes, recordId: string): Promise<StoredRecord | undefined> {
  const row = await reads.selectFrom('usage_records').selectAll().where('record_id', '=', recordId).executeTakeFirst()
  return row === undefined ? undefined : readRow(row)
}

export async function insertUsageRecords(writes: Writes, records: readonly StoredRecord[]): Promise<void> {
  if (records.length === 0) return
  await writes
    .insertInto('usage_records')
    .values(
      records.map((record) => ({
        record_id: record.recordId,
        account_id: record.accountId,
        product_code: record.productCode,
        dedupe_key: record.dedupeKey,
        detail: JSON.stringify(record.detail),
        recorded_at: record.recordedAt,
      })),
    )
    .execute()
}

function readAllocation({ AllocatedUsageQuantity, Tags = [] }: Present<UsageAllocation>): Allocation {
  const tags = new Map(Tags.map(({ Key, Value }) => [Key, Value]))
  if (tags.size < Tags.length) {
    throw new AwsError(INVALID_TAG, 'The tag is invalid: a key comes twice in one usage allocation.')
  }
  return { quantity: AllocatedUsageQuantity, tags: Array.from(tags).sort(byKey) }
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}

function readRow(row: UsageRecordRow): StoredRecord {
  return {
    recordId: row.record_id,
    accountId: row.account_id,
    productCode: row.product_code,
    dedupeKey: row.dedupe_key,
    detail: JSON.parse(row.detail),
    recordedAt: row.recorded_at,
  }
}
