import type { AuditEvent, Store } from '../store/store.ts'

/** Events that may wait to be stored; further ones are only logged (and counted), so that refusals cannot fill memory or disk. */
const WAITING_MAX = 1_000
/** Milliseconds between two writes: denials are stored in groups, off the way of the calls that caused them. */
const FLUSH_INTERVAL_MS = 200

export interface DenialLog {
  add(event: AuditEvent): void
  /** Stores what waits. */
  close(): Promise<void>
}

/** Stores the audit events of denied calls of known callers, later and in groups. */
export function openDenialLog(
  store: Store,
  report: { readonly dropped: () => void; readonly failed: (error: unknown) => void },
): DenialLog {
  let waiting: AuditEvent[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  function flush(): Promise<void> {
    timer = undefined
    const events = waiting
    waiting = []
    if (events.length > 0) writing = writing.then(() => storeAll(store, events)).catch(report.failed)
    return writing
  }

  return {
    add(event) {
      if (waiting.length >= WAITING_MAX) return report.dropped()
      waiting.push(event)
      timer ??= setTimeout(flush, FLUSH_INTERVAL_MS).unref()
    },
    close() {
      clearTimeout(timer)
      return flush()
    },
  }
}

async function storeAll(store: Store, events: readonly AuditEvent[]): Promise<void> {
  // Each event is its own "change" of nothing: the store writes the event in that change's transaction, and groups them all.
  await Promise.all(events.map((event) => store.recording(() => event).write(async () => undefined)))
}
