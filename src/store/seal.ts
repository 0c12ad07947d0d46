import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes } from 'node:crypto'

/**
 * Seals bytes under a 256-bit key: salt (16 bytes), nonce (12), ciphertext, tag (16).
 *
 * AES-256-GCM with a key of its own for each value, HMAC-SHA-256(key, salt). Salt and nonce are random and never chosen by
 * a caller. GCM fails completely when a nonce comes twice under one key, and random 96-bit nonces may serve only 2^32 values
 * (NIST SP 800-38D, 8.3): a busy STS passes that in weeks. Here 224 random bits would have to come twice, for which 2^64 values
 * have a chance of 2^-97, so no counter has to be kept over restarts and replicas.
 *
 * @param associatedData  `open` must be given the same
 */
export function seal(key: KeyObject, plaintext: Uint8Array, associatedData: string): Buffer {
  const head = randomBytes(SALT_BYTES + NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', valueKey(key, head), head.subarray(SALT_BYTES), {
    authTagLength: TAG_BYTES,
  })
  cipher.setAAD(Buffer.from(associatedData))
  return Buffer.concat([head, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Opens what `seal` has made; undefined where one bit of it, the key or the associated data is another. */
export function open(key: KeyObject, sealed: Uint8Array, associatedData: string): Buffer | undefined {
  if (sealed.length < OVERHEAD_BYTES) return undefined
  const nonce = sealed.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', valueKey(key, sealed), nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(associatedData))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(SALT_BYTES + NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const OVERHEAD_BYTES = SALT_BYTES + NONCE_BYTES + TAG_BYTES

function valueKey(key: KeyObject, head: Uint8Array): Buffer {
  return createHmac('sha256', key).update(head.subarray(0, SALT_BYTES)).digest()
}
