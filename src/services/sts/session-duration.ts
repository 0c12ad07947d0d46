import { AwsError } from '../../aws/aws-error.ts'
import { VALIDATION_ERROR } from '../../aws/error-codes.ts'

const ROLE_SESSION_SECONDS_DEFAULT = 3_600
/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const CHAINED_SESSION_SECONDS_MAX = 3_600

/**
 * The lifetime of a role's session, within the role's maximum and, for a role that another role assumes, one hour.
 *
 * @param requested  900 to 43,200 (checked before, as the service model has it)
 * @throws AwsError `ValidationError`
 */
export function roleSessionSeconds(
  requested: number | undefined,
  maxSessionDurationSeconds: number,
  isChained: boolean,
): number {
  if (requested === undefined) return ROLE_SESSION_SECONDS_DEFAULT
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
