import { createHash } from 'node:crypto'

/**
 * The canonical user id of an account: 64 hex digits, always the same for an account, as S3 names owners. Nothing can be granted
 * to it here, since access control lists grant nothing.
 */
export function canonicalUserId(accountId: string): string {
  return createHash('sha256').update(`canonical-user:${accountId}`).digest('hex')
}
