import { describe, expect, it } from 'vitest'
import { openByteReader } from './byte-reader.ts'
import { pieces } from './testing/requests.ts'

const malformed = () => new Error('malformed')

function reader(text: string, pieceBytes = 2) {
  return openByteReader(pieces(Buffer.from(text), pieceBytes), malformed)
}

describe('a byte reader', () => {
  it.each([1, 2, 3, 100])('reads lines and runs from pieces of %i bytes', async (pieceBytes) => {
    const read = reader('one\r\n\r\nabcdef', pieceBytes)
    expect(await read.line(3)).toBe('one')
    expect(await read.line(0)).toBe('')
    let run = ''
    for (let bytes = await read.some(4); bytes; bytes = await read.some(4)) run += Buffer.from(bytes).toString()
    expect(run).toBe('abcdef')
    expect(await read.line(3)).toBeUndefined()
  })

  it('takes a line of the most bytes, and none of one more', async () => {
    expect(await reader('abc\r\n', 100).line(3)).toBe('abc')
    await expect(reader('abcd\r\n', 100).line(3)).rejects.toThrow('malformed')
  })

  it('reads no further into an endless line than it must', async () => {
    let piecesRead = 0
    async function* endless() {
      for (; piecesRead < 1000; piecesRead++) yield Buffer.from('a'.repeat(10))
    }
    await expect(openByteReader(endless(), malformed).line(50)).rejects.toThrow('malformed')
    expect(piecesRead).toBeLessThanOrEqual(6)
  })

  it('takes no line that ends in the middle, or with a bare line feed', async () => {
    await expect(reader('abc').line(10)).rejects.toThrow('malformed')
    await expect(reader('abc\r').line(10)).rejects.toThrow('malformed')
    await expect(reader('abc\n').line(10)).rejects.toThrow('malformed')
  })
})
