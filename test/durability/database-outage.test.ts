import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CuttableLink, openCuttableLink } from '../../src/store/testing/cuttable-link.ts'
import { findPostgres, type PostgresServer } from '../../src/store/testing/postgres-cluster.ts'
import { iam, outcome, trustOfPrincipal } from '../support/account.ts'
import { queryCall, RawClient, restCall } from '../support/raw-request.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'

const TRUST_ROOT = trustOfPrincipal('arn:aws:iam::111122223333:root')
const postgres = findPostgres()

describe('PostgreSQL that goes away under load', () => {
  const missing = postgres.kind === 'missing' ? postgres.reason : undefined
  let cluster: PostgresServer
  let link: CuttableLink
  let database: string
  let server: TestServer
  let client: RawClient
  let dataDir: string

  beforeAll(async () => {
    if (postgres.kind === 'missing') return
    cluster = await postgres.start()
    database = await cluster.createDatabase()
    link = await openCuttableLink(database)
    dataDir = await mkdtemp(path.join(tmpdir(), 'openirsa-outage-'))
    server = await startServer({ dataDir, flags: ['--database-url', link.url] })
    client = new RawClient(server)
    await iam(client, 'CreateRole', { RoleName: 'known', AssumeRolePolicyDocument: TRUST_ROOT })
  })

  afterAll(async () => {
    if (missing !== undefined) return
    expect(await server.stop()).toBe(0)
    await link.close()
    await cluster.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  /** Writes and reads, from many at once, while `disturb` runs; then all is well again, and what was acknowledged is there. */
  async function survives(prefix: string, disturb: () => Promise<void>): Promise<void> {
    const acknowledged: string[] = []
    const answers = new Map<string, number>()
    let isOver = false
    const note = ({ status, code }: { readonly status: number; readonly code: string | undefined }) => {
      const key = `${status} ${code ?? ''}`.trim()
      answers.set(key, (answers.get(key) ?? 0) + 1)
      return status === 200
    }
    const writer = async (number: number) => {
      for (let count = 0; !isOver; count++) {
        const RoleName = `${prefix}-${number}-${count}`
        const made = queryCall('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument: TRUST_ROOT })
        if (note(await client.call(made, ADMIN))) acknowledged.push(RoleName)
        else await sleep(20)
      }
    }
    const reader = async () => {
      while (!isOver) {
        if (!note(await client.call(queryCall('iam', 'GetRole', { RoleName: 'known' }), ADMIN))) await sleep(20)
      }
    }
    const load = Promise.allSettled([...Array.from({ length: 4 }, (_, n) => writer(n)), reader(), reader()])
    let recoveredMs: number
    try {
      await sleep(300)
      await disturb()
      recoveredMs = await recovery()
      await sleep(300)
    } finally {
      isOver = true
    }
    const ends = await load
    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([])
    // Clients retry a 503; anything else they would take for the truth.
    expect(Array.from(answers.keys()).filter((key) => key !== '200' && key !== '503 ServiceUnavailable')).toEqual([])
    expect(recoveredMs).toBeLessThan(10_000)
    expect(acknowledged.length).toBeGreaterThan(0)
    for (const RoleName of acknowledged) await iam(client, 'GetRole', { RoleName })
  }

  /** Milliseconds until a change is accepted again. */
  async function recovery(): Promise<number> {
    const startedAt = performance.now()
    const change = queryCall('iam', 'TagRole', {
      RoleName: 'known',
      'Tags.member.1.Key': 'recovered',
      'Tags.member.1.Value': String(startedAt),
    })
    while ((await client.call(change, ADMIN)).status !== 200) {
      if (performance.now() - startedAt > 30_000) throw new Error('still not recovered')
      await sleep(50)
    }
    return performance.now() - startedAt
  }

  /** Asks PostgreSQL itself, as soon as it takes connections. */
  async function query(sql: string): Promise<readonly { readonly pid: number }[]> {
    const giveUpAt = performance.now() + 20_000
    for (;;) {
      const connection = new pg.Client({ connectionString: database })
      connection.on('error', () => {})
      try {
        await connection.connect()
        return (await connection.query(sql)).rows
      } catch (error) {
        if (performance.now() > giveUpAt) throw error
        await sleep(50)
      } finally {
        await connection.end().catch(() => {})
      }
    }
  }

  /** One of the server's own connections, as soon as it has one (again). */
  async function connectionOfServer(): Promise<{ readonly pid: number }> {
    for (const giveUpAt = performance.now() + 20_000; performance.now() < giveUpAt; await sleep(20)) {
      const [backend] = await query(
        'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() limit 1',
      )
      if (backend !== undefined) return backend
    }
    throw new Error('the server has no connection')
  }

  test('refuses clearly or serves while the way to it is cut, and recovers', async ({ skip }) => {
    skip(missing !== undefined, missing)
    await survives('cut', async () => {
      link.cut()
      const refused = await client.call(queryCall('iam', 'CreateUser', { UserName: 'meanwhile' }), ADMIN)
      expect(outcome(refused)).toEqual(['ServiceUnavailable', 503])
      const ready = await client.send({ ...restCall('s3', 'GET', '/readyz'), headers: { host: client.host } })
      expect(ready.status).toBe(503)
      await sleep(3_000)
      link.mend()
    })
    const ready = await client.send({ ...restCall('s3', 'GET', '/readyz'), headers: { host: client.host } })
    expect(ready.status).toBe(200)
  })

  test('refuses clearly or serves while all its connections are ended, again and again, and recovers', async ({
    skip,
  }) => {
    skip(missing !== undefined, missing)
    await survives('ended', async () => {
      for (let count = 0; count < 5; count++) {
        await query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        )
        await sleep(300)
      }
    })
  })

  test('refuses clearly or serves while it crashes and starts again, and recovers', async ({ skip }) => {
    skip(missing !== undefined, missing)
    skip(Boolean(process.env.OPENIRSA_TEST_DATABASE_URL), 'only a private PostgreSQL may be crashed')
    await survives('crashed', async () => {
      for (let count = 0; count < 2; count++) {
        const backend = await connectionOfServer()
        // A backend that is killed makes PostgreSQL end all others, replay its log and start again.
        process.kill(backend.pid, 'SIGKILL')
        await sleep(1_500)
      }
    })
  })
})
