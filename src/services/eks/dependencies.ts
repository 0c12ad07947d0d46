import type { Operation } from '../../access/operation.ts'
import type { Present } from '../../access/present.ts'
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

/** An operation of EKS. `Input` and `Output` are the SDK's types. */
export type EksOperation<Input, Output> = Operation<Present<Input>, Output, EksDependencies>
