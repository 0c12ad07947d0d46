import type { DenialRecords } from '../../access/denials/denial-records.ts'
import type { Operation } from '../../access/operation.ts'
import type { IssuerRecords } from '../../access/records/issuer-records.ts'
import type { KeySource } from '../../oidc/key-source.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { CallStore } from '../../store/store.ts'

/** What the handlers of our own service need beyond the call. */
export interface OpenIrsaDependencies {
  readonly store: CallStore
  readonly keyRing: KeyRing
  readonly issuers: IssuerRecords
  /** The very key source that STS verifies tokens with, so that what is shown is what counts. */
  readonly keys: KeySource
  readonly denials: DenialRecords
  /** `--dev`: `http://` issuers on loopback. */
  readonly isDev: boolean
}

export type OpenIrsaOperation<Input, Output> = Operation<Input, Output, OpenIrsaDependencies>
