import type {
  ListOpenIDConnectProviderTagsRequest,
  ListPolicyTagsRequest,
  ListRoleTagsRequest,
  ListRoleTagsResponse,
  ListUserTagsRequest,
  TagOpenIDConnectProviderRequest,
  TagPolicyRequest,
  TagRoleRequest,
  TagUserRequest,
  UntagOpenIDConnectProviderRequest,
  UntagPolicyRequest,
  UntagRoleRequest,
  UntagUserRequest,
} from '@aws-sdk/client-iam'
import { namedTagKeys, requestTagKeys } from '../../../access/context/tag-keys.ts'
import type { ConditionKeys, Operation, Requires } from '../../../access/operation.ts'
import type { ManagedPolicyCatalog } from '../../../access/policies/managed-policy-catalog.ts'
import type { ChangeSubject, Reads } from '../../../store/store.ts'
import { parsePolicyArn } from '../arns.ts'
import type { IamDependencies, IamOperation } from '../dependencies.ts'
import { getProviderRow, taggedProvider } from '../oidc-provider/oidc-provider.ts'
import { type PageRequest, pageOf } from '../pagination.ts'
import { getCatalogPolicy, getPolicyRow, taggedPolicy } from '../policy/managed-policy.ts'
import { getRole, getUser, type PolicyPrincipal } from '../principal/principal.ts'
import { onPolicy, onProvider, onRole, onUser } from '../requirements.ts'
import {
  readTags,
  refuseBadTags,
  refuseReservedKeys,
  removeTags,
  type TaggedResource,
  type TagList,
  tagMap,
  writeTags,
} from './tags.ts'

/** A kind of things with tags. `Named` is how its requests name one. */
interface Taggable<Named> {
  requires<Input extends Named>(
    action: string,
    access: 'read' | 'write',
    keys?: (input: Input) => ConditionKeys,
  ): Requires<Input>
  /** @throws AwsError `NoSuchEntity` */
  find(input: Named, accountId: string, reads: Reads, managedPolicies: ManagedPolicyCatalog): Promise<FoundTaggable>
}

interface FoundTaggable {
  readonly resource: TaggedResource
  readonly subject: ChangeSubject
}

const ROLES: Taggable<{ readonly RoleName: string }> = {
  requires: (action, _, keys) => onRole(action, keys),
  find: async ({ RoleName }, accountId, reads) => foundPrincipal(await getRole(reads, accountId, RoleName)),
}

const USERS: Taggable<{ readonly UserName: string }> = {
  requires: (action, _, keys) => onUser(action, keys),
  find: async ({ UserName }, accountId, reads) => foundPrincipal(await getUser(reads, accountId, UserName)),
}

const POLICIES: Taggable<{ readonly PolicyArn: string }> = {
  requires: onPolicy,
  async find({ PolicyArn }, accountId, reads, managedPolicies) {
    const { arn, isAwsManaged } = parsePolicyArn(PolicyArn)
    const subject: ChangeSubject = `policy/${arn}`
    // Nobody can tag a policy of AWS, so that under its ARN there are none.
    if (isAwsManaged) return { resource: { accountId, id: getCatalogPolicy(managedPolicies, arn).arn }, subject }
    return { resource: taggedPolicy(await getPolicyRow(reads, accountId, arn)), subject }
  },
}

const PROVIDERS: Taggable<{ readonly OpenIDConnectProviderArn: string }> = {
  requires: (action, _, keys) => onProvider(action, keys),
  async find({ OpenIDConnectProviderArn: arn }, accountId, reads) {
    return { resource: taggedProvider(await getProviderRow(reads, accountId, arn)), subject: `oidc-provider/${arn}` }
  },
}

export const tagRole: IamOperation<TagRoleRequest, object> = tagging('TagRole', ROLES)
export const untagRole: IamOperation<UntagRoleRequest, object> = untagging('UntagRole', ROLES)
export const listRoleTags: IamOperation<ListRoleTagsRequest, TagsResponse> = tagListing('ListRoleTags', ROLES)

export const tagUser: IamOperation<TagUserRequest, object> = tagging('TagUser', USERS)
export const untagUser: IamOperation<UntagUserRequest, object> = untagging('UntagUser', USERS)
export const listUserTags: IamOperation<ListUserTagsRequest, TagsResponse> = tagListing('ListUserTags', USERS)

export const tagPolicy: IamOperation<TagPolicyRequest, object> = tagging('TagPolicy', POLICIES)
export const untagPolicy: IamOperation<UntagPolicyRequest, object> = untagging('UntagPolicy', POLICIES)
export const listPolicyTags: IamOperation<ListPolicyTagsRequest, TagsResponse> = tagListing('ListPolicyTags', POLICIES)

export const tagOpenIDConnectProvider: IamOperation<TagOpenIDConnectProviderRequest, object> = tagging(
  'TagOpenIDConnectProvider',
  PROVIDERS,
)
export const untagOpenIDConnectProvider: IamOperation<UntagOpenIDConnectProviderRequest, object> = untagging(
  'UntagOpenIDConnectProvider',
  PROVIDERS,
)
export const listOpenIDConnectProviderTags: IamOperation<ListOpenIDConnectProviderTagsRequest, TagsResponse> =
  tagListing('ListOpenIDConnectProviderTags', PROVIDERS)

/** The four responses have the same members. */
type TagsResponse = ListRoleTagsResponse

function tagging<Named>(
  name: string,
  kind: Taggable<Named>,
): Operation<Named & { readonly Tags: TagList }, object, IamDependencies> {
  return {
    name,
    requires: kind.requires(name, 'write', (input) => requestTagKeys(tagMap(input.Tags))),
    async handle({ accountId, input }, { store, quotas, managedPolicies }) {
      refuseBadTags(input.Tags)
      await store.write(async (writes) => {
        const { resource, subject } = await kind.find(input, accountId, writes, managedPolicies)
        await writeTags(writes, resource, input.Tags, quotas)
        writes.changed(subject)
      })
      return {}
    },
  }
}

/** Keys that are not there are no error. */
function untagging<Named>(
  name: string,
  kind: Taggable<Named>,
): Operation<Named & { readonly TagKeys: readonly string[] }, object, IamDependencies> {
  return {
    name,
    requires: kind.requires(name, 'write', (input) => namedTagKeys(input.TagKeys)),
    async handle({ accountId, input }, { store, managedPolicies }) {
      refuseReservedKeys(input.TagKeys)
      await store.write(async (writes) => {
        const { resource, subject } = await kind.find(input, accountId, writes, managedPolicies)
        await removeTags(writes, resource, input.TagKeys)
        writes.changed(subject)
      })
      return {}
    },
  }
}

/** Lists in the order of keys. */
function tagListing<Named>(
  name: string,
  kind: Taggable<Named>,
): Operation<Named & PageRequest, TagsResponse, IamDependencies> {
  return {
    name,
    requires: kind.requires(name, 'read'),
    async handle({ accountId, input }, { store: { reads }, managedPolicies }) {
      const { resource } = await kind.find(input, accountId, reads, managedPolicies)
      const page = await pageOf(name, input, await readTags(reads, resource))
      return { Tags: page.entries, ...page.end }
    },
  }
}

function foundPrincipal(principal: PolicyPrincipal): FoundTaggable {
  return { resource: principal, subject: `${principal.kind}/${principal.id}` }
}
