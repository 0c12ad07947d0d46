import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED } from '../../aws/error-codes.ts'

/**
 * MFA devices do not exist here: a request that names one is refused, because a session that claims MFA without it would open
 * what a policy keeps shut, and one that silently lacks it would surprise who asked for it.
 *
 * @throws AwsError `AccessDenied`
 */
export function refuseMultiFactor(input: {
  readonly SerialNumber?: string | undefined
  readonly TokenCode?: string | undefined
}): void {
  if (input.SerialNumber === undefined && input.TokenCode === undefined) return
  throw new AwsError(
    ACCESS_DENIED,
    'MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.',
  )
}
