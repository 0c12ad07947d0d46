/**
 * S3 signs differently from every other service: the path is encoded once, the body's hash travels in a header and may be
 * left out, and refusals have their own codes and texts.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export type SigningStyle = 's3' | 'standard'

export const ALGORITHM = 'AWS4-HMAC-SHA256'

/** A signature may be used for 15 minutes, and clocks may differ by as much (measured for STS and IAM, documented for S3). */
export const CLOCK_SKEW_MAX_MS = 15 * 60 * 1000

/** Seven days: a derived key is good for no longer. */
export const PRESIGNED_EXPIRES_MAX_SECONDS = 604_800

export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'
