import type { CompiledPolicy, CompiledPolicySet } from './compile.ts'

/** One question: may this principal do this action on this resource, under these circumstances? */
export interface AccessRequest {
  readonly principal: RequestPrincipal
  /** `service:Action`, compared without case. */
  readonly action: string
  /** ARN, or `*` for an action without resource types. */
  readonly resource: string
  /** Account that owns the resource; decides between the same-account and the cross-account rule. */
  readonly resourceAccount: string
  /** Condition context. Keys compare without case; `get` is asked only for keys that a policy reads. */
  readonly context: RequestContext
}

export interface RequestContext {
  /** @param key in lower case @returns undefined where the key is absent */
  get(key: string): ContextValue | undefined
}

/** A string is a single-valued key, a list a multi-valued one. Numbers, booleans, dates and addresses travel as their text. */
export type ContextValue = string | readonly string[]

/** The principal in every form that a policy can name. */
export type RequestPrincipal =
  | { readonly type: 'root'; readonly accountId: string }
  | { readonly type: 'user'; readonly accountId: string; readonly arn: string; readonly id?: string }
  | { readonly type: 'role'; readonly accountId: string; readonly arn: string; readonly id?: string }
  | {
      readonly type: 'assumed-role'
      readonly accountId: string
      /** `arn:aws:sts::A:assumed-role/R/S` */
      readonly arn: string
      /** The role's own ARN, with its path. */
      readonly roleArn: string
      /** The role's unique id (`AROA…`). */
      readonly id?: string
    }
  | { readonly type: 'federated-user'; readonly accountId: string; readonly arn: string; readonly userArn?: string }
  /** A web identity or SAML caller: the provider's ARN, or the name of a built-in provider. */
  | { readonly type: 'federated'; readonly provider: string; readonly accountId?: string }
  | { readonly type: 'service'; readonly service: string }
  | { readonly type: 'canonical'; readonly id: string; readonly accountId?: string }
  | { readonly type: 'anonymous' }

/** The policies of a layer: any of them may allow, each of them may deny. */
export type Policies = readonly (CompiledPolicy | CompiledPolicySet)[]

/** All the policies that apply to a request. A layer that is absent does not limit; an empty one allows nothing. */
export interface PolicySets {
  readonly identity: Policies
  readonly resource?: CompiledPolicy
  /**
   * `trust`: a role's trust policy (or a KMS key policy) must allow by itself, also inside one account;
   * `resource`: inside one account it may also be left to the identity's policies.
   */
  readonly resourceKind?: 'trust' | 'resource'
  readonly boundary?: Policies
  /** Session policies form one union. Absent where none was passed. */
  readonly session?: Policies
  /** One entry a level, root first, account last; each level must allow. */
  readonly serviceControl?: readonly Policies[]
  readonly resourceControl?: readonly Policies[]
  readonly endpoint?: Policies
}

export type PolicyLayer =
  | 'identity'
  | 'resource'
  | 'boundary'
  | 'session'
  | 'service-control'
  | 'resource-control'
  | 'endpoint'

export interface Decision {
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny'
  /** The layer that decided: whose statement allowed or denied, or which layer lacked the Allow. */
  readonly layer: PolicyLayer
  /** The statements that decided; empty for an implicit deny. */
  readonly matchedStatements: readonly MatchedStatement[]
}

export interface MatchedStatement {
  readonly layer: PolicyLayer
  /** What `compilePolicy` was told of where the policy comes from (an ARN, a name). */
  readonly source: string
  readonly sid: string | undefined
  /** Position in the policy's statement list. */
  readonly index: number
}
