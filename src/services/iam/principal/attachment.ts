import { AwsError } from '../../../aws/aws-error.ts'
import { NO_SUCH_ENTITY } from '../../../aws/error-codes.ts'
import type { Reads, Writes } from '../../../store/store.ts'
import type { PolicyArn } from '../arns.ts'
import { type Page, type PageRequest, readPage } from '../pagination.ts'
import { AWS_MANAGED_PREFIX, type NamedPolicy, refuseMissing } from '../policy/managed-policy.ts'
import { type IamQuotas, refuseOverQuota } from '../quotas.ts'
import { type PolicyPrincipal, principalChanged } from './principal.ts'

/**
 * Attaches a managed policy; one that is attached already stays as it is.
 * @throws AwsError `NoSuchEntity`, `LimitExceeded`
 */
export async function attachPolicy(
  writes: Writes,
  principal: PolicyPrincipal,
  policy: NamedPolicy,
  call: { readonly now: number; readonly quotas: IamQuotas },
): Promise<void> {
  await refuseMissing(writes, principal.accountId, policy, `Policy ${policy.arn} does not exist or is not attachable.`)
  const attached = await attachedArns(writes, principal)
  if (attached.includes(policy.arn)) return
  const quota = principal.kind === 'role' ? 'PoliciesPerRole' : 'PoliciesPerUser'
  refuseOverQuota(call.quotas, quota, attached.length + 1)
  const row = {
    account_id: principal.accountId,
    principal_id: principal.id,
    policy_arn: policy.arn,
    policy_name: policy.policyName,
    attached_at: call.now,
  }
  await writes.insertInto('policy_attachments').values(row).execute()
  principalChanged(writes, principal)
}

/** @throws AwsError `NoSuchEntity` where the policy is not attached */
export async function detachPolicy(writes: Writes, principal: PolicyPrincipal, policy: PolicyArn): Promise<void> {
  const attached = await attachedArns(writes, principal)
  if (!attached.includes(policy.arn)) throw new AwsError(NO_SUCH_ENTITY, `Policy ${policy.arn} was not found.`)
  await writes
    .deleteFrom('policy_attachments')
    .where('principal_id', '=', principal.id)
    .where('policy_arn', '=', policy.arn)
    .execute()
  principalChanged(writes, principal)
}

/** Lists in the order of names. */
export async function listAttached(
  list: string,
  reads: Reads,
  principal: PolicyPrincipal,
  request: PageRequest & { readonly PathPrefix?: string | undefined },
): Promise<Page<{ PolicyName: string; PolicyArn: string }>> {
  const prefix = request.PathPrefix ?? '/'
  const page = await readPage(list, request, {
    read: async ({ after, limit }) => {
      const arns = (await attachedArns(reads, principal)).filter((arn) => pathOf(arn).startsWith(prefix))
      const places = new Map(arns.map((arn) => [placeOf(arn), arn]))
      const rest = [...places.keys()].sort().filter((place) => after === undefined || place > after)
      return rest.slice(0, limit).flatMap((place) => places.get(place) ?? [])
    },
    placeOf,
  })
  return { entries: page.entries.map(attachedPolicy), end: page.end }
}

/** Bounded: at most 25 by quota. */
async function attachedArns(reads: Reads, principal: PolicyPrincipal): Promise<string[]> {
  const rows = await reads
    .selectFrom('policy_attachments')
    .select('policy_arn')
    .where('principal_id', '=', principal.id)
    .execute()
  return rows.map((row) => row.policy_arn)
}

/** `/my-path/my-name` of `arn:aws:iam::…:policy/my-path/my-name`. */
function pathOf(arn: string): string {
  return arn.slice(arn.indexOf(':policy/') + ':policy'.length)
}

/** A name is unique among the policies of one owner. */
function placeOf(arn: string): string {
  const owner = arn.startsWith(AWS_MANAGED_PREFIX) ? 'aws' : 'customer'
  return `${nameOf(arn)}\n${owner}`
}

function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}

function attachedPolicy(arn: string) {
  return { PolicyName: nameOf(arn), PolicyArn: arn }
}
