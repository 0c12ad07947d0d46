import { expect, onTestFinished, test } from 'vitest'
import { deleteOldAuditEvents } from './audit-retention.ts'
import { openSqliteStore } from './sqlite.ts'

const DAY_MS = 86_400_000
const NOW = 1_700_000_000_000

test('events of more than 90 days go, in several batches, and the others stay', async () => {
  const store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  onTestFinished(() => store.close())
  const facts = { accountId: undefined, eventSource: 's', eventName: 'n', errorCode: undefined, event: {} }
  const add = (eventId: string, eventTime: number) =>
    store.recording(() => ({ ...facts, eventId, eventTime })).write(async () => undefined)
  const old = Array.from({ length: 1_001 }, (_, index) => add(`old-${index}`, NOW - 90 * DAY_MS - 1))
  await Promise.all([...old, add('last', NOW - 90 * DAY_MS), add('new', NOW)])
  expect(await deleteOldAuditEvents(store, NOW)).toBe(1_001)
  const rows = await store.reads.selectFrom('audit_events').select('event_id').orderBy('event_id').execute()
  expect(rows.map((row) => row.event_id)).toEqual(['last', 'new'])
  expect(await deleteOldAuditEvents(store, NOW)).toBe(0)
})
