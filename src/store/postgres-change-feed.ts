import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import {
  type ChangeListener,
  type ChangeLog,
  LOGGED_CHANGES_READ_MAX,
  type LoggedChange,
  STALENESS_LIMIT_MS,
} from './change-log.ts'
import type { ClosableChangeFeed } from './engine-store.ts'
import { clientConfig } from './postgres-connection.ts'
import { databaseUnavailable } from './unavailable.ts'

/** The channel of NOTIFY; channels belong to one database. */
export const CHANGES_CHANNEL = 'openirsa_changes'

/** How often the feed looks where no notification comes (ms). */
const POLL_MS = 400
/** A look that has had no answer by then has failed (ms): the connection is given up, and made again. */
const LOOK_MS_MAX = 2_000
/** A caller waits for a look when the last one that worked is older than this (ms): the process or its timers stood still. */
const FRESH_MS = 800
/** For so long at most (ms); with `FRESH_MS` it makes the published bound of one second. */
const CATCH_UP_MS_MAX = 200
const RECONNECT_MS_MIN = 50
const RECONNECT_MS_MAX = 1_000

const SINCE = `select sequence, subject from changes where sequence >= $1 order by sequence limit ${LOGGED_CHANGES_READ_MAX}`

/**
 * Follows the changes of all processes on one database, over a connection of its own: at once by LISTEN, and by a poll behind it,
 * which also notices a connection that has died in silence.
 */
export class PostgresChangeFeed implements ClosableChangeFeed {
  readonly #connectionString: string
  readonly #log: ChangeLog
  readonly #stalenessLimitMs: number
  readonly #following: Promise<void>
  #isClosed = false
  #client: pg.Client | undefined
  /** Somebody wants a look before the next poll. */
  #isWanted = false
  #wake: () => void = () => {}
  /** Resolves when a look has ended, well or not. */
  #looked = Promise.withResolvers<void>()
  /** When the last look that worked began. Time that has passed, not time of day: the clock may be set back. */
  #reachedAt = performance.now()
  /** Why the last look did not work. */
  #failure: unknown

  constructor(connectionString: string, log: ChangeLog, stalenessLimitMs: number = STALENESS_LIMIT_MS) {
    this.#connectionString = connectionString
    this.#log = log
    this.#stalenessLimitMs = stalenessLimitMs
    this.#following = this.#follow()
  }

  onChange(listener: ChangeListener): void {
    this.#log.onChange(listener)
  }

  catchUp(): void | Promise<void> {
    if (performance.now() - this.#reachedAt <= FRESH_MS) return
    // While the database is known to be out of reach, waiting would only make every call slow.
    if (this.#failure === undefined) return this.#waitForLook()
    this.#refuseStale()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake()
    await this.#following
  }

  async #waitForLook(): Promise<void> {
    this.#want()
    await Promise.race([this.#looked.promise, sleep(CATCH_UP_MS_MAX, undefined, { ref: false })])
    this.#refuseStale()
  }

  #refuseStale(): void {
    if (performance.now() - this.#reachedAt > this.#stalenessLimitMs) throw databaseUnavailable(this.#failure)
  }

  #want(): void {
    this.#isWanted = true
    this.#wake()
  }

  async #follow(): Promise<void> {
    for (let waitMs = RECONNECT_MS_MIN; !this.#isClosed; waitMs = Math.min(waitMs * 2, RECONNECT_MS_MAX)) {
      try {
        const client = await this.#connect()
        while (!this.#isClosed) {
          await this.#look(client)
          waitMs = RECONNECT_MS_MIN
          await this.#pause(POLL_MS)
        }
      } catch (error) {
        this.#failure = error
        this.#tellLooked()
        this.#isWanted = false
      }
      this.#disconnect()
      if (!this.#isClosed) await this.#pause(waitMs)
    }
  }

  async #connect(): Promise<pg.Client> {
    const limits = { query_timeout: LOOK_MS_MAX, connectionTimeoutMillis: LOOK_MS_MAX }
    const client = new pg.Client(clientConfig(this.#connectionString, limits))
    this.#client = client
    client.on('notification', () => this.#want())
    // The next look then fails at once.
    client.on('error', () => this.#want())
    await client.connect()
    await client.query(`listen ${CHANGES_CHANNEL}`)
    return client
  }

  async #look(client: pg.Client): Promise<void> {
    this.#isWanted = false
    const startedAt = performance.now()
    let mayHaveMore = true
    while (mayHaveMore) {
      const since = this.#log.sequence
      const { rows } = await client.query<LoggedChange>({ name: 'changes-since', text: SINCE, values: [since] })
      mayHaveMore = this.#log.follow(since, rows)
    }
    this.#reachedAt = startedAt
    this.#failure = undefined
    this.#tellLooked()
  }

  #tellLooked(): void {
    this.#looked.resolve()
    this.#looked = Promise.withResolvers()
  }

  /** Waits, or until a look is wanted. */
  async #pause(ms: number): Promise<void> {
    if (this.#isWanted || this.#isClosed) return
    const woken = Promise.withResolvers<void>()
    const timer = setTimeout(woken.resolve, ms)
    this.#wake = woken.resolve
    await woken.promise
    clearTimeout(timer)
  }

  #disconnect(): void {
    // Not waited for: a server that is gone does not say goodbye.
    this.#client?.end().catch(() => {})
    this.#client = undefined
  }
}
