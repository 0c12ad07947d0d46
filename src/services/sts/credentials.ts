import type { Credentials } from '@aws-sdk/client-sts'
import { type SessionGrant, sealSession } from '../../access/authentication/session-token.ts'
import { newAccessKeyId } from '../../aws/access-key-id.ts'
import { newSecretAccessKey } from '../../aws/unique-id.ts'
import type { KeyRing } from '../../store/key-ring.ts'

/**
 * Makes the credentials of a new session; they are held nowhere but in the token.
 *
 * @param now  milliseconds since the epoch
 * @throws AwsError `PackedPolicyTooLarge`
 */
export function issueCredentials(
  keyRing: KeyRing,
  grant: SessionGrant,
  now: number,
  durationSeconds: number,
): Credentials {
  const accessKeyId = newAccessKeyId('temporary', grant.accountId)
  const secretAccessKey = newSecretAccessKey()
  // Whole seconds, as the answer shows them.
  const issuedAt = Math.floor(now / 1000) * 1000
  const expiresAt = issuedAt + durationSeconds * 1000
  const record = { ...grant, accessKeyId, secretAccessKey, issuedAt, expiresAt }
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sealSession(keyRing, record),
    Expiration: new Date(expiresAt),
  }
}
