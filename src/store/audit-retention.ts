import type { Store } from './store.ts'

/** Days that audit events are kept, as in CloudTrail's event history. */
const RETENTION_MS = 90 * 24 * 60 * 60 * 1000
/** Rows that one transaction deletes, so that other changes do not wait for long. */
const BATCH_ROWS = 1_000

/**
 * Deletes audit events past their time, in small transactions.
 * @returns how many were deleted
 */
export async function deleteOldAuditEvents(store: Store, now: number): Promise<number> {
  let deleted = 0
  for (;;) {
    const rows = await store.reads
      .selectFrom('audit_events')
      .select('event_id')
      .where('event_time', '<', now - RETENTION_MS)
      .orderBy('event_time')
      .limit(BATCH_ROWS)
      .execute()
    if (rows.length === 0) return deleted
    const ids = rows.map((row) => row.event_id)
    await store.write((writes) => writes.deleteFrom('audit_events').where('event_id', 'in', ids).execute())
    deleted += rows.length
  }
}
