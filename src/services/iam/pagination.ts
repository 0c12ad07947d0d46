import { pageToken, placeOfPageToken } from '../../access/records/page-token.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { VALIDATION_ERROR } from '../../aws/error-codes.ts'

/** The members of every paginated request; MaxItems is 1–1,000 by constraint. */
export interface PageRequest {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

/** The members of every paginated answer. */
export interface PageEnd {
  readonly IsTruncated: boolean
  readonly Marker?: string
}

export interface Page<Entry> {
  readonly entries: Entry[]
  readonly end: PageEnd
}

/** A list that can be read from any place of it on. */
export interface PageSource<Entry> {
  /** Returns at most `limit` entries that come after the place `after` (from the start where undefined), in order. */
  read(page: PageStart): Promise<readonly Entry[]>
  /** An entry's place: at most 210 characters of ASCII, so that its marker is one that a request may hold. */
  placeOf(entry: Entry): string
}

export interface PageStart {
  readonly after: string | undefined
  readonly limit: number
}

/** Entries. Source: every paginated operation of the API reference, `MaxItems`. */
const MAX_ITEMS_DEFAULT = 100

/**
 * Reads one page of a list, which costs the page whatever the list's length: a marker names the place after which to go on.
 *
 * @param list  names the list, so that a marker of another one is refused
 * @throws AwsError `ValidationError` for a marker that none of our answers can have held
 */
export async function readPage<Entry>(
  list: string,
  request: PageRequest,
  source: PageSource<Entry>,
): Promise<Page<Entry>> {
  const maxItems = request.MaxItems ?? MAX_ITEMS_DEFAULT
  const after = request.Marker === undefined ? undefined : placeOfMarker(list, request.Marker)
  const found = await source.read({ after, limit: maxItems + 1 })
  const entries = found.slice(0, maxItems)
  const last = entries.at(-1)
  if (found.length <= maxItems || last === undefined) return { entries, end: { IsTruncated: false } }
  return { entries, end: { IsTruncated: true, Marker: pageToken(list, source.placeOf(last)) } }
}

/** Pages a list that is short by a limit (tags, versions, keys): its marker counts what was shown. */
export async function pageOf<Entry>(list: string, request: PageRequest, all: readonly Entry[]): Promise<Page<Entry>> {
  const numbered = all.map((entry, index) => ({ entry, index }))
  const page = await readPage(list, request, {
    read: async ({ after, limit }) => numbered.slice(after === undefined ? 0 : positionAfter(after)).slice(0, limit),
    placeOf: ({ index }) => String(index),
  })
  return { entries: page.entries.map(({ entry }) => entry), end: page.end }
}

/** One list after the other as one. */
export function inSequence<Entry>(first: PageSource<Entry>, second: PageSource<Entry>): PageSource<Entry> {
  const parts = new Map<Entry, string>()
  const readPart = async (name: string, source: PageSource<Entry>, start: PageStart) => {
    const entries = start.limit > 0 ? await source.read(start) : []
    for (const entry of entries) parts.set(entry, `${name}${source.placeOf(entry)}`)
    return entries
  }
  return {
    async read({ after, limit }) {
      if (after?.startsWith('2')) return readPart('2', second, { after: after.slice(1), limit })
      const entries = await readPart('1', first, { after: after?.slice(1), limit })
      const rest = await readPart('2', second, { after: undefined, limit: limit - entries.length })
      return [...entries, ...rest]
    },
    placeOf: (entry) => parts.get(entry) ?? '',
  }
}

function positionAfter(place: string): number {
  if (!/^\d{1,4}$/.test(place)) throw invalidMarker()
  return Number(place) + 1
}

function placeOfMarker(list: string, marker: string): string {
  const place = placeOfPageToken(list, marker)
  if (place === undefined) throw invalidMarker()
  return place
}

function invalidMarker(): AwsError {
  return new AwsError(VALIDATION_ERROR, 'Invalid Marker.')
}
