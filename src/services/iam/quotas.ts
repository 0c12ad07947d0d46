import { AwsError } from '../../aws/aws-error.ts'
import { LIMIT_EXCEEDED } from '../../aws/error-codes.ts'
import { POLICY_CHARACTERS_MAX } from '../../policy/index.ts'
import type { Writes } from '../../store/store.ts'

/**
 * What AWS grants without asking, named as AWS's messages name it. In brackets: what AWS raises it to on request.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2025; attached policies were 10 before).
 */
export const DEFAULT_QUOTAS = {
  /** Roles [10,000]. */
  RolesPerAccount: 1_000,
  /** Users. */
  UsersPerAccount: 5_000,
  /** Customer managed policies [10,000]. */
  PoliciesPerAccount: 1_500,
  /** OIDC providers [700]. */
  OpenIdConnectProvidersPerAccount: 100,
  /** Attached policies [25]. */
  PoliciesPerRole: 20,
  /** Attached policies. */
  PoliciesPerUser: 20,
  /** Access keys. */
  AccessKeysPerUser: 2,
  /** Characters of a trust policy, white space not counted [8,192]. */
  ACLSizePerRole: POLICY_CHARACTERS_MAX.trust,
  /** Characters of a version of a managed policy, white space not counted. */
  PolicySize: POLICY_CHARACTERS_MAX.managed,
  /** Characters of all inline policies of a role together, white space not counted. */
  RolePolicySize: POLICY_CHARACTERS_MAX.inlineOfRole,
  /** Characters of all inline policies of a user together, white space not counted. */
  UserPolicySize: POLICY_CHARACTERS_MAX.inlineOfUser,
  /** Versions of a managed policy. */
  VersionsPerPolicy: 5,
  /** Client ids. */
  ClientIdsPerOpenIdConnectProvider: 100,
  /** Thumbprints. */
  ThumbprintsPerOpenIdConnectProvider: 5,
  /** Tags. */
  TagsPerResource: 50,
} as const

export type QuotaName = keyof typeof DEFAULT_QUOTAS

/** How much there may be of one thing. `Infinity` means no limit. */
export type IamQuotas = Readonly<Record<QuotaName, number>>

/**
 * Refuses a value above its quota.
 * @param value  as it would be after the change
 * @throws AwsError `LimitExceeded`
 */
export function refuseOverQuota(quotas: IamQuotas, name: QuotaName, value: number): void {
  if (value > quotas[name]) throw new AwsError(LIMIT_EXCEEDED, `Cannot exceed quota for ${name}: ${quotas[name]}`)
}

/** The tables of what an account has its own of, and the quota of each. */
const ACCOUNT_QUOTAS = {
  roles: 'RolesPerAccount',
  users: 'UsersPerAccount',
  policies: 'PoliciesPerAccount',
  oidc_providers: 'OpenIdConnectProvidersPerAccount',
} as const satisfies Record<string, QuotaName>

/**
 * Refuses one more entity where the account has as many as it may. Does not count where there is no quota.
 *
 * @throws AwsError `LimitExceeded`
 */
export async function refuseFullAccount(
  writes: Writes,
  table: keyof typeof ACCOUNT_QUOTAS,
  accountId: string,
  quotas: IamQuotas,
): Promise<void> {
  const name = ACCOUNT_QUOTAS[table]
  if (quotas[name] === Number.POSITIVE_INFINITY) return
  const { count } = await writes
    .selectFrom(table)
    .select(writes.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  refuseOverQuota(quotas, name, Number(count) + 1)
}
