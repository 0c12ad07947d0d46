import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { databaseUnavailable } from './unavailable.ts'

/** Prepared statements kept; the program has a few hundred queries, more come from lists of varying length. */
const STATEMENTS_MAX = 500

/** Kysely's connection over `node:sqlite`. Each query is done when `executeQuery` has returned its promise. */
export class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, PreparedStatement>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return this.#execute<R>(query.sql, query.parameters)
    } catch (error) {
      throw isUnavailable(error) ? databaseUnavailable(error) : error
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }

  #execute<R>(sql: string, parameters: readonly unknown[]): QueryResult<R> {
    const { statement, returnsRows } = this.#prepare(sql)
    const values = parameters.map(toSqlite)
    if (returnsRows) {
      const rows = statement.all(...values) as R[]
      return { rows, numAffectedRows: BigInt(rows.length) }
    }
    const { changes } = statement.run(...values)
    return { rows: [], numAffectedRows: BigInt(changes) }
  }

  #prepare(sql: string): PreparedStatement {
    const known = this.#statements.get(sql)
    this.#statements.delete(sql)
    const prepared = known ?? prepare(this.#database, sql)
    this.#statements.set(sql, prepared)
    if (this.#statements.size > STATEMENTS_MAX) this.#forgetOldest()
    return prepared
  }

  #forgetOldest(): void {
    for (const sql of this.#statements.keys()) {
      this.#statements.delete(sql)
      return
    }
  }
}

/** Whether somebody else holds the lock. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === 5
}

interface PreparedStatement {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** busy, locked, no memory, I/O error, corrupt, full, cannot open, lock protocol. @see https://www.sqlite.org/rescode.html */
const UNAVAILABLE: ReadonlySet<number> = new Set([5, 6, 7, 10, 11, 13, 14, 15])

/** Whether the error says that the database cannot work now, rather than that the query is wrong. */
function isUnavailable(error: unknown): boolean {
  return UNAVAILABLE.has(primaryCode(error))
}

function primaryCode(error: unknown): number {
  const isSqlite = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return isSqlite ? (error.errcode as number) & 0xff : 0
}

function prepare(database: DatabaseSync, sql: string): PreparedStatement {
  const statement = database.prepare(sql)
  return { statement, returnsRows: statement.columns().length > 0 }
}

/** `node:sqlite` binds every number as a float, so that `'v' || 3` would give `v3.0`; a bigint stays an integer. */
function toSqlite(value: unknown): string | number | bigint | null | Uint8Array {
  switch (typeof value) {
    case 'string':
    case 'bigint':
      return value
    case 'number':
      return Number.isSafeInteger(value) ? BigInt(value) : value
    default:
      if (value === null || value instanceof Uint8Array) return value
      throw new TypeError(`A column cannot hold a value of type ${typeof value}`)
  }
}
