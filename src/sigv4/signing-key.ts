import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { type Credential, TERMINATOR } from './credential.ts'

/** A secret access key in the form that signing keys are derived from; the text itself cannot be read back from logs. */
export function secretKeyOf(secretAccessKey: string): KeyObject {
  return createSecretKey(`AWS4${secretAccessKey}`, 'utf8')
}

/**
 * The key that signs for one day, region and service.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key
 */
export function deriveSigningKey(secretKey: KeyObject, scope: Omit<Credential, 'accessKeyId'>): KeyObject {
  return [scope.date, scope.region, scope.service, TERMINATOR].reduce(
    (key, text) => createSecretKey(createHmac('sha256', key).update(text).digest()),
    secretKey,
  )
}

export function hmacHex(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

export interface SigningKeys {
  /** Returns the derived key, from the cache where it was derived before. */
  of(secretKey: KeyObject, scope: Omit<Credential, 'accessKeyId'>): KeyObject
}

/** Scopes kept of one secret: a few services and regions, around midnight of two days. */
const SCOPES_PER_SECRET_MAX = 32

/**
 * Keeps derived keys (4 HMACs each) for as long as the secret they come from is in use somewhere: a secret that is
 * replaced or dropped takes its derived keys with it, so a stale one can never sign.
 */
export function openSigningKeys(): SigningKeys {
  const bySecret = new WeakMap<KeyObject, Map<string, KeyObject>>()
  return {
    of(secretKey, scope) {
      const keys = bySecret.get(secretKey) ?? new Map<string, KeyObject>()
      bySecret.set(secretKey, keys)
      const name = `${scope.date}/${scope.region}/${scope.service}`
      const known = keys.get(name)
      if (known !== undefined) return known
      const derived = deriveSigningKey(secretKey, scope)
      for (const oldest of keys.keys()) {
        if (keys.size < SCOPES_PER_SECRET_MAX) break
        keys.delete(oldest)
      }
      keys.set(name, derived)
      return derived
    },
  }
}
