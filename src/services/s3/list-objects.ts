import type {
  _Object,
  ListObjectsOutput,
  ListObjectsRequest,
  ListObjectsV2Output,
  ListObjectsV2Request,
} from '@aws-sdk/client-s3'
import type { Present } from '../../access/present.ts'
import type { BucketRecord } from '../../access/records/bucket-records.ts'
import { requireBucket } from './bucket.ts'
import { continuationToken, placeOfContinuationToken } from './continuation-token.ts'
import type { S3Operation } from './dependencies.ts'
import { refuseUnsupported } from './features.ts'
import type { Listing, ListingPage, StoredObject } from './object-store.ts'
import { canonicalUserId } from './owner.ts'
import { onBucket } from './requirements.ts'

/** A page of any S3 list. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html (max-keys) */
export const PAGE_ENTRIES_MAX = 1000

const HONOURED = ['Bucket', 'ExpectedBucketOwner', 'Prefix', 'Delimiter', 'MaxKeys', 'EncodingType']
const HONOURED_V1 = [...HONOURED, 'Marker']
const HONOURED_V2 = [...HONOURED, 'StartAfter', 'ContinuationToken', 'FetchOwner']

export const listObjectsV2: S3Operation<ListObjectsV2Request, ListObjectsV2Output> = {
  name: 'ListObjectsV2',
  requires: { kind: 'allowed', requirements: onBucket('s3:ListBucket') },

  async handle({ input }, { buckets, objects }) {
    refuseUnsupported(input, HONOURED_V2)
    const bucket = await requireBucket(buckets, input)
    const after = placeOfContinuationToken('ListObjectsV2', input.ContinuationToken) ?? input.StartAfter
    const page = await objects.list(bucket.name, toListing(input, after))
    const encode = encoding(input.EncodingType)
    return {
      ...describePage(page, input, bucket),
      Contents: page.entries.map((object) => describe(object, encode, input.FetchOwner ? bucket : undefined)),
      KeyCount: page.entries.length + page.commonPrefixes.length,
      StartAfter: input.StartAfter && encode(input.StartAfter),
      ContinuationToken: input.ContinuationToken,
      NextContinuationToken:
        page.isTruncated && page.last !== undefined ? continuationToken('ListObjectsV2', page.last) : undefined,
    }
  },
}

export const listObjects: S3Operation<ListObjectsRequest, ListObjectsOutput> = {
  name: 'ListObjects',
  requires: { kind: 'allowed', requirements: onBucket('s3:ListBucket') },

  async handle({ input }, { buckets, objects }) {
    refuseUnsupported(input, HONOURED_V1)
    const bucket = await requireBucket(buckets, input)
    const page = await objects.list(bucket.name, toListing(input, input.Marker || undefined))
    const encode = encoding(input.EncodingType)
    // Without a delimiter clients go on behind the last key; only with one does S3 name the place.
    const isMarkerNamed = page.isTruncated && input.Delimiter && page.last !== undefined
    return {
      ...describePage(page, input, bucket),
      Contents: page.entries.map((object) => describe(object, encode, bucket)),
      Marker: encode(input.Marker ?? ''),
      NextMarker: isMarkerNamed ? encode(page.last ?? '') : undefined,
    }
  },
}

/** Keys as XML can always carry them: `encoding-type=url` is percent-encoding that leaves slashes as they are. */
export function encoding(encodingType: string | undefined): (text: string) => string {
  if (encodingType !== 'url') return (text) => text
  return (text) =>
    encodeURIComponent(text)
      .replace(/[!'()]/g, percentEncoded)
      .replaceAll('%2F', '/')
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

type ListInput = Present<ListObjectsRequest & ListObjectsV2Request>

function toListing(input: ListInput, after: string | undefined): Listing {
  return {
    prefix: input.Prefix ?? '',
    delimiter: input.Delimiter || undefined,
    after: after || undefined,
    limit: Math.min(input.MaxKeys ?? PAGE_ENTRIES_MAX, PAGE_ENTRIES_MAX),
  }
}

function describePage(page: ListingPage<StoredObject>, input: ListInput, bucket: BucketRecord) {
  const encode = encoding(input.EncodingType)
  return {
    Name: bucket.name,
    Prefix: encode(input.Prefix ?? ''),
    Delimiter: input.Delimiter ? encode(input.Delimiter) : undefined,
    MaxKeys: Math.min(input.MaxKeys ?? PAGE_ENTRIES_MAX, PAGE_ENTRIES_MAX),
    EncodingType: input.EncodingType,
    IsTruncated: page.isTruncated,
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  }
}

function describe(object: StoredObject, encode: (text: string) => string, owner: BucketRecord | undefined): _Object {
  return {
    Key: encode(object.key),
    LastModified: new Date(object.lastModified),
    ETag: `"${object.etag}"`,
    Size: object.sizeBytes,
    StorageClass: 'STANDARD',
    ...(object.checksum && { ChecksumAlgorithm: [object.checksum.algorithm], ChecksumType: object.checksum.type }),
    ...(owner && { Owner: { ID: canonicalUserId(owner.accountId) } }),
  }
}
