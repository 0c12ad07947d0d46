import { newAuthorizationId } from '../access/denials/authorization-id.ts'
import type { Denial } from '../access/denials/denial-record.ts'
import { keepDenial } from '../access/denials/denial-records.ts'
import type { AuditEvent, Store } from '../store/store.ts'

/**
 * Events that are kept until they are stored, those that are being written included; further ones are only logged (and
 * counted), so that refusals cannot fill memory or disk. Our own limit.
 */
const KEPT_MAX = 1_000
/** Milliseconds between two writes: denials are stored in groups, off the way of the calls that caused them. */
const FLUSH_INTERVAL_MS = 200
/** Explained denials of one principal, and of all of them, in a minute: one that hammers leaves room for others. Our own limits. */
const EXPLAINED_PER_PRINCIPAL_MAX = 120
const EXPLAINED_MAX = 6_000
const MINUTE_MS = 60_000

export interface DenialLog {
  /**
   * Returns a new id under which a denial of this principal will be found, where there is room to keep one more. To be called
   * at the denial, and followed by `add` with the denial in the same turn.
   */
  newId(principal: string): string | undefined
  add(event: AuditEvent, denial?: Denial): void
  /** Stores what waits. */
  settle(): Promise<void>
  close(): Promise<void>
}

export interface DenialReport {
  /** An event was not stored, because too many wait. */
  dropped(): void
  /** Events could not be stored. */
  failed(error: unknown): void
}

interface Waiting {
  readonly event: AuditEvent
  readonly denial: Denial | undefined
}

/** Stores the audit events of denied calls of known callers, with what explains them, later and in groups. */
export function openDenialLog(store: Pick<Store, 'recording'>, report: DenialReport, clock = Date.now): DenialLog {
  let waiting: Waiting[] = []
  let kept = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  const hasRoom = minuteAllowance(clock)

  function flush(): Promise<void> {
    timer = undefined
    const all = waiting
    waiting = []
    if (all.length > 0) writing = writing.then(() => storeAll(all))
    return writing
  }

  /** The store writes each event in the transaction of its denial's rows, and groups them all. */
  async function storeAll(all: readonly Waiting[]): Promise<void> {
    const writes = all.map(({ event, denial }) =>
      store.recording(() => event).write(async (rows) => denial && keepDenial(rows, denial)),
    )
    const failure = (await Promise.allSettled(writes)).find((outcome) => outcome.status === 'rejected')
    if (failure !== undefined) report.failed(failure.reason)
    kept -= all.length
  }

  function settle(): Promise<void> {
    clearTimeout(timer)
    return flush()
  }

  return {
    newId: (principal) => (kept < KEPT_MAX && hasRoom(principal) ? newAuthorizationId() : undefined),
    add(event, denial) {
      if (kept >= KEPT_MAX) return report.dropped()
      kept++
      waiting.push({ event, denial })
      timer ??= setTimeout(flush, FLUSH_INTERVAL_MS).unref()
    },
    settle,
    close: settle,
  }
}

/** Counts by the minute; the counts are forgotten together, so that they take no more room than a minute's principals. */
function minuteAllowance(clock: () => number): (principal: string) => boolean {
  let minute = 0
  let all = 0
  let counts = new Map<string, number>()
  return (principal) => {
    const now = Math.floor(clock() / MINUTE_MS)
    if (now !== minute) {
      minute = now
      all = 0
      counts = new Map()
    }
    const count = counts.get(principal) ?? 0
    if (count >= EXPLAINED_PER_PRINCIPAL_MAX || all >= EXPLAINED_MAX) return false
    counts.set(principal, count + 1)
    all++
    return true
  }
}
