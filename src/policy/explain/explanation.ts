import type { Effect } from '../document/document.ts'
import type { Decision, MatchedStatement, PolicyLayer } from '../request.ts'

/**
 * Why a request was allowed or denied: every layer, every statement, every element, and what is missing. Plain data, made for JSON.
 *
 * It quotes policies and the request's context, so it is for whoever may read both; the caller of a denied request may be shown
 * `presented` values (they are the caller's own) but not `expected` ones.
 */
export interface Explanation {
  /** What `evaluate` decides, always. */
  readonly decision: Decision['decision']
  /** The layer that decided, as in `Decision`. */
  readonly layer: PolicyLayer
  /** The statements that decided, as in `Decision`. */
  readonly matchedStatements: readonly MatchedStatement[]
  /** The layers that were given or needed, in the order in which a missing Allow is looked for; service and resource control policies have one entry a level. */
  readonly layers: readonly LayerExplanation[]
  /** Every statement of every layer, in the order of `layers`. */
  readonly statements: readonly StatementExplanation[]
  /** Every context key that some statement reads and the request does not have, spelled as the policy has it, each once. */
  readonly missingContextKeys: readonly string[]
  /** For an implicit deny: the Allow statements that came nearest, nearest first, at most three. Empty where none speaks about anything like the request. */
  readonly nearMisses: readonly NearMiss[]
  /** The whole answer as one sentence. */
  readonly sentence: string
}

export interface LayerExplanation {
  readonly layer: PolicyLayer
  /** Of service and resource control policies: 0 is the organization's root. */
  readonly level?: number
  /** Where its policies come from (`CompiledPolicy.source`). */
  readonly policies: readonly string[]
  /** False where its policies are not about this caller: organizations' policies for service-linked roles, service control policies for services and strangers. */
  readonly applies: boolean
  /** What its statements say to the request: `deny` where some Deny matched, else `allow` where some Allow did. */
  readonly effect: 'allow' | 'deny' | 'none'
  /** Whether the request needed an Allow here: the first needed layer without one decides an implicit deny. */
  readonly needed: boolean
}

export interface StatementExplanation extends StatementPlace {
  readonly effect: Effect
  readonly matched: boolean
  /** Where it matched in a policy that names principals: how narrowly it named the caller, which decides who else has to allow. */
  readonly grant?: 'direct' | 'role' | 'account'
  /** Every element that was asked: principal, action, resource, then each condition in the order of the text. It matched where all of them did. */
  readonly elements: readonly ElementExplanation[]
  /** Context keys that it reads and the request does not have, spelled as in the policy. */
  readonly missingContextKeys: readonly string[]
}

/** Which statement. */
export interface StatementPlace {
  readonly layer: PolicyLayer
  readonly level?: number
  /** `CompiledPolicy.source`. */
  readonly policy: string
  /** Position in the policy's statement list. */
  readonly index: number
  readonly sid?: string
  readonly range: Range
}

/** A place in the policy's text; lines and columns count from 1, the end is the place after the last character. */
export interface Range {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

export type ElementName =
  | 'Principal'
  | 'NotPrincipal'
  | 'Action'
  | 'NotAction'
  | 'Resource'
  | 'NotResource'
  | 'Condition'

export interface ElementExplanation {
  readonly element: ElementName
  readonly matched: boolean
  /** Of a condition, as written (`ForAnyValue:StringLike`). */
  readonly operator?: string
  /** Of a condition, as written. */
  readonly key?: string
  /** The policy's values as written; principals as `Type: value`. */
  readonly expected: readonly string[]
  /** The same with variables replaced, null where a variable has no value. Absent where there are no variables. */
  readonly resolved?: readonly (string | null)[]
  /** Which of `expected` (positions) match what was presented. Absent for conditions, which are asked as a whole. */
  readonly hits?: readonly number[]
  /** The request's side: the action, the resource, the caller's names, the key's values. Empty where the key is absent. */
  readonly presented: readonly string[]
  /** Where the element stands; the statement itself where it is absent. */
  readonly range: Range
  /** Where it did not match: what is the matter, in one sentence. */
  readonly hint?: string
  /** Where it did not match and one narrow change would do. Never a wildcard. */
  readonly fix?: Fix
}

/** A change of the statement that makes an element match this request and as little else as can be. */
export type Fix =
  /** Replace a value, an operator or a key. */
  | { readonly change: 'value' | 'operator' | 'key'; readonly from: string; readonly to: string }
  /** Add one more value. */
  | { readonly change: 'add'; readonly to: string }

/** An Allow that did not match, and what it would have taken. */
export interface NearMiss extends StatementPlace {
  /** The elements that did not match, the same as in the statement's explanation. */
  readonly failed: readonly ElementExplanation[]
  /** Other needed layers that do not allow the request either: with these, the change of this statement alone is not enough. */
  readonly alsoClosed: readonly PolicyLayer[]
  /** For example: `s3:GetObject would be allowed if `aws:PrincipalTag/team` were `blue` (statement ReadTeam of team-policy, line 3).` */
  readonly sentence: string
}
