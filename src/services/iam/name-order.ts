import { type Expression, type SqlBool, sql } from 'kysely'
import type { PageSource } from './pagination.ts'

/** What roles, users and policies are listed by. */
export interface NamedEntry {
  readonly id: string
  readonly path: string
  readonly nameKey: string
}

/** The queries of a list of one kind of them, in one account. */
export interface NamedQueries<Row> {
  /** The column of the lower-case name. */
  readonly nameColumn: string
  describe(row: Row): NamedEntry
  read(order: NameOrder): Promise<readonly Row[]>
  findById(id: string): Promise<Row | undefined>
}

export interface NameOrder {
  /** Keeps what has the path prefix and comes after the place where the page begins. */
  readonly filter: Expression<SqlBool>
  readonly order: Expression<unknown>
  readonly limit: number
}

/** Characters of path and name that fit into a marker: paths have up to 512, a marker has 320, a third of it encoding. */
const PLACE_CHARACTERS_MAX = 200

/** Orders by name, with a path prefix by path and name, each straight from an index: `/` is the prefix of all. */
export function inNameOrder<Row>(pathPrefix: string | undefined, queries: NamedQueries<Row>): PageSource<Row> {
  return pathPrefix === undefined || pathPrefix === '/' ? byName(queries) : byPath(pathPrefix, queries)
}

function byName<Row>({ nameColumn, describe, read }: NamedQueries<Row>): PageSource<Row> {
  const name = sql.ref(nameColumn)
  return {
    read: ({ after, limit }) => {
      const filter = after === undefined ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${name} > ${after}`
      return read({ filter, order: name, limit })
    },
    placeOf: (row) => describe(row).nameKey,
  }
}

function byPath<Row>(prefix: string, { nameColumn, describe, read, findById }: NamedQueries<Row>): PageSource<Row> {
  const [path, name] = [sql.ref('path'), sql.ref(nameColumn)]
  const hasPrefix = sql<SqlBool>`${path} >= ${prefix} and ${path} < ${firstAfter(prefix)}`
  return {
    async read({ after, limit }) {
      const place = after === undefined ? undefined : await placeAt(after)
      const isAfter = place ? sql<SqlBool>`(${path}, ${name}) > (${place.path}, ${place.nameKey})` : sql<SqlBool>`1 = 1`
      return read({ filter: sql<SqlBool>`${hasPrefix} and ${isAfter}`, order: sql`${path}, ${name}`, limit })
    },
    placeOf(row) {
      const { id, path, nameKey } = describe(row)
      const place = `${path}\n${nameKey}`
      return place.length <= PLACE_CHARACTERS_MAX ? place : id
    },
  }

  async function placeAt(after: string) {
    const [path, nameKey] = after.split('\n')
    if (path !== undefined && nameKey !== undefined) return { path, nameKey }
    const row = await findById(after)
    // Gone since: begin again rather than leave entries out.
    return row && describe(row)
  }
}

/** The least text greater than every text with the prefix: columns are compared byte by byte, and paths are ASCII. */
function firstAfter(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}
