import type { Operation, Requires } from '../../access/operation.ts'
import type { Present } from '../../access/present.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { CallStore } from '../../store/store.ts'
import type { ProductCatalog } from './product.ts'

/** What the handlers of Marketplace Metering need beyond the call. */
export interface MarketplaceMeteringDependencies {
  readonly store: CallStore
  /** Seals the private keys of registrations and the registration tokens. */
  readonly keyRing: KeyRing
  readonly catalog: ProductCatalog
}

/** An operation of Marketplace Metering. `Input` and `Output` are the SDK's types. */
export type MeteringOperation<Input, Output> = Operation<Present<Input>, Output, MarketplaceMeteringDependencies>

/**
 * The actions of this service have no resource types and no condition keys of their own.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsmarketplacemeteringservice.html
 */
export function onEverything(action: string): Requires<unknown> {
  return { kind: 'allowed', requirements: () => [{ action: `aws-marketplace:${action}`, resource: '*' }] }
}
