import { createHash, randomUUID } from 'node:crypto'
import type { MeterUsageRequest, MeterUsageResult } from '@aws-sdk/client-marketplace-metering'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import type { Present } from '../../access/present.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { Writes } from '../../store/store.ts'
import { type MeteringOperation, onEverything } from './dependencies.ts'
import { CUSTOMER_NOT_ENTITLED, DRY_RUN_OPERATION, DUPLICATE_REQUEST, IDEMPOTENCY_CONFLICT } from './errors.ts'
import { isEntitled, requireDimension, requireProduct } from './product.ts'
import {
  callerIdOf,
  dedupeKey,
  findUsageRecord,
  findUsageRecords,
  hourOf,
  insertUsageRecords,
  isSameUsage,
  readUsage,
  requireRecent,
  type StoredRecord,
} from './usage-record.ts'

export type MeterUsageInput = Present<MeterUsageRequest>

/**
 * Records usage that the caller reports for itself, once for each instance of the software, dimension and hour.
 *
 * AWS knows the EC2 instance, task or pod behind the caller. Here the instance is the caller's `aws:userid`: for a role session
 * the role's id with the session's name, which the SDKs choose anew in each process unless it is configured.
 */
export const meterUsage: MeteringOperation<MeterUsageRequest, MeterUsageResult> = {
  name: 'MeterUsage',
  requires: onEverything('MeterUsage'),
  async handle(call, { store, catalog }) {
    const { input, accountId, now } = call
    if (input.DryRun === true) {
      throw new AwsError(DRY_RUN_OPERATION, 'Request would have succeeded, but DryRun flag is set.')
    }
    const product = requireProduct(catalog, input.ProductCode)
    requireDimension(product, input.UsageDimension)
    requireRecent(input.Timestamp.getTime(), now)
    if (!isEntitled(product, accountId)) {
      throw new AwsError(CUSTOMER_NOT_ENTITLED, 'The account does not have a valid subscription for the product.')
    }
    const record = recordOf(call)
    return { MeteringRecordId: await store.write((writes) => recordOnce(writes, record)) }
  },
}

type MeterRecord = StoredRecord & { readonly detail: { readonly kind: 'usage' } }

function recordOf({ input, accountId, caller, now }: AuthorizedCall<MeterUsageInput>): MeterRecord {
  const meteredFor = callerIdOf(caller)
  const timestamp = input.Timestamp.getTime()
  return {
    recordId: input.ClientToken === undefined ? randomUUID() : tokenRecordId(accountId, input.ClientToken),
    accountId,
    productCode: input.ProductCode,
    dedupeKey: dedupeKey('meter-usage', [input.UsageDimension, hourOf(timestamp), meteredFor]),
    detail: {
      kind: 'usage',
      meteredFor,
      dimension: input.UsageDimension,
      timestamp,
      usage: readUsage(input.UsageQuantity, input.UsageAllocations),
    },
    recordedAt: now,
  }
}

/**
 * A client token is the record's id, so that a retry finds the record that it made.
 * @returns a UUID of version 8 (RFC 9562, 5.8)
 */
function tokenRecordId(accountId: string, clientToken: string): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([accountId, clientToken]))
    .digest()
    .subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** @throws AwsError `IdempotencyConflictException`, `DuplicateRequestException` */
async function recordOnce(writes: Writes, record: MeterRecord): Promise<string> {
  const retried = await findUsageRecord(writes, record.recordId)
  if (retried !== undefined) {
    if (isSameRequest(retried, record)) return retried.recordId
    throw new AwsError(IDEMPOTENCY_CONFLICT, 'The ClientToken is being used for multiple requests.')
  }
  const { accountId, productCode, dedupeKey: key, detail } = record
  const earlier = (await findUsageRecords(writes, accountId, productCode, [key])).get(key)
  if (earlier?.detail.kind === 'usage') {
    if (isSameUsage(earlier.detail.usage, detail.usage)) return earlier.recordId
    throw new AwsError(
      DUPLICATE_REQUEST,
      'A metering record has already been emitted for the given dimension and hour with a different usage.',
    )
  }
  await insertUsageRecords(writes, [record])
  return record.recordId
}

/** "Passing the same value to a later call … requires that you also pass the same value for all other parameters." */
function isSameRequest(one: StoredRecord, other: MeterRecord): boolean {
  return one.productCode === other.productCode && JSON.stringify(one.detail) === JSON.stringify(other.detail)
}
