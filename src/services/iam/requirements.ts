import type { Requirement, RequirementContext, Requires } from '../../access/operation.ts'
import { iamArn, parseArn } from '../../aws/arn.ts'
import type { Reads } from '../../store/store.ts'
import { roleArn, userArn } from './arns.ts'
import { findPolicyRow, taggedPolicy } from './managed-policy.ts'
import { findRoleRow, findUserRow, type PolicyPrincipal, requestedUserName, roleOf, userOf } from './principal.ts'
import { readTags, type TaggedResource, type TagList } from './tags.ts'

/** Condition keys of one call, in AWS's spelling; undefined values are absent keys. */
export type ConditionKeys = Readonly<Record<string, string | readonly string[] | undefined>>

/** The actions on an existing role or user that know `iam:PermissionsBoundary`: the boundary that it has (or is to have). */
const BOUNDARY_ACTIONS: ReadonlySet<string> = new Set(
  ['Role', 'User'].flatMap((kind) => [
    `Attach${kind}Policy`,
    `Detach${kind}Policy`,
    `Put${kind}Policy`,
    `Delete${kind}Policy`,
    `Put${kind}PermissionsBoundary`,
    `Delete${kind}PermissionsBoundary`,
  ]),
)

/**
 * What an operation on a role needs: its action on the role's ARN, with the role's tags and boundary as condition keys.
 * Source of the keys: Service Authorization Reference, "Actions, resources, and condition keys for AWS IAM".
 *
 * @param keys  the condition keys that the request itself carries
 */
export function onRole<Input extends { readonly RoleName: string }>(
  action: string,
  keys: (input: NoInfer<Input>) => ConditionKeys = () => ({}),
): Requires<Input> {
  return onResource<Input>(action, findRequestedRole, keys)
}

/** As `onRole`, for users. A user name that is left out means the caller's own. */
export function onUser<Input extends { readonly UserName?: string | undefined }>(
  action: string,
  keys: (input: NoInfer<Input>) => ConditionKeys = () => ({}),
): Requires<Input> {
  return onResource<Input>(action, findRequestedUser, keys)
}

/** What an operation on something needs, where `find` says its ARN and whose tags count. */
export function onResource<Input>(
  action: string,
  find: (input: Input, context: RequirementContext) => Promise<FoundResource>,
  keys: (input: NoInfer<Input>) => ConditionKeys = () => ({}),
): Requires<Input> {
  return {
    kind: 'allowed',
    async requirements(input, context) {
      const found = await find(input, context)
      const boundary = BOUNDARY_ACTIONS.has(action) ? found.permissionsBoundary : undefined
      const resourceKeys = { ...(await resourceTagKeys(found, context.reads)), 'iam:PermissionsBoundary': boundary }
      const needed = requirement(`iam:${action}`, found.arn, { ...resourceKeys, ...keys(input) })
      return [found.resourceAccount ? { ...needed, resourceAccount: found.resourceAccount } : needed]
    },
  }
}

/**
 * As `onRole`, for managed policies. A policy belongs to the account in its ARN: those of another account are out of
 * reach, and those of AWS (account `aws`) may be read by everybody and changed by nobody.
 */
export function onPolicy<Input extends { readonly PolicyArn: string }>(
  action: string,
  access: 'read' | 'write',
  keys: (input: NoInfer<Input>) => ConditionKeys = () => ({}),
): Requires<Input> {
  const find = async ({ PolicyArn }: Input, { accountId, reads }: RequirementContext) => {
    const row = await findPolicyRow(reads, accountId, PolicyArn)
    const owner = ownerOf(PolicyArn)
    return {
      arn: PolicyArn,
      tagged: row && taggedPolicy(row),
      resourceAccount: owner === 'aws' && access === 'read' ? undefined : owner,
    }
  }
  return onResource<Input>(action, find, keys)
}

/** As `onRole`, for OIDC providers, which belong to the account in their ARN. */
export function onProvider<Input extends { readonly OpenIDConnectProviderArn: string }>(
  action: string,
  keys: (input: NoInfer<Input>) => ConditionKeys = () => ({}),
): Requires<Input> {
  const find = async ({ OpenIDConnectProviderArn: arn }: Input, { accountId }: RequirementContext) => {
    return { arn, tagged: { accountId, id: arn }, resourceAccount: ownerOf(arn) }
  }
  return onResource<Input>(action, find, keys)
}

