import { readJson } from '../../policy/document/json.ts'

/** A value as it stands in a line, not read yet. */
export interface RawValue {
  readonly text: string
  /** Of its first character in the line, from 0. */
  readonly offset: number
}

/** The line is no JSON; `offset` says where. */
export class RawJsonError extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const MEMBER_TWICE = 'the member stands twice'

/**
 * Splits an object into its members without reading them, so that a policy that was seen before costs no more than finding where it ends, and so that
 * its text, repeated keys and all, comes to the policy parser as it was written.
 *
 * @param members  filled as far as the text can be read
 * @throws RawJsonError
 */
export function splitObject(value: RawValue, members = new Map<string, RawValue>()): ReadonlyMap<string, RawValue> {
  const reader = new RawReader(value)
  reader.eachPart('{', '}', () => {
    const at = reader.offset
    const key = parseRaw(reader.takeString())
    reader.take(':', 'a colon was expected')
    if (typeof key !== 'string' || members.has(key)) throw new RawJsonError(MEMBER_TWICE, at)
    members.set(key, reader.takeValue())
  })
  return members
}

/** Splits an array into its elements. @throws RawJsonError */
export function splitArray(value: RawValue): readonly RawValue[] {
  const reader = new RawReader(value)
  const elements: RawValue[] = []
  reader.eachPart('[', ']', () => elements.push(reader.takeValue()))
  return elements
}

/** Reads a value whole. @throws RawJsonError */
export function parseRaw({ text, offset }: RawValue): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Slower, but it knows where.
    const exact = readJson(text)
    throw exact.ok
      ? new RawJsonError('this is no JSON', offset)
      : new RawJsonError(exact.message, offset + exact.span.start.offset)
  }
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c

class RawReader {
  readonly #text: string
  readonly #base: number
  #place = 0

  constructor({ text, offset }: RawValue) {
    this.#text = text
    this.#base = offset
  }

  get offset(): number {
    return this.#base + this.#place
  }

  /** Goes through what stands between two brackets, up to the end of the text. */
  eachPart(open: string, close: string, takePart: () => void): void {
    this.take(open, `"${open}" was expected`)
    if (this.#text[this.#place] !== close) {
      for (;;) {
        takePart()
        if (this.#text.charCodeAt(this.#place) !== COMMA) break
        this.take(',', '')
      }
    }
    this.take(close, `a comma or "${close}" was expected`)
    if (this.#place < this.#text.length) throw this.#refuse('text after the end')
  }

  /** Takes one character and the white space on both sides of it. */
  take(character: string, message: string): void {
    this.#skipWhiteSpace()
    if (this.#text[this.#place] !== character) throw this.#refuse(message)
    this.#place++
    this.#skipWhiteSpace()
  }

  takeString(): RawValue {
    if (this.#text.charCodeAt(this.#place) !== QUOTE) {
      throw this.#refuse('a member name in quotation marks was expected')
    }
    return this.takeValue()
  }

  takeValue(): RawValue {
    const start = this.#place
    const offset = this.offset
    const first = this.#text.charCodeAt(start)
    if (first === QUOTE) this.#skipString()
    else if (isOpening(first)) this.#skipBrackets()
    else this.#skipWord()
    const text = this.#text.slice(start, this.#place)
    if (text === '') throw this.#refuse('a value was expected')
    this.#skipWhiteSpace()
    return { text, offset }
  }

  #skipString(): void {
    const text = this.#text
    for (let from = this.#place + 1; ; ) {
      const quote = text.indexOf('"', from)
      if (quote < 0) throw this.#refuse('the string does not end')
      let backslashes = 0
      while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++
      from = quote + 1
      if (backslashes % 2 === 0) {
        this.#place = from
        return
      }
    }
  }

  /** Whether the brackets inside are the right ones is seen when the value is read. */
  #skipBrackets(): void {
    const text = this.#text
    const start = this.#place
    let depth = 0
    while (this.#place < text.length) {
      const code = text.charCodeAt(this.#place)
      if (code === QUOTE) {
        this.#skipString()
        continue
      }
      this.#place++
      if (isOpening(code)) depth++
      else if (isClosing(code) && --depth === 0) return
    }
    this.#place = start
    throw this.#refuse('the bracket is not closed')
  }

  #skipWord(): void {
    while (this.#place < this.#text.length) {
      const code = this.#text.charCodeAt(this.#place)
      if (code === COMMA || isClosing(code) || isWhiteSpace(code)) return
      this.#place++
    }
  }

  #skipWhiteSpace(): void {
    while (isWhiteSpace(this.#text.charCodeAt(this.#place))) this.#place++
  }

  #refuse(message: string): RawJsonError {
    return new RawJsonError(message, this.offset)
  }
}

function isWhiteSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}

function isOpening(code: number): boolean {
  return code === 0x5b || code === 0x7b
}

function isClosing(code: number): boolean {
  return code === 0x5d || code === 0x7d
}
