import { AwsError } from '../aws/aws-error.ts'
import { INVALID_ACTION } from '../aws/error-codes.ts'
import type { ServiceProtocol } from '../aws/service-protocol.ts'

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const NOT_IMPLEMENTED = { code: 'NotImplemented', status: 501 }

/**
 * The refusal of an operation that the service does not have, or that is not built here.
 * Never a status that clients retry (500, 502, 503, 504): S3's own `NotImplemented` has 501, which none of the SDKs retries.
 *
 * @param name     as the request names it
 * @param version  as the request names it (query protocol)
 */
export function unknownOperation(service: ServiceProtocol, name: string, version = service.apiVersion): AwsError {
  switch (service.protocol) {
    case 'query':
      return new AwsError(INVALID_ACTION, `Could not find operation ${name} for version ${version}`)
    case 'rest-json':
      return new AwsError({ code: 'UnknownOperationException', status: 404 }, `Unknown operation ${name}`)
    case 'json-1.1':
      return new AwsError({ code: 'UnknownOperationException', status: 400 }, `Unknown operation ${name}`)
    case 'rest-xml':
      return new AwsError(NOT_IMPLEMENTED, 'A header you provided implies functionality that is not implemented')
  }
}
