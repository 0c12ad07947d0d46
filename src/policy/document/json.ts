/** A place in a policy's text. Lines and columns count from 1, as AWS's simulators show them; `offset` from 0 in UTF-16 units. */
export interface Position {
  readonly line: number
  readonly column: number
  readonly offset: number
}

/** From the first character of an element to the place after its last. */
export interface Span {
  readonly start: Position
  readonly end: Position
}

export type JsonNode = JsonString | JsonNumber | JsonBoolean | JsonNull | JsonArray | JsonObject

export interface JsonString {
  readonly kind: 'string'
  readonly value: string
  readonly span: Span
}

export interface JsonNumber {
  readonly kind: 'number'
  /** As written: policies compare numbers as text of a number, so nothing is rounded here. */
  readonly text: string
  readonly span: Span
}

export interface JsonBoolean {
  readonly kind: 'boolean'
  readonly value: boolean
  readonly span: Span
}

export interface JsonNull {
  readonly kind: 'null'
  readonly span: Span
}

export interface JsonArray {
  readonly kind: 'array'
  readonly elements: readonly JsonNode[]
  readonly span: Span
}

export interface JsonObject {
  readonly kind: 'object'
  /** In the order of the text; a key that was written twice stands twice. */
  readonly members: readonly JsonMember[]
  readonly span: Span
}

export interface JsonMember {
  readonly key: JsonString
  readonly value: JsonNode
}

export type JsonResult =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly message: string; readonly span: Span }

/**
 * Longest text that is read, in UTF-16 units. API parameters end at 131 072 characters (IAM service model, `policyDocumentType`);
 * the longest policy that AWS publishes has 135 200.
 */
export const JSON_CHARACTERS_MAX = 262_144
/** The policy grammar nests six deep (document, statements, statement, Condition, operator, values); the rest is slack for a clear refusal. */
export const JSON_DEPTH_MAX = 32

/** Reads JSON (RFC 8259, nothing more) and keeps where every element stands. Never throws; work is linear in the text. */
export function readJson(text: string): JsonResult {
  const reader = new JsonReader(text)
  try {
    return { ok: true, root: reader.readDocument() }
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { ok: false, message: error.message, span: error.span }
    throw error
  }
}

/** Stays inside this file: `readJson` turns it into a result. */
class JsonSyntaxError extends Error {
  readonly span: Span
  constructor(message: string, span: Span) {
    super(message)
    this.span = span
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
/** What may stand in a string as it is: all but quotation mark, reverse solidus and control characters. */
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y
const FOUR_HEX_DIGITS = /[0-9a-fA-F]{4}/y

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class JsonReader {
  readonly #text: string
  #offset = 0
  #line = 1
  #lineStart = 0

  constructor(text: string) {
    this.#text = text
  }

  readDocument(): JsonNode {
    if (this.#text.length > JSON_CHARACTERS_MAX) throw this.#refuse(`longer than ${JSON_CHARACTERS_MAX} characters`)
    this.#skipWhiteSpace()
    const root = this.#readValue(1)
    this.#skipWhiteSpace()
    if (this.#offset < this.#text.length) throw this.#refuse('text after the end of the document')
    return root
  }

  #readValue(depth: number): JsonNode {
    if (depth > JSON_DEPTH_MAX) throw this.#refuse(`nested deeper than ${JSON_DEPTH_MAX} levels`)
    switch (this.#text[this.#offset]) {
      case '{':
        return this.#readObject(depth)
      case '[':
        return this.#readArray(depth)
      case '"':
        return this.#readString()
      case 't':
        return { ...this.#readWord('true'), kind: 'boolean', value: true }
      case 'f':
        return { ...this.#readWord('false'), kind: 'boolean', value: false }
      case 'n':
        return { ...this.#readWord('null'), kind: 'null' }
      default:
        return this.#readNumber()
    }
  }

  #readObject(depth: number): JsonObject {
    const start = this.#position()
    const members: JsonMember[] = []
    this.#offset++
    this.#skipWhiteSpace()
    if (this.#take('}')) return { kind: 'object', members, span: this.#spanFrom(start) }
    do {
      this.#skipWhiteSpace()
      if (this.#text[this.#offset] !== '"') throw this.#refuse('a member name in quotation marks was expected')
      const key = this.#readString()
      this.#skipWhiteSpace()
      if (!this.#take(':')) throw this.#refuse('a colon was expected')
      this.#skipWhiteSpace()
      members.push({ key, value: this.#readValue(depth + 1) })
      this.#skipWhiteSpace()
    } while (this.#take(','))
    if (!this.#take('}')) throw this.#refuse('a comma or closing brace was expected')
    return { kind: 'object', members, span: this.#spanFrom(start) }
  }

  #readArray(depth: number): JsonArray {
    const start = this.#position()
    const elements: JsonNode[] = []
    this.#offset++
    this.#skipWhiteSpace()
    if (this.#take(']')) return { kind: 'array', elements, span: this.#spanFrom(start) }
    do {
      this.#skipWhiteSpace()
      elements.push(this.#readValue(depth + 1))
      this.#skipWhiteSpace()
    } while (this.#take(','))
    if (!this.#take(']')) throw this.#refuse('a comma or closing bracket was expected')
    return { kind: 'array', elements, span: this.#spanFrom(start) }
  }

  #readString(): JsonString {
    const start = this.#position()
    this.#offset++
    let value = ''
    for (;;) {
      value += this.#match(PLAIN_CHARACTERS) ?? ''
      if (this.#take('"')) return { kind: 'string', value, span: this.#spanFrom(start) }
      if (!this.#take('\\')) {
        throw this.#refuse(
          this.#offset >= this.#text.length ? 'the string does not end' : 'a control character in a string',
        )
      }
      value += this.#readEscape()
    }
  }

  #readEscape(): string {
    if (this.#take('u')) {
      const digits = this.#match(FOUR_HEX_DIGITS)
      if (digits === undefined) throw this.#refuse('four hexadecimal digits were expected')
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const letter = this.#text[this.#offset] ?? ''
    if (!Object.hasOwn(ESCAPES, letter)) throw this.#refuse('an unknown escape sequence')
    this.#offset++
    return ESCAPES[letter] ?? ''
  }

  #readNumber(): JsonNumber {
    const start = this.#position()
    const text = this.#match(NUMBER)
    if (text === undefined || text === '') throw this.#refuse('a value was expected')
    return { kind: 'number', text, span: this.#spanFrom(start) }
  }

  #readWord(word: string): { readonly span: Span } {
    const start = this.#position()
    if (!this.#text.startsWith(word, this.#offset)) throw this.#refuse('a value was expected')
    this.#offset += word.length
    return { span: this.#spanFrom(start) }
  }

  /** Only white space holds line ends: a string may not, so this is the one place that counts lines. */
  #skipWhiteSpace(): void {
    for (;;) {
      const character = this.#text[this.#offset]
      if (character !== ' ' && character !== '\t' && character !== '\r' && character !== '\n') return
      this.#offset++
      if (character === '\n') {
        this.#line++
        this.#lineStart = this.#offset
      }
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false
    this.#offset++
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset
    const found = pattern.exec(this.#text)?.[0]
    this.#offset += found?.length ?? 0
    return found
  }

  #position(): Position {
    return { line: this.#line, column: this.#offset - this.#lineStart + 1, offset: this.#offset }
  }

  #spanFrom(start: Position): Span {
    return { start, end: this.#position() }
  }

  #refuse(message: string): JsonSyntaxError {
    const here = this.#position()
    return new JsonSyntaxError(message, { start: here, end: here })
  }
}
