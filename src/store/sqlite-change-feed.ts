import type { DatabaseSync, StatementSync } from 'node:sqlite'
import {
  type ChangeListener,
  type ChangeLog,
  LOGGED_CHANGES_READ_MAX,
  type LoggedChange,
  STALENESS_LIMIT_MS,
} from './change-log.ts'
import type { ClosableChangeFeed } from './engine-store.ts'
import { databaseUnavailable } from './unavailable.ts'

/** How often a process looks that nobody calls (ms); half of the published bound of one second. */
const POLL_MS = 500

/**
 * Follows the changes of every process on one file. `PRAGMA data_version` moves when another connection has committed, and is
 * cheap enough (about 2 µs) to ask before every decision.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_data_version
 */
export class SqliteChangeFeed implements ClosableChangeFeed {
  readonly #log: ChangeLog
  readonly #stalenessLimitMs: number
  readonly #dataVersion: StatementSync
  readonly #since: StatementSync
  readonly #poll: NodeJS.Timeout
  #seenVersion: unknown
  /** When it last worked. Time that has passed, not time of day: the clock may be set back. */
  #reachedAt = performance.now()

  /** @param reader  a connection that never writes */
  constructor(reader: DatabaseSync, log: ChangeLog, stalenessLimitMs: number = STALENESS_LIMIT_MS) {
    this.#log = log
    this.#stalenessLimitMs = stalenessLimitMs
    this.#dataVersion = reader.prepare('pragma data_version')
    this.#since = reader.prepare(
      `select sequence, subject from changes where sequence >= ? order by sequence limit ${LOGGED_CHANGES_READ_MAX}`,
    )
    this.#poll = setInterval(() => this.#look(), POLL_MS).unref()
  }

  onChange(listener: ChangeListener): void {
    this.#log.onChange(listener)
  }

  catchUp(): void {
    const failure = this.#look()
    if (failure === undefined) return
    if (performance.now() - this.#reachedAt > this.#stalenessLimitMs) throw databaseUnavailable(failure.error)
  }

  async close(): Promise<void> {
    clearInterval(this.#poll)
  }

  #look(): { readonly error: unknown } | undefined {
    try {
      const version = this.#dataVersion.get()?.data_version
      if (version !== this.#seenVersion) {
        while (this.#follow());
        this.#seenVersion = version
      }
      this.#reachedAt = performance.now()
      return undefined
    } catch (error) {
      return { error }
    }
  }

  #follow(): boolean {
    const since = this.#log.sequence
    return this.#log.follow(since, this.#since.all(since) as unknown as LoggedChange[])
  }
}
