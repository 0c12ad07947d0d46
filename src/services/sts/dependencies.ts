import type { CallAuthorization } from '../../access/authorize.ts'
import type { Operation } from '../../access/operation.ts'
import type { PrincipalPolicySource } from '../../access/policies/principal-policies.ts'
import type { Present } from '../../access/present.ts'
import type { RoleRecords } from '../../access/records/role-records.ts'
import type { WebIdentity } from '../../oidc/web-identity.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { CallStore } from '../../store/store.ts'

export interface StsDependencies extends CallAuthorization {
  readonly store: CallStore
  readonly keyRing: KeyRing
  readonly roles: RoleRecords
  readonly policies: PrincipalPolicySource
  /**
   * Verifies a web identity token against the providers of an account.
   * @throws AwsError `InvalidIdentityToken`, `ExpiredTokenException`, `IDPCommunicationError`
   */
  verifyWebIdentity(token: string, accountId: string, now: number): Promise<WebIdentity>
}

/** An operation of STS. `Input` and `Output` are the SDK's types. */
export type StsOperation<Input, Output> = Operation<Present<Input>, Output, StsDependencies>
