import { pageToken, placeOfPageToken } from '../../access/records/page-token.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { INVALID_ARGUMENT } from './error-codes.ts'

export type PagedList = 'ListBuckets' | 'ListObjectsV2'

/** Opaque to clients: the place where a page ended. */
export function continuationToken(list: PagedList, last: string): string {
  return pageToken(list, last)
}

/** @throws AwsError `InvalidArgument` for a text that is no token of this list */
export function placeOfContinuationToken(list: PagedList, token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  const place = placeOfPageToken(list, token)
  if (place !== undefined) return place
  throw new AwsError(INVALID_ARGUMENT, 'The continuation token provided is incorrect', {
    detail: { ArgumentName: 'continuation-token' },
  })
}
