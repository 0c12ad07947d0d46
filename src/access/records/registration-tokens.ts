import type { KeyRing } from '../../store/key-ring.ts'

/** What a Marketplace registration token says: who the buyer is, of which product, and who may know. */
export interface Registration {
  /** Account of the buyer. */
  readonly accountId: string
  readonly productCode: string
  /** Account of the seller: only it may resolve the token. */
  readonly sellerAccountId: string
}

export interface OpenedRegistration extends Registration {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** AWS does not say how long a token lives, but that it must be redeemed "as soon as it is submitted". */
const TOKEN_LIFETIME_MS = 4 * 3_600_000
const TOKEN_USE = 'marketplace-registration-token'

/**
 * Returns the token that a buyer's browser brings to the seller (`x-amzn-marketplace-token`): sealed, so that the seller can
 * read it through ResolveCustomer only. Whether the buyer may register is for the caller of this to decide.
 *
 * @param now  milliseconds since the epoch; the token lives four hours from then
 */
export function sealRegistration(
  keyRing: KeyRing,
  registration: Registration,
  now: number,
): { readonly token: string; readonly expiresAt: number } {
  const { accountId, productCode, sellerAccountId } = registration
  const expiresAt = now + TOKEN_LIFETIME_MS
  const record: OpenedRegistration = { accountId, productCode, sellerAccountId, expiresAt }
  return { token: keyRing.seal('session', Buffer.from(JSON.stringify(record)), TOKEN_USE), expiresAt }
}

/** @returns undefined for a token that is not ours; expiry is not looked at */
export function openRegistration(keyRing: KeyRing, token: string): OpenedRegistration | undefined {
  const opened = keyRing.open('session', token, TOKEN_USE)
  return opened === undefined ? undefined : JSON.parse(opened.toString())
}
