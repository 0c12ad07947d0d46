import type { ChangeSubject, Reads, Writes } from './store.ts'

/** Rows of `changes` that are kept: what a process can have slept through before it must drop all that it has cached. */
const CHANGES_KEPT = 100_000
/** Pruning happens when the sequence passes a multiple of this. */
const PRUNE_EVERY = 1_000
/** Rows of one INSERT; PostgreSQL takes at most 65 535 parameters, SQLite 32 766. */
const INSERT_ROWS_MAX = 1_000

/**
 * Numbers the changed subjects and writes them down, and forgets the oldest.
 *
 * @returns the number of the last one
 */
export async function appendChanges(writes: Writes, subjects: readonly ChangeSubject[], now: number): Promise<number> {
  if (subjects.length === 0) return 0
  const before = await newestSequence(writes)
  const rows = subjects.map((subject, index) => ({ sequence: before + 1 + index, subject, changed_at: now }))
  for (let start = 0; start < rows.length; start += INSERT_ROWS_MAX) {
    await writes
      .insertInto('changes')
      .values(rows.slice(start, start + INSERT_ROWS_MAX))
      .execute()
  }
  const last = before + rows.length
  if (Math.floor(last / PRUNE_EVERY) > Math.floor(before / PRUNE_EVERY)) {
    await writes
      .deleteFrom('changes')
      .where('sequence', '<=', last - CHANGES_KEPT)
      .execute()
  }
  return last
}

/** The number of the newest change, 0 where there was none. */
export async function newestSequence(reads: Reads): Promise<number> {
  const row = await reads
    .selectFrom('changes')
    .select('sequence')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.sequence ?? 0
}
