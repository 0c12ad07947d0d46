import type { Kysely, Transaction } from 'kysely'
import type { Tables } from './tables.ts'

/** A handle for reads that see only committed rows. */
export type Reads = Pick<Kysely<Tables>, 'selectFrom' | 'fn' | 'with'>

/** The handle of one change. */
export interface Writes
  extends Pick<Transaction<Tables>, 'selectFrom' | 'insertInto' | 'updateTable' | 'deleteFrom' | 'fn' | 'with'> {
  /**
   * Tells every process that what it cached about a subject is no longer true. Call it for all that authorization reads.
   */
  changed(subject: ChangeSubject): void
}

/**
 * What the change feed names; the part after the slash is a unique id, an ARN, a name or a URL.
 */
export type ChangeSubject =
  | `account/${string}`
  | `access-key/${string}`
  | `user/${string}`
  | `role/${string}`
  /** By `<account id>/<lower-case role name>`: for caches of what a name means. */
  | `role-name/${string}`
  | `policy/${string}`
  | `oidc-provider/${string}`
  | `issuer/${string}`
  | `cluster/${string}`
  | `bucket/${string}`
  | 'keys'
  /** All that anybody cached is stale. */
  | 'everything'

/** An audit event that is written in the same transaction as the change it tells of. */
export interface AuditEvent {
  readonly eventId: string
  readonly accountId: string | undefined
  readonly eventTime: number
  readonly eventSource: string
  readonly eventName: string
  readonly errorCode: string | undefined
  readonly event: Readonly<Record<string, unknown>>
}

/** What a handler gets: reads, and changes that record their audit event by themselves. */
export interface CallStore {
  readonly reads: Reads
  /**
   * Runs a change as one transaction: all of it is durable when the promise resolves, none of it where `change` throws.
   * Changes of one process are committed in groups, one after the other; no change sees another half done.
   * Throw an AwsError inside to refuse; do not wait inside for anything but the transaction's own queries.
   */
  write<T>(change: (writes: Writes) => Promise<T>): Promise<T>
}

export interface Store extends CallStore {
  /** The same store, with every write recording `event` in its transaction. */
  recording(event: () => AuditEvent): CallStore
  readonly changes: ChangeFeed
  /** Resolves when the database answers; throws with the cause otherwise. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface ChangeFeed {
  /**
   * Returns whether this process has applied every change that was committed before the call, as far as it can tell, after
   * calling the listeners for those it had not: at once on SQLite (`PRAGMA data_version`), within the poll on PostgreSQL.
   * Throws AwsError `ServiceUnavailable` where the database has been out of reach for longer than the configured limit.
   */
  catchUp(): void | Promise<void>
  /** Called with each changed subject, in commit order, own writes included; `undefined` means "anything may have changed". */
  onChange(listener: (subject: ChangeSubject | undefined) => void): void
}
