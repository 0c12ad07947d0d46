import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { prepareInstallation, resetInstallation } from './installation.ts'
import { type KeyRing, openKeyRing } from './key-ring.ts'
import { openSqliteStore } from './sqlite.ts'
import type { Store } from './store.ts'
import { TABLE_DEFINITIONS } from './table-definitions.ts'

const NOW = 1_700_000_000_000
const ACCOUNT = '111122223333'
const OFFERED = { accessKeyId: 'AKIAOFFERED', secretAccessKey: 'offered-secret' }
const GIVEN = { accessKeyId: 'AKIAGIVEN', secretAccessKey: 'given-secret' }

let store: Store
let keyRing: KeyRing

beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  onTestFinished(() => store.close())
  keyRing = await openKeyRing(store, randomBytes(32), () => NOW)
})

function prepare(keys: { offered?: typeof OFFERED; given?: typeof GIVEN } = {}) {
  return prepareInstallation(store, keyRing, { accountId: ACCOUNT, given: keys.given, offered: keys.offered, now: NOW })
}

/** The keys that open, with their secrets and users. */
async function keys() {
  const rows = await store.reads
    .selectFrom('access_keys')
    .innerJoin('users', 'users.user_id', 'access_keys.user_id')
    .select(['access_key_id', 'sealed_secret', 'status', 'user_name'])
    .orderBy('access_key_id')
    .execute()
  return rows.map(({ access_key_id, sealed_secret, status, user_name }) => {
    return [access_key_id, String(keyRing.open('column', sealed_secret, access_key_id)), status, user_name]
  })
}

describe('prepareInstallation', () => {
  test('makes the account and its admin, who may do everything, with the offered key', async () => {
    expect(await prepare({ offered: OFFERED })).toEqual({ accountId: ACCOUNT, isOfferTaken: true })
    expect(await keys()).toEqual([['AKIAOFFERED', 'offered-secret', 'Active', 'admin']])
    const attached = await store.reads.selectFrom('policy_attachments').select('policy_arn').execute()
    expect(attached).toEqual([{ policy_arn: 'arn:aws:iam::aws:policy/AdministratorAccess' }])
    expect(JSON.stringify(await store.reads.selectFrom('access_keys').selectAll().execute())).not.toContain(
      'offered-secret',
    )
  })

  test('offers are for an admin without a key; one that was taken before is known again', async () => {
    await prepare({ offered: OFFERED })
    const another = { accessKeyId: 'AKIAOTHER', secretAccessKey: 'x' }
    expect(await prepare({ offered: another })).toMatchObject({ isOfferTaken: false })
    expect(await prepare({ offered: OFFERED })).toMatchObject({ isOfferTaken: true })
    expect(await keys()).toHaveLength(1)
  })

  test('a given key is set at every start, and replaces nothing else', async () => {
    await prepare({ offered: OFFERED })
    await prepare({ given: GIVEN })
    await prepare({ given: { ...GIVEN, secretAccessKey: 'changed' } })
    expect(await keys()).toEqual([
      ['AKIAGIVEN', 'changed', 'Active', 'admin'],
      ['AKIAOFFERED', 'offered-secret', 'Active', 'admin'],
    ])
  })

  test('is safe in several processes at once', async () => {
    const outcomes = await Promise.all([prepare({ offered: OFFERED }), prepare({ offered: GIVEN }), prepare()])
    expect(outcomes.map(({ isOfferTaken }) => isOfferTaken)).toEqual([true, false, false])
    expect(await keys()).toHaveLength(1)
  })

  test('an admin that somebody deleted stays deleted, unless a key for it is given again', async () => {
    await prepare({ offered: OFFERED })
    await store.write(async (writes) => {
      await writes.deleteFrom('access_keys').execute()
      await writes.deleteFrom('users').execute()
    })
    expect(await prepare({ offered: OFFERED })).toMatchObject({ isOfferTaken: false })
    expect(await keys()).toEqual([])
    await prepare({ given: GIVEN })
    expect(await keys()).toEqual([['AKIAGIVEN', 'given-secret', 'Active', 'admin']])
  })
})

describe('resetInstallation', () => {
  /** What stays, and why. */
  const KEPT: Readonly<Record<string, string>> = {
    settings: 'who is the admin',
    accounts: 'the first account',
    users: 'the admin',
    access_keys: "the admin's",
    policy_attachments: "the admin's",
    session_keys: 'the key ring',
    audit_events: 'what happened stays on record',
    changes: 'other processes have to hear of it',
  }

  test('empties every table but those that are kept: a new one must be named here or there', async () => {
    await prepare({ offered: OFFERED })
    await store.write(async (writes) => {
      for (const table of Object.keys(TABLE_DEFINITIONS) as (keyof typeof TABLE_DEFINITIONS)[]) {
        if (Object.hasOwn(KEPT, table)) continue
        const columns = Object.entries(TABLE_DEFINITIONS[table].columns)
        const row = columns.map(([name, type]) => [name, String(type).startsWith('integer') ? 1 : 'x'])
        await writes
          .insertInto(table)
          .values(Object.fromEntries(row) as never)
          .execute()
      }
    })
    await resetInstallation(store, NOW)
    for (const table of Object.keys(TABLE_DEFINITIONS) as (keyof typeof TABLE_DEFINITIONS)[]) {
      const rows = await store.reads.selectFrom(table).selectAll().execute()
      if (!Object.hasOwn(KEPT, table)) expect([table, rows.length]).toEqual([table, 0])
    }
    expect(await keys()).toEqual([['AKIAOFFERED', 'offered-secret', 'Active', 'admin']])
  })

  test('gives the admin everything back, and drops what everybody cached', async () => {
    await prepare({ offered: OFFERED })
    await store.write(async (writes) => {
      await writes.deleteFrom('policy_attachments').execute()
      await writes.updateTable('users').set({ permissions_boundary: 'arn' }).execute()
    })
    const subjects: unknown[] = []
    store.changes.onChange((subject) => subjects.push(subject))
    await resetInstallation(store, NOW)
    expect(await store.reads.selectFrom('users').select('permissions_boundary').execute()).toEqual([
      { permissions_boundary: null },
    ])
    expect(await store.reads.selectFrom('policy_attachments').selectAll().execute()).toHaveLength(1)
    expect(subjects).toEqual([undefined])
  })
})
