import type { Operation, Requires } from '../../access/operation.ts'
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

export type MeteringOperation<Input, Output> = Operation<Input, Output, MarketplaceMeteringDependencies>

/** The SDK types a required member as `T | undefined`; inputs arrive with every required member checked, and this says so. */
export type Given<T, Member extends keyof T> = Omit<T, Member> & {
  readonly [Name in Member]-?: NonNullable<T[Name]>
}

/**
 * The actions of this service have no resource types and no condition keys of their own.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsmarketplacemeteringservice.html
 */
export function onEverything(action: string): Requires<unknown> {
  return { kind: 'allowed', requirements: () => [{ action: `aws-marketplace:${action}`, resource: '*' }] }
}
