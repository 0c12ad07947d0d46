import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Which addresses an issuer may have. A provider's URL is a user's input: it must not reach into our own network. */
export interface AddressRule {
  /** Networks that are allowed on top of the public ones (`--allow-private-issuers`), for example `10.0.0.0/8`. */
  readonly allowedNetworks: readonly string[]
  /** `--dev`: loopback addresses too. */
  readonly allowsLoopback: boolean
}

/** An address that the rule lets through, fixed: what is connected to is what was checked. */
export interface CheckedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** Addresses of one name that are tried, in the resolver's order. Own limit. */
const ADDRESSES_MAX = 4

/** Why an address is not used; the text is for the operator. */
export class AddressRefused extends Error {}

/**
 * Resolves a host name (or reads an address) once.
 *
 * @returns the addresses that the rule allows, at least one
 * @throws AddressRefused where there is none; the resolver's error where the name is unknown
 */
export async function resolveAllowed(host: string, rule: AddressRule): Promise<readonly CheckedAddress[]> {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const found = isIP(bare) !== 0 ? [{ address: bare }] : await lookup(bare, { all: true, order: 'verbatim' })
  const allowed = found.filter(({ address }) => isAllowed(address, rule)).slice(0, ADDRESSES_MAX)
  if (allowed.length === 0) {
    throw new AddressRefused(
      `${host} has no public address (${found.map(({ address }) => address).join(', ')}); see --allow-private-issuers`,
    )
  }
  return allowed.map(({ address }) => ({ address, family: isIP(address) === 6 ? 6 : 4 }))
}

/** Only plain public unicast is allowed by itself: what is special in any registry (RFC 6890) is not. */
export function isAllowed(address: string, rule: AddressRule): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  const range = parsed.range()
  if (range === 'unicast') return true
  if (range === 'loopback' && rule.allowsLoopback) return true
  return rule.allowedNetworks.some((network) => contains(network, parsed))
}

/** Returns whether the text is a network in CIDR form; for the check of the setting at start. */
export function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text)
}

function contains(network: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (!isNetwork(network)) return false
  const [base, bits] = ipaddr.parseCIDR(network)
  return base.kind() === address.kind() && address.match(base, bits)
}
