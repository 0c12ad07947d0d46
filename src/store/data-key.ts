import { createSecretKey, type KeyObject } from 'node:crypto'
import type { KeyPurpose } from './key-ring.ts'
import { open, seal } from './seal.ts'
import type { Reads } from './store.ts'
import type { SessionKeyRow } from './tables.ts'

/** A key of the key ring, ready for use. */
export interface DataKey {
  readonly keyId: string
  readonly purpose: KeyPurpose
  readonly key: KeyObject
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/**
 * Reads the key ring, oldest key first.
 *
 * @param known  keys that need no unwrapping. With some of them, a key that does not unwrap is left out: the installation has
 *   got a new master key while this process runs, which goes on with what it has
 * @throws Error where nothing is known yet and the master key is not the right one
 */
export async function readDataKeys(
  reads: Reads,
  master: KeyObject,
  known: ReadonlyMap<string, DataKey>,
): Promise<ReadonlyMap<string, DataKey>> {
  const rows = await reads.selectFrom('session_keys').selectAll().orderBy('created_at').orderBy('key_id').execute()
  const keys = new Map<string, DataKey>()
  for (const row of rows) {
    const key = known.get(row.key_id) ?? newDataKey(row, master, known.size > 0)
    if (key !== undefined) keys.set(row.key_id, key)
  }
  return keys
}

/** Wraps a key so that it opens only as the key of this row. */
export function wrapDataKey(
  key: Uint8Array,
  row: Pick<SessionKeyRow, 'key_id' | 'purpose'>,
  master: KeyObject,
): string {
  return seal(master, key, wrappedAs(row)).toString('base64url')
}

/** @throws Error where the key was wrapped by another master key, or changed */
export function unwrapDataKey(row: SessionKeyRow, master: KeyObject): Buffer {
  const key = open(master, Buffer.from(row.wrapped_key, 'base64url'), wrappedAs(row))
  if (key === undefined) {
    throw new Error(
      `The master key does not open key ${row.key_id} of the database. Give the master key that this database was made with.`,
    )
  }
  return key
}

export function rewrapDataKey(row: SessionKeyRow, oldMaster: KeyObject, newMaster: KeyObject): string {
  return wrapDataKey(unwrapDataKey(row, oldMaster), row, newMaster)
}

function newDataKey(row: SessionKeyRow, master: KeyObject, mayFail: boolean): DataKey | undefined {
  try {
    const key = createSecretKey(unwrapDataKey(row, master))
    return { keyId: row.key_id, purpose: row.purpose, key, createdAt: row.created_at }
  } catch (error) {
    if (mayFail) return undefined
    throw error
  }
}

function wrappedAs(row: Pick<SessionKeyRow, 'key_id' | 'purpose'>): string {
  return `data key\n${row.purpose}\n${row.key_id}`
}
