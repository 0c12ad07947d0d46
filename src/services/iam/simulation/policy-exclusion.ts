import type { SimulatePrincipalPolicyRequest } from '@aws-sdk/client-iam'
import type { Present } from '../../../access/present.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { INVALID_INPUT } from '../../../aws/error-codes.ts'
import { AWS_MANAGED_PREFIX } from '../policy/managed-policy.ts'
import type { PolicyPrincipal } from '../principal/principal.ts'
import type { SourcePolicies, SourcePolicy } from './source-policies.ts'

type Exclusion = NonNullable<Present<SimulatePrincipalPolicyRequest>['PolicyExclusionList']>[number]

/**
 * The policies of a principal without those that the request excludes: by type, by ARN, or by name and principal.
 * @throws AwsError `InvalidInput` for a pattern with more than one `*`
 */
export function withoutExcluded(
  policies: SourcePolicies,
  exclusions: readonly Exclusion[],
  principal: PolicyPrincipal,
): SourcePolicies {
  const isExcluded = (kind: PolicyKind, policy: SourcePolicy) =>
    exclusions.some((exclusion) => excludes(exclusion, kind, policy, principal))
  return {
    ...policies,
    inline: policies.inline.filter((policy) => !isExcluded('inline', policy)),
    managed: policies.managed.filter((policy) => !isExcluded('managed', policy)),
    boundary: policies.boundary && isExcluded('permission-boundary', policies.boundary) ? undefined : policies.boundary,
  }
}

type PolicyKind = 'inline' | 'managed' | 'permission-boundary'

function excludes(exclusion: Exclusion, kind: PolicyKind, policy: SourcePolicy, principal: PolicyPrincipal): boolean {
  if (exclusion.PolicyType !== undefined) return exclusion.PolicyType === typeOf(kind, policy)
  if (exclusion.PolicyArn !== undefined) return kind === 'managed' && matches(exclusion.PolicyArn, policy.name)
  const identifier = exclusion.InlinePolicyIdentifier
  if (identifier === undefined || kind !== 'inline') return false
  const { PolicyName, AttachmentType, AttachmentName } = identifier
  const isOfPrincipal = AttachmentType?.toLowerCase() === principal.kind && matches(AttachmentName, principal.name)
  return isOfPrincipal && PolicyName === policy.name
}

/** There are no policies of organizations here, so that their types exclude nothing. */
function typeOf(kind: PolicyKind, { name }: SourcePolicy): string {
  if (kind !== 'managed') return kind
  return name.startsWith(AWS_MANAGED_PREFIX) ? 'aws-managed' : 'user-managed'
}

/** At most one `*`, any number of `?` (API reference). */
function matches(pattern: string, text: string): boolean {
  const [head = '', tail, ...rest] = pattern.split('*')
  if (rest.length > 0) throw new AwsError(INVALID_INPUT, `Invalid policy exclusion: ${pattern} has more than one *.`)
  if (tail === undefined) return sameBut(head, text)
  const room = text.length - head.length - tail.length
  return room >= 0 && sameBut(head, text.slice(0, head.length)) && sameBut(tail, text.slice(text.length - tail.length))
}

function sameBut(pattern: string, text: string): boolean {
  return pattern.length === text.length && [...pattern].every((one, place) => one === '?' || one === text[place])
}
