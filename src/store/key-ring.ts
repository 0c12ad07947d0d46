import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { type DataKey, readDataKeys, rewrapDataKey, unwrapDataKey, wrapDataKey } from './data-key.ts'
import { open, seal } from './seal.ts'
import type { Store, Writes } from './store.ts'

/** What a sealed value is for; a key of one purpose never opens a value of another. */
export type KeyPurpose = 'session' | 'column'

/**
 * Several AES-256-GCM data keys, one of each purpose that seals, wrapped by the master key in the database.
 * A sealed value is text: the key's id in clear, then nonce, ciphertext and tag.
 */
export interface KeyRing {
  /** @param associatedData what the value belongs to; `open` with another one fails */
  seal(purpose: KeyPurpose, plaintext: Uint8Array, associatedData: string): string
  /** @returns undefined where the value is not one of ours, was changed, or its key is gone */
  open(purpose: KeyPurpose, sealed: string, associatedData: string): Buffer | undefined
  /** Makes a new sealing key; values sealed before still open. */
  rotate(purpose: KeyPurpose): Promise<string>
}

/**
 * A new key is only opened with for so long, then sealed with: until then every replica has heard of it (the bound is one
 * second; the rest is for clocks that differ), so no value is sealed that another cannot open.
 */
export const ACTIVATION_MS = 5_000

/**
 * Opens the key ring of an installation; the first process makes the keys. It follows changes that other processes make.
 *
 * Sealed text: `<key id, 16 hex digits>.<base64url without padding of what seal() gives>`.
 *
 * @param masterKey  32 bytes
 * @throws Error where the keys in the database are wrapped by another master key
 */
export async function openKeyRing(store: Store, masterKey: Uint8Array, clock: () => number): Promise<KeyRing> {
  const master = masterKeyOf(masterKey)
  await makeMissingKeys(store, master, clock())
  const ring = new StoredKeyRing(store, master, clock)
  store.changes.onChange((subject) => {
    if (subject === 'keys' || subject === undefined) void ring.refresh()
  })
  await ring.load()
  return ring
}

/**
 * Wraps every data key by another master key. What was sealed stays as it is. Running processes go on with the keys that they
 * have, but cannot rotate; start them again with the new master key.
 *
 * @returns how many keys
 * @throws Error where a key is not wrapped by `oldMasterKey`; then nothing has changed
 */
export async function rewrapKeys(store: Store, oldMasterKey: Uint8Array, newMasterKey: Uint8Array): Promise<number> {
  const oldMaster = masterKeyOf(oldMasterKey)
  const newMaster = masterKeyOf(newMasterKey)
  return store.write(async (writes) => {
    const rows = await writes.selectFrom('session_keys').selectAll().execute()
    for (const row of rows) {
      const wrapped_key = rewrapDataKey(row, oldMaster, newMaster)
      await writes.updateTable('session_keys').set({ wrapped_key }).where('key_id', '=', row.key_id).execute()
    }
    writes.changed('keys')
    return rows.length
  })
}

/** An unknown key id makes the ring look into the database, at most once in this time: strangers choose key ids. */
const UNKNOWN_KEY_REFRESH_MS = 1_000
/** After a look that failed, until the next. */
const RETRY_MS = 1_000

const MASTER_KEY_BYTES = 32
const PURPOSES: readonly KeyPurpose[] = ['session', 'column']

class StoredKeyRing implements KeyRing {
  readonly #store: Store
  readonly #master: KeyObject
  readonly #clock: () => number
  #keys: ReadonlyMap<string, DataKey> = new Map()
  #refreshing: Promise<void> | undefined
  #mustRefresh = false
  /** Number of the last load, and of the last whose keys are in use: of two that overlap, the one that began later counts. */
  #loads = 0
  #newestLoad = 0
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(store: Store, master: KeyObject, clock: () => number) {
    this.#store = store
    this.#master = master
    this.#clock = clock
  }

  seal(purpose: KeyPurpose, plaintext: Uint8Array, associatedData: string): string {
    const { keyId, key } = this.#sealingKey(purpose)
    return `${keyId}.${seal(key, plaintext, boundTo(purpose, keyId, associatedData)).toString('base64url')}`
  }

