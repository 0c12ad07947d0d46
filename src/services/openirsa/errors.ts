import { AwsError } from '../../aws/aws-error.ts'

/** Codes as EKS has them, so that clients that know EKS know these. */
export function clusterNotFound(clusterName: string): AwsError {
  return new AwsError({ code: 'ResourceNotFoundException', status: 404 }, `No cluster found for name: ${clusterName}.`)
}

export function resourceInUse(message: string): AwsError {
  return new AwsError({ code: 'ResourceInUseException', status: 409 }, message)
}

export function invalidParameter(message: string, cause?: unknown): AwsError {
  return new AwsError({ code: 'InvalidParameterException', status: 400 }, message, { cause })
}

export function invalidRequest(message: string): AwsError {
  return new AwsError({ code: 'InvalidRequestException', status: 400 }, message)
}
