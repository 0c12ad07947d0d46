import type { AwsErrorCode } from './aws-error.ts'

/**
 * Error codes that several services share, spelt as on the query protocol.
 * Source: service models (error shapes, `awsQueryError`), and the "Common Errors" page of the API references.
 */
export const ACCESS_DENIED = { code: 'AccessDenied', status: 403 } satisfies AwsErrorCode
export const MISSING_AUTHENTICATION_TOKEN = { code: 'MissingAuthenticationToken', status: 403 } satisfies AwsErrorCode
export const INCOMPLETE_SIGNATURE = { code: 'IncompleteSignature', status: 403 } satisfies AwsErrorCode
export const INVALID_CLIENT_TOKEN_ID = { code: 'InvalidClientTokenId', status: 403 } satisfies AwsErrorCode
export const SIGNATURE_DOES_NOT_MATCH = { code: 'SignatureDoesNotMatch', status: 403 } satisfies AwsErrorCode
export const REQUEST_TIME_TOO_SKEWED = { code: 'RequestTimeTooSkewed', status: 403 } satisfies AwsErrorCode
export const EXPIRED_TOKEN = { code: 'ExpiredToken', status: 403 } satisfies AwsErrorCode
export const VALIDATION_ERROR = { code: 'ValidationError', status: 400 } satisfies AwsErrorCode
export const INVALID_PARAMETER_VALUE = { code: 'InvalidParameterValue', status: 400 } satisfies AwsErrorCode
export const INVALID_ACTION = { code: 'InvalidAction', status: 400 } satisfies AwsErrorCode
export const MALFORMED_POLICY_DOCUMENT = { code: 'MalformedPolicyDocument', status: 400 } satisfies AwsErrorCode
export const SERVICE_UNAVAILABLE = { code: 'ServiceUnavailable', status: 503 } satisfies AwsErrorCode
export const INTERNAL_FAILURE = { code: 'InternalFailure', status: 500 } satisfies AwsErrorCode

export const NO_SUCH_ENTITY = { code: 'NoSuchEntity', status: 404 } satisfies AwsErrorCode
export const ENTITY_ALREADY_EXISTS = { code: 'EntityAlreadyExists', status: 409 } satisfies AwsErrorCode
export const DELETE_CONFLICT = { code: 'DeleteConflict', status: 409 } satisfies AwsErrorCode
export const LIMIT_EXCEEDED = { code: 'LimitExceeded', status: 409 } satisfies AwsErrorCode
export const INVALID_INPUT = { code: 'InvalidInput', status: 400 } satisfies AwsErrorCode

export const INVALID_IDENTITY_TOKEN = { code: 'InvalidIdentityToken', status: 400 } satisfies AwsErrorCode
export const EXPIRED_TOKEN_EXCEPTION = { code: 'ExpiredTokenException', status: 400 } satisfies AwsErrorCode
export const IDP_COMMUNICATION_ERROR = { code: 'IDPCommunicationError', status: 400 } satisfies AwsErrorCode
