import { isUtf8 } from 'node:buffer'

/** A line of a JSON Lines file; `number` counts from 1. */
export type InputLine =
  | { readonly kind: 'text'; readonly number: number; readonly text: string }
  | { readonly kind: 'too long' | 'not UTF-8'; readonly number: number }

/** Longest line that is read, in bytes; own limit: thirty policies of the longest that is read, and some. */
export const LINE_BYTES_MAX = 8 * 1024 * 1024

const NEW_LINE = 0x0a
const BYTE_ORDER_MARK = '\ufeff'

/**
 * Splits a stream at line feeds, and at nothing else: other line ends may stand inside of JSON texts. Blank lines are left out, but counted.
 *
 * Yields the lines of each chunk together. Holds no more than a chunk and a line.
 */
export async function* readInputLines(
  input: AsyncIterable<Uint8Array>,
  lineBytesMax = LINE_BYTES_MAX,
): AsyncGenerator<readonly InputLine[]> {
  const splitter = new LineSplitter(lineBytesMax)
  for await (const chunk of input) {
    const lines = splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    if (lines.length > 0) yield lines
  }
  const last = splitter.end()
  if (last.length > 0) yield last
}

class LineSplitter {
  readonly #lineBytesMax: number
  #number = 0
  /** The beginning of the line that has not ended yet, in pieces. */
  #pieces: Buffer[] = []
  #bytes = 0

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax
  }

  push(chunk: Buffer): InputLine[] {
    const lines: InputLine[] = []
    let start = 0
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, start)) {
      this.#keep(chunk.subarray(start, end))
      lines.push(...this.end())
      start = end + 1
    }
    this.#keep(chunk.subarray(start))
    return lines
  }

  /** Ends the line. @returns it, or nothing where it is blank */
  end(): readonly InputLine[] {
    const number = ++this.#number
    const bytes = this.#bytes
    const line = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#bytes = 0
    if (bytes > this.#lineBytesMax) return [{ kind: 'too long', number }]
    if (line === undefined || bytes === 0) return []
    if (!isUtf8(line)) return [{ kind: 'not UTF-8', number }]
    const decoded = line.toString('utf8')
    const text = number === 1 && decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded
    return text.trim() === '' ? [] : [{ kind: 'text', number, text }]
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.length
    // What is too long already is only counted, until it ends.
    if (this.#bytes > this.#lineBytesMax) this.#pieces = []
    else if (piece.length > 0) this.#pieces.push(piece)
  }
}
