import { findIssuerRow } from '../../access/records/issuer-records.ts'
import { holdsSecrets, KeySetError, parseKeySet } from '../../oidc/key-set.ts'
import type { Writes } from '../../store/store.ts'
import { invalidParameter, resourceInUse } from './errors.ts'

export interface Upload {
  readonly accountId: string
  readonly issuerUrl: string
  readonly jwks: string
  readonly now: number
}

/** @throws AwsError `InvalidParameterException` where the document is no key set that can check a token */
export function refuseBadKeys(jwks: string): void {
  if (holdsSecrets(jwks)) {
    throw invalidParameter(
      'The key set holds private keys. Upload the public ones only, and replace these: they were sent.',
    )
  }
  try {
    if (parseKeySet(jwks).keys.length > 0) return
  } catch (error) {
    if (error instanceof KeySetError) throw invalidParameter(error.message, error)
    throw error
  }
  throw invalidParameter(
    'The key set has no key that can check a token: RSA from 2,048 bits or EC P-256, P-384, P-521, with a kid.',
  )
}

/**
 * Takes the uploaded keys in place of those before. They count for the providers of the account that uploads them, and only one
 * account of an installation can upload keys of an issuer: the first that does.
 *
 * @throws AwsError `ResourceInUseException` where the issuer is hosted here or another account's upload
 */
export async function replaceUploadedKeys(writes: Writes, upload: Upload): Promise<void> {
  const { accountId, issuerUrl, jwks, now } = upload
  const row = await findIssuerRow(writes, issuerUrl)
  if (row !== undefined && (row.kind !== 'uploaded' || row.account_id !== accountId)) {
    throw resourceInUse(`The keys of the issuer ${issuerUrl} are managed elsewhere in this installation.`)
  }
  if (row === undefined) {
    await writes
      .insertInto('issuers')
      .values({
        issuer_url: issuerUrl,
        account_id: accountId,
        kind: 'uploaded',
        hosted_id: null,
        uploaded_jwks: jwks,
        created_at: now,
        updated_at: now,
      })
      .execute()
  } else {
    await writes
      .updateTable('issuers')
      .set({ uploaded_jwks: jwks, updated_at: now })
      .where('issuer_url', '=', issuerUrl)
      .execute()
  }
  writes.changed(`issuer/${issuerUrl}`)
}
