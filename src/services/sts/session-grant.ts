import { deflateRawSync } from 'node:zlib'
import type { Credentials, PolicyDescriptorType } from '@aws-sdk/client-sts'
import type { PrincipalPolicySource } from '../../access/principal-policies.ts'
import { type SessionGrant, sealSession } from '../../access/session-token.ts'
import { newAccessKeyId } from '../../aws/access-key-id.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { SessionPolicy, SessionTag } from '../../aws/caller.ts'
import { MALFORMED_POLICY_DOCUMENT, VALIDATION_ERROR } from '../../aws/error-codes.ts'
import { newSecretAccessKey } from '../../aws/unique-id.ts'
import { validatePolicy } from '../../policy/index.ts'
import type { KeyRing } from '../../store/key-ring.ts'

const PACKED_POLICY_TOO_LARGE = { code: 'PackedPolicyTooLarge', status: 400 }

/** Characters of the inline session policy (service model). */
const SESSION_POLICY_CHARACTERS_MAX = 2_048
/**
 * Bytes that policies, policy ARNs and tags may take when packed. AWS publishes neither its packing nor the limit, only the
 * share used; here packing is raw deflate, and the limit leaves the token well below common header limits (8 KiB).
 */
const PACKED_BYTES_MAX = 2_048
const SESSION_SECONDS_DEFAULT = 3_600
/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const CHAINED_SESSION_SECONDS_MAX = 3_600

/** Makes the credentials of a new session; they are held nowhere but in the token. */
export function issueCredentials(
  keyRing: KeyRing,
  grant: SessionGrant,
  accountId: string,
  now: number,
  durationSeconds: number,
): Credentials {
  const accessKeyId = newAccessKeyId('temporary', accountId)
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

/** The lifetime of a role session, within the role's maximum and, for chained roles, one hour. */
export function roleSessionSeconds(
  requested: number | undefined,
  maxSessionDurationSeconds: number,
  isChained: boolean,
): number {
  if (requested === undefined) return SESSION_SECONDS_DEFAULT
  if (isChained && requested > CHAINED_SESSION_SECONDS_MAX) {
    throw new AwsError(
      VALIDATION_ERROR,
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  }
  if (requested > maxSessionDurationSeconds) {
    throw new AwsError(
      VALIDATION_ERROR,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  }
  return requested
}

/**
 * Checks the session policies of a request.
 * @throws AwsError `MalformedPolicyDocument`, `ValidationError`
 */
export async function sessionPolicies(
  input: { readonly Policy?: string | undefined; readonly PolicyArns?: readonly PolicyDescriptorType[] | undefined },
  policies: PrincipalPolicySource,
): Promise<SessionPolicy[]> {
  const chosen: SessionPolicy[] = []
  for (const { arn } of input.PolicyArns ?? []) {
    if (arn === undefined || (await policies.managedPolicy(arn)) === undefined) {
      throw new AwsError(VALIDATION_ERROR, `Policy ${arn} does not exist or is not attachable.`)
    }
    chosen.push({ kind: 'managed', policyArn: arn })
  }
  if (input.Policy !== undefined) chosen.push(inlinePolicy(input.Policy))
  return chosen
}

function inlinePolicy(document: string): SessionPolicy {
  if (document.length > SESSION_POLICY_CHARACTERS_MAX) {
    const percent = Math.ceil((100 * document.length) / SESSION_POLICY_CHARACTERS_MAX)
    throw new AwsError(
      PACKED_POLICY_TOO_LARGE,
      `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    )
  }
  const problem = validatePolicy(document, 'session')
  if (problem !== undefined) throw new AwsError(MALFORMED_POLICY_DOCUMENT, problem.message)
  return { kind: 'inline', document }
}

/**
 * The share of the space for session policies and tags that a request takes, in percent; undefined where it carries neither.
 * @throws AwsError `PackedPolicyTooLarge` above 100
 */
export function packedPolicySize(policies: readonly SessionPolicy[], tags: readonly SessionTag[]): number | undefined {
  if (policies.length === 0 && tags.length === 0) return undefined
  const packed = deflateRawSync(JSON.stringify([policies, tags.map(({ key, value }) => [key, value])])).length
  const percent = Math.ceil((100 * packed) / PACKED_BYTES_MAX)
  if (percent > 100) {
    const what = policies.length > 0 ? 'policy' : 'size of session tags'
    throw new AwsError(PACKED_POLICY_TOO_LARGE, `Packed ${what} consumes ${percent}% of allotted space.`)
  }
  return percent
}
