import { randomBytes } from 'node:crypto'

/**
 * Access key ids carry their account, as AWS's do: after the four-letter prefix stand 80 bits in base 32, of which the first
 * is 1 (AWS's ids since 2019), the next 40 are the account number and the last 39 are random.
 * Source: observed in AWS's ids and in the account that GetAccessKeyInfo answers for them.
 */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const PREFIXES = { 'long-term': 'AKIA', temporary: 'ASIA' } as const
const FORM = /^(?:AKIA|ASIA)([A-Z2-7]{16})$/
const ACCOUNTS = 10 ** 12

/** Returns a new access key id of an account (12 digits). */
export function newAccessKeyId(kind: keyof typeof PREFIXES, accountId: string): string {
  const account = Number(accountId)
  const [nibble = 0, ...random] = randomBytes(8)
  // By groups of five bits: 1 and four of the account, 35 of the account, its last and four random ones, 35 random ones.
  const groups = [
    16 + Math.floor(account / 2 ** 36),
    ...ACCOUNT_SHIFTS.map((shift) => Math.floor(account / 2 ** shift)),
    (account % 2) * 16 + (nibble & 15),
    ...random,
  ]
  return PREFIXES[kind] + groups.map((bits) => BASE32[bits % 32]).join('')
}

const ACCOUNT_SHIFTS = [31, 26, 21, 16, 11, 6, 1]

/** Returns the account that an access key id of AWS's form names, or undefined for any other text. */
export function accountOfAccessKeyId(accessKeyId: string): string | undefined {
  const letters = FORM.exec(accessKeyId)?.[1]
  if (letters === undefined) return undefined
  const groups = Array.from(letters, (letter) => BASE32.indexOf(letter))
  const [first = 0, ...rest] = groups.slice(0, 1 + ACCOUNT_SHIFTS.length)
  const upper = rest.reduce((sum, bits) => sum * 32 + bits, first % 16)
  const account = upper * 2 + Math.floor((groups[8] ?? 0) / 16)
  return account < ACCOUNTS ? String(account).padStart(12, '0') : undefined
}
