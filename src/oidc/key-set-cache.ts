import { AwsError } from '../aws/aws-error.ts'
import { IDP_COMMUNICATION_ERROR, INVALID_IDENTITY_TOKEN } from '../aws/error-codes.ts'
import { type KeySet, KeySetError, parseKeySet, type VerificationKey } from './key-set.ts'
import type { FetchedKeySet } from './key-source.ts'
import type { Token } from './token.ts'
import type { WebIdentityProvider } from './web-identity.ts'

/**
 * How long fetched keys count. An issuer's removed key is refused after `freshMaxMs` at the latest while the issuer
 * answers, and after that plus `staleMs` while it does not. Own numbers, within what issuers' operators plan for (a day).
 */
const CACHE_TIMES = {
  /** A key set is used for as long as its Cache-Control says, but within these. */
  freshMinMs: 60_000,
  freshDefaultMs: 300_000,
  freshMaxMs: 3_600_000,
  /** A key set whose refresh fails is used this much longer. */
  staleMs: 6 * 3_600_000,
  /** After this share of its time a set is fetched anew beside the calls that use it. */
  refreshAheadShare: 0.8,
  /** Wait after a failed fetch. */
  retryMs: 10_000,
  /** So many fetches for the sake of an unknown `kid` in so long: a key rotated just now works at once, a flood does nothing. */
  unknownKeyFetches: 3,
  unknownKeyWindowMs: 30_000,
  /** A `kid` that a fetch did not bring is not asked for again for so long. */
  unknownKeyMs: 60_000,
} as const

/** Issuers remembered; the least recently used one goes first. Own limit: with 100 keys each about 200 MB at the very most. */
const ISSUERS_MAX = 1000
/** Unknown `kid`s remembered of one issuer. */
const UNKNOWN_KEYS_MAX = 100

type FetchedProvider = Pick<WebIdentityProvider, 'url' | 'thumbprints'>

export interface KeySetStatus {
  readonly keys: KeySet | undefined
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number | undefined
  readonly freshUntil: number | undefined
  readonly lastError: unknown
}

interface Entry {
  keys: KeySet | undefined
  fetchedAt: number
  freshUntil: number
  /** Start of the last fetch, and what it ended in. */
  triedAt: number
  error: unknown
  running: Promise<void> | undefined
  readonly unknownKeys: Map<string, number>
  /** Starts of the last fetches for an unknown `kid`, the newest last. */
  readonly askedAt: number[]
}

/** The key sets of issuers that are asked over the network: one fetch at a time for each, sets replaced and never merged. */
export class KeySetCache {
  /** By issuer and thumbprints: a set that one provider's thumbprints vouch for is not another's. */
  readonly #entries = new Map<string, Entry>()
  readonly #fetchKeySet: (provider: FetchedProvider) => Promise<FetchedKeySet>

  constructor(fetchKeySet: (provider: FetchedProvider) => Promise<FetchedKeySet>) {
    this.#fetchKeySet = fetchKeySet
  }

