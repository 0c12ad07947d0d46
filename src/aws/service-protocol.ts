/** How a service speaks: everything the wire layer needs to know of it, as data. */
export interface ServiceProtocol {
  /** Lower-case short name: `iam`, `sts`, `eks`, `s3`, `meteringmarketplace`, `openirsa`. */
  readonly name: string
  readonly protocol: 'query' | 'rest-json' | 'json-1.1' | 'rest-xml'
  readonly apiVersion: string
  /** Service names of the SigV4 credential scope by which requests for it arrive. */
  readonly signingNames: readonly string[]
  /** XML namespace of answers (query, rest-xml). */
  readonly xmlNamespace?: string
  /** `X-Amz-Target` prefix (json-1.1). */
  readonly targetPrefix?: string
}