/** An ARN and, where the thing exists, what the store has of it. */
export interface FoundResource {
  readonly arn: string
  readonly tagged?: TaggedResource | undefined
  readonly permissionsBoundary?: string | undefined
  /** The caller's where not given. */
  readonly resourceAccount?: string | undefined
}

/**
 * What an operation that creates something needs: its action and, with tags, the tagging action as well.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_permissions
 */
export function toCreate<Input extends { readonly Tags?: TagList | undefined }>(
  action: string,
  tagAction: string,
  arnOf: (input: NoInfer<Input>, context: RequirementContext) => string,
  keys: (input: NoInfer<Input>) => ConditionKeys = () => ({}),
): Requires<Input> {
  return {
    kind: 'allowed',
    requirements(input, context) {
      const arn = arnOf(input, context)
      const tags = input.Tags ?? []
      const create = requirement(`iam:${action}`, arn, { ...requestTagKeys(tags), ...keys(input) })
      return tags.length === 0 ? [create] : [create, requirement(`iam:${tagAction}`, arn, requestTagKeys(tags))]
    },
  }
}

/** What a list needs: its action on the path that is listed. */
export function toList<Input extends { readonly PathPrefix?: string | undefined }>(
  action: string,
  kind: 'role' | 'user',
): Requires<Input> {
  return {
    kind: 'allowed',
    requirements: (input, { accountId }) => [
      requirement(`iam:${action}`, iamArn(accountId, `${kind}${input.PathPrefix ?? '/'}`), {}),
    ],
  }
}

/** What an operation needs that has no resource, or only those that its input names as they are. */
export function onNamed<Input>(
  action: string,
  resourceOf: (input: NoInfer<Input>, context: RequirementContext) => string,
): Requires<Input> {
  return {
    kind: 'allowed',
    requirements: (input, context) => [requirement(`iam:${action}`, resourceOf(input, context), {})],
  }
}

/** `aws:RequestTag/…` and `aws:TagKeys` of tags that a request sets. */
export function requestTagKeys(tags: TagList): ConditionKeys {
  const values = tags.map((tag) => [`aws:RequestTag/${tag.Key}`, tag.Value])
  return { ...Object.fromEntries(values), ...removedTagKeys(tags.map((tag) => tag.Key)) }
}

/** `aws:TagKeys` of a request that removes tags. */
export function removedTagKeys(keys: readonly string[]): ConditionKeys {
  return keys.length === 0 ? {} : { 'aws:TagKeys': keys }
}

async function findRequestedRole(input: { readonly RoleName: string }, context: RequirementContext) {
  const row = await findRoleRow(context.reads, context.accountId, input.RoleName)
  return row ? foundPrincipal(roleOf(row)) : { arn: roleArn(context.accountId, '/', input.RoleName) }
}

async function findRequestedUser(input: { readonly UserName?: string | undefined }, context: RequirementContext) {
  const { caller, accountId, reads } = context
  // Whoever did not sign learns that first: nobody is allowed this.
  if (caller.kind === 'anonymous') return { arn: '*' }
  if (input.UserName === undefined && caller.kind === 'root') return { arn: caller.arn }
  const userName = requestedUserName(input, caller)
  const row = await findUserRow(reads, accountId, userName)
  return row ? foundPrincipal(userOf(row)) : { arn: userArn(accountId, '/', userName) }
}

function foundPrincipal(principal: PolicyPrincipal): FoundResource {
  return { arn: principal.arn, tagged: principal, permissionsBoundary: principal.permissionsBoundary }
}

async function resourceTagKeys({ tagged }: FoundResource, reads: Reads): Promise<ConditionKeys> {
  const tags = tagged ? await readTags(reads, tagged) : []
  const values = tags.flatMap(({ Key, Value }) => [
    [`iam:ResourceTag/${Key}`, Value],
    [`aws:ResourceTag/${Key}`, Value],
  ])
  return Object.fromEntries(values)
}

function ownerOf(arn: string): string | undefined {
  return parseArn(arn)?.accountId || undefined
}

function requirement(action: string, resource: string, keys: ConditionKeys): Requirement {
  const context: Record<string, string | readonly string[]> = {}
  for (const [key, value] of Object.entries(keys)) if (value !== undefined) context[key] = value
  return { action, resource, context }
}
