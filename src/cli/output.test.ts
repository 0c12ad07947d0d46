import { expect, test, vi } from 'vitest'
import { type OutputFormat, parseOutputFormat, print } from './output.ts'

const PRINTABLE = {
  value: { clusters: [{ name: 'a' }] },
  table: [
    ['NAME', 'KIND', 'URL'],
    ['a', 'created', 'https://x'],
    ['longer', '', 'https://y'],
  ],
  names: ['a', 'longer'],
}

test.each<[OutputFormat, string]>([
  ['table', 'NAME    KIND     URL\na       created  https://x\nlonger           https://y\n'],
  ['name', 'a\nlonger\n'],
  ['json', '{\n  "clusters": [\n    {\n      "name": "a"\n    }\n  ]\n}\n'],
  ['yaml', 'clusters:\n  - name: a\n'],
])('%s', (format, text) => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  print(PRINTABLE, parseOutputFormat(format))
  expect(write.mock.calls).toEqual([[text]])
  write.mockRestore()
})

test('another format is refused', () => {
  expect(() => parseOutputFormat('xml')).toThrow('--output xml is none of table, json, yaml, name')
})

test('text of others cannot paint over other lines of a table', () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  print({ value: {}, table: [['NAME'], ['a\u001b[2Kb\nc']], names: ['a\u001b[2Kb'] }, 'table')
  print({ value: {}, table: [], names: ['a\u001b[2Kb'] }, 'name')
  expect(write.mock.calls).toEqual([['NAME\na\\u001b[2Kb\\u000ac\n'], ['a\\u001b[2Kb\n']])
  write.mockRestore()
})
