import { validateBucketPolicy } from './bucket-policy.ts'
import { validateIdentityPolicy } from './identity-policy.ts'
import { validateResourceControlPolicy, validateServiceControlPolicy } from './organization-policy.ts'
import type { PolicyProblem } from './policy-problem.ts'
import { validateResourcePolicy } from './resource-policy.ts'
import { validateTrustPolicy } from './trust-policy.ts'

/**
 * - `identity`: inline policy of a user, group or role
 * - `managed`: customer managed policy, also where it serves as a boundary
 * - `session`: passed to AssumeRole and its like
 * - `trust`: a role's AssumeRolePolicyDocument
 * - `bucket`: an S3 bucket's policy
 * - `resource`: the policy of a resource of some other service
 * - `endpoint`: a VPC endpoint's policy
 * - `scp`, `rcp`: an organization's service or resource control policy
 */
export type PolicyKind =
  | 'identity'
  | 'managed'
  | 'session'
  | 'trust'
  | 'bucket'
  | 'resource'
  | 'endpoint'
  | 'scp'
  | 'rcp'

export interface ValidateOptions {
  /** The bucket that a `bucket` policy is put on: its resources have to lie in it. */
  readonly bucketName?: string
  /** Prefixes of the services that an `rcp` may name, in lower case (`s3`); without it every service passes. */
  readonly resourceControlServices?: readonly string[]
}

/**
 * Checks a policy as AWS does when it is saved. Whether the principals that it names exist is the caller's to check (`principalsOf`), and so are quotas.
 *
 * @returns AWS's message for the first problem, in AWS's order; the error code is `MalformedPolicyDocument` (S3: `MalformedPolicy`, Organizations:
 *          `MalformedPolicyDocumentException`). Of `resource`, `endpoint`, `scp` and `rcp` AWS's texts are not known: these messages are ours
 */
export function validatePolicy(
  text: string,
  kind: PolicyKind,
  options: ValidateOptions = {},
): PolicyProblem | undefined {
  switch (kind) {
    case 'identity':
    case 'session':
      return validateIdentityPolicy(text, { versionRequired: false })
    case 'managed':
      return validateIdentityPolicy(text, { versionRequired: true })
    case 'trust':
      return validateTrustPolicy(text)
    case 'bucket':
      return validateBucketPolicy(text, options.bucketName)
    case 'resource':
      return validateResourcePolicy(text, { resourceRequired: false })
    case 'endpoint':
      return validateResourcePolicy(text, { resourceRequired: true })
    case 'scp':
      return validateServiceControlPolicy(text)
    case 'rcp':
      return validateResourceControlPolicy(text, options.resourceControlServices)
  }
}
