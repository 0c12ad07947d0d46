/**
 * An HTTP request as it arrived: nothing decoded, nothing normalized, because the signature covers what was sent.
 */
export interface HttpRequest {
  readonly method: string
  /** Path as received, still percent-encoded, without the query string; starts with `/`. */
  readonly path: string
  /** Query string as received, without the `?`; empty where there is none. */
  readonly query: string
  /** Header names in lower case; repeated headers joined with `, ` as Node does; values trimmed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody
  /** Address of the peer that opened the connection. */
  readonly sourceAddress: string
  /** Whether the client's own connection was TLS (`aws:SecureTransport`). */
  readonly isSecure: boolean
  /** `1.2`, `1.3`: where this process ended the TLS connection; undefined elsewhere. */
  readonly tlsVersion?: string | undefined
}

/** Bodies are read whole under a limit, but for S3 uploads, which stream. */
export type RequestBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly stream: BodyStream }

/** A body that has not arrived yet. A verified one fails at its end where it is not what the request promised. */
export interface BodyStream extends AsyncIterable<Uint8Array> {
  /** Lower-case names of the trailing headers that an aws-chunked body announces. */
  readonly trailerNames?: readonly string[]
  /** The trailing headers (`x-amz-checksum-crc32` …), names in lower case: empty until the stream has ended. */
  trailers?(): Readonly<Record<string, string>>
}

export interface HttpResponse {
  readonly status: number
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | undefined
}
