import type { RoleUsage } from '../../access/records/role-usage.ts'
import { auditEvent } from '../../server/audit.ts'
import { type CallRecord, denialOf, webIdentityOf } from '../../server/call-record.ts'
import { type DenialLog, openDenialLog } from '../../server/denial-log.ts'
import type { Metrics } from '../../server/metrics.ts'
import type { EndedCall } from '../../server/pipeline.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from './logger.ts'

export interface CallLog {
  ended(call: EndedCall): void
  /** Of denials that will be kept with their explanation. */
  newAuthorizationId: DenialLog['newId']
  /** Stores the denials that wait to be. */
  settle(): Promise<void>
  close(): Promise<void>
}

const DENIED = 'AccessDenied'
/** S3's answer to what is not built: the caller's matter, and no fault of the server. */
const NOT_IMPLEMENTED = 501

/** One log line and one set of metrics a call; denials of known callers go to the store as well. */
export function openCallLog(
  store: Pick<Store, 'recording'>,
  logger: Logger,
  metrics: Metrics,
  roleUsage: RoleUsage,
): CallLog {
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
      const isDenial = record.errorCode === DENIED && isKnown(record)
      const level = status >= 500 && status !== NOT_IMPLEMENTED ? 'error' : 'info'
      if (logger.isLevelEnabled(level) || isDenial) {
        const event = auditEvent(record)
        const line = { ...event.event, status, durationMs: Math.round(durationMs * 1000) / 1000 }
        if (cause === undefined) logger[level](line, 'call')
        else logger[level]({ ...line, err: cause }, 'call')
        if (isDenial) denials.add(event, denialOf(record))
      }
    },
    newAuthorizationId: denials.newId,
    settle: denials.settle,
    close: denials.close,
  }
}

/** Strangers cannot fill the store: only who has shown credentials, or a token that was verified, is written down. */
function isKnown(record: CallRecord): boolean {
  const { caller } = record
  return (caller !== undefined && caller.kind !== 'anonymous') || webIdentityOf(record) !== undefined
}
