import type { ConnectionProvider, DatabaseConnection } from 'kysely'

/**
 * The connection of the write transaction, lent to one change.
 *
 * Queries run one after the other. A change that ends takes its queries with it: one that it did not wait for can not slip
 * into the next change. A query that fails ends the change, even where the change would go on: PostgreSQL refuses all that
 * follows, and SQLite shall not differ.
 */
export class ChangeScope implements ConnectionProvider {
  readonly #connection: DatabaseConnection
  #last: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown } | undefined
  #isOver = false

  constructor(connection: DatabaseConnection) {
    this.#connection = connection
  }

  async provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    if (this.#isOver) throw new Error('A change has used its transaction after its end: every query must be awaited')
    const result = this.#last.then(() => {
      if (this.#failure !== undefined) throw this.#failure.error
      return consumer(this.#connection)
    })
    this.#last = result.then(
      () => {},
      (error: unknown) => {
        this.#failure ??= { error }
      },
    )
    return result
  }

  /** Takes no further query. @throws the error of the first query that failed */
  async end(): Promise<void> {
    await this.abandon()
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Takes no further query, and waits for those under way. */
  async abandon(): Promise<void> {
    this.#isOver = true
    await this.#last
  }
}
