import type { Reads } from '../../../store/store.ts'

/** How often an account uses a managed policy. */
export interface PolicyUsage {
  readonly attachments: number
  /** As a permissions boundary. */
  readonly boundaries: number
}

export const UNUSED: PolicyUsage = { attachments: 0, boundaries: 0 }

/** Counts the uses of each policy in the account; policies without any are absent. */
export async function countUsage(
  reads: Reads,
  accountId: string,
  policyArns: readonly string[],
): Promise<ReadonlyMap<string, PolicyUsage>> {
  const usage = new Map<string, PolicyUsage>()
  if (policyArns.length === 0) return usage
  const [attachments, roles, users] = await Promise.all([
    countAttachments(reads, accountId, policyArns),
    countBoundaries(reads, 'roles', accountId, policyArns),
    countBoundaries(reads, 'users', accountId, policyArns),
  ])
  for (const { arn, count } of attachments) add(arn, { attachments: Number(count), boundaries: 0 })
  for (const { arn, count } of [...roles, ...users]) if (arn) add(arn, { attachments: 0, boundaries: Number(count) })
  return usage

  function add(arn: string, more: PolicyUsage): void {
    const known = usage.get(arn) ?? UNUSED
    usage.set(arn, {
      attachments: known.attachments + more.attachments,
      boundaries: known.boundaries + more.boundaries,
    })
  }
}

function countAttachments(reads: Reads, accountId: string, policyArns: readonly string[]) {
  return reads
    .selectFrom('policy_attachments')
    .select((builder) => ['policy_arn as arn', builder.fn.countAll<number>().as('count')])
    .where('account_id', '=', accountId)
    .where('policy_arn', 'in', policyArns)
    .groupBy('policy_arn')
    .execute()
}

function countBoundaries(reads: Reads, table: 'roles' | 'users', accountId: string, policyArns: readonly string[]) {
  return reads
    .selectFrom(table)
    .select((builder) => ['permissions_boundary as arn', builder.fn.countAll<number>().as('count')])
    .where('account_id', '=', accountId)
    .where('permissions_boundary', 'in', policyArns)
    .groupBy('permissions_boundary')
    .execute()
}
