import type { Operation } from '../../access/operation.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { CallStore } from '../../store/store.ts'

/** What the handlers of EKS need beyond the call. */
export interface EksDependencies {
  readonly store: CallStore
  /** Seals the private keys of hosted issuers. */
  readonly keyRing: KeyRing
  /** Where hosted issuers are published (`--public-url`); undefined for names under `.openirsa.internal`. */
  readonly publicUrl: string | undefined
}

/** An operation of EKS; the input's required members are present when it arrives. */
export type EksOperation<Input, Output> = Operation<Input, Output, EksDependencies>
