import type { Finding } from './finding.ts'
import type { PolicyTree, StatementTree } from './policy-tree.ts'
import type { ServiceAuthorization } from './service-authorization.ts'

/**
 * - `identity`: inline or managed policy of a user, group or role
 * - `session`: passed to AssumeRole and its like
 * - `resource`: of a bucket, a key, a queue…
 * - `trust`: a role's AssumeRolePolicyDocument
 * - `scp`, `rcp`: service control policy, resource control policy
 */
export type LintPolicyType = 'identity' | 'session' | 'resource' | 'trust' | 'scp' | 'rcp'

/** Resource types that have checks of their own, as ValidatePolicy names them. A role's policy is the type `trust`. */
export const LINT_RESOURCE_TYPES = [
  'AWS::S3::Bucket',
  'AWS::S3::AccessPoint',
  'AWS::S3::MultiRegionAccessPoint',
  'AWS::S3ObjectLambda::AccessPoint',
  'AWS::DynamoDB::Table',
] as const

export type LintResourceType = (typeof LINT_RESOURCE_TYPES)[number]

/** What rules look at beside the part of the policy that they are about. */
export interface LintContext {
  readonly type: LintPolicyType
  readonly resourceType: LintResourceType | undefined
  /** Absent: whatever would need it is not checked. */
  readonly authorization: ServiceAuthorization | undefined
  readonly tree: PolicyTree
  readonly budget: WorkBudget
}

/** A rule about the document. */
export type PolicyRule = (tree: PolicyTree, context: LintContext) => Iterable<Finding>

/** A rule about one statement. */
export type StatementRule = (statement: StatementTree, context: LintContext) => Iterable<Finding>

/**
 * What the rules that compare many things with many may spend on one document. When it is used up they find nothing more:
 * a policy that IAM could store never gets near it.
 */
export class WorkBudget {
  #left: number

  /** @param units  comparisons of two short texts */
  constructor(units: number) {
    this.#left = units
  }

  /** @returns false where there is not enough left; nothing is taken then */
  take(units: number): boolean {
    if (units > this.#left) return false
    this.#left -= units
    return true
  }
}
