import { AwsError } from '../../aws/aws-error.ts'
import { INVALID_BUCKET_NAME } from './error-codes.ts'

const NAME_CHARACTERS_MIN = 3
const NAME_CHARACTERS_MAX = 63
const CHARACTERS = /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/
const IP_ADDRESS = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/

/** Prefixes and suffixes that S3 keeps for names it makes itself. */
const RESERVED_PREFIXES = ['xn--', 'sthree-', 'amzn-s3-demo-']
const RESERVED_SUFFIXES = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3', '-an']

/**
 * @throws AwsError `InvalidBucketName`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function assertBucketName(name: string): void {
  const isSized = name.length >= NAME_CHARACTERS_MIN && name.length <= NAME_CHARACTERS_MAX
  const isReserved =
    RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) ||
    RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix))
  if (isSized && CHARACTERS.test(name) && !name.includes('..') && !IP_ADDRESS.test(name) && !isReserved) return
  throw new AwsError(INVALID_BUCKET_NAME, 'The specified bucket is not valid.', { detail: { BucketName: name } })
}
