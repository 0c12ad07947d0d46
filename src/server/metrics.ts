import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { CallRecord } from './call-record.ts'

export interface Metrics {
  /** Counts a finished call. */
  callEnded(record: CallRecord, status: number, durationMs: number): void
  callStarted(): void
  /** An audit event of a denial that was not stored because too many wait. */
  denialDropped(): void
  /** Prometheus text format. */
  text(): Promise<string>
  readonly contentType: string
}

/** Seconds: from a cached read to a slow upload. */
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60]

/** The process's metrics. Label values come from our own names only, so that a caller cannot make series. */
export function openMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const requests = new Counter({
    name: 'openirsa_requests_total',
    help: 'Requests answered, by service, operation and error code (empty where the call worked)',
    labelNames: ['service', 'operation', 'error_code'],
    registers,
  })
  const durations = new Histogram({
    name: 'openirsa_request_duration_seconds',
    help: 'Time from the first byte of the head to the answer being ready',
    labelNames: ['service', 'operation'],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const decisions = new Counter({
    name: 'openirsa_decisions_total',
    help: 'Decisions of the policy engine',
    labelNames: ['service', 'decision'],
    registers,
  })
  const running = new Gauge({ name: 'openirsa_requests_running', help: 'Requests being answered', registers })
  const dropped = new Counter({
    name: 'openirsa_denial_events_dropped_total',
    help: 'Audit events of denials that were logged but not stored, because too many waited',
    registers,
  })
  return {
    callStarted: () => running.inc(),
    callEnded(record, status, durationMs) {
      running.dec()
      const service = record.service ?? 'none'
      const operation = record.operation ?? 'none'
      const code = status < 400 ? '' : (record.errorCode ?? String(status))
      requests.inc({ service, operation, error_code: code })
      durations.observe({ service, operation }, durationMs / 1000)
      for (const { decision } of record.judgements) decisions.inc({ service, decision: decision.decision })
    },
    denialDropped: () => dropped.inc(),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
