import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStore } from '../store/sqlite.ts'
import type { AuditEvent, Store } from '../store/store.ts'
import { type DenialReport, openDenialLog } from './denial-log.ts'

let events = 0

function event(): AuditEvent {
  const facts = { accountId: '111122223333', eventTime: 1, eventSource: 'iam.amazonaws.com', eventName: 'GetRole' }
  return { eventId: `event-${events++}`, errorCode: 'AccessDenied', event: {}, ...facts }
}

async function open(wrap: (store: Store) => Pick<Store, 'recording'> = (store) => store) {
  const store = await openSqliteStore({ path: ':memory:', clock: Date.now })
  onTestFinished(() => store.close())
  const report = { dropped: 0, failures: [] as unknown[] }
  const told: DenialReport = {
    dropped: () => {
      report.dropped++
    },
    failed: (error) => report.failures.push(error),
  }
  const log = openDenialLog(wrap(store), told)
  const count = async () => (await store.reads.selectFrom('audit_events').select('event_id').execute()).length
  return { log, report, count }
}

test('events are stored a moment later, in a group', async () => {
  const { log, count } = await open()
  for (let index = 0; index < 3; index++) log.add(event())
  expect(await count()).toBe(0)
  await sleep(400)
  expect(await count()).toBe(3)
})

test('closing stores what waits', async () => {
  const { log, count } = await open()
  log.add(event())
  await log.close()
  expect(await count()).toBe(1)
})

test('no more than 1,000 are kept, and the rest is counted', async () => {
  const { log, report, count } = await open()
  for (let index = 0; index < 1_003; index++) log.add(event())
  expect(report.dropped).toBe(3)
  await log.close()
  expect(await count()).toBe(1_000)
  log.add(event())
  await log.close()
  expect(await count()).toBe(1_001)
})

test('those that are being written count, so that a slow database cannot fill the memory', async () => {
  const gate = Promise.withResolvers<void>()
  const slow = (store: Store) => ({
    recording: (make: () => AuditEvent) => {
      const inner = store.recording(make)
      return {
        reads: inner.reads,
        write: async <T>(change: Parameters<typeof inner.write<T>>[0]) => {
          await gate.promise
          return inner.write(change)
        },
      }
    },
  })
  const { log, report, count } = await open(slow)
  for (let index = 0; index < 1_000; index++) log.add(event())
  await sleep(300)
  for (let index = 0; index < 5; index++) log.add(event())
  expect(report.dropped).toBe(5)
  gate.resolve()
  await log.close()
  expect(await count()).toBe(1_000)
})

test('what cannot be stored is reported, and the log goes on', async () => {
  const { log, report, count } = await open()
  const twice = event()
  for (const one of [twice, twice, event()]) log.add(one)
  await log.close()
  expect(report.failures).toHaveLength(1)
  expect(await count()).toBe(2)
  log.add(event())
  await log.close()
  expect(await count()).toBe(3)
})

test('ids of explained denials are limited a minute: for one principal, and for all', async () => {
  const store = await openSqliteStore({ path: ':memory:', clock: Date.now })
  onTestFinished(() => store.close())
  let now = 0
  const log = openDenialLog(store, { dropped: () => {}, failed: () => {} }, () => now)
  const given = (principal: string, count: number) =>
    Array.from({ length: count }, () => log.newId(principal)).filter((id) => id !== undefined).length
  expect([given('noisy', 121), given('quiet', 1)]).toEqual([120, 1])
  expect(Array.from({ length: 60 }, (_, index) => given(`other ${index}`, 120)).reduce((a, b) => a + b)).toBe(
    6_000 - 121,
  )
  now = 60_000
  expect(given('noisy', 1)).toBe(1)
})

test('none is given where no event could be stored', async () => {
  const { log } = await open()
  for (let index = 0; index < 1_000; index++) log.add(event())
  expect(log.newId('ann')).toBeUndefined()
  await log.close()
  expect(log.newId('ann')).toBeDefined()
})
