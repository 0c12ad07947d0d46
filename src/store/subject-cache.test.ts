import { beforeEach, describe, expect, test } from 'vitest'
import type { ChangeSubject } from './store.ts'
import { type Loaded, SubjectCache } from './subject-cache.ts'

const ENTRIES_MAX = 3

describe('a subject cache', () => {
  let cache: SubjectCache<string, string>
  let announce: (subject: ChangeSubject | undefined) => void
  let reads: number

  beforeEach(() => {
    reads = 0
    cache = new SubjectCache(ENTRIES_MAX, {
      onChange: (listener) => {
        announce = listener
      },
    })
  })

  const read = (value: string, ...subjects: readonly ChangeSubject[]) => {
    return async (): Promise<Loaded<string>> => {
      reads++
      return { value, subjects }
    }
  }

  test('keeps a value until a subject that it depends on changes', async () => {
    expect(await cache.load('a', read('one', 'role/A', 'policy/P'))).toBe('one')
    announce('role/B')
    expect(cache.get('a')).toBe('one')
    expect(await cache.load('a', read('two', 'role/A'))).toBe('one')
    announce('policy/P')
    expect(cache.get('a')).toBeUndefined()
    expect(await cache.load('a', read('two', 'role/A'))).toBe('two')
    announce('policy/P')
    expect(cache.get('a')).toBe('two')
  })

  test('drops all when anything may have changed', async () => {
    await cache.load('a', read('one', 'role/A'))
    await cache.load('b', read('two', 'role/B'))
    announce(undefined)
    expect(cache.size).toBe(0)
  })

  test('forgets the least recently used first', async () => {
    for (const key of ['a', 'b', 'c']) await cache.load(key, read(key, `role/${key}`))
    cache.get('a')
    await cache.load('d', read('d', 'role/d'))
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['a', undefined, 'c', 'd'])
    expect(cache.size).toBe(ENTRIES_MAX)
  })

  test('keeps undefined as a value', async () => {
    const none = new SubjectCache<string, undefined>(1, { onChange: () => {} })
    const count = async (): Promise<Loaded<undefined>> => {
      reads++
      return { value: undefined, subjects: [] }
    }
    await none.load('a', count)
    await none.load('a', count)
    expect(reads).toBe(1)
  })

  test('reads once for several that ask at the same time', async () => {
    const values = await Promise.all([1, 2, 3].map(() => cache.load('a', read('one', 'role/A'))))
    expect(values).toEqual(['one', 'one', 'one'])
    expect(reads).toBe(1)
  })

  test('does not keep a failure', async () => {
    const failing = () => Promise.reject(new Error('out of reach'))
    await expect(Promise.all([cache.load('a', failing), cache.load('a', failing)])).rejects.toThrow('out of reach')
    expect(await cache.load('a', read('one', 'role/A'))).toBe('one')
  })

  test('reads again where a change has overtaken the read', async () => {
    const values = ['old', 'new']
    const loaded = await cache.load('a', async () => {
      const value = values[reads++] ?? 'none'
      if (value === 'old') announce('role/A')
      return { value, subjects: ['role/A'] }
    })
    expect(loaded).toBe('new')
    expect(cache.get('a')).toBe('new')
  })

  test.each(['role/B', undefined] as const)('tells whether %s concerns a value that is being read', async (changed) => {
    await cache.load('a', async () => {
      reads++
      if (reads === 1) announce(changed)
      return { value: 'one', subjects: ['role/A'] }
    })
    expect(reads).toBe(changed === undefined ? 2 : 1)
  })

  test('never gives what was read before a change to somebody who asks after it, however often it changes', async () => {
    let stored = 0
    const slow = async (): Promise<Loaded<string>> => {
      const value = String(stored)
      await new Promise((resolve) => setImmediate(resolve))
      return { value, subjects: ['role/A'] }
    }
    const pending: Promise<void>[] = []
    for (let round = 1; round <= 50; round++) {
      stored = round
      announce('role/A')
      const asked = cache.load('a', slow).then((value) => expect(Number(value)).toBeGreaterThanOrEqual(round))
      pending.push(asked)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(pending)
    expect(await cache.load('a', slow)).toBe('50')
  })
})
