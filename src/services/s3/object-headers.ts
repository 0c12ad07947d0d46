import { AwsError } from '../../aws/aws-error.ts'
import { INVALID_ARGUMENT, KEY_TOO_LONG, METADATA_TOO_LARGE } from './error-codes.ts'
import type { ObjectHeaders } from './object-store.ts'

/** User metadata, names and values together. @see S3 User Guide, "Working with object metadata" */
const METADATA_BYTES_MAX = 2048
/** UTF-8 bytes. @see S3 User Guide, "Naming Amazon S3 objects" */
const KEY_BYTES_MAX = 1024

/** The type that S3 gives an object that came without one. */
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream'

/** Header members that uploads share. */
export interface HeaderMembers {
  readonly CacheControl?: string | undefined
  readonly ContentDisposition?: string | undefined
  readonly ContentEncoding?: string | undefined
  readonly ContentLanguage?: string | undefined
  readonly ContentType?: string | undefined
  readonly Expires?: Date | undefined
  readonly Metadata?: Record<string, string> | undefined
}

export const HEADER_MEMBERS = [
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'ContentType',
  'Expires',
  'Metadata',
] satisfies (keyof HeaderMembers)[]

/** What is kept with an object. @throws AwsError `MetadataTooLarge` */
export function readHeaders(input: HeaderMembers): ObjectHeaders {
  return {
    contentType: input.ContentType ?? DEFAULT_CONTENT_TYPE,
    cacheControl: input.CacheControl,
    contentDisposition: input.ContentDisposition,
    contentEncoding: input.ContentEncoding,
    contentLanguage: input.ContentLanguage,
    expires: input.Expires?.getTime(),
    metadata: readMetadata(input.Metadata ?? {}),
  }
}

export function headerMembers(headers: ObjectHeaders): HeaderMembers {
  return {
    CacheControl: headers.cacheControl,
    ContentDisposition: headers.contentDisposition,
    ContentEncoding: headers.contentEncoding,
    ContentLanguage: headers.contentLanguage,
    ContentType: headers.contentType,
    Expires: headers.expires === undefined ? undefined : new Date(headers.expires),
    Metadata: { ...headers.metadata },
  }
}

/** @throws AwsError `KeyTooLongError`; `InvalidArgument` for a key that neither XML nor every database can hold */
export function assertKey(key: string): void {
  const sizeBytes = Buffer.byteLength(key)
  if (sizeBytes > KEY_BYTES_MAX) {
    throw new AwsError(KEY_TOO_LONG, 'Your key is too long', {
      detail: { Size: sizeBytes, MaxSizeAllowed: KEY_BYTES_MAX },
    })
  }
  if (key === '' || key.includes('\0') || !key.isWellFormed()) {
    throw new AwsError(INVALID_ARGUMENT, 'Object key is not valid', { detail: { ArgumentName: 'Key' } })
  }
}

function readMetadata(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value] as const)
  const sizeBytes = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)
  if (sizeBytes > METADATA_BYTES_MAX) {
    throw new AwsError(METADATA_TOO_LARGE, 'Your metadata headers exceed the maximum allowed metadata size', {
      detail: { Size: sizeBytes, MaxSizeAllowed: METADATA_BYTES_MAX },
    })
  }
  return Object.fromEntries(entries)
}
