import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { deleteOldDenials } from './denial-retention.ts'
import { openSqliteStore } from './sqlite.ts'
import type { Store } from './store.ts'

const NOW = 1_000_000
const LIMITS = { retentionMs: 1_000, rowsMax: 10_000, bytesMax: 1_000_000 }

let store: Store
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  onTestFinished(() => store.close())
})

async function insert(ages: readonly number[], size_bytes = 10): Promise<void> {
  await store.write(async (writes) => {
    for (const [index, age] of ages.entries()) {
      const id = `${age}-${index}`
      await writes
        .insertInto('denials')
        .values({ authorization_id: id, account_id: 'a', denied_at: NOW - age, detail: '{}', size_bytes })
        .execute()
      await writes
        .insertInto('denial_policies')
        .values({ policy_digest: id, document: '{}', size_bytes, last_denied_at: NOW - age })
        .execute()
    }
  })
}

async function ages(): Promise<readonly (readonly number[])[]> {
  const denials = await store.reads.selectFrom('denials').select('denied_at as at').orderBy('denied_at').execute()
  const policies = await store.reads
    .selectFrom('denial_policies')
    .select('last_denied_at as at')
    .orderBy('last_denied_at')
    .execute()
  return [denials, policies].map((rows) => rows.map(({ at }) => NOW - at))
}

test('what is past its time goes, what is just within it stays', async () => {
  await insert([1_001, 1_000, 0])
  await deleteOldDenials(store, NOW, LIMITS)
  expect(await ages()).toEqual([
    [1_000, 0],
    [1_000, 0],
  ])
})

test('with more rows than the limit, the oldest go', async () => {
  const young = Array.from({ length: 1_500 }, (_, age) => age % 900)
  await insert(young)
  await deleteOldDenials(store, NOW, { ...LIMITS, rowsMax: 1_000 })
  const [denials = [], policies = []] = await ages()
  expect([denials.length, policies.length]).toEqual([500, 500])
  expect(Math.max(...denials)).toBeLessThan(300)
})

test('with more bytes than the limit, the oldest go', async () => {
  await insert(
    Array.from({ length: 1_500 }, () => 1),
    1_000,
  )
  await deleteOldDenials(store, NOW, LIMITS)
  expect((await ages()).map((rows) => rows.length)).toEqual([500, 500])
})

test('an empty database is fine', async () => {
  await deleteOldDenials(store, NOW, LIMITS)
  expect(await ages()).toEqual([[], []])
})
