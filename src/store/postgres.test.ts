import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { SCHEMA_VERSION } from './migrations.ts'
import { openPostgresStore } from './postgres.ts'
import { describeStore } from './store.conformance.ts'
import type { Store } from './store.ts'
import { TABLE_DEFINITIONS } from './table-definitions.ts'
import { type CuttableLink, openCuttableLink } from './testing/cuttable-link.ts'
import { findPostgres, type PostgresServer } from './testing/postgres-cluster.ts'

const postgres = findPostgres()

describe.skipIf(postgres.kind === 'missing')(postgres.kind === 'missing' ? postgres.reason : 'with PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    if (postgres.kind === 'found') server = await postgres.start()
  }, 60_000)
  afterAll(() => server.stop())

  let used: string | undefined
  describeStore('PostgreSQL', {
    create: () => server.createDatabase(),
    async empty() {
      if (used === undefined) used = await server.createDatabase()
      else await emptyDatabase(used)
      return used
    },
  })

  describe('store on a PostgreSQL that goes away', () => {
    let link: CuttableLink
    let store: Store

    const open = async (stalenessLimitMs: number) => {
      link = await openCuttableLink(await server.createDatabase())
      store = await openPostgresStore({ connectionString: link.url, clock: Date.now, stalenessLimitMs })
    }
    afterEach(async () => {
      link.mend()
      await store.close()
      await link.close()
    })

    const write = (id: string) =>
      store.write(async (writes) => {
        await writes.insertInto('accounts').values({ account_id: id, created_at: 0 }).execute()
      })

    test('refuses reads, writes and ping meanwhile, and works again by itself', async () => {
      await open(30_000)
      await write('before')
      link.cut()
      const unavailable = { code: 'ServiceUnavailable', status: 503, cause: expect.any(Error) }
      await expect(store.reads.selectFrom('accounts').selectAll().execute()).rejects.toMatchObject(unavailable)
      await expect(write('meanwhile')).rejects.toMatchObject(unavailable)
      await expect(store.ping()).rejects.toMatchObject(unavailable)
      link.mend()
      await write('after')
      await store.ping()
      const rows = await store.reads.selectFrom('accounts').select('account_id').orderBy('account_id').execute()
      expect(rows.map((row) => row.account_id)).toEqual(['after', 'before'])
    })

    test('refuses the changes of a group whose connection breaks, and has none of them', async () => {
      await open(30_000)
      const results = await Promise.allSettled([write('first'), store.write(async () => link.cut()), write('last')])
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
      link.mend()
      expect(await store.reads.selectFrom('accounts').selectAll().execute()).toEqual([])
    })

    test.each(['cut', 'freeze'] as const)(
      'lets cached answers serve up to the limit, then refuses, after a %s, and recovers',
      async (how) => {
        await open(1_500)
        await store.changes.catchUp()
        link[how]()
        await sleep(600)
        await store.changes.catchUp()
        await sleep(1_200)
        await expect((async () => store.changes.catchUp())()).rejects.toMatchObject({ code: 'ServiceUnavailable' })
        link.mend()
        await vi.waitFor(() => store.changes.catchUp(), { timeout: 3_000, interval: 50 })
      },
    )

    test('learns of changes that were made while the way was cut', async () => {
      await open(30_000)
      const heard: unknown[] = []
      store.changes.onChange((subject) => heard.push(subject))
      const url = new URL(link.url)
      link.cut()
      const direct = await openPostgresStore({ connectionString: await directUrl(url.pathname), clock: Date.now })
      await direct.write(async (writes) => writes.changed('role/AROA1'))
      await direct.close()
      expect(heard).toEqual([])
      link.mend()
      await vi.waitFor(() => expect(heard).toEqual(['role/AROA1']), { timeout: 3_000, interval: 20 })
    })

    async function directUrl(pathname: string): Promise<string> {
      const direct = new URL(await server.createDatabase())
      direct.pathname = pathname
      return direct.href
    }
  })
})

/** Takes all rows away, children first; making a database anew takes a quarter of a second. */
async function emptyDatabase(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    for (const table of Object.keys(TABLE_DEFINITIONS).reverse()) {
      await client.query(`delete from ${table} ${table === 'settings' ? "where name <> 'schema_version'" : ''}`)
    }
    await client.query('update settings set value = $1', [String(SCHEMA_VERSION)])
  } finally {
    await client.end()
  }
}
