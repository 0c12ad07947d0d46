import { AwsError } from '../../../aws/aws-error.ts'
import { LIMIT_EXCEEDED, MALFORMED_POLICY_DOCUMENT } from '../../../aws/error-codes.ts'
import { policySizeCharacters, validatePolicy } from '../../../policy/index.ts'
import { type IamQuotas, refuseOverQuota } from '../quotas.ts'

/**
 * Refuses a document that is not a policy of its kind.
 * @throws AwsError `MalformedPolicyDocument` with AWS's text of the first problem
 */
export function refuseMalformed(document: string, kind: 'identity' | 'managed' | 'trust'): void {
  const problem = validatePolicy(document, kind)
  if (problem) throw new AwsError(MALFORMED_POLICY_DOCUMENT, problem.message)
}

/** Refuses a managed policy that is malformed or too long. */
export function refuseBadManagedPolicy(document: string, quotas: IamQuotas): void {
  refuseMalformed(document, 'managed')
  refuseOverQuota(quotas, 'PolicySize', policySizeCharacters(document))
}

/**
 * Refuses inline policies that are too long together.
 * @throws AwsError `LimitExceeded`, AWS's text, which says bytes
 */
export function refuseOversizedInline(
  owner: { readonly kind: 'role' | 'user'; readonly name: string },
  documents: readonly string[],
  quotas: IamQuotas,
): void {
  const quota = owner.kind === 'role' ? quotas.RolePolicySize : quotas.UserPolicySize
  const size = documents.reduce((sum, document) => sum + policySizeCharacters(document), 0)
  if (size <= quota) return
  throw new AwsError(LIMIT_EXCEEDED, `Maximum policy size of ${quota} bytes exceeded for ${owner.kind} ${owner.name}`)
}

/** Percent-encodes a document as answers carry it: all but RFC 3986's unreserved characters, a space as `%20`. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
