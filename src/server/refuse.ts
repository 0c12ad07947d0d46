import { AwsError } from '../aws/aws-error.ts'
import { INTERNAL_FAILURE } from '../aws/error-codes.ts'

/**
 * Turns whatever was thrown into what the caller may see. A bug or a broken part is an `InternalFailure` that says nothing of
 * itself; its cause goes to the operator's log under the same request id.
 */
export function refuse(error: unknown): AwsError {
  if (error instanceof AwsError) return error
  return new AwsError(INTERNAL_FAILURE, 'The request processing has failed because of an unknown error.', {
    cause: error,
  })
}
