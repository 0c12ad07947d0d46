import { chmodSync, closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { CompiledQuery, DefaultQueryExecutor, SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import type { Engine, WriteTransaction } from './engine.ts'
import { isBusy, SqliteConnection } from './sqlite-connection.ts'
import { databaseUnavailable } from './unavailable.ts'

/** For how long a transaction waits for those of other processes (ms), and how long it sleeps between two tries. */
const BUSY_LIMIT_MS = 5_000
const BUSY_WAIT_MS_MIN = 0.5
const BUSY_WAIT_MS_MAX = 8
/** Reads meet a lock only while another process recovers the file after a crash (ms). */
const READER_BUSY_TIMEOUT_MS = 1_000
/** The write-ahead log is cut back to this when it was longer. */
const LOG_BYTES_MAX = 64 * 1024 * 1024

export interface SqliteEngine extends Engine {
  readonly readerDatabase: DatabaseSync
}

/**
 * Opens a connection that writes and one that reads, on one file.
 *
 * @param path         as in `SqliteStoreOptions`
 * @param busyLimitMs  for how long a transaction waits for those of other processes
 */
export async function openSqliteEngine(path: string, busyLimitMs: number = BUSY_LIMIT_MS): Promise<SqliteEngine> {
  const folder = path === ':memory:' ? mkdtempSync(join(tmpdir(), 'openirsa-store-')) : undefined
  const file = folder === undefined ? path : join(folder, 'store.sqlite')
  makePrivate(file)
  const writerDatabase = await openDatabase(file, busyLimitMs, folder === undefined ? 'full' : 'off')
  const readerDatabase = await openDatabase(file, busyLimitMs, 'full')
  readerDatabase.exec(`pragma query_only = on; pragma busy_timeout = ${READER_BUSY_TIMEOUT_MS}`)
  const writer = new SqliteConnection(writerDatabase)
  const reader = new SqliteConnection(readerDatabase)
  const provider = {
    provideConnection: <T>(consumer: (connection: SqliteConnection) => Promise<T>) => consumer(reader),
  }
  return {
    dialect: 'sqlite',
    readerDatabase,
    reader: new DefaultQueryExecutor(new SqliteQueryCompiler(), new SqliteAdapter(), provider),
    begin: () => begin(writerDatabase, writer, busyLimitMs),
    async close() {
      readerDatabase.close()
      writerDatabase.close()
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** SQLite gives the files beside it (`-wal`, `-shm`) the same mode. */
function makePrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
}

/** Opens one connection. `fullfsync` is what macOS needs to reach the disk, and does nothing elsewhere. */
async function openDatabase(file: string, busyLimitMs: number, synchronous: 'full' | 'off'): Promise<DatabaseSync> {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true })
  try {
    // A writer never sleeps inside SQLite, which would stop the whole process: it waits outside.
    database.exec('pragma busy_timeout = 0')
    await whileBusy(busyLimitMs, () => useWriteAheadLog(database))
    database.exec(`pragma synchronous = ${synchronous}; pragma fullfsync = on; pragma checkpoint_fullfsync = on`)
    database.exec(`pragma journal_size_limit = ${LOG_BYTES_MAX}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function useWriteAheadLog(database: DatabaseSync): void {
  const mode = database.prepare('pragma journal_mode = wal').get()?.journal_mode
  if (mode !== 'wal') throw new Error('The database cannot use a write-ahead log: its folder must be on a local disk')
}

async function begin(
  database: DatabaseSync,
  connection: SqliteConnection,
  busyLimitMs: number,
): Promise<WriteTransaction> {
  const endTransaction = () => {
    // An I/O error or a full disk has rolled back by itself.
    if (database.isTransaction) database.exec('rollback')
  }
  await whileBusy(busyLimitMs, () => {
    endTransaction()
    database.exec('begin immediate')
  })
  return {
    connection,
    async commit() {
      await connection.executeQuery(COMMIT)
    },
    async rollback() {
      try {
        endTransaction()
      } catch {
        // Nothing of it is committed; the next transaction tries again.
      }
    },
  }
}

const COMMIT = CompiledQuery.raw('commit')

/** Tries until nobody else holds the lock. @throws AwsError `ServiceUnavailable` when the limit is over */
async function whileBusy(limitMs: number, attempt: () => void): Promise<void> {
  const startedAt = performance.now()
  for (let waitMs = BUSY_WAIT_MS_MIN; ; waitMs = Math.min(waitMs * 2, BUSY_WAIT_MS_MAX)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (performance.now() - startedAt > limitMs) throw databaseUnavailable(error)
    }
    await sleep(waitMs)
  }
}
