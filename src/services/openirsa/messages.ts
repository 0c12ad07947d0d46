/** Inputs and outputs of our own operations, as `schemas.ts` describes them. */

export interface ClusterRequest {
  readonly name: string
}

export interface AttachClusterRequest {
  readonly name: string
  /** The `iss` of the cluster's tokens. */
  readonly issuerUrl: string
  /** The cluster's public keys, for issuers that cannot be reached; without it they are fetched. */
  readonly jwks?: string
  /** API server's address and base64 CA certificate, for clients that read DescribeCluster. */
  readonly endpoint?: string
  readonly certificateAuthorityData?: string
  readonly version?: string
  readonly tags?: Readonly<Record<string, string>>
}

export interface AttachedCluster {
  readonly name: string
  readonly arn: string
  readonly kind: 'created' | 'attached'
  readonly issuerUrl: string
  readonly keySource: KeySourceName
  readonly endpoint: string
  readonly version: string
  readonly createdAt: Date
  readonly tags: Readonly<Record<string, string>>
}

/** `hosted`: we hold the private keys. `uploaded`: somebody gave us the JWKS. `fetched`: asked of the issuer. */
export type KeySourceName = 'hosted' | 'uploaded' | 'fetched'

export interface ClusterKeys {
  readonly issuerUrl: string
  readonly keySource: KeySourceName
  readonly keys: readonly ClusterKey[]
  /** The document as tokens are checked against it; absent where none could be fetched. */
  readonly jwks?: string
  /** For fetched keys, as this process last did it. */
  readonly fetchedAt?: Date
  readonly freshUntil?: Date
  readonly lastError?: string
}

export interface ClusterKey {
  readonly keyId: string
  readonly algorithm: string | undefined
  /** For hosted issuers. */
  readonly isSigning?: boolean
  readonly createdAt?: Date
}

export interface AttachClusterResponse {
  readonly cluster: AttachedCluster
  readonly keys: ClusterKeys
}

export interface DetachClusterResponse {
  readonly cluster: AttachedCluster
}

export interface ListClustersRequest {
  readonly maxResults?: number
  readonly nextToken?: string
}

export interface ListClustersResponse {
  readonly clusters: readonly AttachedCluster[]
  readonly nextToken?: string
}

export interface ClusterKeysResponse {
  readonly keys: ClusterKeys
}

export interface UpdateClusterKeysRequest {
  readonly name: string
  readonly jwks: string
}

export interface RotateClusterKeyRequest {
  readonly name: string
  readonly step: RotationStep
  /** REMOVE without the wait for tokens that the old key signed. */
  readonly force?: boolean
}

export type RotationStep = 'PUBLISH' | 'SIGN' | 'REMOVE'

export interface CreateServiceAccountTokenRequest {
  readonly clusterName: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly audiences?: readonly string[]
  readonly durationSeconds?: number
}

export interface CreateServiceAccountTokenResponse {
  readonly token: string
  readonly expiration: Date
  readonly subject: string
  readonly issuerUrl: string
  readonly audiences: readonly string[]
}

export interface CreateRegistrationTokenRequest {
  readonly productCode: string
  /** The account that may resolve the token. */
  readonly sellerAccountId: string
}

export interface CreateRegistrationTokenResponse {
  readonly registrationToken: string
  readonly expiration: Date
}
