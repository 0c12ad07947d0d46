import type { Caller } from '../aws/caller.ts'

/**
 * A call that was authenticated, decoded and allowed. Only `authorize()` makes one, and a handler takes nothing else: the
 * brand below is not exported, so a skipped check does not compile.
 */
export interface AuthorizedCall<Input> {
  readonly [authorized]: true
  readonly caller: Caller
  /** Account that the call acts in. */
  readonly accountId: string
  readonly region: string
  readonly input: Input
  readonly requestId: string
  /** Server time of the request, milliseconds since the epoch. */
  readonly now: number
  readonly source: CallSource
}

export interface CallSource {
  readonly address: string
  readonly userAgent: string | undefined
  readonly isSecure: boolean
  /** Where this process ended the TLS connection: `1.3`. */
  readonly tlsVersion?: string | undefined
  /** How the request was signed; undefined for an unsigned one. */
  readonly signature?: SignatureFacts | undefined
}

/** What is known of a verified signature, for condition keys. */
export interface SignatureFacts {
  readonly place: 'header' | 'query'
  /** When it was made, by the signer's clock; milliseconds since the epoch. */
  readonly signedAt: number
  /** The `x-amz-content-sha256` header as sent. */
  readonly contentSha256: string | undefined
}

declare const authorized: unique symbol
