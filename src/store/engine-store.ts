import type { ChangeLog } from './change-log.ts'
import type { Engine } from './engine.ts'
import { QueryHandle } from './query-handle.ts'
import type { AuditEvent, ChangeFeed, Reads, Store } from './store.ts'
import { WriteQueue } from './write-queue.ts'

/** A change feed that ends with its store. */
export interface ClosableChangeFeed extends ChangeFeed {
  close(): Promise<void>
}

/** The store over an engine whose tables are there. */
export function storeOf(engine: Engine, log: ChangeLog, changes: ClosableChangeFeed, clock: () => number): Store {
  const reads: Reads = new QueryHandle(engine.reader)
  const queue = new WriteQueue(engine, clock, (sequence, subjects) => log.committed(sequence, subjects))
  const close = async () => {
    await queue.close()
    await changes.close()
    await engine.close()
  }
  let closing: Promise<void> | undefined
  return {
    reads,
    changes,
    write: (change) => queue.add(change),
    recording: (event: () => AuditEvent) => ({ reads, write: (change) => queue.add(change, event) }),
    async ping() {
      await reads.selectFrom('settings').select('name').limit(1).execute()
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}
