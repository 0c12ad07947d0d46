/** One character, whichever. */
export const ANY_CHARACTER = Symbol('?')
/** Any run of characters, also an empty one. */
export const ANY_RUN = Symbol('*')

/** A piece of a pattern: text that is meant literally, or a wildcard. */
export type GlobToken = string | typeof ANY_CHARACTER | typeof ANY_RUN

/**
 * A pattern, cut at its `*`: text between two of them, leftmost first, is all that there is to search for.
 * That makes matching a single pass without going back, so no pattern has an input that is slow for it.
 */
export interface Glob {
  /** At the start of the text. */
  readonly first: Segment
  /** Somewhere, in this order. */
  readonly middle: readonly Segment[]
  /** At the end of the text; absent where the pattern has no `*`, then `first` is the whole of it. */
  readonly last: Segment | undefined
  readonly charactersMin: number
}

/** Text without `*`. */
interface Segment {
  /** With a placeholder where a `?` stands. */
  readonly text: string
  /** Absent where there is no `?`. */
  readonly search: BitParallelSearch | undefined
  /** Present where the text is long and has no `?`. */
  readonly borders: Uint32Array | undefined
}

/** Up to this length a literal is left to `indexOf`, the worst case of which is the product of both lengths. */
const INDEX_OF_CHARACTERS_MAX = 32

/** Reads `*` and `?` as wildcards and everything else literally. */
export function globTokens(text: string): readonly GlobToken[] {
  const tokens: GlobToken[] = []
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character !== '*' && character !== '?') continue
    if (i > from) tokens.push(text.slice(from, i))
    tokens.push(character === '*' ? ANY_RUN : ANY_CHARACTER)
    from = i + 1
  }
  if (from < text.length) tokens.push(text.slice(from))
  return tokens
}

export function compileGlob(tokens: readonly GlobToken[]): Glob {
  const segments: Segment[] = []
  let pending: GlobToken[] = []
  for (const token of tokens) {
    if (token !== ANY_RUN) {
      pending.push(token)
      continue
    }
    segments.push(compileSegment(pending))
    pending = []
  }
  segments.push(compileSegment(pending))
  const [first = EMPTY_SEGMENT, ...rest] = segments
  return {
    first,
    middle: rest.slice(0, -1).filter((segment) => segment.text !== ''),
    last: rest.at(-1),
    charactersMin: segments.reduce((sum, segment) => sum + segment.text.length, 0),
  }
}

/**
 * Does the pattern cover the whole of `text` between `from` and `to`? Compares UTF-16 units, with case.
 * Linear in the text for every pattern without `?`; a segment with `?` costs its length / 32 machine words a character.
 */
export function globMatches(glob: Glob, text: string, from = 0, to: number = text.length): boolean {
  const length = to - from
  if (glob.last === undefined) return length === glob.charactersMin && segmentStandsAt(glob.first, text, from)
  if (length < glob.charactersMin || !segmentStandsAt(glob.first, text, from)) return false
  const end = to - glob.last.text.length
  if (!segmentStandsAt(glob.last, text, end)) return false
  let at = from + glob.first.text.length
  for (const segment of glob.middle) {
    at = findSegment(segment, text, at, end)
    if (at < 0) return false
    at += segment.text.length
  }
  return true
}

const EMPTY_SEGMENT: Segment = { text: '', search: undefined, borders: undefined }

function compileSegment(tokens: readonly GlobToken[]): Segment {
  if (tokens.length === 0) return EMPTY_SEGMENT
  const text = tokens.map((token) => (typeof token === 'string' ? token : '?')).join('')
  const holes = tokens.flatMap((token) =>
    typeof token === 'string' ? Array.from({ length: token.length }, () => false) : [true],
  )
  if (holes.includes(true)) return { text, search: bitParallelSearch(text, holes), borders: undefined }
  return { text, search: undefined, borders: text.length > INDEX_OF_CHARACTERS_MAX ? bordersOf(text) : undefined }
}

function segmentStandsAt(segment: Segment, text: string, at: number): boolean {
  if (segment.search === undefined) return text.startsWith(segment.text, at)
  for (let i = 0; i < segment.text.length; i++) {
    if (!segment.search.holes[i] && text.charCodeAt(at + i) !== segment.text.charCodeAt(i)) return false
  }
  return true
}

