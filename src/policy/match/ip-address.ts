/** An address by value: one 32-bit word for IPv4, four for IPv6. */
export type IpAddress = readonly number[]

export interface IpRange {
  readonly address: IpAddress
  readonly prefixBits: number
}

const WORD_BITS = 32
const IPV6_GROUPS = 8

/**
 * Reads an address in any of its text forms. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is that IPv4 address:
 * otherwise a server that listens on both would let callers out of a Deny by the family they connect with.
 *
 * @returns undefined where the text is no address
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text !== last.text) last = { text, address: readIpAddress(text) }
  return last.address
}

/** A caller's address is held against every range of its policies, one after the other. */
let last: { readonly text: string; readonly address: IpAddress | undefined } = { text: '', address: undefined }

function readIpAddress(text: string): IpAddress | undefined {
  const v4 = parseIpv4(text)
  if (v4 !== undefined) return [v4]
  const words = parseIpv6(text)
  return words && isMappedIpv4(words) ? words.slice(3) : words
}

/** Reads `address` or `address/bits`; without bits it is the one address. Bits of the host part are ignored. */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/')
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash))
  if (!address) return undefined
  const addressBits = address.length * WORD_BITS
  if (slash < 0) return { address, prefixBits: addressBits }
  const bits = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(bits)) return undefined
  // The prefix of a mapped address counts the 96 bits in front of it too.
  const prefixBits = Number(bits) - (address.length === 1 && text.includes(':') ? 3 * WORD_BITS : 0)
  return prefixBits >= 0 && prefixBits <= addressBits ? { address, prefixBits } : undefined
}

/** An address of the other family is not in the range. */
export function isInRange(address: IpAddress, range: IpRange): boolean {
  if (address.length !== range.address.length) return false
  return address.every((word, i) => {
    const bits = Math.min(Math.max(range.prefixBits - i * WORD_BITS, 0), WORD_BITS)
    const mask = bits === 0 ? 0 : -1 << (WORD_BITS - bits)
    return ((word ^ (range.address[i] ?? 0)) & mask) === 0
  })
}

/** Four decimal numbers; a leading zero is refused, because readers differ on whether it means octal. */
const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/

function parseIpv4(text: string): number | undefined {
  const bytes = IPV4.exec(text)?.slice(1).map(Number)
  if (!bytes || bytes.some((byte) => byte > 255)) return undefined
  return bytes.reduce((word, byte) => (word << 8) | byte, 0)
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = withHexTail(text)?.split('::')
  if (!halves || halves.length > 2) return undefined
  const [before, after] = halves.map((half) => (half === '' ? [] : half.split(':')))
  if (!before || [...before, ...(after ?? [])].some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  const missing = IPV6_GROUPS - before.length - (after?.length ?? 0)
  if (after ? missing < 1 : missing !== 0) return undefined
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...(after ?? [])]
  const numbers = groups.map((group) => Number.parseInt(group, 16))
  return [0, 2, 4, 6].map((i) => ((numbers[i] ?? 0) << 16) | (numbers[i + 1] ?? 0))
}

/** Rewrites an IPv4 tail (`::ffff:192.0.2.1`) as two groups. */
function withHexTail(text: string): string | undefined {
  if (!text.includes('.')) return text
  const colon = text.lastIndexOf(':')
  const v4 = parseIpv4(text.slice(colon + 1))
  if (colon < 0 || v4 === undefined) return undefined
  return `${text.slice(0, colon + 1)}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`
}

function isMappedIpv4(words: IpAddress): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff
}
