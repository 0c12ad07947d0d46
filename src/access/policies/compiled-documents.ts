import type { CompiledPolicy } from '../../policy/index.ts'
import { compileWithText, type PolicyText } from './policy-text.ts'

/** Characters of the documents kept; compiled, a document takes about ten times its text. Our own limit. */
const CACHED_CHARACTERS_MAX = 8_000_000

/** Policies that are part of something else (trust, bucket, session policies), compiled once for each text. */
export class CompiledDocuments {
  /** In the order of their coming, the oldest first. */
  readonly #documents = new Map<string, CompiledPolicy>()
  #characters = 0

  /** @throws Error where the text is no policy: documents are checked before they are saved */
  compile(
    source: string,
    document: string,
    principalIds: Readonly<Record<string, string>>,
    kind: PolicyText['kind'] = 'resource',
  ): CompiledPolicy {
    const key = `${source}\n${JSON.stringify(principalIds)}\n${document}`
    const known = this.#documents.get(key)
    if (known !== undefined) return known
    const compiled = compileWithText(source, { document, kind, principalIds })
    this.#documents.set(key, compiled)
    this.#characters += key.length
    this.#forgetOldest()
    return compiled
  }

  #forgetOldest(): void {
    for (const oldest of this.#documents.keys()) {
      if (this.#characters <= CACHED_CHARACTERS_MAX) return
      this.#documents.delete(oldest)
      this.#characters -= oldest.length
    }
  }
}