  open(purpose: KeyPurpose, sealed: string, associatedData: string): Buffer | undefined {
    const dot = sealed.indexOf('.')
    const keyId = sealed.slice(0, Math.max(dot, 0))
    const dataKey = this.#keys.get(keyId)
    if (dataKey === undefined) {
      if (/^[0-9a-f]{16}$/.test(keyId)) this.#refreshForUnknown()
      return undefined
    }
    if (dataKey.purpose !== purpose) return undefined
    const text = sealed.slice(dot + 1)
    const bytes = Buffer.from(text, 'base64url')
    // Node skips what is not base64url; a value has only one spelling here.
    if (bytes.toString('base64url') !== text) return undefined
    return open(dataKey.key, bytes, boundTo(purpose, keyId, associatedData))
  }

  async rotate(purpose: KeyPurpose): Promise<string> {
    const keyId = await this.#store.write(async (writes) => {
      const rows = await writes.selectFrom('session_keys').selectAll().where('purpose', '=', purpose).execute()
      // Where the master key was changed meanwhile, a key wrapped by the old one would be lost at the next start.
      for (const row of rows) unwrapDataKey(row, this.#master)
      await writes.updateTable('session_keys').set({ is_sealing: 0 }).where('purpose', '=', purpose).execute()
      // Later than every other, whatever the clock says: the newest is what this key must be.
      const createdAt = rows.reduce((latest, row) => Math.max(latest, row.created_at + 1), this.#clock())
      return insertKey(writes, purpose, this.#master, createdAt)
    })
    await this.refresh()
    return keyId
  }

  /** Reads the keys that it does not have, and forgets those that are gone. */
  async load(): Promise<void> {
    this.#lookedAt = performance.now()
    const load = ++this.#loads
    const keys = await readDataKeys(this.#store.reads, this.#master, this.#keys)
    if (load < this.#newestLoad) return
    this.#newestLoad = load
    this.#keys = keys
  }

  /** Loads in the background, once more where it was called while that went on, and again where that failed. */
  refresh(): Promise<void> {
    this.#mustRefresh = true
    this.#refreshing ??= this.#refresh()
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
    while (this.#mustRefresh) {
      this.#mustRefresh = false
      try {
        await this.load()
      } catch {
        setTimeout(() => void this.refresh(), RETRY_MS).unref()
      }
    }
    this.#refreshing = undefined
  }

  #refreshForUnknown(): void {
    if (performance.now() - this.#lookedAt < UNKNOWN_KEY_REFRESH_MS) return
    this.#lookedAt = performance.now()
    void this.refresh()
  }

  /** The newest key that every replica must know by now, or the oldest of all. */
  #sealingKey(purpose: KeyPurpose): DataKey {
    const knownSince = this.#clock() - ACTIVATION_MS
    let chosen: DataKey | undefined
    for (const key of this.#keys.values()) {
      if (key.purpose !== purpose) continue
      if (chosen === undefined || (key.createdAt <= knownSince && key.createdAt >= chosen.createdAt)) chosen = key
    }
    if (chosen === undefined) throw new Error(`The database has lost its ${purpose} keys`)
    return chosen
  }
}

function masterKeyOf(bytes: Uint8Array): KeyObject {
  if (bytes.length !== MASTER_KEY_BYTES) throw new Error(`The master key must have ${MASTER_KEY_BYTES} bytes`)
  return createSecretKey(bytes)
}

/** What a value is sealed with besides its own associated data, so that it opens nowhere else. */
function boundTo(purpose: KeyPurpose, keyId: string, associatedData: string): string {
  return `${purpose}\n${keyId}\n${associatedData}`
}

async function makeMissingKeys(store: Store, master: KeyObject, now: number): Promise<void> {
  const isMissing = async (handle: Pick<Writes, 'selectFrom'>): Promise<readonly KeyPurpose[]> => {
    const rows = await handle.selectFrom('session_keys').select('purpose').where('is_sealing', '=', 1).execute()
    return PURPOSES.filter((purpose) => !rows.some((row) => row.purpose === purpose))
  }
  if ((await isMissing(store.reads)).length === 0) return
  await store.write(async (writes) => {
    for (const purpose of await isMissing(writes)) await insertKey(writes, purpose, master, now)
  })
}

async function insertKey(writes: Writes, purpose: KeyPurpose, master: KeyObject, now: number): Promise<string> {
  const keyId = randomBytes(8).toString('hex')
  const wrapped_key = wrapDataKey(randomBytes(32), { key_id: keyId, purpose }, master)
  const row = { key_id: keyId, purpose, wrapped_key, is_sealing: 1, created_at: now }
  await writes.insertInto('session_keys').values(row).execute()
  writes.changed('keys')
  return keyId
}
