import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { openSqliteStore } from './sqlite.ts'
import { describeStore } from './store.conformance.ts'
import type { Store } from './store.ts'
import { startOtherProcess } from './testing/other-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'openirsa-store-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newFile = () => join(folder, `${++files}.sqlite`)

describeStore('SQLite', { create: async () => newFile(), empty: async () => newFile() })

describe('store on SQLite alone', () => {
  const opened: Store[] = []
  const open = async (path: string, options: { readonly busyLimitMs?: number } = {}) => {
    const store = await openSqliteStore({ path, clock: Date.now, ...options })
    opened.push(store)
    return store
  }
  afterEach(async () => {
    vi.useRealTimers()
    await Promise.all(opened.splice(0).map((store) => store.close()))
  })

  test('sees a change of another process at once when it catches up', async () => {
    // Without the poll.
    vi.useFakeTimers({ toFake: ['setInterval'] })
    const path = newFile()
    const store = await open(path)
    const heard: unknown[] = []
    store.changes.onChange((subject) => heard.push(subject))
    await store.changes.catchUp()
    await startOtherProcess(path, 'change', 'theirs').ended
    expect(heard).toEqual([])
    await store.changes.catchUp()
    expect(heard).toEqual(['account/theirs'])
  })

  test('keeps its files to their owner', async () => {
    const path = newFile()
    const store = await open(path)
    await store.write(async (writes) => writes.changed('keys'))
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('waits for another process that writes, within a limit', async () => {
    const path = newFile()
    const store = await open(path, { busyLimitMs: 300 })
    const other = new DatabaseSync(path)
    other.exec('begin immediate')
    const tooLong = store.write(async (writes) => writes.changed('keys'))
    await expect(tooLong).rejects.toMatchObject({ code: 'ServiceUnavailable', status: 503 })
    const waiting = store.write(async (writes) => writes.changed('keys'))
    await sleep(50)
    other.exec('commit')
    await waiting
    other.close()
  })

  test('undoes a change that never ends, and goes on with the next', async () => {
    const store = await open(':memory:')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const stuck = store.write(async (writes) => {
      await writes.insertInto('accounts').values({ account_id: 'stuck', created_at: 0 }).execute()
      await new Promise(() => {})
    })
    const refused = expect(stuck).rejects.toMatchObject({ code: 'ServiceUnavailable' })
    await sleep(50)
    vi.advanceTimersByTime(10_000)
    await refused
    await store.write(async (writes) => writes.changed('keys'))
    expect(await store.reads.selectFrom('accounts').selectAll().execute()).toEqual([])
  })
})
