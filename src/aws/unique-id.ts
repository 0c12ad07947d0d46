import { randomBytes } from 'node:crypto'

/**
 * Prefixes of IAM's unique ids. Access key ids have their own form: `access-key-id.ts`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
 */
export const UNIQUE_ID_PREFIXES = {
  user: 'AIDA',
  role: 'AROA',
  'managed-policy': 'ANPA',
} as const

export type UniqueIdKind = keyof typeof UNIQUE_ID_PREFIXES

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** As in the API reference's examples. */
const UNIQUE_ID_CHARACTERS = 21

/** Returns a new unique id: the kind's prefix and 85 random bits in base 32. */
export function newUniqueId(kind: UniqueIdKind): string {
  const prefix = UNIQUE_ID_PREFIXES[kind]
  return prefix + Array.from(randomBytes(UNIQUE_ID_CHARACTERS - prefix.length), (byte) => BASE32[byte & 31]).join('')
}

/** Returns a new secret access key: 40 base-64 characters, 240 random bits. */
export function newSecretAccessKey(): string {
  return randomBytes(30).toString('base64')
}
