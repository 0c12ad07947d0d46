import { hash } from 'node:crypto'
import type { VerificationKey } from './key-set.ts'
import type { Token } from './token.ts'

/** Tokens remembered, and characters of the longest: together well under 64 MB with their claims. Own limits. */
const TOKENS_MAX = 4096
const TOKEN_CHARACTERS_MAX = 4096

/**
 * Tokens whose signature was found good, by SHA-256 of the token, so that a fleet of pods that shows the same token again
 * costs one check. Only parsing and signature are remembered: provider, times and audience are judged each time, and the
 * entry counts for the very key object that it was checked with, so a replaced key set ends it.
 */
export class VerifiedTokens {
  readonly #entries = new Map<string, { readonly token: Token; readonly key: VerificationKey }>()

  /** Returns what was parsed of a token whose signature was good under some key. */
  find(compact: string): RememberedToken {
    if (compact.length > TOKEN_CHARACTERS_MAX) return { digest: undefined, token: undefined, key: undefined }
    const digest = hash('sha256', compact, 'base64')
    return { digest, ...(this.#entries.get(digest) ?? { token: undefined, key: undefined }) }
  }

  remember(digest: string, token: Token, key: VerificationKey): void {
    this.#entries.delete(digest)
    this.#entries.set(digest, { token, key })
    if (this.#entries.size <= TOKENS_MAX) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      break
    }
  }

  get size(): number {
    return this.#entries.size
  }
}

interface RememberedToken {
  /** Undefined for a token that is too long to be remembered. */
  readonly digest: string | undefined
  readonly token: Token | undefined
  readonly key: VerificationKey | undefined
}
