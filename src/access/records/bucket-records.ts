import type { ChangeFeed, Reads } from '../../store/store.ts'
import { SubjectCache } from '../../store/subject-cache.ts'
import type { BucketRow } from '../../store/tables.ts'

/** A bucket as authorization and handlers need it. */
export interface BucketRecord {
  readonly name: string
  /** The account that owns it. */
  readonly accountId: string
  readonly region: string
  readonly policy: BucketPolicy | undefined
  /** Milliseconds since the epoch. Tells it from one that was deleted and made again under its name. */
  readonly createdAt: number
}

export interface BucketPolicy {
  readonly document: string
  /** ARN → unique id, as saved with the policy. */
  readonly principalIds: Readonly<Record<string, string>>
}

export interface BucketRecords {
  /** Finds a bucket of any account: names are unique in the whole installation. */
  findByName(bucketName: string): Promise<BucketRecord | undefined>
}

/** Some 25 KB at most each: a bucket policy has up to 20 KB. What was not found takes a place too, and ages out. */
const CACHED_BUCKETS_MAX = 5_000

export function openBucketRecords(parts: { readonly reads: Reads; readonly changes: ChangeFeed }): BucketRecords {
  const buckets = new SubjectCache<string, BucketRecord | undefined>(CACHED_BUCKETS_MAX, parts.changes)
  return {
    async findByName(bucketName) {
      // No bucket has such a name, and strangers' inventions must not take the cache's memory.
      if (bucketName.length > BUCKET_NAME_CHARACTERS_MAX) return undefined
      return buckets.load(bucketName, async () => ({
        value: await readBucketRecord(parts.reads, bucketName),
        subjects: [`bucket/${bucketName}`],
      }))
    },
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_NAME_CHARACTERS_MAX = 63

/** Reads past the cache: inside a change, which must see its own state. */
export async function readBucketRecord(
  reads: Pick<Reads, 'selectFrom'>,
  bucketName: string,
): Promise<BucketRecord | undefined> {
  const row = await reads.selectFrom('buckets').selectAll().where('bucket_name', '=', bucketName).executeTakeFirst()
  return row && bucketRecord(row)
}

function bucketRecord(row: BucketRow): BucketRecord {
  return {
    name: row.bucket_name,
    accountId: row.account_id,
    region: row.region,
    policy: row.policy === null ? undefined : bucketPolicy(row.policy, row.policy_principal_ids),
    createdAt: row.created_at,
  }
}

function bucketPolicy(document: string, principalIds: string | null): BucketPolicy {
  return { document, principalIds: principalIds === null ? {} : JSON.parse(principalIds) }
}
