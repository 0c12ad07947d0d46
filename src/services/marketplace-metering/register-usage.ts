import { randomUUID } from 'node:crypto'
import type { RegisterUsageRequest, RegisterUsageResult } from '@aws-sdk/client-marketplace-metering'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import type { Present } from '../../access/present.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { CallStore, Reads } from '../../store/store.ts'
import { type MeteringOperation, onEverything } from './dependencies.ts'
import { CUSTOMER_NOT_ENTITLED, INVALID_PUBLIC_KEY_VERSION } from './errors.ts'
import { isEntitled, requireProduct } from './product.ts'
import { listRegistrationKeys, type RegistrationKey, signClaims } from './registration-key.ts'
import { callerIdOf, dedupeKey, findUsageRecords, insertUsageRecords } from './usage-record.ts'

type RegisterUsageInput = Present<RegisterUsageRequest>

/**
 * Says that the caller's account may use a product, as a JWT that the product verifies with the published key. The first
 * registration of an account and product is recorded; every further one is answered alike.
 *
 * @see https://docs.aws.amazon.com/marketplace/latest/userguide/java-integration-example-registerusage.html
 */
export const registerUsage: MeteringOperation<RegisterUsageRequest, RegisterUsageResult> = {
  name: 'RegisterUsage',
  requires: onEverything('RegisterUsage'),
  async handle(call, { store, keyRing, catalog }) {
    const { input, accountId, now } = call
    const product = requireProduct(catalog, input.ProductCode)
    const keys = await listRegistrationKeys({ store, keyRing }, now)
    const key = keys.find(({ version }) => version === input.PublicKeyVersion)
    if (key === undefined) {
      throw new AwsError(INVALID_PUBLIC_KEY_VERSION, 'Public Key version is invalid.')
    }
    // "Subsequent calls … will not throw …, even if the customer unsubscribes while the pod is still running" holds for one pod,
    // which cannot be told from another here: entitlement is asked every time.
    if (!isEntitled(product, accountId)) {
      throw new AwsError(CUSTOMER_NOT_ENTITLED, 'The account does not have a valid subscription for the product.')
    }
    await recordRegistration(call, store)
    return { Signature: signClaims(keyRing, key, claimsOf(input, now)), ...rotationOf(key, keys) }
  },
}

/** The documented claims; a nonce that was not sent is left out. Times in a JWT are whole seconds. */
function claimsOf({ ProductCode, PublicKeyVersion, Nonce }: RegisterUsageInput, now: number) {
  return { productCode: ProductCode, publicKeyVersion: PublicKeyVersion, nonce: Nonce, iat: Math.floor(now / 1000) }
}

/** "Only included when public key version has expired": when the version after it was made. */
function rotationOf({ version }: RegistrationKey, keys: readonly RegistrationKey[]) {
  const next = keys.find((key) => key.version > version)
  return next === undefined ? {} : { PublicKeyRotationTimestamp: new Date(next.createdAt) }
}

/** One record an account and product. Asked before the write, because every start of a pod comes here. */
async function recordRegistration(call: AuthorizedCall<RegisterUsageInput>, store: CallStore): Promise<void> {
  const { input, accountId, now } = call
  const dedupe = dedupeKey('registration', [])
  const isRegistered = async (reads: Reads) =>
    (await findUsageRecords(reads, accountId, input.ProductCode, [dedupe])).size > 0
  if (await isRegistered(store.reads)) return
  await store.write(async (writes) => {
    if (await isRegistered(writes)) return
    const detail = { kind: 'registration', callerId: callerIdOf(call.caller) } as const
    await insertUsageRecords(writes, [
      { recordId: randomUUID(), accountId, productCode: input.ProductCode, dedupeKey: dedupe, detail, recordedAt: now },
    ])
  })
}
