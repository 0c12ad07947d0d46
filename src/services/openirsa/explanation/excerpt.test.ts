import { expect, test } from 'vitest'
import { excerptOf } from './excerpt.ts'

const range = (line: number, column: number, endLine: number, endColumn: number) => ({
  line,
  column,
  endLine,
  endColumn,
})

test('short lines are shown whole, without what they are all indented by', () => {
  const document = '{\n    "Condition": {\n      "StringEquals": {}\n    }\n}'
  expect(excerptOf(document, range(2, 5, 4, 6))).toBe('"Condition": {\n  "StringEquals": {}\n}')
})

test('of a long line, only the range is shown', () => {
  const document = `{"a":"${'x'.repeat(300)}","b":"c","d":"${'y'.repeat(300)}"}`
  const column = document.indexOf('"b"') + 1
  expect(excerptOf(document, range(1, column, 1, column + '"b":"c"'.length))).toBe('"b":"c"')
})

test('a long range is cut, in characters and in lines', () => {
  expect(excerptOf('x'.repeat(1_000), range(1, 1, 1, 1_001))).toBe(`${'x'.repeat(160)}…`)
  const lines = Array.from({ length: 20 }, (_, index) => String(index))
  expect(excerptOf(lines.join('\n'), range(1, 1, 20, 3)).split('\n')).toEqual([...lines.slice(0, 12), '…'])
})
