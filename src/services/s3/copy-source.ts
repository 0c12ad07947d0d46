import type { Requirement, RequirementContext } from '../../access/operation.ts'
import type { BucketRecord, BucketRecords } from '../../access/records/bucket-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { requireBucket } from './bucket.ts'
import { INVALID_ARGUMENT } from './error-codes.ts'
import { notImplemented } from './features.ts'
import type { ReadConditions } from './preconditions.ts'
import { objectRequirement, versioned, type WriteInput, writeRequirements } from './requirements.ts'

export interface CopySourceName {
  readonly bucketName: string
  readonly key: string
  /** `null` where the source names it. */
  readonly versionId: string | undefined
}

/** Members that name a source and its conditions. */
export interface CopySourceMembers {
  readonly CopySource: string
  readonly CopySourceIfMatch?: string | undefined
  readonly CopySourceIfNoneMatch?: string | undefined
  readonly CopySourceIfModifiedSince?: Date | undefined
  readonly CopySourceIfUnmodifiedSince?: Date | undefined
  readonly ExpectedSourceBucketOwner?: string | undefined
}

export const COPY_SOURCE_MEMBERS = [
  'CopySource',
  'CopySourceIfMatch',
  'CopySourceIfNoneMatch',
  'CopySourceIfModifiedSince',
  'CopySourceIfUnmodifiedSince',
  'ExpectedSourceBucketOwner',
] satisfies (keyof CopySourceMembers)[]

/** A copy reads its source and writes its target: both must be allowed. @param isCreation as of `toWrite` */
export function copyRequirements(isCreation: boolean) {
  return async (
    input: WriteInput & CopySourceMembers,
    { buckets }: RequirementContext,
  ): Promise<readonly Requirement[]> => {
    const { key, versionId } = parseCopySource(input.CopySource)
    const source = await requireSourceBucket(buckets, input)
    const target = await requireBucket(buckets, input)
    const read = objectRequirement(versioned('s3:GetObject', versionId), source, key)
    return [read, ...writeRequirements(target, input, isCreation)]
  }
}

export async function requireSourceBucket(buckets: BucketRecords, input: CopySourceMembers): Promise<BucketRecord> {
  const { bucketName } = parseCopySource(input.CopySource)
  return requireBucket(buckets, { Bucket: bucketName, ExpectedBucketOwner: input.ExpectedSourceBucketOwner })
}

/**
 * Reads `x-amz-copy-source`: `[/]<bucket>/<percent-encoded key>[?versionId=null]`.
 * @throws AwsError `InvalidArgument`, `NotImplemented` for access points
 */
export function parseCopySource(header: string): CopySourceName {
  const [path, versionId] = splitAt(header, '?versionId=')
  const [bucketName, key] = splitAt(decode(path).replace(/^\//, ''), '/')
  // The header itself was checked before its percent-encoding was undone.
  if (key?.includes('\0') || bucketName.includes('\0')) throw badSource('Invalid copy source object key')
  if (bucketName?.startsWith('arn:')) throw notImplemented('x-amz-copy-source')
  if (versionId !== undefined && versionId !== 'null') throw badSource('Invalid version id specified')
  if (!bucketName || !key) throw badSource('Copy Source must mention the source bucket and key: sourcebucket/sourcekey')
  return { bucketName, key, versionId }
}

export function sourceConditions(input: CopySourceMembers): ReadConditions {
  return {
    ifMatch: input.CopySourceIfMatch,
    ifNoneMatch: input.CopySourceIfNoneMatch,
    ifModifiedSince: input.CopySourceIfModifiedSince,
    ifUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  }
}

function splitAt(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badSource('Invalid copy source encoding.')
  }
}

function badSource(message: string): AwsError {
  return new AwsError(INVALID_ARGUMENT, message, { detail: { ArgumentName: 'x-amz-copy-source' } })
}
