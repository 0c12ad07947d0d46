import type { DatabaseConnection, QueryExecutor } from 'kysely'

/** What a database must be able to do; the rest of the store is the same for all of them. */
export interface Engine {
  readonly dialect: 'sqlite' | 'postgres'
  /** Runs reads, each on its own: it sees what was committed before it began. */
  readonly reader: QueryExecutor
  /**
   * Opens the one transaction that writes, after every other of every process has ended.
   *
   * @throws AwsError `ServiceUnavailable` where the database is out of reach or others write for longer than the limit
   */
  begin(): Promise<WriteTransaction>
  close(): Promise<void>
}

export interface WriteTransaction {
  readonly connection: DatabaseConnection
  /**
   * Resolves when the transaction is durable. Where it throws, it may or may not be.
   *
   * @param announces  whether there are rows in `changes` that other processes should hear of
   */
  commit(announces: boolean): Promise<void>
  /** Never throws: a connection that cannot even do this is thrown away, and the database rolls back by itself. */
  rollback(): Promise<void>
}
