import { openPostgresStore } from '../postgres.ts'
import { openSqliteStore } from '../sqlite.ts'
import type { Store } from '../store.ts'

/** Opens the store that a test runs on: a file path, or a `postgres://` URL. */
export function openStoreAt(
  location: string,
  options: { readonly stalenessLimitMs?: number; readonly clock?: () => number } = {},
): Promise<Store> {
  const { stalenessLimitMs, clock = Date.now } = options
  return location.startsWith('postgres')
    ? openPostgresStore({ connectionString: location, clock, stalenessLimitMs, readConnectionsMax: 3 })
    : openSqliteStore({ path: location, clock, stalenessLimitMs })
}
