import type { ChangeSubject } from './store.ts'

export type ChangeListener = (subject: ChangeSubject | undefined) => void

/** A row of `changes`, as the feed reads it. */
export interface LoggedChange {
  readonly sequence: number
  readonly subject: string
}

/** For how long the database may be out of reach, in ms, while answers from caches still serve; then calls are refused. */
export const STALENESS_LIMIT_MS = 30_000

/** Rows that one look into `changes` reads; where there are as many, it looks again. */
export const LOGGED_CHANGES_READ_MAX = 1_000

/**
 * How far this process has followed the `changes` table, and who wants to know of each change.
 *
 * Sequence numbers have no holes: they are given out inside the one write transaction. The newest row always stays. So a look
 * that asks for the last known row and all after it, and does not find that row first, has missed some: they were pruned while
 * this process slept, or the database was restored from a backup.
 */
export class ChangeLog {
  readonly #listeners: ChangeListener[] = []
  #sequence: number

  /** @param sequence  the newest row when the store was opened, 0 where there is none */
  constructor(sequence: number) {
    this.#sequence = sequence
  }

  /** The newest change that the listeners know of. */
  get sequence(): number {
    return this.#sequence
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener)
  }

  /**
   * Announces what this process has just committed, before those who waited for the commit go on.
   * Changes of others that came in between are left for the next look, which then tells of these once more.
   */
  committed(sequence: number, subjects: readonly ChangeSubject[]): void {
    for (const subject of subjects) this.#announce(subject)
    if (sequence - subjects.length === this.#sequence) this.#sequence = sequence
  }

  /**
   * Announces what a look has found.
   *
   * @param since  the value of `sequence` when the look began
   * @param rows   those with this number or a higher one, in order, at most `LOGGED_CHANGES_READ_MAX`
   * @returns whether there may be more
   */
  follow(since: number, rows: readonly LoggedChange[]): boolean {
    if (since > 0 && rows[0]?.sequence !== since) {
      if (since !== this.#sequence) return true
      this.#announce(undefined)
      this.#sequence = rows.at(-1)?.sequence ?? 0
    }
    for (const row of rows) {
      if (row.sequence <= this.#sequence) continue
      this.#announce(row.subject as ChangeSubject)
      this.#sequence = row.sequence
    }
    return rows.length >= LOGGED_CHANGES_READ_MAX
  }

  #announce(changed: ChangeSubject | undefined): void {
    const subject = changed === 'everything' ? undefined : changed
    for (const listener of this.#listeners) {
      try {
        listener(subject)
      } catch (error) {
        // A bug. The other listeners must still hear, and the process must not go on with a cache that it could not drop.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
