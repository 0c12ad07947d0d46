import type { Store } from './store.ts'

export interface DenialLimits {
  /** Milliseconds that a denial can be asked about. */
  readonly retentionMs: number
  readonly rowsMax: number
  /** Of denials and of policies, each. */
  readonly bytesMax: number
}

/**
 * Our own limits: some two days of a busy installation. A denial takes about 2 KB; the texts of its policies are kept once for
 * all denials that met them.
 */
export const DENIAL_LIMITS = { rowsMax: 200_000, bytesMax: 512 * 1024 * 1024 }

/** Rows that one transaction deletes, so that other changes do not wait for long. */
const BATCH_ROWS = 1_000

/** Deletes denials past their time and, beyond the limits, the oldest ones; and policies that no denial needs any more. */
export async function deleteOldDenials(store: Store, now: number, limits: DenialLimits): Promise<void> {
  for (;;) {
    const isOver = isBeyond(await measureDenials(store), limits)
    const oldest = await store.reads
      .selectFrom('denials')
      .select(['authorization_id', 'denied_at'])
      .orderBy('denied_at')
      .orderBy('authorization_id')
      .limit(BATCH_ROWS)
      .execute()
    const ids = oldest
      .filter((row) => isOver || row.denied_at < now - limits.retentionMs)
      .map((row) => row.authorization_id)
    if (ids.length === 0) break
    await store.write((writes) => writes.deleteFrom('denials').where('authorization_id', 'in', ids).execute())
  }
  await deleteOldPolicies(store, now, limits)
}

async function deleteOldPolicies(store: Store, now: number, limits: DenialLimits): Promise<void> {
  for (;;) {
    const isOver = isBeyond(await measurePolicies(store), limits)
    const oldest = await store.reads
      .selectFrom('denial_policies')
      .select(['policy_digest', 'last_denied_at'])
      .orderBy('last_denied_at')
      .orderBy('policy_digest')
      .limit(BATCH_ROWS)
      .execute()
    const old = oldest.filter((row) => isOver || row.last_denied_at < now - limits.retentionMs)
    const latest = old.at(-1)?.last_denied_at
    if (latest === undefined) return
    const digests = old.map((row) => row.policy_digest)
    await store.write((writes) =>
      writes
        .deleteFrom('denial_policies')
        .where('policy_digest', 'in', digests)
        // Not those that a denial has needed since they were read.
        .where('last_denied_at', '<=', latest)
        .execute(),
    )
  }
}

interface Measure {
  readonly rows: number
  readonly bytes: number
}

function isBeyond({ rows, bytes }: Measure, { rowsMax, bytesMax }: DenialLimits): boolean {
  return rows > rowsMax || bytes > bytesMax
}

async function measureDenials({ reads }: Store): Promise<Measure> {
  const row = await reads
    .selectFrom('denials')
    .select(({ fn }) => [fn.countAll().as('rows'), fn.sum('size_bytes').as('bytes')])
    .executeTakeFirstOrThrow()
  return { rows: Number(row.rows), bytes: Number(row.bytes) }
}

async function measurePolicies({ reads }: Store): Promise<Measure> {
  const row = await reads
    .selectFrom('denial_policies')
    .select(({ fn }) => [fn.countAll().as('rows'), fn.sum('size_bytes').as('bytes')])
    .executeTakeFirstOrThrow()
  return { rows: Number(row.rows), bytes: Number(row.bytes) }
}
