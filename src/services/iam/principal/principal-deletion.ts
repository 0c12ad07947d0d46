import { AwsError } from '../../../aws/aws-error.ts'
import { DELETE_CONFLICT } from '../../../aws/error-codes.ts'
import type { Writes } from '../../../store/store.ts'
import type { PolicyPrincipal } from './principal.ts'

/** What must be gone before a role or user can be deleted, in the order in which it is asked. */
const BELONGINGS = [
  { table: 'access_keys', column: 'user_id', text: 'Cannot delete entity, must delete access keys first.' },
  {
    table: 'policy_attachments',
    column: 'principal_id',
    text: 'Cannot delete entity, must detach all policies first.',
  },
  { table: 'inline_policies', column: 'principal_id', text: 'Cannot delete entity, must delete policies first.' },
] as const

/**
 * Refuses to delete a role or user that still has policies or access keys.
 * @throws AwsError `DeleteConflict`
 */
export async function refuseConflicts(writes: Writes, principal: PolicyPrincipal): Promise<void> {
  for (const { table, column, text } of BELONGINGS) {
    const row = await writes
      .selectFrom(table)
      .select('account_id')
      .where(column, '=', principal.id)
      .limit(1)
      .executeTakeFirst()
    if (row) throw new AwsError(DELETE_CONFLICT, text)
  }
}
