import type { Operation } from '../../access/operation.ts'
import type { ManagedPolicyCatalog } from '../../access/policies/managed-policy-catalog.ts'
import type { Present } from '../../access/present.ts'
import type { ServiceAuthorization } from '../../policy/index.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { CallStore } from '../../store/store.ts'
import type { IamQuotas } from './quotas.ts'

/** What the handlers of IAM need beyond the call. */
export interface IamDependencies {
  readonly store: CallStore
  /** Seals the secrets of access keys. */
  readonly keyRing: KeyRing
  /** The policies that AWS manages: readable and attachable, never writable. */
  readonly managedPolicies: ManagedPolicyCatalog
  readonly quotas: IamQuotas
  /** Resource types of AWS's actions, for the simulators. */
  readonly serviceAuthorization: ServiceAuthorization
  /**
   * Returns the SHA-1 thumbprint (40 hex digits) of the top certificate that the issuer's server presents.
   * Rejects with the cause where the server cannot be reached or trusted to be asked.
   *
   * @param url  of the issuer, with scheme
   */
  readonly fetchThumbprint: (url: string) => Promise<string>
  /** Under `--dev` `http://` issuers on loopback are accepted. */
  readonly isDev: boolean
}

/** An operation of IAM. `Input` and `Output` are the SDK's types. */
export type IamOperation<Input, Output> = Operation<Present<Input>, Output, IamDependencies>
