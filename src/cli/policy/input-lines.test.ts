import { expect, test } from 'vitest'
import { type InputLine, readInputLines } from './input-lines.ts'

async function linesOf(chunks: readonly (string | Uint8Array)[], lineBytesMax?: number): Promise<InputLine[]> {
  async function* input() {
    for (const chunk of chunks) yield Buffer.from(chunk)
  }
  const lines: InputLine[] = []
  for await (const some of readInputLines(input(), lineBytesMax)) lines.push(...some)
  return lines
}

const text = (number: number, content: string): InputLine => ({ kind: 'text', number, text: content })

test('a line may come in any number of pieces, and the last one need not end', async () => {
  expect(await linesOf(['a', 'b\nc', '', 'd\n', 'e'])).toEqual([text(1, 'ab'), text(2, 'cd'), text(3, 'e')])
})

test('blank lines are counted, not told; a byte order mark is not of the first line', async () => {
  expect(await linesOf(['\ufeffa\n\n \r\nb\r\n'])).toEqual([text(1, 'a'), text(4, 'b\r')])
})

test('a character that is cut between two chunks is whole again', async () => {
  const bytes = Buffer.from('ä\u2028ö\n')
  expect(await linesOf([bytes.subarray(0, 1), bytes.subarray(1)])).toEqual([text(1, 'ä\u2028ö')])
})

test('a line of the limit is read, a longer one is told, and the next one is read', async () => {
  expect(await linesOf(['1234', '5\n123456\n', '12', '3456', '789\nx\n'], 5)).toEqual([
    text(1, '12345'),
    { kind: 'too long', number: 2 },
    { kind: 'too long', number: 3 },
    text(4, 'x'),
  ])
})

test('what is not UTF-8 is told', async () => {
  expect(await linesOf([Buffer.from([0xc3, 0x28, 0x0a]), 'x\n'])).toEqual([
    { kind: 'not UTF-8', number: 1 },
    text(2, 'x'),
  ])
})
