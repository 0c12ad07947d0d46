import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import { isJsonObject, type JsonObject, parseJsonObject } from './json-object.ts'
import { fitsKey, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './signature-algorithm.ts'

/**
 * Keys of one kind (RSA, EC) in one JWKS. AWS's limit: more than 100 RSA or 100 EC keys is `InvalidIdentityToken`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
export const KEYS_OF_A_FAMILY_MAX = 100

/** One public key of an issuer. Its identity (`===`) stands for the key: a set with the same text keeps its keys. */
export interface VerificationKey {
  readonly keyId: string
  readonly key: KeyObject
  /** The only algorithm it may be used with, where the issuer names one. */
  readonly algorithmName: string | undefined
}

export interface KeySet {
  /** The document it was made of. */
  readonly text: string
  readonly keys: readonly VerificationKey[]
  /** Returns the key with the id that the algorithm may use, undefined where there is none. */
  find(keyId: string, algorithm: SignatureAlgorithm): VerificationKey | undefined
}

/** Why a document is no key set; the text is fit for an error message. */
export class KeySetError extends Error {}

/**
 * Reads a JWKS. Keys that cannot check a token (other type, other use, weak, malformed) are left out, as RFC 7517
 * section 5 asks, so that one odd key does not stop an issuer.
 *
 * @throws KeySetError where the document is no JWKS or has too many keys
 */
export function parseKeySet(text: string): KeySet {
  const document = parseJsonObject(text)
  if (document === undefined || !Array.isArray(document.keys)) {
    throw new KeySetError('The document is not a JSON Web Key Set.')
  }
  const members = document.keys.filter(isJsonObject)
  for (const family of ['RSA', 'EC']) {
    if (members.filter((member) => member.kty === family).length > KEYS_OF_A_FAMILY_MAX) {
      throw new KeySetError(`The key set has more than ${KEYS_OF_A_FAMILY_MAX} ${family} keys.`)
    }
  }
  const keys = members.flatMap((member) => readKey(member) ?? [])
  return { text, keys, find: (keyId, algorithm) => keys.find((key) => isUsable(key, keyId, algorithm)) }
}

/** Returns whether a JWKS holds what must never leave its owner: a private or a symmetric key. */
export function holdsSecrets(text: string): boolean {
  const document = parseJsonObject(text)
  if (document === undefined || !Array.isArray(document.keys)) return false
  return document.keys.some((key) => isJsonObject(key) && ('d' in key || 'k' in key || 'p' in key || 'q' in key))
}

function isUsable(key: VerificationKey, keyId: string, algorithm: SignatureAlgorithm): boolean {
  if (key.keyId !== keyId) return false
  if (key.algorithmName !== undefined && key.algorithmName !== algorithm.name) return false
  return fitsKey(algorithm, key.key)
}

function readKey(jwk: JsonObject): VerificationKey | undefined {
  if (typeof jwk.kid !== 'string' || !isForSignatures(jwk)) return undefined
  const key = importKey(jwk)
  if (key === undefined || ![...SIGNATURE_ALGORITHMS.values()].some((algorithm) => fitsKey(algorithm, key))) {
    return undefined
  }
  return { keyId: jwk.kid, key, algorithmName: typeof jwk.alg === 'string' ? jwk.alg : undefined }
}

/** RFC 7517 sections 4.2 and 4.3. */
function isForSignatures(jwk: JsonObject): boolean {
  if (jwk.use !== undefined && jwk.use !== 'sig') return false
  return jwk.key_ops === undefined || (Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))
}

/**
 * Only the public members go in, whatever else the issuer published. With the most characters of base64url that a usable key
 * has: an RSA modulus of 8,192 bits with an exponent of 64, coordinates of P-521. What is longer is not even read as a number:
 * an exponent of 380 KB stops the process for half a minute.
 */
const PUBLIC_MEMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  RSA: { n: 1_368, e: 12 },
  EC: { crv: 16, x: 88, y: 88 },
}

function importKey(jwk: JsonObject): KeyObject | undefined {
  const sizes =
    typeof jwk.kty === 'string' && Object.hasOwn(PUBLIC_MEMBERS, jwk.kty) ? PUBLIC_MEMBERS[jwk.kty] : undefined
  if (sizes === undefined) return undefined
  const members: Record<string, string> = {}
  for (const [name, charactersMax] of Object.entries(sizes)) {
    const value = jwk[name]
    if (typeof value !== 'string' || value.length > charactersMax) return undefined
    members[name] = value
  }
  try {
    return createPublicKey({ key: { kty: jwk.kty, ...members }, format: 'jwk' } as JsonWebKeyInput)
  } catch {
    return undefined
  }
}
