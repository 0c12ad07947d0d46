import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commonPrefixOf, type KeyRange, keyBehind, listKeys } from './object-listing.ts'

/** Few characters, so that keys share prefixes; one beyond UTF-16's order and the last code points of both planes. */
const key = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '\uffff', '\u{1f600}', '\u{10ffff}'),
  minLength: 1,
  maxLength: 6,
})
const listing = fc.record({
  prefix: fc.oneof(fc.constant(''), key),
  delimiter: fc.option(fc.constantFrom('/', 'ab', '\u{10ffff}'), { nil: undefined }),
  after: fc.option(key, { nil: undefined }),
  limit: fc.integer({ min: 1, max: 5 }),
})

test('all pages together are what a listing of every key would be', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 30 }),
      listing,
      async (keys, { prefix, delimiter, after, limit }) => {
        const sorted = keys.toSorted(byBytes)
        const found: string[] = []
        let position = after
        let isTruncated = true
        while (isTruncated) {
          const page = await listKeys({ prefix, delimiter, after: position, limit }, async (range) =>
            rowsOf(sorted, range),
          )
          const names = [...page.entries.map((row) => row.key), ...page.commonPrefixes]
          expect(names.length).toBeLessThanOrEqual(limit)
          if (page.isTruncated) expect(names).toHaveLength(limit)
          expect(page.last).toBe(names.toSorted(byBytes).at(-1))
          found.push(...names.toSorted(byBytes))
          position = page.last
          isTruncated = page.isTruncated
        }
        expect(found).toEqual(everything(sorted, prefix, delimiter, after))
      },
    ),
    { numRuns: 500 },
  )
})

test('a page of nothing asks nothing', async () => {
  const page = await listKeys({ prefix: '', delimiter: '/', after: undefined, limit: 0 }, () => {
    throw new Error('asked')
  })
  expect(page).toMatchObject({ entries: [], commonPrefixes: [], isTruncated: false, last: undefined })
})

test('a common prefix costs a few rows, however many keys it stands for', async () => {
  const keys = Array.from({ length: 10_000 }, (_, index) => `${index % 2}/${String(index).padStart(5, '0')}`).toSorted()
  let rows = 0
  const page = await listKeys({ prefix: '', delimiter: '/', after: undefined, limit: 1000 }, async (range) => {
    const some = rowsOf(keys, range)
    rows += some.length
    return some
  })
  expect(page.commonPrefixes).toEqual(['0/', '1/'])
  expect(rows).toBeLessThan(50)
})

test.each([
  ['a', 'b'],
  ['a/', 'a0'],
  ['\ud7ff', '\ue000'],
  ['a\u{10ffff}', 'b'],
  ['\u{10ffff}', undefined],
  ['', undefined],
])('behind all keys that begin with %j comes %j', (prefix, expected) => {
  expect(keyBehind(prefix)).toBe(expected)
})

function rowsOf(sorted: readonly string[], { from, isExclusive, until, limit }: KeyRange) {
  const isIn = (text: string) =>
    (isExclusive ? byBytes(text, from) > 0 : byBytes(text, from) >= 0) &&
    (until === undefined || byBytes(text, until) < 0)
  return sorted
    .filter(isIn)
    .slice(0, limit)
    .map((text) => ({ key: text }))
}

/** The plain meaning: every key behind `after` with the prefix, rolled up; a place that is a common prefix is behind all of it. */
function everything(
  sorted: readonly string[],
  prefix: string,
  delimiter: string | undefined,
  after: string | undefined,
) {
  const passed = after?.startsWith(prefix) ? commonPrefixOf(after, prefix, delimiter) : undefined
  const names = sorted
    .filter((text) => text.startsWith(prefix) && (after === undefined || byBytes(text, after) > 0))
    .filter((text) => passed === undefined || passed !== after || !text.startsWith(passed))
    .map((text) => commonPrefixOf(text, prefix, delimiter) ?? text)
  return [...new Set(names)]
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}
