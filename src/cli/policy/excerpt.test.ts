import { expect, test } from 'vitest'
import { excerptLines, excerptOf } from './excerpt.ts'

const range = (line: number, column: number, endLine: number, endColumn: number) => ({
  line,
  column,
  endLine,
  endColumn,
})
const source = (lines: readonly string[]) => ({ name: 'p', file: 'p.json', lines })

test('lines are numbered and unindented, the ones to look at marked', () => {
  const { line, lines } = excerptOf(source(['{', '    {', '      "a": 1', '    }', '}']), range(2, 5, 4, 6), [
    range(3, 7, 3, 13),
  ])
  expect(line).toBe(2)
  expect(excerptLines(lines)).toEqual([
    ['  2 | {', false],
    ['> 3 |   "a": 1', true],
    ['  4 | }', false],
  ])
})

test('a long line is cut to where it matters', () => {
  const text = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`
  const [line] = excerptOf(source([text]), range(1, 1, 1, 1005), [range(1, 501, 1, 505)]).lines
  expect(line?.text).toMatch(/^…HEREy+…$/)
  expect(line?.text.length).toBe(162)
})

test('a long statement is shown from where it matters', () => {
  const lines = Array.from({ length: 100 }, (_, n) => `line ${n + 1}`)
  const shown = excerptOf(source(lines), range(1, 1, 100, 1), [range(60, 1, 60, 5)]).lines
  expect(shown[0]?.number).toBe(58)
  expect(shown).toHaveLength(15)
  expect(shown.find(({ isMarked }) => isMarked)?.number).toBe(60)
})
