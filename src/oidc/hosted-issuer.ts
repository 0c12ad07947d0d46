import {
  createHash,
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
} from 'node:crypto'
import { promisify } from 'node:util'

/** Key types of a hosted issuer's tokens; Kubernetes and EKS sign with RSA-2048. */
const RSA_BITS = 2048

/** TokenRequest's lower bound ("may not specify a duration less than 10 minutes"); the upper one is what the webhook asks for. */
export const TOKEN_SECONDS_MIN = 600
export const TOKEN_SECONDS_MAX = 86_400

/** The audience that STS is registered with on every cluster. */
export const STS_AUDIENCE = 'sts.amazonaws.com'

export interface SigningKey {
  /** base64url(SHA-256(DER SubjectPublicKeyInfo)), as Kubernetes makes it. */
  readonly keyId: string
  readonly algorithm: 'RS256'
  /** JWK as it is published. */
  readonly publicJwk: PublishedJwk
  /** PKCS #8 PEM: the caller seals it before it rests anywhere. */
  readonly privateKeyPem: string
}

export interface PublishedJwk {
  readonly use: 'sig'
  readonly kty: string
  readonly kid: string
  readonly alg: string
  readonly n: string
  readonly e: string
}

export async function generateSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS })
  const keyId = keyIdOf(publicKey)
  return {
    keyId,
    algorithm: 'RS256',
    publicJwk: publishedJwk(publicKey, keyId),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Reads the private key of a hosted issuer after the caller has opened its seal. */
export function readSigningKey(
  keyId: string,
  privateKeyPem: string | Buffer,
): { keyId: string; privateKey: KeyObject } {
  return { keyId, privateKey: createPrivateKey(privateKeyPem) }
}

/** Id of a hosted issuer: 32 upper-case hex digits, as EKS has them. */
export function newHostedIssuerId(): string {
  return randomBytes(16).toString('hex').toUpperCase()
}

/** Returns the issuer's URL: under the public URL where there is one, else under a reserved name that nothing resolves. */
export function hostedIssuerUrl(
  id: string,
  place: { readonly publicUrl: string | undefined; readonly region: string },
): string {
  const base = place.publicUrl?.replace(/\/+$/, '') ?? `https://oidc.${place.region}.openirsa.internal`
  return `${base}/id/${id}`
}

/** The discovery document as every Kubernetes issuer writes it. */
export function discoveryDocument(issuerUrl: string): Readonly<Record<string, unknown>> {
  return {
    issuer: issuerUrl,
    jwks_uri: `${issuerUrl}/keys`,
    authorization_endpoint: 'urn:kubernetes:programmatic_authorization',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['sub', 'iss'],
  }
}

/** @param publicJwks  JWKs as the key rows have them, JSON text */
export function jwksDocument(publicJwks: readonly string[]): string {
  return `{"keys":[${publicJwks.join(',')}]}`
}

export interface ServiceAccountTokenRequest {
  readonly issuerUrl: string
  readonly key: { readonly keyId: string; readonly privateKey: KeyObject }
  readonly namespace: string
  readonly serviceAccount: string
  readonly audiences: readonly string[]
  readonly durationSeconds: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface ServiceAccountToken {
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly subject: string
}

/**
 * Signs a token with the claims that kube-apiserver gives a service account's token (TokenRequest, bound to no pod).
 * @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#service-account-token-fields
 */
export function mintServiceAccountToken(request: ServiceAccountTokenRequest): ServiceAccountToken {
  const { issuerUrl, namespace, serviceAccount } = request
  const issuedAt = Math.floor(request.now / 1000)
  const expires = issuedAt + request.durationSeconds
  const subject = `system:serviceaccount:${namespace}:${serviceAccount}`
  const claims = {
    aud: request.audiences,
    exp: expires,
    iat: issuedAt,
    iss: issuerUrl,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      serviceaccount: { name: serviceAccount, uid: serviceAccountUid(issuerUrl, subject) },
    },
    nbf: issuedAt,
    sub: subject,
  }
  return { token: signCompact(request.key, claims), expiresAt: expires * 1000, subject }
}

function signCompact({ keyId, privateKey }: ServiceAccountTokenRequest['key'], claims: object): string {
  const signingInput = `${base64UrlJson({ alg: 'RS256', kid: keyId })}.${base64UrlJson(claims)}`
  return `${signingInput}.${sign('sha256', Buffer.from(signingInput), privateKey).toString('base64url')}`
}

function base64UrlJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** No API server gave it a uid: the same account has the same one, made of its name (UUID version 8, RFC 9562). */
function serviceAccountUid(issuerUrl: string, subject: string): string {
  const digest = createHash('sha256').update(`${issuerUrl}\n${subject}`).digest()
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
}

function publishedJwk(publicKey: KeyObject, keyId: string): PublishedJwk {
  const { kty = '', n = '', e = '' } = publicKey.export({ format: 'jwk' })
  return { use: 'sig', kty, kid: keyId, alg: 'RS256', n, e }
}
