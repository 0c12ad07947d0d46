import type { AwsErrorCode } from '../../aws/aws-error.ts'

/**
 * Error codes of Marketplace Metering that are answered here. json-1.1 answers 400 but where the model names another status.
 * Not answered, because a self-hosted server has nothing to decide them by: PlatformNotSupportedException (any workload of any
 * cluster is supported), InvalidRegionException and InvalidEndpointRegionException (an installation is one region),
 * DisabledApiException, ThrottlingException.
 */
export const CUSTOMER_NOT_ENTITLED = { code: 'CustomerNotEntitledException', status: 400 } satisfies AwsErrorCode
/** Not in the model: "If you have the permissions, the request returns DryRunOperation" (MeterUsage, member DryRun). */
export const DRY_RUN_OPERATION = { code: 'DryRunOperation', status: 400 } satisfies AwsErrorCode
export const DUPLICATE_REQUEST = { code: 'DuplicateRequestException', status: 400 } satisfies AwsErrorCode
export const EXPIRED_REGISTRATION_TOKEN = { code: 'ExpiredTokenException', status: 400 } satisfies AwsErrorCode
export const IDEMPOTENCY_CONFLICT = { code: 'IdempotencyConflictException', status: 409 } satisfies AwsErrorCode
export const INVALID_CUSTOMER_IDENTIFIER = {
  code: 'InvalidCustomerIdentifierException',
  status: 400,
} satisfies AwsErrorCode
export const INVALID_LICENSE = { code: 'InvalidLicenseException', status: 400 } satisfies AwsErrorCode
export const INVALID_PRODUCT_CODE = { code: 'InvalidProductCodeException', status: 400 } satisfies AwsErrorCode
export const INVALID_PUBLIC_KEY_VERSION = {
  code: 'InvalidPublicKeyVersionException',
  status: 400,
} satisfies AwsErrorCode
export const INVALID_TAG = { code: 'InvalidTagException', status: 400 } satisfies AwsErrorCode
export const INVALID_TOKEN = { code: 'InvalidTokenException', status: 400 } satisfies AwsErrorCode
export const INVALID_USAGE_ALLOCATIONS = {
  code: 'InvalidUsageAllocationsException',
  status: 400,
} satisfies AwsErrorCode
export const INVALID_USAGE_DIMENSION = { code: 'InvalidUsageDimensionException', status: 400 } satisfies AwsErrorCode
export const TIMESTAMP_OUT_OF_BOUNDS = { code: 'TimestampOutOfBoundsException', status: 400 } satisfies AwsErrorCode
