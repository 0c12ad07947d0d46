import { iamArn } from '../../aws/arn.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { ChangeFeed, Reads, Writes } from '../../store/store.ts'
import { SubjectCache } from '../../store/subject-cache.ts'
import type { IssuerKeyRow, IssuerRow } from '../../store/tables.ts'

/** A registered OIDC provider; the form that `oidc` takes. */
export interface ProviderRecord {
  readonly providerArn: string
  readonly accountId: string
  /** Without `https://` and `:443`. */
  readonly url: string
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
}

/** An issuer whose public keys are in the store; the form that `oidc` takes. The same object until something changes. */
export interface IssuerRecord {
  readonly issuerUrl: string
  readonly accountId: string
  readonly kind: 'hosted' | 'uploaded'
  /** The public keys as a JWKS document. */
  readonly jwks: string
}

export interface IssuerRecords {
  /** @param storedUrl  the issuer's URL without `https://` and `:443` */
  findProvider(accountId: string, storedUrl: string): Promise<ProviderRecord | undefined>
  /**
   * Finds the stored keys of an issuer: hosted ones for every account, uploaded ones for the account that uploaded them.
   * @param issuerUrl  with scheme
   */
  findIssuer(issuerUrl: string, accountId: string): Promise<IssuerRecord | undefined>
  /** @param hostedId  the 32 hex digits of its path, in either case */
  findHostedIssuer(hostedId: string): Promise<IssuerRecord | undefined>
}

/** About 1 KB each. Tokens of strangers can name any issuer; what was not found takes a place too, and ages out. */
const CACHED_PROVIDERS_MAX = 20_000
const CACHED_ISSUERS_MAX = 20_000

export function openIssuerRecords(parts: { readonly reads: Reads; readonly changes: ChangeFeed }): IssuerRecords {
  const { reads, changes } = parts
  const providers = new SubjectCache<string, ProviderRecord | undefined>(CACHED_PROVIDERS_MAX, changes)
  const issuers = new SubjectCache<string, IssuerRecord | undefined>(CACHED_ISSUERS_MAX, changes)

  const readIssuer = (issuerUrl: string) =>
    issuers.load(issuerUrl, async () => ({
      value: await issuerRecord(reads, issuerUrl),
      subjects: [`issuer/${issuerUrl}`],
    }))

  return {
    findProvider(accountId, storedUrl) {
      // The ARN has no scheme, also where the stored URL keeps one (`http://`, which is another provider than `https://`).
      const arn = iamArn(accountId, `oidc-provider/${storedUrl.replace(/^http:\/\//, '')}`)
      return providers.load(`${accountId}/${storedUrl}`, async () => ({
        value: await providerRecord(reads, accountId, storedUrl),
        subjects: [`oidc-provider/${arn}`],
      }))
    },
    async findIssuer(issuerUrl, accountId) {
      const record = await readIssuer(issuerUrl)
      return record?.kind === 'hosted' || record?.accountId === accountId ? record : undefined
    },
    async findHostedIssuer(hostedId) {
      const row = await reads
        .selectFrom('issuers')
        .select('issuer_url')
        .where('hosted_id', '=', hostedId.toUpperCase())
        .executeTakeFirst()
      return row && readIssuer(row.issuer_url)
    },
  }
}

async function providerRecord(reads: Reads, accountId: string, storedUrl: string): Promise<ProviderRecord | undefined> {
  const row = await reads
    .selectFrom('oidc_providers')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('url', '=', storedUrl)
    .executeTakeFirst()
  return (
    row && {
      providerArn: row.provider_arn,
      accountId: row.account_id,
      url: row.url,
      clientIds: JSON.parse(row.client_ids) as string[],
      thumbprints: JSON.parse(row.thumbprints) as string[],
    }
  )
}

async function issuerRecord(reads: Reads, issuerUrl: string): Promise<IssuerRecord | undefined> {
  const row = await findIssuerRow(reads, issuerUrl)
  if (row === undefined) return undefined
  const jwks = row.kind === 'hosted' ? await hostedJwks(reads, issuerUrl) : (row.uploaded_jwks ?? '{"keys":[]}')
  return { issuerUrl, accountId: row.account_id, kind: row.kind, jwks }
}

async function hostedJwks(reads: Reads, issuerUrl: string): Promise<string> {
  const keys = await findIssuerKeys(reads, issuerUrl)
  return `{"keys":[${keys.map((key) => key.public_jwk).join(',')}]}`
}

export async function findIssuerRow(reads: Reads, issuerUrl: string): Promise<IssuerRow | undefined> {
  return reads.selectFrom('issuers').selectAll().where('issuer_url', '=', issuerUrl).executeTakeFirst()
}

