import path from 'node:path'
import { AwsError } from '../../aws/aws-error.ts'
import { type KeyRing, openKeyRing } from '../../store/key-ring.ts'
import { openPostgresStore } from '../../store/postgres.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import type { Settings } from '../settings/settings.ts'
import { CommandError } from '../usage-error.ts'
import { DATA_FILES } from './data-folder.ts'

export interface Database {
  readonly store: Store
  readonly keyRing: KeyRing
}

/**
 * Opens the database that the settings name, and the key ring in it.
 *
 * @throws CommandError `DATABASE` in one line: out of reach, no database, written by a newer program, made with another master key
 */
export async function openDatabase(settings: Settings, masterKey: Uint8Array, clock: () => number): Promise<Database> {
  let store: Store | undefined
  try {
    store = await openStore(settings, clock)
    return { store, keyRing: await openKeyRing(store, masterKey, clock) }
  } catch (error) {
    // Its connections would keep the program from ending.
    await store?.close()
    throw new CommandError('DATABASE', `cannot use the database ${nameOf(settings)}: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

function openStore(settings: Settings, clock: () => number): Promise<Store> {
  return settings.databaseUrl === undefined
    ? openSqliteStore({ path: sqlitePath(settings), clock })
    : openPostgresStore({ connectionString: settings.databaseUrl, clock })
}

function sqlitePath({ dataDir }: Settings): string {
  return path.join(dataDir, DATA_FILES.database)
}

/** Without user and password. */
function nameOf(settings: Settings): string {
  if (settings.databaseUrl === undefined) return sqlitePath(settings)
  const url = URL.parse(settings.databaseUrl)
  return url === null ? 'of --database-url' : `${url.protocol}//${url.host}${url.pathname}`
}

/** What is behind "temporary failure", where that is all that a caller would be told. */
function reasonOf(error: unknown): string {
  const cause = error instanceof AwsError ? (error.cause ?? error) : error
  const { message, code } = cause as { readonly message?: string; readonly code?: string }
  return (message || code || String(cause)).replaceAll('\n', ' ')
}
