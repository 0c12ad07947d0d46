import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AwsError } from '../aws/aws-error.ts'
import { ENTITY_ALREADY_EXISTS } from '../aws/error-codes.ts'
import { ACTIVATION_MS, openKeyRing, rewrapKeys } from './key-ring.ts'
import type { AuditEvent, ChangeSubject, Reads, Store, Writes } from './store.ts'
import { startOtherProcess } from './testing/other-process.ts'
import { openStoreAt } from './testing/store-at.ts'

/** The published bound: a change is in force on every replica within this. */
const BOUND_MS = 1_000

/** Where the suite gets its databases, as `openStoreAt` takes them. */
export interface Databases {
  /** One that was never opened. */
  create(): Promise<string>
  /** One without rows; it may have been used before, where making a new one takes long. */
  empty(): Promise<string>
}

/** What every engine must do. */
export function describeStore(engine: string, databases: Databases): void {
  describe(`store on ${engine}`, () => {
    let location: string
    let store: Store
    let opened: Store[]

    async function open(clock?: () => number): Promise<Store> {
      const another = await openStoreAt(location, clock === undefined ? {} : { clock })
      opened.push(another)
      return another
    }

    beforeEach(async () => {
      opened = []
      location = await databases.empty()
      store = await open()
    })

    afterEach(async () => {
      await Promise.all(opened.map((each) => each.close()))
    })

    describe('a change', () => {
      test('can be read when it was acknowledged, and after the store was opened again', async () => {
        await store.write((writes) => insertAccount(writes, 'first'))
        expect(await accountIds(store.reads)).toEqual(['first'])
        await store.close()
        expect(await accountIds((await open()).reads)).toEqual(['first'])
      })

      test('gives its result to the caller', async () => {
        expect(await store.write(async (writes) => accountIds(writes))).toEqual([])
      })

      test('sees those that were queued before it, in the order of the queue', async () => {
        const seen = await Promise.all(
          ['a', 'b', 'c'].map((id) =>
            store.write(async (writes) => {
              const before = await accountIds(writes)
              await insertAccount(writes, id)
              return before
            }),
          ),
        )
        expect(seen).toEqual([[], ['a'], ['a', 'b']])
      })

      test('that throws leaves nothing behind, and those beside it in the same group stand', async () => {
        const refusal = new AwsError(ENTITY_ALREADY_EXISTS, 'refused')
        const results = await Promise.allSettled([
          store.write((writes) => insertAccount(writes, 'before')),
          store.write(async (writes) => {
            await insertAccount(writes, 'refused')
            writes.changed('account/refused')
            throw refusal
          }),
          store.write((writes) => insertAccount(writes, 'after')),
        ])
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
        expect(results[1]).toMatchObject({ reason: refusal })
        expect(await accountIds(store.reads)).toEqual(['after', 'before'])
        expect(await store.reads.selectFrom('changes').selectAll().execute()).toEqual([])
      })

      test('that the database refuses fails alone', async () => {
        await store.write((writes) => insertAccount(writes, 'taken'))
        const results = await Promise.allSettled([
          store.write((writes) => insertAccount(writes, 'one')),
          store.write((writes) => insertAccount(writes, 'taken')),
          store.write((writes) => insertAccount(writes, 'two')),
        ])
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
        expect(await accountIds(store.reads)).toEqual(['one', 'taken', 'two'])
      })

      test('fails with its first failed query, even where it catches that', async () => {
        await store.write((writes) => insertAccount(writes, 'taken'))
        const answers: unknown[] = []
        const change = store.write(async (writes) => {
          await insertAccount(writes, 'taken').catch(() => {})
          await insertAccount(writes, 'other').catch((error) => answers.push(error))
        })
        await expect(change).rejects.toThrow(/unique/i)
        expect(answers).toEqual([expect.objectContaining({ message: expect.stringMatching(/unique/i) })])
        expect(await accountIds(store.reads)).toEqual(['taken'])
      })

      test('takes the queries that it did not wait for with it, and none can follow', async () => {
        let kept: Writes | undefined
        await store.write(async (writes) => {
          kept = writes
          void insertAccount(writes, 'not awaited')
        })
        expect(await accountIds(store.reads)).toEqual(['not awaited'])
        expect(kept).toBeDefined()
        if (kept !== undefined) await expect(insertAccount(kept, 'late')).rejects.toThrow('after its end')
        expect(await accountIds(store.reads)).toEqual(['not awaited'])
      })

      test('cannot be seen by reads before it is committed', async () => {
        const seen = await store.write(async (writes) => {
          await insertAccount(writes, 'uncommitted')
          return accountIds(store.reads)
        })
        expect(seen).toEqual([])
      })

      test('is refused when the store was closed, and one that waits then is still carried out', async () => {
        const waiting = store.write((writes) => insertAccount(writes, 'waiting'))
        const closed = store.close()
        await expect(store.write((writes) => insertAccount(writes, 'late'))).rejects.toMatchObject({
          code: 'ServiceUnavailable',
        })
        await Promise.all([waiting, closed])
        expect(await accountIds((await open()).reads)).toEqual(['waiting'])
      })

      test('is not possible through the handle for reads', async () => {
        await expect(insertAccount(store.reads as Writes, 'smuggled')).rejects.toThrow(/read-?only/i)
      })

      test.each(['check', 'constraint'])('of the same name in two stores at once has one winner, by %s', async (by) => {
        const other = await open()
        const create = (at: Store, id: string) =>
          at.write(async (writes) => {
            if (by === 'check') await refuseTaken(writes, 'my-role')
            await insertRole(writes, { role_id: id, role_name: id === 'AROA7' ? 'My-Role' : 'my-role' })
          })
        const attempts = Array.from({ length: 10 }, (_, number) => create(number % 2 ? store : other, `AROA${number}`))
        const results = await Promise.allSettled(attempts)
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        expect(await store.reads.selectFrom('roles').select('role_name_key').execute()).toHaveLength(1)
      })
    })

    describe('the tables', () => {
      test('hold a name once in each account, whatever its case', async () => {
        await store.write((writes) => insertRole(writes, { role_id: 'AROA1', role_name: 'Reader' }))
        await expect(
          store.write((writes) => insertRole(writes, { role_id: 'AROA2', role_name: 'READER' })),
        ).rejects.toThrow(/unique/i)
        await store.write((writes) => insertRole(writes, { role_id: 'AROA3', role_name: 'READER', account_id: '2' }))
      })

      test('compare and order text byte by byte', async () => {
        const keys = [
          'b',
          'B',
          'a',
          '_',
          'é',
          'z',
          'zz',
          '\u{ffee}',
          '\u{1d4b3}',
          'e\u0301',
          'ß',
          'ss',
          '~',
          '!',
          'a/b',
          'a b',
        ]
        await store.write(async (writes) => {
          await insertBucket(writes, 'my-bucket')
          for (const key of keys) await insertObject(writes, key)
        })
        const ordered = [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
        const rows = await store.reads.selectFrom('objects').select('object_key').orderBy('object_key').execute()
        expect(rows.map((row) => row.object_key)).toEqual(ordered)
        const after = await store.reads
          .selectFrom('objects')
          .select('object_key')
          .where('object_key', '>', 'z')
          .orderBy('object_key')
          .execute()
        expect(after.map((row) => row.object_key)).toEqual(ordered.slice(ordered.indexOf('z') + 1))
      })

      test('page by a key of several columns', async () => {
        await store.write(async (writes) => {
          for (const [index, name] of ['c', 'a', 'd', 'b'].entries()) {
            await insertRole(writes, { role_id: `AROA${index}`, role_name: name, path: index % 2 ? '/' : '/team/' })
          }
        })
        const page = await store.reads
          .selectFrom('roles')
          .select(['path', 'role_name'])
          .where((eb) => eb(eb.refTuple('path', 'role_name_key'), '>', eb.tuple('/', 'b')))
          .orderBy('path')
          .orderBy('role_name_key')
          .execute()
        expect(page.map((row) => row.path + row.role_name)).toEqual(['/team/c', '/team/d'])
      })

      test('give numbers back as numbers: milliseconds, counts, sums', async () => {
        const at = Date.UTC(2400, 0, 1)
        await store.write((writes) => insertAccount(writes, 'one', at))
        const row = await store.reads
          .selectFrom('accounts')
          .select((eb) => [
            'created_at',
            eb.fn.countAll().as('count'),
            eb.fn.sum('created_at').as('sum'),
            sql<string>`'v' || ${3}`.as('version'),
          ])
          .groupBy('created_at')
          .executeTakeFirstOrThrow()
        expect(row).toMatchObject({ created_at: at, count: 1, sum: at, version: 'v3' })
      })

      test('refuse a row whose parent is not there, and keep a parent that has rows', async () => {
        await expect(store.write((writes) => insertObject(writes, 'key'))).rejects.toThrow(/foreign key/i)
        await store.write(async (writes) => {
          await insertBucket(writes, 'my-bucket')
          await insertObject(writes, 'key')
        })
        await expect(store.write((writes) => writes.deleteFrom('buckets').execute())).rejects.toThrow(/foreign key/i)
      })

      test('refuse a value that is neither text nor number', async () => {
        const value = { toString: () => 'object' } as unknown as string
        await expect(store.write((writes) => insertAccount(writes, value))).rejects.toThrow(TypeError)
      })
    })

    describe('the schema', () => {
      test('of a newer program is refused, with what to do', async () => {
        await store.write(async (writes) => {
          await writes.updateTable('settings').set({ value: '999' }).where('name', '=', 'schema_version').execute()
        })
        await expect(open()).rejects.toThrow(/schema version 999.*newer OpenIRSA/)
      })

      test('is made once by processes that start at the same time', async () => {
        location = await databases.create()
        const processes = [1, 2, 3].map(() => startOtherProcess(location, 'open'))
        const ends = await Promise.all(processes.map((each) => each.ended))
        expect(ends.map(({ code }) => code)).toEqual([0, 0, 0])
        const { reads } = await open()
        expect(await reads.selectFrom('settings').selectAll().execute()).toEqual([
          { name: 'schema_version', value: '2' },
        ])
      })
    })

    describe('the change feed', () => {
      test('tells of own changes in order, each once a group, before they are acknowledged', async () => {
        const heard: unknown[] = []
        store.changes.onChange((subject) => heard.push(subject))
        const first = store.write(async (writes) => {
          writes.changed('role/AROA1')
          writes.changed('policy/arn')
          writes.changed('role/AROA1')
        })
        const second = store.write(async (writes) => writes.changed('user/AIDA1'))
        await first.then(() => heard.push('first acknowledged'))
        await second
        expect(heard).toEqual(['role/AROA1', 'policy/arn', 'user/AIDA1', 'first acknowledged'])
        await store.changes.catchUp()
        await sleep(BOUND_MS / 2)
        expect(heard).toHaveLength(4)
      })

      test('tells that anything may have changed where everything has', async () => {
        const heard: unknown[] = []
        store.changes.onChange((subject) => heard.push(subject))
        await store.write(async (writes) => writes.changed('everything'))
        expect(heard).toEqual([undefined])
      })

      test('tells another store on the same database within the bound, in order', async () => {
        const other = await open()
        const heard = listen(other)
        for (const subject of ['role/AROA1', 'role/AROA2', 'role/AROA3'] as const) {
          await store.write(async (writes) => writes.changed(subject))
        }
        await heard.until('role/AROA3')
        expect(heard.subjects).toEqual(['role/AROA1', 'role/AROA2', 'role/AROA3'])
      })

      test('keeps what two stores write at the same time apart, and tells both of all', async () => {
        const other = await open()
        const heard = [listen(store), listen(other)]
        const subjects = Array.from({ length: 40 }, (_, number): ChangeSubject => `role/AROA${number}`)
        await Promise.all(
          subjects.map((subject, number) =>
            (number % 2 ? store : other).write(async (writes) => writes.changed(subject)),
          ),
        )
        await Promise.all([store, other].map((each) => each.write(async (writes) => writes.changed('keys'))))
        await sleep(BOUND_MS)
        for (const { subjects: told } of heard) {
          expect(new Set(told)).toEqual(new Set([...subjects, 'keys']))
        }
        const rows = await store.reads.selectFrom('changes').select('sequence').orderBy('sequence').execute()
        expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, index) => index + 1))
      })

      test('tells of a change of another process within the bound', async () => {
        const heard = listen(store)
        const other = startOtherProcess(location, 'change', 'theirs')
        await other.line(1)
        await heard.until('account/theirs')
        expect(await accountIds(store.reads)).toEqual(['theirs'])
        await other.ended
      })

      test('tells that anything may have changed where rows are missing', async () => {
        await store.write(async (writes) => writes.changed('role/AROA1'))
        const other = await open()
        const heard = listen(other)
        await store.write(async (writes) => {
          await writes.deleteFrom('changes').execute()
          await writes.insertInto('changes').values({ sequence: 90, subject: 'role/AROA9', changed_at: 0 }).execute()
          writes.changed('role/AROA10')
        })
        await heard.until(undefined)
        expect(heard.subjects).toEqual([undefined])
      })
    })

    describe('an audit event', () => {
      const event: AuditEvent = {
        eventId: 'event-1',
        accountId: '111122223333',
        eventTime: 5,
        eventSource: 'iam.amazonaws.com',
        eventName: 'CreateRole',
        errorCode: undefined,
        event: { requestParameters: { roleName: 'my-role' } },
      }

      test('is written with the change that it tells of', async () => {
        await store.recording(() => event).write((writes) => insertAccount(writes, 'one'))
        expect(await store.reads.selectFrom('audit_events').selectAll().execute()).toEqual([
          {
            event_id: 'event-1',
            account_id: '111122223333',
            event_time: 5,
            event_source: 'iam.amazonaws.com',
            event_name: 'CreateRole',
            error_code: null,
            event: '{"requestParameters":{"roleName":"my-role"}}',
          },
        ])
      })

      test('is not written, nor asked for, where the change is refused', async () => {
        let asked = 0
        const recording = store.recording(() => {
          asked++
          return event
        })
        await expect(recording.write(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
        expect(asked).toBe(0)
        expect(await store.reads.selectFrom('audit_events').selectAll().execute()).toEqual([])
      })

      test('that cannot be written takes its change with it', async () => {
        const recording = store.recording(() => event)
        await recording.write((writes) => insertAccount(writes, 'one'))
        await expect(recording.write((writes) => insertAccount(writes, 'two'))).rejects.toThrow(/unique/i)
        expect(await accountIds(store.reads)).toEqual(['one'])
      })
    })

    describe('a process that is killed', () => {
      test('has lost nothing that was acknowledged, and left nothing half done', async () => {
        const acknowledged: string[] = []
        for (const round of ['one', 'two']) {
          const other = startOtherProcess(location, 'write-until-killed', round)
          await other.line(60)
          other.kill()
          await other.ended
          acknowledged.push(...other.lines.slice(1))
        }
        const found = new Set(await accountIds(store.reads))
        expect(acknowledged.length).toBeGreaterThanOrEqual(120)
        expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
        const halves = await store.reads
          .selectFrom('settings')
          .select('name')
          .where('name', '!=', 'schema_version')
          .execute()
        expect(new Set(halves.map((row) => row.name))).toEqual(found)
        await store.write((writes) => insertAccount(writes, 'after'))
      })
    })

    describe('the key ring', () => {
      const masterKey = randomBytes(32)
      const secret = Buffer.from('a secret')

      test('opens what it has sealed, also in another store and after a restart', async () => {
        const sealed = (await openKeyRing(store, masterKey, Date.now)).seal('column', secret, 'AKIA1')
        expect(sealed).toMatch(/^[0-9a-f]{16}\.[\w-]+$/)
        const other = await openKeyRing(await open(), masterKey, Date.now)
        expect(other.open('column', sealed, 'AKIA1')).toEqual(secret)
      })

      test('opens nothing under another purpose, with other associated data, or that was changed', async () => {
        const ring = await openKeyRing(store, masterKey, Date.now)
        const sealed = ring.seal('column', secret, 'AKIA1')
        const [keyId, text = ''] = sealed.split('.')
        const sessionKeyId = ring.seal('session', secret, 'AKIA1').split('.')[0]
        expect(ring.open('session', sealed, 'AKIA1')).toBeUndefined()
        expect(ring.open('session', `${sessionKeyId}.${text}`, 'AKIA1')).toBeUndefined()
        expect(ring.open('column', sealed, 'AKIA2')).toBeUndefined()
        for (const changed of [
          '',
          '.',
          `${keyId}.`,
          `${sealed}=`,
          ` ${sealed}`,
          sealed.slice(0, -4),
          text,
          `ffffffffffffffff.${text}`,
        ]) {
          expect(ring.open('column', changed, 'AKIA1')).toBeUndefined()
        }
      })

      test('is made once by stores that open at the same time', async () => {
        const rings = await Promise.all([store, await open()].map((each) => openKeyRing(each, masterKey, Date.now)))
        const [one, two] = rings.map((ring) => ring.seal('session', secret, '').split('.')[0])
        expect(one).toBe(two)
        expect(await store.reads.selectFrom('session_keys').select('key_id').execute()).toHaveLength(2)
      })

      test('refuses another master key, or one of another length', async () => {
        await openKeyRing(store, masterKey, Date.now)
        await expect(openKeyRing(store, randomBytes(32), Date.now)).rejects.toThrow(/master key/)
        await expect(openKeyRing(store, randomBytes(16), Date.now)).rejects.toThrow(/32 bytes/)
      })

      test('seals with a new key only when all replicas know it, and still opens what is older', async () => {
        let now = Date.now()
        const ring = await openKeyRing(store, masterKey, () => now)
        const before = ring.seal('session', secret, '')
        now += 1
        const newKeyId = await ring.rotate('session')
        now += ACTIVATION_MS - 1
        expect(ring.seal('session', secret, '').split('.')[0]).toBe(before.split('.')[0])
        now += 1
        const after = ring.seal('session', secret, '')
        expect(after.split('.')[0]).toBe(newKeyId)
        expect(ring.open('session', before, '')).toEqual(secret)
        expect(ring.open('session', after, '')).toEqual(secret)
        expect(ring.seal('column', secret, '').split('.')[0]).not.toBe(newKeyId)
      })

      test('follows a rotation by another process', async () => {
        let aheadMs = 0
        const ring = await openKeyRing(store, masterKey, () => Date.now() + aheadMs)
        const other = startOtherProcess(location, 'rotate', masterKey.toString('hex'))
        const newKeyId = await other.line(1)
        await sleep(BOUND_MS)
        aheadMs = ACTIVATION_MS
        expect(ring.seal('session', secret, '').split('.')[0]).toBe(newKeyId)
        await other.ended
      })

      test('forgets a key that was deleted', async () => {
        const ring = await openKeyRing(store, masterKey, Date.now)
        const sealed = ring.seal('session', secret, '')
        await ring.rotate('session')
        await store.write(async (writes) => {
          await writes.deleteFrom('session_keys').where('is_sealing', '=', 0).execute()
          writes.changed('keys')
        })
        await sleep(100)
        expect(ring.open('session', sealed, '')).toBeUndefined()
      })

      test('can be wrapped by another master key, and what was sealed stays readable', async () => {
        const newMasterKey = randomBytes(32)
        const running = await openKeyRing(store, masterKey, Date.now)
        const sealed = running.seal('column', secret, 'AKIA1')
        await expect(rewrapKeys(store, newMasterKey, masterKey)).rejects.toThrow(/master key/)
        expect(await rewrapKeys(store, masterKey, newMasterKey)).toBe(2)
        expect(running.open('column', sealed, 'AKIA1')).toEqual(secret)
        await expect(running.rotate('column')).rejects.toThrow(/master key/)
        await expect(openKeyRing(store, masterKey, Date.now)).rejects.toThrow(/master key/)
        const restarted = await openKeyRing(await open(), newMasterKey, Date.now)
        expect(restarted.open('column', sealed, 'AKIA1')).toEqual(secret)
      })
    })
  })
}