  /** @throws AwsError of the failed fetch where there is no set, or one that is too old */
  async find(
    provider: FetchedProvider,
    token: Pick<Token, 'keyId' | 'algorithm'>,
    now: number,
  ): Promise<VerificationKey | undefined> {
    const entry = this.#entry(provider)
    await this.#freshen(entry, provider, now)
    const key = this.#usableKeys(entry, now).find(token.keyId, token.algorithm)
    if (key !== undefined || !this.#mayAskFor(entry, token.keyId, now)) return key
    await this.#refresh(entry, provider, now)
    const found = this.#usableKeys(entry, now).find(token.keyId, token.algorithm)
    if (found === undefined) noteUnknown(entry, token.keyId, now)
    return found
  }

  async prefetch(provider: FetchedProvider, now: number): Promise<void> {
    await this.#freshen(this.#entry(provider), provider, now)
  }

  status(provider: FetchedProvider): KeySetStatus {
    const entry = this.#entries.get(entryName(provider))
    if (entry?.keys === undefined) {
      return { keys: undefined, fetchedAt: undefined, freshUntil: undefined, lastError: entry?.error }
    }
    return { keys: entry.keys, fetchedAt: entry.fetchedAt, freshUntil: entry.freshUntil, lastError: entry.error }
  }

  #entry(provider: FetchedProvider): Entry {
    const name = entryName(provider)
    const entry = this.#entries.get(name) ?? newEntry()
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= ISSUERS_MAX) break
      this.#entries.delete(oldest)
    }
    return entry
  }

  /** Waits for a set whose time is over; one whose time is nearly over is refreshed beside the call. */
  async #freshen(entry: Entry, provider: FetchedProvider, now: number): Promise<void> {
    const refreshAt = entry.fetchedAt + (entry.freshUntil - entry.fetchedAt) * CACHE_TIMES.refreshAheadShare
    if (entry.keys !== undefined && now < refreshAt) return
    if (entry.running === undefined && now < entry.triedAt + CACHE_TIMES.retryMs) return
    const refreshed = this.#refresh(entry, provider, now)
    if (entry.keys === undefined || now >= entry.freshUntil) await refreshed
  }

  #usableKeys(entry: Entry, now: number): KeySet {
    if (entry.keys !== undefined && now < entry.freshUntil + CACHE_TIMES.staleMs) return entry.keys
    throw asAwsError(entry.error)
  }

  /** Counts the fetch that it allows; one that runs already is shared and not counted. */
  #mayAskFor(entry: Entry, keyId: string, now: number): boolean {
    if (now < (entry.unknownKeys.get(keyId) ?? 0)) return false
    if (entry.running !== undefined) return true
    if (entry.error !== undefined && now < entry.triedAt + CACHE_TIMES.retryMs) return false
    const [oldest] = entry.askedAt
    const isFull = entry.askedAt.length >= CACHE_TIMES.unknownKeyFetches
    if (isFull && oldest !== undefined && now < oldest + CACHE_TIMES.unknownKeyWindowMs) return false
    entry.askedAt.splice(0, entry.askedAt.length, ...entry.askedAt.slice(1 - CACHE_TIMES.unknownKeyFetches), now)
    return true
  }

  /** Never throws: what went wrong is in the entry, for whoever finds no usable set. */
  #refresh(entry: Entry, provider: FetchedProvider, now: number): Promise<void> {
    if (entry.running === undefined) {
      entry.triedAt = now
      entry.running = this.#fetchInto(entry, provider, now).finally(() => {
        entry.running = undefined
      })
    }
    return entry.running
  }

  async #fetchInto(entry: Entry, provider: FetchedProvider, now: number): Promise<void> {
    try {
      const { jwks, maxAgeSeconds } = await this.#fetchKeySet(provider)
      // The same text keeps the same key objects, and with them what was verified by them.
      entry.keys = entry.keys?.text === jwks ? entry.keys : parseKeySet(jwks)
      entry.fetchedAt = now
      entry.freshUntil = now + freshMs(maxAgeSeconds)
      entry.error = undefined
      entry.unknownKeys.clear()
    } catch (error) {
      entry.error = error
    }
  }
}

function newEntry(): Entry {
  return {
    keys: undefined,
    fetchedAt: 0,
    freshUntil: 0,
    triedAt: Number.NEGATIVE_INFINITY,
    error: undefined,
    running: undefined,
    unknownKeys: new Map(),
    askedAt: [],
  }
}

function entryName(provider: FetchedProvider): string {
  return [provider.url, ...provider.thumbprints.toSorted()].join('\n')
}

function freshMs(maxAgeSeconds: number | undefined): number {
  if (maxAgeSeconds === undefined) return CACHE_TIMES.freshDefaultMs
  return Math.min(Math.max(maxAgeSeconds * 1000, CACHE_TIMES.freshMinMs), CACHE_TIMES.freshMaxMs)
}

function noteUnknown(entry: Entry, keyId: string, now: number): void {
  if (entry.unknownKeys.size >= UNKNOWN_KEYS_MAX) entry.unknownKeys.clear()
  entry.unknownKeys.set(keyId, now + CACHE_TIMES.unknownKeyMs)
}

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error
  if (error instanceof KeySetError) {
    return new AwsError(INVALID_IDENTITY_TOKEN, error.message, { cause: error })
  }
  return new AwsError(IDP_COMMUNICATION_ERROR, "Couldn't reach your identity provider to retrieve its keys.", {
    cause: error,
  })
}
