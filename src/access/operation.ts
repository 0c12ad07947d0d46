import type { Caller } from '../aws/caller.ts'
import type { Reads } from '../store/store.ts'
import type { AuthorizedCall } from './authorized-call.ts'
import type { BucketRecords } from './records/bucket-records.ts'
import type { RoleRecords } from './records/role-records.ts'

/**
 * One operation of one service, as a value: what it is called, what a caller needs, what it does.
 * `Dependencies` is what the service's handlers need beyond the call (store, clock, configuration).
 */
export interface Operation<Input, Output, Dependencies> {
  readonly name: string
  readonly requires: Requires<Input>
  handle(call: AuthorizedCall<Input>, dependencies: Dependencies): Promise<Output>
}

export type Requires<Input> =
  /** Anybody may call it, unsigned; `reason` says what judges the call instead. */
  | { readonly kind: 'unsigned'; readonly reason: string }
  /** Any caller with valid credentials, even under an explicit deny (`sts:GetCallerIdentity`). */
  | { readonly kind: 'signed'; readonly reason: string }
  /** Each requirement must be allowed; all are judged before the handler runs. */
  | {
      readonly kind: 'allowed'
      requirements(input: Input, context: RequirementContext): Promise<readonly Requirement[]> | readonly Requirement[]
    }

export interface RequirementContext {
  readonly caller: Caller
  /** Account that the call acts in: the caller's, or for S3 and STS that of the resource. */
  readonly accountId: string
  readonly region: string
  readonly reads: Reads
  readonly roles: RoleRecords
  readonly buckets: BucketRecords
}

/** One question to the policy engine. */
export interface Requirement {
  /** As AWS spells it: `iam:CreateRole`. */
  readonly action: string
  /** ARN, or `*` for actions without a resource type. */
  readonly resource: string
  /** Account that owns the resource; the caller's where not given. */
  readonly resourceAccount?: string
  /** Condition keys on top of the global ones, in AWS's spelling (`iam:PolicyARN`, `aws:RequestTag/team`). */
  readonly context?: ConditionKeys
  /** The resource's own policy, where it has one (bucket policy, trust policy). */
  readonly resourcePolicy?: ResourcePolicy
}

/** Condition keys in AWS's spelling; a key that is undefined is absent. */
export type ConditionKeys = Readonly<Record<string, string | readonly string[] | undefined>>

export interface ResourcePolicy {
  /** Undefined where the resource is not there: then nothing allows, as if a policy allowed nothing. */
  readonly document: string | undefined
  /** ARN of what it is attached to, where that is not the resource itself (an object's bucket). */
  readonly attachedTo?: string
  /** ARN → unique id, as saved with the policy (AWS keeps ids, so a re-created entity does not match). */
  readonly principalIds: Readonly<Record<string, string>>
  /** A trust policy must allow by itself even inside one account; others may also leave it to the identity's policies. */
  readonly kind: 'trust' | 'resource'
}