/** Returns all keys of a hosted issuer, the one that signs first, then the newest first. */
export async function findIssuerKeys(reads: Reads, issuerUrl: string): Promise<readonly IssuerKeyRow[]> {
  return reads
    .selectFrom('issuer_keys')
    .selectAll()
    .where('issuer_url', '=', issuerUrl)
    .orderBy('is_signing', 'desc')
    .orderBy('created_at', 'desc')
    .orderBy('key_id')
    .execute()
}

/** A key of a hosted issuer as `oidc` makes it. */
export interface NewIssuerKey {
  readonly keyId: string
  readonly algorithm: string
  readonly publicJwk: object
  readonly privateKeyPem: string
}

export interface NewHostedIssuer {
  readonly issuerUrl: string
  readonly accountId: string
  readonly hostedId: string
  readonly key: NewIssuerKey
  readonly now: number
}

/** Records a hosted issuer with its first key, which signs. */
export async function insertHostedIssuer(writes: Writes, keyRing: KeyRing, issuer: NewHostedIssuer): Promise<void> {
  const { issuerUrl, accountId, hostedId, key, now } = issuer
  await writes
    .insertInto('issuers')
    .values({
      issuer_url: issuerUrl,
      account_id: accountId,
      kind: 'hosted',
      hosted_id: hostedId,
      uploaded_jwks: null,
      created_at: now,
      updated_at: now,
    })
    .execute()
  await insertIssuerKey(writes, keyRing, { issuerUrl, key, isSigning: true, now })
}

/** Publishes a key; its private half is sealed to this issuer and key id. */
export async function insertIssuerKey(
  writes: Writes,
  keyRing: KeyRing,
  entry: {
    readonly issuerUrl: string
    readonly key: NewIssuerKey
    readonly isSigning: boolean
    readonly now: number
  },
): Promise<void> {
  const { issuerUrl, key, isSigning, now } = entry
  await writes
    .insertInto('issuer_keys')
    .values({
      issuer_url: issuerUrl,
      key_id: key.keyId,
      algorithm: key.algorithm,
      public_jwk: JSON.stringify(key.publicJwk),
      sealed_private_key: keyRing.seal('column', Buffer.from(key.privateKeyPem), sealedTo(issuerUrl, key.keyId)),
      is_signing: isSigning ? 1 : 0,
      created_at: now,
    })
    .execute()
  writes.changed(`issuer/${issuerUrl}`)
}

/** Lets a published key sign in place of the one that does; `updated_at` keeps when. */
export async function setSigningKey(writes: Writes, issuerUrl: string, keyId: string, now: number): Promise<void> {
  const keys = () => writes.updateTable('issuer_keys').where('issuer_url', '=', issuerUrl)
  await keys().set({ is_signing: 0 }).execute()
  await keys().set({ is_signing: 1 }).where('key_id', '=', keyId).execute()
  await writes.updateTable('issuers').set({ updated_at: now }).where('issuer_url', '=', issuerUrl).execute()
  writes.changed(`issuer/${issuerUrl}`)
}

/** Takes keys out of the published set: tokens that they signed are refused from now on. */
export async function deleteIssuerKeys(writes: Writes, issuerUrl: string, keyIds: readonly string[]): Promise<void> {
  await writes.deleteFrom('issuer_keys').where('issuer_url', '=', issuerUrl).where('key_id', 'in', keyIds).execute()
  writes.changed(`issuer/${issuerUrl}`)
}

/** Removes what is stored about an issuer, private keys included. */
export async function deleteIssuer(writes: Writes, issuerUrl: string): Promise<void> {
  await writes.deleteFrom('issuer_keys').where('issuer_url', '=', issuerUrl).execute()
  await writes.deleteFrom('issuers').where('issuer_url', '=', issuerUrl).execute()
  writes.changed(`issuer/${issuerUrl}`)
}

/**
 * Opens the key that signs for a hosted issuer.
 * @returns PKCS #8 PEM; undefined where no key signs or the key ring cannot open it
 */
export async function openSigningKey(
  reads: Reads,
  keyRing: KeyRing,
  issuerUrl: string,
): Promise<{ readonly keyId: string; readonly privateKeyPem: Buffer } | undefined> {
  const row = await reads
    .selectFrom('issuer_keys')
    .selectAll()
    .where('issuer_url', '=', issuerUrl)
    .where('is_signing', '=', 1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const privateKeyPem = keyRing.open('column', row.sealed_private_key, sealedTo(issuerUrl, row.key_id))
  return privateKeyPem && { keyId: row.key_id, privateKeyPem }
}

function sealedTo(issuerUrl: string, keyId: string): string {
  return `${issuerUrl}\n${keyId}`
}
