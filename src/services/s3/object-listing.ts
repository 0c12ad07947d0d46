import type { Listing, ListingPage } from './object-store.ts'

/** Rows in the order of their keys' UTF-8 bytes. */
export interface KeyRange {
  /** Keys from this one on; `isExclusive`: behind it. */
  readonly from: string
  readonly isExclusive: boolean
  /** Where several rows have one key: those of the key `from` with a greater tie belong to the range too. */
  readonly tie: string | undefined
  /** Keys before this one; undefined: no end. */
  readonly until: string | undefined
  readonly limit: number
}

export interface Keyed {
  readonly key: string
  /** Orders the rows of one key; absent where a key has one row only. */
  readonly tie?: string
}

const FIRST_BATCH_ROWS = 8
const BATCH_ROWS_MAX = 1000

/**
 * Lists keys, rolled up at a delimiter. A common prefix costs one short look-up, however many keys it stands for: the next
 * look-up begins behind all of them.
 *
 * @param fetch reads the rows of a range in key order
 */
export async function listKeys<Row extends Keyed>(
  listing: Listing & { readonly afterTie?: string },
  fetch: (range: KeyRange) => Promise<readonly Row[]>,
): Promise<ListingPage<Row>> {
  const { prefix, delimiter, limit } = listing
  const entries: Row[] = []
  const commonPrefixes: string[] = []
  const until = keyBehind(prefix)
  let last: string | undefined
  const page = (isTruncated: boolean): ListingPage<Row> => ({ entries, commonPrefixes, isTruncated, last })
  if (limit === 0) return page(false)

  let position = firstPosition(listing)
  let batchRows = delimiter ? FIRST_BATCH_ROWS : BATCH_ROWS_MAX
  while (position) {
    const room = limit - entries.length - commonPrefixes.length + 1
    const batchLimit = Math.min(batchRows, room)
    const rows = await fetch({ ...position, until, limit: batchLimit })
    let skipped: string | undefined
    for (const row of rows) {
      if (skipped !== undefined && row.key.startsWith(skipped)) continue
      if (entries.length + commonPrefixes.length === limit) return page(true)
      skipped = commonPrefixOf(row.key, prefix, delimiter)
      last = skipped ?? row.key
      if (skipped === undefined) entries.push(row)
      else commonPrefixes.push(skipped)
    }
    if (rows.length < batchLimit) return page(false)
    batchRows = skipped === undefined ? Math.min(batchRows * 2, BATCH_ROWS_MAX) : FIRST_BATCH_ROWS
    position = skipped === undefined ? behindRow(rows) : behindPrefix(skipped)
  }
  return page(false)
}

/** The part of a key up to and including the first delimiter behind the prefix. */
export function commonPrefixOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (!delimiter) return undefined
  const at = key.indexOf(delimiter, prefix.length)
  return at === -1 ? undefined : key.slice(0, at + delimiter.length)
}

/**
 * The smallest key, in the order of UTF-8 bytes (which is that of code points), behind all that begin with a prefix.
 * @returns undefined where nothing is behind them
 */
export function keyBehind(prefix: string): string | undefined {
  const codePoints = Array.from(prefix)
  for (let last = codePoints.pop(); last !== undefined; last = codePoints.pop()) {
    const next = nextCodePoint(last.codePointAt(0) ?? 0)
    if (next !== undefined) return codePoints.join('') + String.fromCodePoint(next)
  }
  return undefined
}

type Position = Pick<KeyRange, 'from' | 'isExclusive' | 'tie'>

function firstPosition({
  prefix,
  delimiter,
  after,
  afterTie,
}: Listing & { readonly afterTie?: string }): Position | undefined {
  if (after === undefined || isBefore(after, prefix)) return { from: prefix, isExclusive: false, tie: undefined }
  if (after.startsWith(prefix) && commonPrefixOf(after, prefix, delimiter) === after) return behindPrefix(after)
  return { from: after, isExclusive: true, tie: afterTie }
}

function behindRow(rows: readonly Keyed[]): Position | undefined {
  const row = rows.at(-1)
  return row && { from: row.key, isExclusive: true, tie: row.tie }
}

function behindPrefix(prefix: string): Position | undefined {
  const from = keyBehind(prefix)
  return from === undefined ? undefined : { from, isExclusive: false, tie: undefined }
}

/** In the order of UTF-8 bytes; JavaScript's own order is that of UTF-16 units. */
function isBefore(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) < 0
}

function nextCodePoint(codePoint: number): number | undefined {
  if (codePoint >= 0x10ffff) return undefined
  return codePoint === 0xd7ff ? 0xe000 : codePoint + 1
}
