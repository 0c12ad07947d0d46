import { AwsError } from '../aws/aws-error.ts'
import { SERVICE_UNAVAILABLE } from '../aws/error-codes.ts'

/**
 * The refusal for a database that cannot answer now. AWS's wording, from "Common Errors" of the API references; clients retry it.
 *
 * @param cause  for the operator's log
 */
export function databaseUnavailable(cause: unknown): AwsError {
  return new AwsError(SERVICE_UNAVAILABLE, 'The request has failed due to a temporary failure of the server.', {
    cause,
  })
}
