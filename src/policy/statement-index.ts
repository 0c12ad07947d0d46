import type { CompiledStatement } from './compile.ts'
import { actionMatches } from './match/action.ts'
import { PrefixTree } from './prefix-tree.ts'

/** A set of statements: bit i % 32 of word i / 32 is the statement at place i. */
export type StatementBits = Int32Array

/** The statements that may speak about an action; undefined where there are none. */
export interface AboutAction {
  readonly deny: StatementBits | undefined
  readonly allow: StatementBits | undefined
}

/** Actions remembered. A service has a few hundred; the limit is for callers who make up names or vary their case. */
const ACTIONS_MAX = 1024
/** Longer ones are no actions: they are looked for, and forgotten. */
const ACTION_CHARACTERS_MAX = 256
/** So few statements are asked one after the other faster than a tree finds them. */
const ASKED_IN_ORDER_MAX = 4

/**
 * Finds the statements that have to be asked about a request: those about its action (found once an action) that are also about its resource (found by
 * the text that it begins with). All others cannot match.
 */
export class StatementIndex {
  /** Place by place. */
  readonly statements: readonly CompiledStatement[]
  readonly #words: number
  readonly #byAction: (lowerCaseAction: string) => readonly number[]
  readonly #actions = new Map<string, AboutAction>()
  readonly #all: StatementBits
  #resources: PrefixTree<StatementBits> | undefined

  constructor(statements: readonly CompiledStatement[]) {
    this.statements = statements
    this.#words = Math.ceil(statements.length / 32)
    this.#byAction = indexByAction(statements)
    this.#all = new Int32Array(this.#words).fill(-1)
  }

  aboutAction(action: string): AboutAction {
    return this.#actions.get(action) ?? this.#findAction(action)
  }

  /** @returns more bits than there are statements, maybe: it is there to be combined with those about an action */
  aboutResource(resource: string): StatementBits {
    if (this.statements.length <= ASKED_IN_ORDER_MAX) return this.#all
    this.#resources ??= this.#indexResources()
    return this.#resources.find(resource)
  }

  #findAction(action: string): AboutAction {
    const places = this.#byAction(action.toLowerCase())
    const isDeny = (place: number): boolean => this.statements[place]?.isDeny === true
    const found = {
      deny: this.#bitsAt(places.filter(isDeny)),
      allow: this.#bitsAt(places.filter((place) => !isDeny(place))),
    }
    if (action.length > ACTION_CHARACTERS_MAX) return found
    if (this.#actions.size >= ACTIONS_MAX) this.#actions.clear()
    this.#actions.set(action, found)
    return found
  }

  #bitsAt(places: readonly number[]): StatementBits | undefined {
    return places.length === 0 ? undefined : this.#withPlaces(new Int32Array(this.#words), places)
  }

  #withPlaces(bits: StatementBits, places: readonly number[]): StatementBits {
    for (const place of places) bits[place >>> 5] = (bits[place >>> 5] ?? 0) | (1 << (place & 31))
    return bits
  }

  #indexResources(): PrefixTree<StatementBits> {
    const tree = new PrefixTree<StatementBits>((places, above) =>
      this.#withPlaces(above ? above.slice() : new Int32Array(this.#words), places),
    )
    for (const [place, { resource }] of this.statements.entries()) {
      for (const prefix of resource.prefixes) tree.insert(prefix, place)
    }
    return tree
  }
}

/** The first place from `from` on that is in both sets, or -1. */
export function nextPlace(one: StatementBits, other: StatementBits, from: number): number {
  let word = from >>> 5
  if (word >= one.length) return -1
  let bits = (one[word] ?? 0) & (other[word] ?? 0) & (-1 << (from & 31))
  while (bits === 0) {
    word++
    if (word >= one.length) return -1
    bits = (one[word] ?? 0) & (other[word] ?? 0)
  }
  return (word << 5) + 31 - Math.clz32(bits & -bits)
}

/** Literal actions by hash; statements with wildcards or NotAction are few and are tried one by one. */
function indexByAction(statements: readonly CompiledStatement[]): (lowerCaseAction: string) => readonly number[] {
  const byLiteral = new Map<string, number[]>()
  const byPattern: number[] = []
  for (const [place, { action, isDeny }] of statements.entries()) {
    if (action === undefined) {
      if (isDeny) byPattern.push(place)
    } else if (action.negated || action.wildcards.length > 0) byPattern.push(place)
    else for (const literal of action.literals) placesOf(byLiteral, literal).push(place)
  }
  const matches = (place: number, action: string): boolean => {
    const element = statements[place]?.action
    return element === undefined || actionMatches(element, action)
  }
  return (action) => [...(byLiteral.get(action) ?? []), ...byPattern.filter((place) => matches(place, action))]
}

function placesOf(lists: Map<string, number[]>, key: string): number[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
