import { DefaultQueryExecutor, PostgresAdapter, PostgresQueryCompiler } from 'kysely'
import pg from 'pg'
import type { Engine, WriteTransaction } from './engine.ts'
import { CHANGES_CHANNEL } from './postgres-change-feed.ts'
import { clientConfig, PostgresConnection } from './postgres-connection.ts'
import { databaseUnavailable } from './unavailable.ts'

const READ_CONNECTIONS_MAX = 8

/** Any number will do that nothing else in the same database uses: "openirsa" in ASCII. */
const WRITE_LOCK = 0x6f70656e69727361n

/**
 * The lock comes first, so that every statement after it sees all that was committed (each has its own snapshot in READ COMMITTED).
 * A server that is set to acknowledge before it has written must not do so here.
 */
const BEGIN = [
  'begin isolation level read committed read write',
  `select pg_advisory_xact_lock(${WRITE_LOCK})`,
  "select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'",
].join('; ')

/**
 * Opens a pool of connections that read and one connection that writes.
 *
 * @throws AwsError `ServiceUnavailable` where the server is out of reach, Error where the database is not UTF-8
 */
export async function openPostgresEngine(
  connectionString: string,
  readConnectionsMax: number = READ_CONNECTIONS_MAX,
): Promise<Engine> {
  const readers = openPool(connectionString, readConnectionsMax, true)
  const writers = openPool(connectionString, 1, false)
  const provideConnection = async <T>(consumer: (connection: PostgresConnection) => Promise<T>): Promise<T> => {
    const connection = await connect(readers)
    try {
      return await consumer(connection)
    } finally {
      giveBack(connection)
    }
  }
  const close = async () => {
    await Promise.all([readers.end(), writers.end()])
  }
  try {
    await provideConnection(requireUtf8)
  } catch (error) {
    await close()
    throw error
  }
  return {
    dialect: 'postgres',
    reader: new DefaultQueryExecutor(new PostgresQueryCompiler(), new PostgresAdapter(), { provideConnection }),
    begin: () => begin(writers),
    close,
  }
}

function openPool(connectionString: string, max: number, isReadOnly: boolean): pg.Pool {
  const readOnly = isReadOnly ? { options: '-c default_transaction_read_only=on' } : {}
  const pool = new pg.Pool({ ...clientConfig(connectionString, readOnly), max })
  // A connection that breaks while idle is replaced when the next one is needed; one that is in use tells by its query.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

async function connect(pool: pg.Pool): Promise<PostgresConnection> {
  try {
    return new PostgresConnection(await pool.connect())
  } catch (error) {
    throw databaseUnavailable(error)
  }
}

function giveBack(connection: PostgresConnection): void {
  const client = connection.client as pg.PoolClient
  client.release(connection.broken)
}

async function begin(writers: pg.Pool): Promise<WriteTransaction> {
  const connection = await connect(writers)
  try {
    await connection.query(BEGIN)
  } catch (error) {
    await rollback(connection)
    throw error
  }
  let isOver = false
  return {
    connection,
    async commit(announces) {
      const result = await connection.query(announces ? `notify ${CHANGES_CHANNEL}; commit` : 'commit')
      // COMMIT of a transaction in which something failed rolls back, and says so only here.
      const last = Array.isArray(result) ? result.at(-1) : result
      if (last?.command !== 'COMMIT') throw new Error('The transaction was rolled back by the server')
      isOver = true
      giveBack(connection)
    },
    async rollback() {
      if (isOver) return
      isOver = true
      await rollback(connection)
    },
  }
}

async function rollback(connection: PostgresConnection): Promise<void> {
  try {
    if (connection.broken === undefined) await connection.query('rollback')
  } catch {
    // The connection is marked as broken or refuses; either way it goes, and the server ends the transaction with it.
    const client = connection.client as pg.PoolClient
    client.release(true)
    return
  }
  giveBack(connection)
}

/** Other encodings cannot hold every name, and do not order by bytes as UTF-8 does. */
async function requireUtf8(connection: PostgresConnection): Promise<void> {
  const { rows } = await connection.query('show server_encoding')
  const encoding: unknown = rows[0]?.server_encoding
  if (encoding !== 'UTF8') throw new Error(`The PostgreSQL database must have the encoding UTF8, it has ${encoding}`)
}
