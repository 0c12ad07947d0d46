import type { CallAuthorization } from '../../access/authorize.ts'
import type { PrincipalPolicySource } from '../../access/principal-policies.ts'
import type { RoleRecords } from '../../access/role-records.ts'
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
