import type { ReadKey } from './request-context.ts'

/**
 * The keys that S3 has for each of its actions, whatever its resource is, in lower case.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
 */
export const S3_KEYS: Readonly<Record<string, ReadKey>> = {
  's3:authtype': ({ source }) => source.signature && S3_AUTH_TYPES[source.signature.place],
  's3:resourceaccount': ({ resourceAccount }) => resourceAccount,
  // Of presigned requests only: a header's signature is not kept to be used later.
  's3:signatureage': ({ source: { signature }, now }) =>
    signature?.place === 'query' ? String(Math.max(0, now - signature.signedAt)) : undefined,
  's3:signatureversion': ({ source }) => source.signature && 'AWS4-HMAC-SHA256',
  's3:tlsversion': ({ source }) => source.tlsVersion,
  's3:x-amz-content-sha256': ({ source }) => source.signature?.contentSha256,
}

const S3_AUTH_TYPES = { header: 'REST-HEADER', query: 'REST-QUERY-STRING' } as const
