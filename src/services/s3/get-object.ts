import type { GetObjectOutput, GetObjectRequest, HeadObjectOutput, HeadObjectRequest } from '@aws-sdk/client-s3'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import type { Present } from '../../access/present.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { requireBucket } from './bucket.ts'
import { formatContentRange, rangeSizeBytes } from './byte-range.ts'
import { checksumMembers } from './checksum.ts'
import type { S3Dependencies, S3Operation } from './dependencies.ts'
import { INVALID_REQUEST } from './error-codes.ts'
import { refuseUnsupported } from './features.ts'
import { missingObject } from './missing-object.ts'
import { assertKey, type HeaderMembers, headerMembers } from './object-headers.ts'
import type { FoundObject, ReadRequest } from './object-store.ts'
import { toRead } from './requirements.ts'

/** `ContentRange` in the output means status 206. */
export type GetObjectAnswer = Omit<GetObjectOutput, 'Body'> & { readonly Body: AsyncIterable<Uint8Array> }

type ReadInput = Present<GetObjectRequest & HeadObjectRequest>

const HONOURED = [
  ...['Bucket', 'Key', 'ExpectedBucketOwner', 'Range', 'ChecksumMode'],
  ...['IfMatch', 'IfNoneMatch', 'IfModifiedSince', 'IfUnmodifiedSince'],
  ...['ResponseCacheControl', 'ResponseContentDisposition', 'ResponseContentEncoding', 'ResponseContentLanguage'],
  ...['ResponseContentType', 'ResponseExpires'],
]

export const getObject: S3Operation<GetObjectRequest, GetObjectAnswer> = {
  name: 'GetObject',
  requires: { kind: 'allowed', requirements: toRead },

  async handle(call, dependencies) {
    const { bucket, key, request } = await readRequest(call, dependencies)
    const opened = await dependencies.objects.get(bucket.name, key, request)
    if (!opened) throw await missingObject(bucket, key, dependencies)
    return { ...describe(call.input, opened), Body: opened.bytes }
  },
}

export const headObject: S3Operation<HeadObjectRequest, HeadObjectOutput> = {
  name: 'HeadObject',
  requires: { kind: 'allowed', requirements: toRead },

  async handle(call, dependencies) {
    const { bucket, key, request } = await readRequest(call, dependencies)
    const found = await dependencies.objects.head(bucket.name, key, request)
    if (!found) throw await missingObject(bucket, key, dependencies)
    return describe(call.input, found)
  },
}

async function readRequest(call: AuthorizedCall<ReadInput>, { buckets }: S3Dependencies) {
  const { input } = call
  const key = input.Key
  refuseUnsupported(input, HONOURED)
  assertKey(key)
  if (call.caller.kind === 'anonymous') refuseOverrides(input)
  const request: ReadRequest = {
    range: input.Range,
    conditions: {
      ifMatch: input.IfMatch,
      ifNoneMatch: input.IfNoneMatch,
      ifModifiedSince: input.IfModifiedSince,
      ifUnmodifiedSince: input.IfUnmodifiedSince,
    },
  }
  return { bucket: await requireBucket(buckets, input), key, request }
}

/** Nobody may make somebody's object answer with headers of a stranger's choice. */
function refuseOverrides(input: ReadInput): void {
  if (Object.values(overrides(input)).every((value) => value === undefined)) return
  throw new AwsError(INVALID_REQUEST, 'Request specific response headers cannot be used for anonymous GET requests.')
}

function describe(input: ReadInput, { object, range }: FoundObject) {
  const isChecksumAsked = input.ChecksumMode === 'ENABLED' && range === undefined
  return {
    ...headerMembers(object.headers),
    ...given(overrides(input)),
    ...(isChecksumAsked && { ...checksumMembers(object.checksum), ChecksumType: object.checksum?.type }),
    AcceptRanges: 'bytes',
    ETag: `"${object.etag}"`,
    LastModified: new Date(object.lastModified),
    ContentLength: range ? rangeSizeBytes(range) : object.sizeBytes,
    ContentRange: range && formatContentRange(range, object.sizeBytes),
  }
}

function overrides(input: ReadInput): HeaderMembers {
  return {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    Expires: input.ResponseExpires,
  }
}

function given(members: HeaderMembers): HeaderMembers {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