async function insertAccount(writes: Writes, accountId: string, createdAt = 0): Promise<void> {
  await writes.insertInto('accounts').values({ account_id: accountId, created_at: createdAt }).execute()
}

async function accountIds(reads: Reads): Promise<readonly string[]> {
  const rows = await reads.selectFrom('accounts').select('account_id').orderBy('account_id').execute()
  return rows.map((row) => row.account_id)
}

interface RoleNames {
  readonly role_id: string
  readonly role_name: string
  readonly account_id?: string
  readonly path?: string
}

async function insertRole(writes: Writes, names: RoleNames): Promise<void> {
  const row = {
    account_id: '111122223333',
    path: '/',
    description: null,
    trust_policy: '{}',
    trust_principal_ids: '{}',
    max_session_duration_seconds: 3600,
    permissions_boundary: null,
    created_at: 0,
    last_used_at: null,
    last_used_region: null,
    role_name_key: names.role_name.toLowerCase(),
    ...names,
  }
  await writes.insertInto('roles').values(row).execute()
}

async function refuseTaken(writes: Writes, roleNameKey: string): Promise<void> {
  const taken = await writes.selectFrom('roles').select('role_id').where('role_name_key', '=', roleNameKey).execute()
  if (taken.length > 0) throw new AwsError(ENTITY_ALREADY_EXISTS, 'The role is there.')
}

