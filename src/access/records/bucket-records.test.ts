import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { Store, Writes } from '../../store/store.ts'
import { type BucketRecords, openBucketRecords, readBucketRecord } from './bucket-records.ts'

let store: Store
let buckets: BucketRecords
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', clock: () => 0 })
  buckets = openBucketRecords(store)
})
afterEach(() => store.close())

async function change(by: (writes: Writes) => Promise<unknown>): Promise<void> {
  await store.write(async (writes) => {
    await by(writes)
    writes.changed('bucket/photos')
  })
}

const make = (createdAt: number) =>
  change((writes) =>
    writes
      .insertInto('buckets')
      .values({
        bucket_name: 'photos',
        account_id: '111122223333',
        region: 'us-east-1',
        policy: null,
        policy_principal_ids: null,
        created_at: createdAt,
      })
      .execute(),
  )
const remove = () => change((writes) => writes.deleteFrom('buckets').execute())

it('finds a bucket as soon as it is there, and no longer than it is', async () => {
  expect(await buckets.findByName('photos')).toBe(undefined)
  await make(1)
  expect(await buckets.findByName('photos')).toMatchObject({ accountId: '111122223333', createdAt: 1 })
  await remove()
  expect(await buckets.findByName('photos')).toBe(undefined)
  await make(2)
  expect(await buckets.findByName('photos')).toMatchObject({ createdAt: 2 })
})

it('is asked again only after a change, and then has the new policy with its principals', async () => {
  await make(1)
  const before = await buckets.findByName('photos')
  expect(before?.policy).toBe(undefined)
  expect(await buckets.findByName('photos')).toBe(before)
  const ids = { 'arn:aws:iam::111122223333:role/reader': 'AROA1' }
  await change((writes) =>
    writes
      .updateTable('buckets')
      .set({ policy: '{}', policy_principal_ids: JSON.stringify(ids) })
      .execute(),
  )
  expect((await buckets.findByName('photos'))?.policy).toEqual({ document: '{}', principalIds: ids })
})

it('is read past the cache inside a change', async () => {
  await make(1)
  await buckets.findByName('photos')
  await change(async (writes) => {
    await writes.deleteFrom('buckets').execute()
    expect(await readBucketRecord(writes, 'photos')).toBe(undefined)
  })
})
