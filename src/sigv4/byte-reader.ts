/** Reads lines and byte runs from a stream that arrives in pieces of any size. Holds one piece and one line at most. */
export interface ByteReader {
  /**
   * Reads up to the next CR LF, which is left out.
   *
   * @returns undefined at the end of the stream
   * @throws what `malformed` makes, where no CR LF comes within `bytesMax` bytes
   */
  line(bytesMax: number): Promise<string | undefined>
  /** Returns 1 to `bytesMax` bytes as they come; undefined at the end of the stream. */
  some(bytesMax: number): Promise<Uint8Array | undefined>
}

/** @param malformed  makes the error for a line that is too long or ends in the middle */
export function openByteReader(source: AsyncIterable<Uint8Array>, malformed: () => Error): ByteReader {
  const pieces = source[Symbol.asyncIterator]()
  let piece: Uint8Array = new Uint8Array()

  async function fill(): Promise<boolean> {
    while (piece.length === 0) {
      const next = await pieces.next()
      if (next.done === true) return false
      piece = next.value
    }
    return true
  }

  function take(bytes: number): Uint8Array {
    const taken = piece.subarray(0, bytes)
    piece = piece.subarray(bytes)
    return taken
  }

  return {
    async line(bytesMax) {
      let text = ''
      while (await fill()) {
        const newline = piece.indexOf(0x0a)
        text += Buffer.from(take(newline === -1 ? Math.min(piece.length, bytesMax + 1) : newline + 1)).toString(
          'latin1',
        )
        if (text.length > bytesMax + 2) throw malformed()
        if (newline === -1) continue
        if (!text.endsWith('\r\n')) throw malformed()
        return text.slice(0, -2)
      }
      if (text !== '') throw malformed()
      return undefined
    },
    async some(bytesMax) {
      return (await fill()) ? take(bytesMax) : undefined
    },
  }
}
