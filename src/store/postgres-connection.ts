import { createHash } from 'node:crypto'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import pg from 'pg'
import { databaseUnavailable } from './unavailable.ts'

/** Limits on each wait for the server (ms). The server enforces its half too, so a process that stands still holds nobody up. */
const CONNECT_MS_MAX = 5_000
const LOCK_WAIT_MS_MAX = 5_000
const QUERY_MS_MAX = 10_000
/** Prepared statements of one connection; beyond it, further queries run unprepared. */
const STATEMENTS_MAX = 500

/** How every connection is made: limits, and 64-bit integers as numbers (`pg` would give text). */
export function clientConfig(connectionString: string, extra: pg.ClientConfig = {}): pg.ClientConfig {
  return {
    connectionString,
    application_name: 'openirsa',
    connectionTimeoutMillis: CONNECT_MS_MAX,
    lock_timeout: LOCK_WAIT_MS_MAX,
    statement_timeout: QUERY_MS_MAX,
    idle_in_transaction_session_timeout: QUERY_MS_MAX,
    // Somewhat later than the server's own: it notices a server that is gone.
    query_timeout: QUERY_MS_MAX + 1_000,
    keepAlive: true,
    types: { getTypeParser: getTypeParser as typeof pg.types.getTypeParser },
    ...extra,
  }
}

/** Kysely's connection over one `pg` client, which belongs to one user at a time. */
export class PostgresConnection implements DatabaseConnection {
  readonly client: pg.ClientBase
  #broken: Error | undefined
  #isLost = false

  constructor(client: pg.ClientBase) {
    this.client = client
  }

  /** Why the connection must not be used again. */
  get broken(): Error | undefined {
    return this.#broken
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const name = statementName(query.sql)
    const values = query.parameters.map(toPostgres)
    const result = await this.query({ ...(name === undefined ? {} : { name }), text: query.sql, values })
    const numAffectedRows = result.rowCount === null ? undefined : BigInt(result.rowCount)
    return { rows: result.rows as R[], ...(numAffectedRows === undefined ? {} : { numAffectedRows }) }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }

  /** @throws AwsError `ServiceUnavailable` where the server does not answer, the server's error where it refuses */
  async query(query: string | pg.QueryConfig): Promise<pg.QueryResult> {
    // What follows a query that had no answer would wait behind it.
    if (this.#isLost) throw databaseUnavailable(this.#broken)
    try {
      return await this.client.query(query)
    } catch (error) {
      if (!isUnavailable(error)) throw error
      this.#broken = error instanceof Error ? error : new Error('The connection is lost', { cause: error })
      this.#isLost = !(error instanceof pg.DatabaseError)
      throw databaseUnavailable(error)
    }
  }
}

/**
 * Whether the error says that the server cannot work now, rather than that the query is wrong. Errors without an SQLSTATE are
 * those of the socket. 0A000 in a prepared statement: a newer program has changed the table, a new connection will do.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true
  const { code = '' } = error
  return UNAVAILABLE_CLASSES.has(code.slice(0, 2)) || UNAVAILABLE_STATES.has(code)
}

/** Connection, resources, operator intervention, system error. */
const UNAVAILABLE_CLASSES: ReadonlySet<string> = new Set(['08', '53', '57', '58'])
/** Cached plan, serialization failure, deadlock, lock not available, idle in transaction. */
const UNAVAILABLE_STATES: ReadonlySet<string> = new Set(['0A000', '40001', '40P01', '55P03', '25P03'])

const BIGINT = 20
const NUMERIC = 1700

/** Counts are bigint, sums of bigint are numeric: both are numbers here, as on SQLite. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if ((oid === BIGINT || oid === NUMERIC) && format !== 'binary') return safeNumber
  return pg.types.getTypeParser(oid, 'text')
}

function safeNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new RangeError('A number of the database is too large')
  return value
}

/** `pg` would turn an object into JSON and a Date into local time; columns here hold only text and numbers. */
function toPostgres(value: unknown): string | number | bigint | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || value === null)
    return value
  throw new TypeError(`A column cannot hold a value of type ${typeof value}`)
}

const statementNames = new Map<string, string>()

/** One name a text, the same on every connection: `pg` refuses a name that comes back with another text. */
function statementName(sql: string): string | undefined {
  const known = statementNames.get(sql)
  if (known !== undefined || statementNames.size >= STATEMENTS_MAX) return known
  const name = createHash('sha256').update(sql).digest('base64url').slice(0, 24)
  statementNames.set(sql, name)
  return name
}
