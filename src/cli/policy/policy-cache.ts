import { type CompiledPolicy, type CompileOptions, compilePolicy } from '../../policy/compile.ts'
import { type GrammarProblem, parsePolicy } from '../../policy/document/parse.ts'

/** A policy's text is none; positions are the text's own. */
export class PolicyTextError extends Error {
  readonly line: number
  readonly column: number
  readonly source: string

  constructor({ message, span }: Pick<GrammarProblem, 'message' | 'span'>, source: string) {
    super(message)
    this.line = span.start.line
    this.column = span.start.column
    this.source = source
  }
}

/** Characters of policies' texts kept in each of two generations; compiled, a policy takes in the order of thirty times its text. */
const GENERATION_CHARACTERS_MAX = 4 * 1024 * 1024

/** Texts that were seen once and are known by a number only. */
const SEEN_ONCE_MAX = 100_000

type Entry = CompiledPolicy | readonly GrammarProblem[]
/** By what it is compiled with, then by text: nothing is put together for a look-up. */
type Generation = Map<string, Map<string, Entry>>

/**
 * Compiles policies and remembers them by text, from the second time on: where every policy is another one, none is kept. What was not asked for
 * while a whole generation of others was is forgotten, so memory stays bounded however many policies go through.
 */
export class PolicyCache {
  readonly #charactersMax: number
  #young: Generation = new Map()
  #old: Generation = new Map()
  #characters = 0
  readonly #seenOnce = new Set<number>()

  constructor(charactersMax = GENERATION_CHARACTERS_MAX) {
    this.#charactersMax = charactersMax
  }

  /** @throws PolicyTextError */
  compile(text: string, options: CompileOptions): CompiledPolicy {
    const { source, principalIds } = options
    const key = principalIds === undefined ? source : `${source}\n${JSON.stringify(principalIds)}`
    const entry = this.#young.get(key)?.get(text) ?? this.#remember(key, text, options)
    if (!('statements' in entry)) throw new PolicyTextError(entry[0] as GrammarProblem, source)
    return entry
  }

  #remember(key: string, text: string, options: CompileOptions): Entry {
    const old = this.#old.get(key)?.get(text)
    if (!old && this.#isFirst(text)) return compileEntry(text, options)
    // The text may be a part of a whole line, which would stay in memory as long as its part.
    const own = Buffer.from(text, 'utf16le').toString('utf16le')
    const entry = old ?? compileEntry(own, options)
    if (this.#characters + own.length > this.#charactersMax) {
      this.#old = this.#young
      this.#young = new Map()
      this.#characters = 0
    }
    const young = this.#young.get(key) ?? new Map<string, Entry>()
    this.#young.set(key, young.set(own, entry))
    this.#characters += own.length
    return entry
  }

  /** Two texts of one number only make the second one remembered too early. */
  #isFirst(text: string): boolean {
    const number = numberOf(text)
    if (this.#seenOnce.has(number)) return false
    if (this.#seenOnce.size >= SEEN_ONCE_MAX) this.#seenOnce.clear()
    this.#seenOnce.add(number)
    return true
  }
}

/** FNV-1a, 32 bits. */
function numberOf(text: string): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return hash
}

function compileEntry(text: string, options: CompileOptions): Entry {
  const { document, problems } = parsePolicy(text)
  return document === undefined || problems.length > 0 ? problems : compilePolicy(document, options)
}
