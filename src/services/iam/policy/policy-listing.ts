import type { ListPoliciesRequest, ListPoliciesResponse } from '@aws-sdk/client-iam'
import { type Expression, type SqlBool, sql } from 'kysely'
import type { ManagedPolicy, ManagedPolicyCatalog } from '../../../access/policies/managed-policy-catalog.ts'
import type { Present } from '../../../access/present.ts'
import type { Reads } from '../../../store/store.ts'
import type { PolicyRow } from '../../../store/tables.ts'
import type { IamOperation } from '../dependencies.ts'
import { inNameOrder } from '../name-order.ts'
import { inSequence, type PageSource, readPage } from '../pagination.ts'
import { onNamed } from '../requirements.ts'
import { listedCatalogPolicy, listedPolicy } from './policy.ts'
import { countUsage, type PolicyUsage, UNUSED } from './policy-usage.ts'

type Listed = PolicyRow | ManagedPolicy

/**
 * Lists the account's policies, then those of AWS, each by name (the account's with a path prefix by path and name).
 * The entries have no description or tags, as documented.
 */
export const listPolicies: IamOperation<ListPoliciesRequest, ListPoliciesResponse> = {
  name: 'ListPolicies',
  requires: onNamed('ListPolicies', () => '*'),
  async handle({ accountId, input }, { store: { reads }, managedPolicies }) {
    const page = await readPage('ListPolicies', input, sourceOf(input, reads, accountId, managedPolicies))
    const usage = await countUsage(reads, accountId, page.entries.map(arnOf))
    const policies = page.entries.map((entry) => {
      const used = usage.get(arnOf(entry)) ?? UNUSED
      return 'policy_arn' in entry ? listedPolicy(entry, used) : listedCatalogPolicy(entry, used)
    })
    return { Policies: policies, ...page.end }
  },
}

function sourceOf(
  input: Present<ListPoliciesRequest>,
  reads: Reads,
  accountId: string,
  managedPolicies: ManagedPolicyCatalog,
): PageSource<Listed> {
  const customer: PageSource<Listed> = customerPolicies(input, reads, accountId)
  const catalog: PageSource<Listed> = catalogPolicies(input, reads, accountId, managedPolicies)
  if (input.Scope === 'Local') return customer
  return input.Scope === 'AWS' ? catalog : inSequence(customer, catalog)
}

function arnOf(entry: Listed): string {
  return 'policy_arn' in entry ? entry.policy_arn : entry.arn
}

/** How a policy must be used to be listed. */
function wantedUses(input: Present<ListPoliciesRequest>) {
  return {
    attached: input.OnlyAttached === true || input.PolicyUsageFilter === 'PermissionsPolicy',
    boundary: input.PolicyUsageFilter === 'PermissionsBoundary',
  }
}

function customerPolicies(input: Present<ListPoliciesRequest>, reads: Reads, accountId: string): PageSource<PolicyRow> {
  const ofAccount = reads.selectFrom('policies').selectAll().where('account_id', '=', accountId)
  const used = usedFilter(input)
  return inNameOrder<PolicyRow>(input.PathPrefix, {
    nameColumn: 'policy_name_key',
    describe: (row) => ({ id: row.policy_id, path: row.path, nameKey: row.policy_name_key }),
    read: ({ filter, order, limit }) => ofAccount.where(filter).where(used).orderBy(order).limit(limit).execute(),
    findById: (id) => ofAccount.where('policy_id', '=', id).executeTakeFirst(),
  })
}

function usedFilter(input: Present<ListPoliciesRequest>): Expression<SqlBool> {
  const wanted = wantedUses(input)
  const arn = sql.ref('policies.policy_arn')
  const attached = sql`exists (select 1 from policy_attachments a where a.policy_arn = ${arn})`
  const boundary = sql`(exists (select 1 from roles r where r.permissions_boundary = ${arn})
    or exists (select 1 from users u where u.permissions_boundary = ${arn}))`
  return sql<SqlBool>`${wanted.attached ? attached : sql`1 = 1`} and ${wanted.boundary ? boundary : sql`1 = 1`}`
}

/** Asks of a page's worth of policies at a time how they are used, until the page is full. */
function catalogPolicies(
  input: Present<ListPoliciesRequest>,
  reads: Reads,
  accountId: string,
  managedPolicies: ManagedPolicyCatalog,
): PageSource<ManagedPolicy> {
  const wanted = wantedUses(input)
  return {
    async read({ after, limit }) {
      const found: ManagedPolicy[] = []
      for (let last = after; found.length < limit; ) {
        const batch = managedPolicies.list({ pathPrefix: input.PathPrefix, after: last, limit })
        const usage =
          wanted.attached || wanted.boundary ? await countUsage(reads, accountId, batch.map(arnOf)) : NOT_ASKED
        found.push(...batch.filter((policy) => isWanted(usage.get(policy.arn) ?? UNUSED, wanted)))
        if (batch.length < limit) break
        last = batch.at(-1)?.policyName
      }
      return found.slice(0, limit)
    },
    placeOf: (policy) => policy.policyName.toLowerCase(),
  }
}

const NOT_ASKED: ReadonlyMap<string, PolicyUsage> = new Map()

function isWanted(usage: PolicyUsage, wanted: ReturnType<typeof wantedUses>): boolean {
  return (!wanted.attached || usage.attachments > 0) && (!wanted.boundary || usage.boundaries > 0)
}
