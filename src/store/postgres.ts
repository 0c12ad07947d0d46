import { ChangeLog } from './change-log.ts'
import { newestSequence } from './change-rows.ts'
import { storeOf } from './engine-store.ts'
import { migrate } from './migrations.ts'
import { PostgresChangeFeed } from './postgres-change-feed.ts'
import { openPostgresEngine } from './postgres-engine.ts'
import { QueryHandle } from './query-handle.ts'
import type { Store } from './store.ts'

export interface PostgresStoreOptions {
  /** `postgres://…`, as libpq and `pg` read it. */
  readonly connectionString: string
  readonly clock: () => number
  /** Connections for reads; one more writes, and one follows the changes. */
  readonly readConnectionsMax?: number
  /** For how long the database may be out of reach before calls are refused. */
  readonly stalenessLimitMs?: number
}

/**
 * Opens the store in a PostgreSQL database, which any number of processes may share. Makes the tables.
 *
 * @throws Error where the database belongs to a newer program or is not UTF-8, AwsError `ServiceUnavailable` where it is out of reach
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const engine = await openPostgresEngine(options.connectionString, options.readConnectionsMax)
  try {
    await migrate(engine)
    const log = new ChangeLog(await newestSequence(new QueryHandle(engine.reader)))
    const changes = new PostgresChangeFeed(options.connectionString, log, options.stalenessLimitMs)
    return storeOf(engine, log, changes, options.clock)
  } catch (error) {
    await engine.close()
    throw error
  }
}
