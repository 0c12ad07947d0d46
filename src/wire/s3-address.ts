import { AwsError } from '../aws/aws-error.ts'

/** What an S3 request addresses. `key` is decoded and may start with `/`; empty for the bucket itself. */
export interface S3Address {
  readonly bucket: string | undefined
  readonly key: string
}

const INVALID_BUCKET_NAME = { code: 'InvalidBucketName', status: 400 }
const INVALID_URI = { code: 'InvalidURI', status: 400 }

/**
 * Reads bucket and key, virtual-host style (`bucket.s3.us-east-1.amazonaws.com/key`) or path style (`/bucket/key`).
 *
 * @param path      as received
 * @param host      the Host header, port included; undefined for none
 * @param ownHosts  host names by which this server is known, without port: never taken for a bucket's, and what stands before
 *                  one is a bucket
 * @throws AwsError `InvalidURI` for a path that is not percent-encoded UTF-8, `InvalidBucketName` for a slash in the name
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function s3Address(path: string, host: string | undefined, ownHosts: readonly string[]): S3Address {
  const virtualBucket = host === undefined ? undefined : bucketOfHost(host, ownHosts)
  if (virtualBucket?.includes('/')) throw invalidBucketName()
  if (virtualBucket !== undefined) return { bucket: virtualBucket, key: decodePath(path.slice(1)) }
  const slash = path.indexOf('/', 1)
  const bucket = decodePath(slash === -1 ? path.slice(1) : path.slice(1, slash))
  if (bucket === '') {
    if (slash !== -1) throw invalidUri()
    return { bucket: undefined, key: '' }
  }
  if (bucket.includes('/')) throw invalidBucketName()
  return { bucket, key: slash === -1 ? '' : decodePath(path.slice(slash + 1)) }
}

/** `.s3.`, `.s3-us-west-2.`, `.s3-accelerate.`: what stands before is the bucket, dots included. */
const S3_LABEL = /\.s3[.-]/g
const PORT = /:\d+$/

function bucketOfHost(hostAndPort: string, ownHosts: readonly string[]): string | undefined {
  const host = hostAndPort.replace(PORT, '').toLowerCase()
  if (ownHosts.includes(host)) return undefined
  const s3Label = [...host.matchAll(S3_LABEL)].at(-1)
  if (s3Label) return host.slice(0, s3Label.index)
  if (host.startsWith('s3.') || host.startsWith('s3-')) return undefined
  for (const own of [...ownHosts, 'localhost']) {
    if (host.endsWith(`.${own}`)) return host.slice(0, -own.length - 1)
  }
  return undefined
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    throw invalidUri()
  }
}

/** A slash, percent-encoded in a path or bare in a Host header, would let the bucket's name run on into the key of its ARN. */
function invalidBucketName(): AwsError {
  return new AwsError(INVALID_BUCKET_NAME, 'The specified bucket is not valid.')
}

function invalidUri(): AwsError {
  return new AwsError(INVALID_URI, "Couldn't parse the specified URI.")
}
