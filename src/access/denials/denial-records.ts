import { setTimeout as sleep } from 'node:timers/promises'
import type { Reads, Writes } from '../../store/store.ts'
import type { DenialRow } from '../../store/tables.ts'
import { type Denial, type DenialRecord, recordDenial } from './denial-record.ts'

/** A denial as it was kept. */
export interface KeptDenial {
  readonly authorizationId: string
  readonly accountId: string
  /** Milliseconds since the epoch. */
  readonly deniedAt: number
  readonly record: DenialRecord
  /** Texts of policies by digest; one that is not kept any more is not there. */
  readonly documents: ReadonlyMap<string, string>
}

/** Where denials are looked up. */
export interface DenialRecords {
  /** Finds a denial of an account's principal; those of other accounts are not found. */
  find(accountId: string, authorizationId: string): Promise<KeptDenial | undefined>
  /** Finds the newest denial of an account. */
  findLast(accountId: string): Promise<KeptDenial | undefined>
}

/** Milliseconds after which another process has stored what it denied just now. */
const OTHERS_MS = 400

/**
 * Denials are stored a moment after their answers. Who asks at once is not sent away: one that is not there is looked for again
 * when this process has stored what waits, and once more when the others have had time to.
 *
 * @param settle  stores what waits in this process
 */
export function openDenialRecords(reads: Reads, settle: () => Promise<void>): DenialRecords {
  return {
    async find(accountId, authorizationId) {
      const find = () => findDenial(reads, accountId, authorizationId)
      return (await find()) ?? (await settle().then(find)) ?? (await sleep(OTHERS_MS).then(find))
    },
    async findLast(accountId) {
      await settle()
      return findLastDenial(reads, accountId)
    },
  }
}

/** Keeps a denial with all that an explanation needs. */
export async function keepDenial(writes: Writes, denial: Denial): Promise<void> {
  const { record, documents } = recordDenial(denial)
  const detail = JSON.stringify(record)
  const { authorizationId, accountId, deniedAt } = denial
  const row = { authorization_id: authorizationId, account_id: accountId, denied_at: deniedAt }
  await writes
    .insertInto('denials')
    .values({ ...row, detail, size_bytes: Buffer.byteLength(detail) })
    .execute()
  for (const [digest, document] of documents) await keepDocument(writes, digest, document, deniedAt)
}

async function keepDocument(writes: Writes, digest: string, document: string, deniedAt: number): Promise<void> {
  const row = { policy_digest: digest, document, size_bytes: Buffer.byteLength(document), last_denied_at: deniedAt }
  await writes
    .insertInto('denial_policies')
    .values(row)
    .onConflict((conflict) => conflict.column('policy_digest').doUpdateSet({ last_denied_at: deniedAt }))
    .execute()
}

/** Finds a denial that is stored, of an account's principal. */
export async function findDenial(
  reads: Reads,
  accountId: string,
  authorizationId: string,
): Promise<KeptDenial | undefined> {
  const row = await reads
    .selectFrom('denials')
    .selectAll()
    .where('authorization_id', '=', authorizationId)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return row && keptDenial(reads, row)
}

/** The permission to ask why. Who lacks it and asks for the last denial means the one before. */
const ASK_WHY = 'iam:GetRequestAuthorizationDetails'
/** Denials looked at; who asks more often in a row is shown that. Our own limit. */
const LAST_LOOKED_AT_MAX = 20

async function findLastDenial(reads: Reads, accountId: string): Promise<KeptDenial | undefined> {
  const rows = await reads
    .selectFrom('denials')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('denied_at', 'desc')
    .orderBy('authorization_id', 'desc')
    .limit(LAST_LOOKED_AT_MAX)
    .execute()
  const row = rows.find(({ detail }) => (JSON.parse(detail) as DenialRecord).action !== ASK_WHY) ?? rows[0]
  return row && keptDenial(reads, row)
}

async function keptDenial(reads: Reads, row: DenialRow): Promise<KeptDenial> {
  const record: DenialRecord = JSON.parse(row.detail)
  const digests = [...new Set(record.layers.flatMap(({ policies }) => policies.map(({ digest }) => digest)))]
  const found =
    digests.length === 0
      ? []
      : await reads
          .selectFrom('denial_policies')
          .select(['policy_digest', 'document'])
          .where('policy_digest', 'in', digests)
          .execute()
  return {
    authorizationId: row.authorization_id,
    accountId: row.account_id,
    deniedAt: row.denied_at,
    record,
    documents: new Map(found.map(({ policy_digest, document }) => [policy_digest, document])),
  }
}
