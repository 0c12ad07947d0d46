import type { ChangeFeed, ChangeSubject } from './store.ts'

/** A value, and the subjects whose change makes it untrue. */
export interface Loaded<V> {
  readonly value: V
  readonly subjects: readonly ChangeSubject[]
}

/** After so many loads that a change has overtaken, the next value is handed out without being kept. */
const OVERTAKEN_LOADS_MAX = 4
/** Changes that are remembered by name while a load runs; beyond it, the load counts as overtaken. */
const REMEMBERED_CHANGES_MAX = 1_000

/**
 * Keeps what was read from the store until a subject that it depends on changes; of more than `maxEntries` values, those that
 * were used least recently go first.
 *
 * A value is never kept, nor given to somebody who asked after the change, when a change has overtaken its load. A caller
 * first lets the feed catch up: then what `load` gives is no older than that.
 */
export class SubjectCache<K, V> {
  readonly #maxEntries: number
  /** In the order of use, the least recent first. */
  readonly #entries = new Map<K, Loaded<V>>()
  readonly #dependents = new Map<ChangeSubject, Set<K>>()
  readonly #joinable = new Map<K, Promise<V>>()
  readonly #running = new Set<RunningLoad>()

  constructor(maxEntries: number, changes: Pick<ChangeFeed, 'onChange'>) {
    this.#maxEntries = maxEntries
    changes.onChange((subject) => this.#drop(subject))
  }

  get size(): number {
    return this.#entries.size
  }

  /** The value if it is there: undefined otherwise, and where undefined is the value. */
  get(key: K): V | undefined {
    return this.#touch(key)?.value
  }

  /**
   * The value that is there, or the one that `read` gives. Several that ask at the same time share one `read`.
   *
   * @param read  must read all of its answer after it was called; what it throws is not kept
   */
  load(key: K, read: () => Promise<Loaded<V>>): Promise<V> {
    const entry = this.#touch(key)
    if (entry !== undefined) return Promise.resolve(entry.value)
    const joinable = this.#joinable.get(key)
    if (joinable !== undefined) return joinable
    const loading = this.#read(key, read)
    this.#joinable.set(key, loading)
    const leave = () => this.#leave(key, loading)
    loading.then(leave, leave)
    return loading
  }

  async #read(key: K, read: () => Promise<Loaded<V>>): Promise<V> {
    // So that `load` has put this load where others can join it.
    await undefined
    for (let attempt = 0; attempt < OVERTAKEN_LOADS_MAX; attempt++) {
      const running = new RunningLoad()
      this.#running.add(running)
      try {
        const loaded = await read()
        if (running.isOvertaken(loaded.subjects)) continue
        this.#keep(key, loaded)
        return loaded.value
      } finally {
        this.#running.delete(running)
      }
    }
    // Nobody joins from here on, so all who wait asked before this last read began.
    this.#joinable.delete(key)
    return (await read()).value
  }

  #leave(key: K, loading: Promise<V>): void {
    if (this.#joinable.get(key) === loading) this.#joinable.delete(key)
  }

  #touch(key: K): Loaded<V> | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry
  }

  #keep(key: K, loaded: Loaded<V>): void {
    this.#forget(key)
    this.#entries.set(key, loaded)
    for (const subject of loaded.subjects) {
      const keys = this.#dependents.get(subject)
      if (keys === undefined) this.#dependents.set(subject, new Set([key]))
      else keys.add(key)
    }
    if (this.#entries.size <= this.#maxEntries) return
    for (const oldest of this.#entries.keys()) {
      this.#forget(oldest)
      return
    }
  }

  #forget(key: K): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    for (const subject of entry.subjects) {
      const keys = this.#dependents.get(subject)
      keys?.delete(key)
      if (keys?.size === 0) this.#dependents.delete(subject)
    }
  }

  #drop(subject: ChangeSubject | undefined): void {
    for (const running of this.#running) running.saw(subject)
    if (subject === undefined) {
      this.#entries.clear()
      this.#dependents.clear()
      return
    }
    for (const key of this.#dependents.get(subject) ?? []) this.#forget(key)
  }
}

/** Which changes have arrived since a load began: on what it depends is known only at its end. */
class RunningLoad {
  readonly #changed = new Set<ChangeSubject>()
  #isOvertakenAnyway = false

  saw(subject: ChangeSubject | undefined): void {
    if (subject === undefined || this.#changed.size >= REMEMBERED_CHANGES_MAX) this.#isOvertakenAnyway = true
    else this.#changed.add(subject)
  }

  isOvertaken(subjects: readonly ChangeSubject[]): boolean {
    return this.#isOvertakenAnyway || subjects.some((subject) => this.#changed.has(subject))
  }
}
