import type { ManagedPolicyCatalog } from '../../access/managed-policy-catalog.ts'
import type { Operation } from '../../access/operation.ts'
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

/**
 * The SDK types a required member as `T | undefined`; inputs arrive here with every required member checked.
 * This says so, all the way down.
 */
export type Present<T> = T extends Date | Uint8Array
  ? T
  : T extends readonly (infer Entry)[]
    ? readonly Present<Entry>[]
    : T extends object
      ? {
          readonly [Key in keyof T]: IsOptional<T, Key> extends true
            ? Present<T[Key]>
            : Present<Exclude<T[Key], undefined>>
        }
      : T

type IsOptional<T, Key extends keyof T> = Record<never, never> extends Pick<T, Key> ? true : false
