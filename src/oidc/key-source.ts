import { issuerUrlOf } from './issuer-url.ts'
import { type KeySet, parseKeySet, type VerificationKey } from './key-set.ts'
import { KeySetCache, type KeySetStatus } from './key-set-cache.ts'
import type { Token } from './token.ts'
import type { WebIdentityProvider } from './web-identity.ts'

/** Where `verifyWebIdentityToken` gets keys from. */
export interface KeySource {
  /**
   * Returns the issuer's key with the token's `kid`, fit for its `alg`; undefined where the issuer has none.
   * @throws AwsError `IDPCommunicationError` or `InvalidIdentityToken` where the issuer's keys cannot be had
   */
  find(
    provider: WebIdentityProvider,
    token: Pick<Token, 'keyId' | 'algorithm'>,
    now: number,
  ): Promise<VerificationKey | undefined>
  /** Fetches the keys ahead of the first token; failures are kept in `status`, none is thrown. */
  prefetch(provider: WebIdentityProvider, now: number): Promise<void>
  status(provider: WebIdentityProvider): Promise<KeySourceStatus>
}

/** Keys of an issuer that need no fetching, as a JWKS document. The same object is given until something changes. */
export interface IssuerRecord {
  readonly issuerUrl: string
  readonly accountId: string
  /** `hosted`: we hold the private keys. `uploaded`: the account uploaded the public ones. */
  readonly kind: 'hosted' | 'uploaded'
  readonly jwks: string
}

export type KeySourceStatus =
  | { readonly kind: 'hosted' | 'uploaded'; readonly keys: KeySet }
  | ({ readonly kind: 'fetched' } & KeySetStatus)

export interface KeySourceDependencies {
  /**
   * What is stored about an issuer, by its URL with scheme: hosted by this installation for whatever account, or uploaded
   * by this very account. One account's upload must never speak for another's provider.
   */
  findIssuer(issuerUrl: string, accountId: string): Promise<IssuerRecord | undefined> | IssuerRecord | undefined
  /**
   * Discovery document, then JWKS, over the network.
   * @throws AwsError as `find`
   */
  fetchKeySet(provider: Pick<WebIdentityProvider, 'url' | 'thumbprints'>): Promise<FetchedKeySet>
}

export interface FetchedKeySet {
  readonly jwks: string
  /** What the answer's Cache-Control allows, undefined where it says nothing. */
  readonly maxAgeSeconds: number | undefined
}

/** Keys by the three ways, in this order: hosted by us, uploaded, fetched. */
export function createKeySource(dependencies: KeySourceDependencies): KeySource {
  const parsed = new WeakMap<IssuerRecord, KeySet>()
  const fetched = new KeySetCache((provider) => dependencies.fetchKeySet(provider))

  async function storedKeys(provider: WebIdentityProvider) {
    const record = await dependencies.findIssuer(issuerUrlOf(provider.url), provider.accountId)
    if (record === undefined) return undefined
    const keys = parsed.get(record) ?? parseKeySet(record.jwks)
    parsed.set(record, keys)
    return { kind: record.kind, keys }
  }

  return {
    async find(provider, token, now) {
      const stored = await storedKeys(provider)
      if (stored !== undefined) return stored.keys.find(token.keyId, token.algorithm)
      return fetched.find(provider, token, now)
    },
    async prefetch(provider, now) {
      if ((await storedKeys(provider)) === undefined) await fetched.prefetch(provider, now)
    },
    async status(provider) {
      return (await storedKeys(provider)) ?? { kind: 'fetched', ...fetched.status(provider) }
    },
  }
}
