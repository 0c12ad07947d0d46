import { ChangeLog } from './change-log.ts'
import { newestSequence } from './change-rows.ts'
import { storeOf } from './engine-store.ts'
import { migrate } from './migrations.ts'
import { QueryHandle } from './query-handle.ts'
import { SqliteChangeFeed } from './sqlite-change-feed.ts'
import { openSqliteEngine } from './sqlite-engine.ts'
import type { Store } from './store.ts'

export interface SqliteStoreOptions {
  /** The database file; its folder must be there. `:memory:` is a database of this store alone, which goes when it is closed. */
  readonly path: string
  readonly clock: () => number
  /** For how long the database may be out of reach before calls are refused. */
  readonly stalenessLimitMs?: number
  /** For how long a change waits for other processes' changes. */
  readonly busyLimitMs?: number
}

/**
 * Opens the store in one SQLite file, which several processes of one machine may share. Makes the file (mode 0600) and its tables.
 *
 * @throws Error where the file belongs to a newer program, AwsError `ServiceUnavailable` where it cannot be written
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const engine = await openSqliteEngine(options.path, options.busyLimitMs)
  try {
    await migrate(engine)
    const log = new ChangeLog(await newestSequence(new QueryHandle(engine.reader)))
    const changes = new SqliteChangeFeed(engine.readerDatabase, log, options.stalenessLimitMs)
    return storeOf(engine, log, changes, options.clock)
  } catch (error) {
    await engine.close()
    throw error
  }
}
