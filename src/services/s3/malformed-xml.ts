import { AwsError } from '../../aws/aws-error.ts'
import { MALFORMED_XML } from './error-codes.ts'

/** A document of a request that lacks what it must have, or has too much of it. */
export function malformedXml(): AwsError {
  return new AwsError(
    MALFORMED_XML,
    'The XML you provided was not well-formed or did not validate against our published schema',
  )
}
