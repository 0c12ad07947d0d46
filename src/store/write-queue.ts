import { setImmediate as nextTurn } from 'node:timers/promises'
import { CompiledQuery, type DatabaseConnection, SingleConnectionProvider } from 'kysely'
import { appendChanges } from './change-rows.ts'
import { ChangeScope } from './change-scope.ts'
import type { Engine, WriteTransaction } from './engine.ts'
import { WriteHandle } from './query-handle.ts'
import type { AuditEvent, ChangeSubject, Writes } from './store.ts'
import { databaseUnavailable } from './unavailable.ts'

/** Changes that one transaction carries at most, and how long it takes in further ones (ms): both bound what a crash undoes and others wait. */
const GROUP_CHANGES_MAX = 256
const GROUP_MS_MAX = 50
/** Changes that wait at most; beyond it, callers are told to come back rather than kept waiting. */
const WAITING_CHANGES_MAX = 10_000
/** A change that has not ended by then is undone: it waits for something that it should not, and all others wait for it. */
const CHANGE_MS_MAX = 10_000

/**
 * Group commit: the changes that are waiting go into one transaction, each inside a savepoint, and all are answered after its
 * COMMIT. So one flush to the disk carries many changes, and no caller hears of an outcome that a crash could still undo.
 */
export class WriteQueue {
  readonly #engine: Engine
  readonly #clock: () => number
  readonly #onCommitted: (sequence: number, subjects: readonly ChangeSubject[]) => void
  readonly #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  #isClosed = false

  /** @param onCommitted  called after COMMIT, before the callers' promises resolve, with the number of the last change row */
  constructor(
    engine: Engine,
    clock: () => number,
    onCommitted: (sequence: number, subjects: readonly ChangeSubject[]) => void,
  ) {
    this.#engine = engine
    this.#clock = clock
    this.#onCommitted = onCommitted
  }

  /** Runs a change in one of the next transactions; `event` is called, and its row written, where the change succeeds. */
  add<T>(change: (writes: Writes) => Promise<T>, event?: () => AuditEvent): Promise<T> {
    if (this.#isClosed) return Promise.reject(databaseUnavailable(new Error('The store is closed')))
    if (this.#waiting.length >= WAITING_CHANGES_MAX) {
      return Promise.reject(databaseUnavailable(new Error(`${WAITING_CHANGES_MAX} changes are waiting already`)))
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ change, event, resolve: resolve as (value: unknown) => void, reject })
      this.#running ??= this.#run()
    })
  }

  /** Takes no further change, and resolves when those that wait have been answered. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Lets all changes of this turn of the event loop in, and the answers of the group before out.
      await nextTurn()
      await this.#commitGroup()
    }
    this.#running = undefined
  }

  async #commitGroup(): Promise<void> {
    const group: Finished[] = []
    try {
      const transaction = await this.#engine.begin()
      try {
        await this.#runChanges(transaction, group)
        await this.#commit(transaction, group)
      } catch (error) {
        await transaction.rollback()
        throw error
      }
    } catch (error) {
      const refusal = databaseUnavailable(error)
      // Where not even BEGIN worked, nothing has run; all that wait are told, instead of trying once for each.
      const refused = group.length > 0 ? group.map(({ waiting }) => waiting) : this.#waiting.splice(0)
      for (const waiting of refused) waiting.reject(refusal)
      return
    }
    for (const { waiting, outcome } of group) {
      if (outcome.kind === 'done') waiting.resolve(outcome.value)
      else waiting.reject(outcome.error)
    }
  }

  async #runChanges(transaction: WriteTransaction, group: Finished[]): Promise<void> {
    const startedAt = performance.now()
    while (group.length < GROUP_CHANGES_MAX && performance.now() - startedAt < GROUP_MS_MAX) {
      const waiting = this.#waiting.shift()
      if (waiting === undefined) return
      const finished: Finished = { waiting, outcome: { kind: 'refused', error: undefined } }
      group.push(finished)
      finished.outcome = await this.#runInSavepoint(transaction.connection, waiting)
    }
  }

  /** @throws where even the savepoint cannot be kept or undone: then the whole transaction is lost */
  async #runInSavepoint(connection: DatabaseConnection, waiting: Waiting): Promise<Outcome> {
    const scope = new ChangeScope(connection)
    const writes = new WriteHandle(this.#engine.reader.withConnectionProvider(scope))
    await connection.executeQuery(SAVEPOINT)
    try {
      const value = await withinTime(waiting.change(writes))
      if (waiting.event !== undefined) await insertAuditEvent(writes, waiting.event())
      await scope.end()
      await connection.executeQuery(RELEASE)
      return { kind: 'done', value, subjects: writes.subjects }
    } catch (error) {
      await scope.abandon()
      await connection.executeQuery(ROLLBACK_TO)
      await connection.executeQuery(RELEASE)
      return { kind: 'refused', error }
    }
  }

  async #commit(transaction: WriteTransaction, group: readonly Finished[]): Promise<void> {
    const done = group.map(({ outcome }) => outcome).filter((outcome) => outcome.kind === 'done')
    if (done.length === 0) return transaction.rollback()
    const subjects = [...new Set(done.flatMap((outcome) => [...outcome.subjects]))]
    const provider = new SingleConnectionProvider(transaction.connection)
    const writes = new WriteHandle(this.#engine.reader.withConnectionProvider(provider))
    const sequence = await appendChanges(writes, subjects, this.#clock())
    await transaction.commit(subjects.length > 0)
    if (subjects.length > 0) this.#onCommitted(sequence, subjects)
  }
}

const SAVEPOINT = CompiledQuery.raw('savepoint change')
const RELEASE = CompiledQuery.raw('release savepoint change')
const ROLLBACK_TO = CompiledQuery.raw('rollback to savepoint change')

interface Waiting {
  change(writes: Writes): Promise<unknown>
  readonly event: (() => AuditEvent) | undefined
  resolve(value: unknown): void
  reject(error: unknown): void
}

interface Finished {
  readonly waiting: Waiting
  outcome: Outcome
}

type Outcome =
  | { readonly kind: 'done'; readonly value: unknown; readonly subjects: ReadonlySet<ChangeSubject> }
  | { readonly kind: 'refused'; readonly error: unknown }

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    const refuse = () => reject(databaseUnavailable(new Error(`A change took longer than ${CHANGE_MS_MAX} ms`)))
    timer = setTimeout(refuse, CHANGE_MS_MAX)
  })
  try {
    return await Promise.race([work, tooLong])
  } finally {
    clearTimeout(timer)
  }
}

async function insertAuditEvent(writes: Writes, event: AuditEvent): Promise<void> {
  const row = {
    event_id: event.eventId,
    account_id: event.accountId ?? null,
    event_time: event.eventTime,
    event_source: event.eventSource,
    event_name: event.eventName,
    error_code: event.errorCode ?? null,
    event: JSON.stringify(event.event),
  }
  await writes.insertInto('audit_events').values(row).execute()
}
