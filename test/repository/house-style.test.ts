import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const SOURCES = execFileSync(
  'git',
  ['ls-files', '-co', '--exclude-standard', '--', 'src', 'bin', 'scripts', 'test', 'bench'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  // Git lists a file until its removal is committed.
  .filter((file) => /\.(ts|js)$/.test(file) && existsSync(file))

/** Put together here so that this file does not find itself. */
const UNFINISHED = new RegExp(
  `\\b(${['TO', 'FIX', 'XX', 'HA'].map((start, i) => start + ['DO', 'ME', 'X', 'CK'][i]).join('|')})\\b`,
)

test('there are sources to look at', () => {
  expect(SOURCES.length).toBeGreaterThan(100)
})

test('no unfinished-work mark stands in the code', () => {
  const marked = SOURCES.filter((file) => UNFINISHED.test(readFileSync(file, 'utf8')))
  expect(marked).toEqual([])
})

test('no test is switched off without a reason', () => {
  const off = SOURCES.filter((file) =>
    /\b(?:test|it|describe)\.(?:only|todo|skip|fails)\(/.test(readFileSync(file, 'utf8')),
  )
  expect(off).toEqual([])
})