/** @returns where the segment first stands between `from` and `end`, or -1 */
function findSegment(segment: Segment, text: string, from: number, end: number): number {
  if (segment.search !== undefined) return searchBitParallel(segment.search, segment.text.length, text, from, end)
  if (segment.borders !== undefined) return searchLiteral(segment.text, segment.borders, text, from, end)
  const at = text.indexOf(segment.text, from)
  return at + segment.text.length <= end ? at : -1
}

/**
 * For each prefix of the text, the length of the longest proper prefix that is also its end.
 * @see Knuth, Morris and Pratt, "Fast pattern matching in strings", SIAM J. Comput. 6 (1977)
 */
function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length)
  let border = 0
  for (let i = 1; i < text.length; i++) {
    while (border > 0 && text.charCodeAt(i) !== text.charCodeAt(border)) border = borders[border - 1] ?? 0
    if (text.charCodeAt(i) === text.charCodeAt(border)) border++
    borders[i] = border
  }
  return borders
}

function searchLiteral(literal: string, borders: Uint32Array, text: string, from: number, end: number): number {
  let standing = 0
  for (let at = from; at < end; at++) {
    const character = text.charCodeAt(at)
    while (standing > 0 && character !== literal.charCodeAt(standing)) standing = borders[standing - 1] ?? 0
    if (character === literal.charCodeAt(standing)) standing++
    if (standing === literal.length) return at - standing + 1
  }
  return -1
}

/**
 * The Shift-And automaton: bit i of the state says that the first i + 1 characters of the segment stand here. `?` is a bit that every character sets.
 * @see Baeza-Yates and Gonnet, "A new approach to text searching", CACM 35 (1992)
 */
interface BitParallelSearch {
  readonly holes: readonly boolean[]
  /**
   * For each character, the places of the segment where it stands: as bits, 32 places a word, where it stands at more places than there are words, else
   * as a list. So all of them together are never larger than a few times the segment, whatever its author wrote.
   */
  readonly masks: ReadonlyMap<number, Uint32Array | readonly number[]>
  /** The places where any character may stand. */
  readonly otherwise: Uint32Array
}

function bitParallelSearch(text: string, holes: readonly boolean[]): BitParallelSearch {
  const otherwise = new Uint32Array(Math.ceil(text.length / 32))
  const places = new Map<number, number[]>()
  for (let i = 0; i < text.length; i++) {
    if (holes[i]) setBit(otherwise, i)
    else placesOf(places, text.charCodeAt(i)).push(i)
  }
  const masks = new Map<number, Uint32Array | readonly number[]>()
  for (const [character, list] of places) {
    masks.set(character, list.length > otherwise.length ? withBits(otherwise, list) : list)
  }
  return { holes, masks, otherwise }
}

function placesOf(places: Map<number, number[]>, character: number): number[] {
  const list = places.get(character) ?? []
  places.set(character, list)
  return list
}

function withBits(words: Uint32Array, bits: readonly number[]): Uint32Array {
  const copy = words.slice()
  for (const bit of bits) setBit(copy, bit)
  return copy
}

const NO_PLACES: readonly number[] = []

function searchBitParallel(search: BitParallelSearch, length: number, text: string, from: number, end: number): number {
  const { masks, otherwise } = search
  const state = new Uint32Array(otherwise.length)
  const shifted = new Uint32Array(otherwise.length)
  const lastWord = state.length - 1
  const lastBit = 1 << ((length - 1) & 31)
  for (let at = from; at < end; at++) {
    const mask = masks.get(text.charCodeAt(at)) ?? NO_PLACES
    const words = mask instanceof Uint32Array ? mask : otherwise
    let carry = 1
    for (let word = 0; word <= lastWord; word++) {
      const before = state[word] ?? 0
      const moved = (before << 1) | carry
      shifted[word] = moved
      state[word] = moved & (words[word] ?? 0)
      carry = before >>> 31
    }
    if (!(mask instanceof Uint32Array)) keepBits(state, shifted, mask)
    if (((state[lastWord] ?? 0) & lastBit) !== 0) return at - length + 1
  }
  return -1
}

/** Sets those of the places that are set in the other, too. */
function keepBits(state: Uint32Array, shifted: Uint32Array, places: readonly number[]): void {
  for (const place of places) {
    const word = place >>> 5
    state[word] = (state[word] ?? 0) | ((shifted[word] ?? 0) & (1 << (place & 31)))
  }
}

function setBit(words: Uint32Array, bit: number): void {
  words[bit >>> 5] = (words[bit >>> 5] ?? 0) | (1 << (bit & 31))
}
