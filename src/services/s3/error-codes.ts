import type { AwsErrorCode } from '../../aws/aws-error.ts'

/**
 * Error codes that only S3 has.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */
export const ACCESS_CONTROL_LIST_NOT_SUPPORTED = {
  code: 'AccessControlListNotSupported',
  status: 400,
} satisfies AwsErrorCode
export const BAD_DIGEST = { code: 'BadDigest', status: 400 } satisfies AwsErrorCode
export const BUCKET_ALREADY_EXISTS = { code: 'BucketAlreadyExists', status: 409 } satisfies AwsErrorCode
export const BUCKET_ALREADY_OWNED_BY_YOU = { code: 'BucketAlreadyOwnedByYou', status: 409 } satisfies AwsErrorCode
export const BUCKET_NOT_EMPTY = { code: 'BucketNotEmpty', status: 409 } satisfies AwsErrorCode
export const ENTITY_TOO_LARGE = { code: 'EntityTooLarge', status: 400 } satisfies AwsErrorCode
export const ENTITY_TOO_SMALL = { code: 'EntityTooSmall', status: 400 } satisfies AwsErrorCode
export const ILLEGAL_LOCATION_CONSTRAINT = {
  code: 'IllegalLocationConstraintException',
  status: 400,
} satisfies AwsErrorCode
export const INVALID_ARGUMENT = { code: 'InvalidArgument', status: 400 } satisfies AwsErrorCode
export const INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP = {
  code: 'InvalidBucketAclWithObjectOwnership',
  status: 400,
} satisfies AwsErrorCode
export const INVALID_BUCKET_NAME = { code: 'InvalidBucketName', status: 400 } satisfies AwsErrorCode
export const INVALID_DIGEST = { code: 'InvalidDigest', status: 400 } satisfies AwsErrorCode
export const INVALID_LOCATION_CONSTRAINT = { code: 'InvalidLocationConstraint', status: 400 } satisfies AwsErrorCode
export const INVALID_PART = { code: 'InvalidPart', status: 400 } satisfies AwsErrorCode
export const INVALID_PART_ORDER = { code: 'InvalidPartOrder', status: 400 } satisfies AwsErrorCode
export const INVALID_RANGE = { code: 'InvalidRange', status: 416 } satisfies AwsErrorCode
export const INVALID_REQUEST = { code: 'InvalidRequest', status: 400 } satisfies AwsErrorCode
export const INVALID_STORAGE_CLASS = { code: 'InvalidStorageClass', status: 400 } satisfies AwsErrorCode
export const KEY_TOO_LONG = { code: 'KeyTooLongError', status: 400 } satisfies AwsErrorCode
export const MALFORMED_POLICY = { code: 'MalformedPolicy', status: 400 } satisfies AwsErrorCode
export const MALFORMED_XML = { code: 'MalformedXML', status: 400 } satisfies AwsErrorCode
export const METADATA_TOO_LARGE = { code: 'MetadataTooLarge', status: 400 } satisfies AwsErrorCode
export const METHOD_NOT_ALLOWED = { code: 'MethodNotAllowed', status: 405 } satisfies AwsErrorCode
export const NO_SUCH_BUCKET = { code: 'NoSuchBucket', status: 404 } satisfies AwsErrorCode
export const NO_SUCH_BUCKET_POLICY = { code: 'NoSuchBucketPolicy', status: 404 } satisfies AwsErrorCode
export const NO_SUCH_KEY = { code: 'NoSuchKey', status: 404 } satisfies AwsErrorCode
export const NO_SUCH_UPLOAD = { code: 'NoSuchUpload', status: 404 } satisfies AwsErrorCode
export const NOT_IMPLEMENTED = { code: 'NotImplemented', status: 501 } satisfies AwsErrorCode
/** Not an error to a client: the answer of a conditional read, which has no body. */
export const NOT_MODIFIED = { code: 'NotModified', status: 304 } satisfies AwsErrorCode
export const PRECONDITION_FAILED = { code: 'PreconditionFailed', status: 412 } satisfies AwsErrorCode
export const TOO_MANY_BUCKETS = { code: 'TooManyBuckets', status: 400 } satisfies AwsErrorCode
