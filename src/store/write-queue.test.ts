import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Engine } from './engine.ts'
import { migrate } from './migrations.ts'
import { QueryHandle } from './query-handle.ts'
import { openSqliteEngine } from './sqlite-engine.ts'
import type { Writes } from './store.ts'
import { WriteQueue } from './write-queue.ts'

let engine: Engine
let committed: (readonly string[])[]
/** What happens in place of COMMIT. */
let instead: (() => Promise<void>) | undefined
let begun: number
let queue: WriteQueue

beforeEach(async () => {
  engine = await openSqliteEngine(':memory:')
  await migrate(engine)
  committed = []
  instead = undefined
  begun = 0
  queue = new WriteQueue(
    watched(engine),
    () => 7,
    (_, subjects) => committed.push(subjects),
  )
})

afterEach(async () => {
  await queue.close()
  await engine.close()
})

/** The engine, with its transactions counted, and COMMIT failing where a test wants that. */
function watched(real: Engine): Engine {
  return {
    ...real,
    async begin() {
      begun++
      const transaction = await real.begin()
      return {
        ...transaction,
        commit: (announces) => (instead === undefined ? transaction.commit(announces) : instead()),
      }
    },
  }
}

const insert = (id: string) => async (writes: Writes) => {
  writes.changed(`account/${id}`)
  await writes.insertInto('accounts').values({ account_id: id, created_at: 0 }).execute()
}

const accounts = async () => (await new QueryHandle(engine.reader).selectFrom('accounts').selectAll().execute()).length

test('changes of one turn of the event loop share a transaction, and those that come meanwhile the next', async () => {
  const first = ['a', 'b', 'c'].map((id) => queue.add(insert(id)))
  const later = first.map((each, index) => each.then(() => queue.add(insert(`later ${index}`))))
  await Promise.all(later)
  expect(begun).toBe(2)
  expect(committed.map((subjects) => subjects.length)).toEqual([3, 3])
})

test('changes are acknowledged in the order in which they were queued', async () => {
  const acknowledged: string[] = []
  await Promise.all(['a', 'b', 'c'].map((id) => queue.add(insert(id)).then(() => acknowledged.push(id))))
  expect(acknowledged).toEqual(['a', 'b', 'c'])
})

test('no change is acknowledged before COMMIT has returned', async () => {
  let isCommitted = false
  instead = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    isCommitted = true
    throw new Error('only to end it')
  }
  const results = ['a', 'b'].map((id) =>
    queue.add(insert(id)).finally(() => {
      expect(isCommitted).toBe(true)
    }),
  )
  await Promise.allSettled(results)
  expect(isCommitted).toBe(true)
})

test('a COMMIT that fails refuses every change of its group, those that had an error of their own included', async () => {
  instead = () => Promise.reject(new Error('disk is full'))
  const results = await Promise.allSettled([
    queue.add(insert('a')),
    queue.add(() => Promise.reject(new Error('refused on what may not be so'))),
    queue.add(insert('b')),
  ])
  for (const result of results) {
    expect(result).toMatchObject({
      status: 'rejected',
      reason: { code: 'ServiceUnavailable', cause: { message: 'disk is full' } },
    })
  }
  expect(committed).toEqual([])
  expect(await accounts()).toBe(0)
  instead = undefined
  await queue.add(insert('c'))
  expect(await accounts()).toBe(1)
})

test('where no transaction can begin, all that wait are refused, and later ones are tried again', async () => {
  let isDown = true
  const down = new WriteQueue(
    { ...engine, begin: () => (isDown ? Promise.reject(new Error('out of reach')) : engine.begin()) },
    () => 7,
    () => {},
  )
  const results = await Promise.allSettled(['a', 'b'].map((id) => down.add(insert(id))))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isDown = false
  await down.add(insert('c'))
  expect(await accounts()).toBe(1)
})

test('a group of changes that were all refused writes nothing', async () => {
  instead = () => Promise.reject(new Error('COMMIT was called'))
  await expect(queue.add(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
})

test('a change that throws before it returns a promise is refused like any other', async () => {
  const thrown = queue.add(() => {
    throw new Error('at once')
  })
  await expect(thrown).rejects.toThrow('at once')
  await queue.add(insert('a'))
})

test('more changes than may wait are refused, and those that wait are not', async () => {
  const results = await Promise.allSettled(Array.from({ length: 10_001 }, () => queue.add(async () => {})))
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  expect(results.at(-1)).toMatchObject({ reason: { code: 'ServiceUnavailable' } })
})
