import { AwsError } from '../../aws/aws-error.ts'

/** Error shapes of EKS's model. `detail` carries their further members. */
const RESOURCE_NOT_FOUND = { code: 'ResourceNotFoundException', status: 404 }
const RESOURCE_IN_USE = { code: 'ResourceInUseException', status: 409 }
const INVALID_PARAMETER = { code: 'InvalidParameterException', status: 400 }
const INVALID_REQUEST = { code: 'InvalidRequestException', status: 400 }
/** The tag operations have error shapes of their own. */
const NOT_FOUND = { code: 'NotFoundException', status: 404 }
export const BAD_REQUEST = { code: 'BadRequestException', status: 400 }

export function clusterNotFound(clusterName: string): AwsError {
  return new AwsError(RESOURCE_NOT_FOUND, `No cluster found for name: ${clusterName}.`, { detail: { clusterName } })
}

export function clusterAlreadyExists(clusterName: string): AwsError {
  return new AwsError(RESOURCE_IN_USE, `Cluster already exists with name: ${clusterName}`, { detail: { clusterName } })
}

export function invalidParameter(message: string, clusterName?: string): AwsError {
  return new AwsError(INVALID_PARAMETER, message, { detail: clusterName === undefined ? {} : { clusterName } })
}

export function invalidRequest(message: string, clusterName: string): AwsError {
  return new AwsError(INVALID_REQUEST, message, { detail: { clusterName } })
}

export function resourceNotFound(arn: string): AwsError {
  return new AwsError(NOT_FOUND, `Resource not found: ${arn}`)
}

export function badRequest(message: string): AwsError {
  return new AwsError(BAD_REQUEST, message)
}
