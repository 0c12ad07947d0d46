import { AwsError } from '../../aws/aws-error.ts'
import { INVALID_ARGUMENT } from './error-codes.ts'

/** Opaque to clients: the place where a page ended. It grants nothing, so it is not sealed. */
export function continuationToken(last: string): string {
  return Buffer.from(`${VERSION}${last}`).toString('base64url')
}

/** @throws AwsError `InvalidArgument` for a text that is no token of ours */
export function parseContinuationToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  const text = Buffer.from(token, 'base64url').toString()
  if (text.startsWith(VERSION) && continuationToken(text.slice(VERSION.length)) === token) {
    return text.slice(VERSION.length)
  }
  throw new AwsError(INVALID_ARGUMENT, 'The continuation token provided is incorrect', {
    detail: { ArgumentName: 'continuation-token' },
  })
}

const VERSION = '1:'
