import type { RoleUsage } from '../access/role-usage.ts'
import { auditEvent } from '../server/audit.ts'
import { openDenialLog } from '../server/denial-log.ts'
import type { Metrics } from '../server/metrics.ts'
import type { EndedCall } from '../server/pipeline.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from './logger.ts'

export interface CallLog {
  ended(call: EndedCall): void
  close(): Promise<void>
}

const DENIED = 'AccessDenied'

/** One log line and one set of metrics a call; denials of known callers go to the store as well. */
export function openCallLog(store: Store, logger: Logger, metrics: Metrics, roleUsage: RoleUsage): CallLog {
  const denials = openDenialLog(store, {
    dropped: metrics.denialDropped,
    failed: (error) => logger.error({ err: error }, 'audit events of denials could not be stored'),
  })
  return {
    ended(call) {
      const { record, status, durationMs, cause } = call
      metrics.callEnded(record, status, durationMs)
      if (record.caller !== undefined && record.region !== undefined) {
        roleUsage.note(record.caller, record.region, record.startedAt)
      }
      const isDenial = record.errorCode === DENIED && record.caller !== undefined
      const level = status >= 500 ? 'error' : 'info'
      if (logger.isLevelEnabled(level) || isDenial) {
        const event = auditEvent(record)
        const line = { ...event.event, status, durationMs: Math.round(durationMs * 1000) / 1000 }
        if (cause === undefined) logger[level](line, 'call')
        else logger[level]({ ...line, err: cause }, 'call')
        if (isDenial) denials.add(event)
      }
    },
    close: denials.close,
  }
}
