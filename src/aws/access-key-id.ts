import { randomBytes } from 'node:crypto'

/**
 * Access key ids carry their account, as AWS's do: after the four-letter prefix stand 80 bits in base 32, of which the first
 * is 1 (AWS's ids since 2019), the next 40 are the account number and the last 39 are random.
 * Source: observed in AWS's ids and in the account that GetAccessKeyInfo answers for them.
 */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const PREFIXES = { 'long-term': 'AKIA', temporary: 'ASIA' } as const
const RANDOM_BITS = 39n
const BODY_CHARACTERS = 16

/** Returns a new access key id of an account (12 digits). */
export function newAccessKeyId(kind: keyof typeof PREFIXES, accountId: string): string {
  const random = BigInt(`0x${randomBytes(8).toString('hex')}`) & ((1n << RANDOM_BITS) - 1n)
  const bits = (1n << 79n) | (BigInt(accountId) << RANDOM_BITS) | random
  return PREFIXES[kind] + toBase32(bits)
}

/** Returns the account that an access key id of AWS's form names, or undefined for any other text. */
export function accountOfAccessKeyId(accessKeyId: string): string | undefined {
  const match = /^(?:AKIA|ASIA)([A-Z2-7]{16})$/.exec(accessKeyId)
  if (match?.[1] === undefined) return undefined
  const bits = Array.from(match[1]).reduce((sum, letter) => (sum << 5n) | BigInt(BASE32.indexOf(letter)), 0n)
  const account = (bits >> RANDOM_BITS) & ((1n << 40n) - 1n)
  return account < 10n ** 12n ? account.toString().padStart(12, '0') : undefined
}

function toBase32(bits: bigint): string {
  return Array.from({ length: BODY_CHARACTERS }, (_, position) => {
    const shift = BigInt(5 * (BODY_CHARACTERS - 1 - position))
    return BASE32[Number((bits >> shift) & 31n)]
  }).join('')
}