async function insertBucket(writes: Writes, bucketName: string): Promise<void> {
  const row = {
    bucket_name: bucketName,
    account_id: '1',
    region: 'us-east-1',
    policy: null,
    policy_principal_ids: null,
  }
  await writes
    .insertInto('buckets')
    .values({ ...row, created_at: 0 })
    .execute()
}

async function insertObject(writes: Writes, objectKey: string): Promise<void> {
  const row = {
    bucket_name: 'my-bucket',
    object_key: objectKey,
    blob: objectKey,
    size_bytes: 0,
    etag: '',
    headers: '{}',
  }
  await writes
    .insertInto('objects')
    .values({ ...row, last_modified: 0 })
    .execute()
}

/** Collects what a store announces. `until` waits without asking the store, and fails after the bound. */
function listen(store: Store): {
  readonly subjects: unknown[]
  until(subject: ChangeSubject | undefined): Promise<void>
} {
  const subjects: unknown[] = []
  store.changes.onChange((subject) => subjects.push(subject))
  return {
    subjects,
    async until(subject) {
      const giveUpAt = performance.now() + BOUND_MS
      while (!subjects.includes(subject)) {
        if (performance.now() > giveUpAt) throw new Error(`${subject} was not announced within ${BOUND_MS} ms`)
        await sleep(5)
      }
    },
  }
}
