import { requestTagKeys, resourceTagKeys } from '../../access/context/tag-keys.ts'
import type { ConditionKeys, Requirement, RequirementContext, Requires } from '../../access/operation.ts'
import { iamArn, parseArn, roleArn, userArn } from '../../aws/arn.ts'
import { findPolicyRow, taggedPolicy } from './policy/managed-policy.ts'
import { findUserRow, requestedUserName, userOf } from './principal/principal.ts'
import { readTags, type TagList, tagMap } from './tag/tags.ts'

/**
 * The actions on an existing role or user that know `iam:PermissionsBoundary`: the boundary that it has (or is to have).
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS IAM".
 */
const BOUNDARY_ACTIONS: ReadonlySet<string> = new Set([
  ...['GetRole', 'UpdateRole', 'UpdateRoleDescription', 'UpdateAssumeRolePolicy', 'DeleteRole'],
  ...['Role', 'User'].flatMap((kind) => [
    `Attach${kind}Policy`,
    `Detach${kind}Policy`,
    `Put${kind}Policy`,
    `Delete${kind}Policy`,
    `Put${kind}PermissionsBoundary`,
    `Delete${kind}PermissionsBoundary`,
  ]),
])

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
      const conditions = { ...found.tagKeys, 'iam:PermissionsBoundary': boundary, ...keys(input) }
      return [{ ...requirement(action, found.arn, conditions), resourceAccount: found.resourceAccount }]
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
      tagKeys: row && resourceTagKeys(tagMap(await readTags(reads, taggedPolicy(row))), 'aws:ResourceTag'),
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
  const find = async ({ OpenIDConnectProviderArn: arn }: Input, { accountId, reads }: RequirementContext) => {
    const tags = await readTags(reads, { accountId, id: arn })
    return { arn, tagKeys: resourceTagKeys(tagMap(tags), 'aws:ResourceTag'), resourceAccount: ownerOf(arn) }
  }
  return onResource<Input>(action, find, keys)
}

/** An ARN and, where the thing exists, what the store has of it. */
export interface FoundResource {
  readonly arn: string
  /** Its tags as condition keys. */
  readonly tagKeys?: ConditionKeys | undefined
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
      const tagKeys = requestTagKeys(tagMap(tags))
      const create = requirement(action, arn, { ...tagKeys, ...keys(input) })
      return tags.length === 0 ? [create] : [create, requirement(tagAction, arn, tagKeys)]
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
      requirement(action, iamArn(accountId, `${kind}${input.PathPrefix ?? '/'}`)),
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
    requirements: (input, context) => [requirement(action, resourceOf(input, context))],
  }
}

/** Roles and users have their tags under IAM's own name as well. */
const TAG_PREFIXES_OF_PRINCIPALS = ['iam:ResourceTag', 'aws:ResourceTag']

async function findRequestedRole(
  { RoleName }: { readonly RoleName: string },
  { accountId, roles }: RequirementContext,
): Promise<FoundResource> {
  const role = await roles.findByName(accountId, RoleName)
  if (role === undefined) return { arn: roleArn(accountId, '/', RoleName) }
  const { arn, tags, permissionsBoundary } = role
  return { arn, tagKeys: resourceTagKeys(tags, ...TAG_PREFIXES_OF_PRINCIPALS), permissionsBoundary }
}

async function findRequestedUser(
  input: { readonly UserName?: string | undefined },
  { caller, accountId, reads }: RequirementContext,
): Promise<FoundResource> {
  if (input.UserName === undefined && caller.kind === 'root') return { arn: caller.arn }
  const userName = requestedUserName(input, caller)
  const row = await findUserRow(reads, accountId, userName)
  if (row === undefined) return { arn: userArn(accountId, '/', userName) }
  const user = userOf(row)
  const tagKeys = resourceTagKeys(tagMap(await readTags(reads, user)), ...TAG_PREFIXES_OF_PRINCIPALS)
  return { arn: user.arn, tagKeys, permissionsBoundary: user.permissionsBoundary }
}

function ownerOf(arn: string): string | undefined {
  return parseArn(arn)?.accountId || undefined
}

function requirement(action: string, resource: string, context: ConditionKeys = {}): Requirement {
  return { action: `iam:${action}`, resource, context }
}
