import { randomBytes } from 'node:crypto'

/** Bytes of chance in an id: it stands in logs and tickets, and nobody shall find another by trying. */
const RANDOM_BYTES = 20
/** Characters: 160 bits in base 36. */
const ID_CHARACTERS = 31

/** Returns a new id of a denial, of the characters that AWS's have (`[0-9a-z]+`). */
export function newAuthorizationId(): string {
  return BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`)
    .toString(36)
    .padStart(ID_CHARACTERS, '0')
}
