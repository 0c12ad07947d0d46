import type { Span } from './json.ts'

/** The elements that the grammar knows, by name; names are compared with case. */
export const DOCUMENT_ELEMENTS: readonly string[] = ['Version', 'Id', 'Statement']
export const STATEMENT_ELEMENTS: readonly string[] = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]

/**
 * A policy as written. What is absent is `undefined`; nothing is normalized, so that messages and explanations can show the author's own text.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export interface PolicyDocument {
  /** `undefined` where absent, which means 2008-10-17. */
  readonly version: Located<string> | undefined
  readonly id: Located<string> | undefined
  readonly statements: readonly Statement[]
  readonly span: Span
}

export interface Located<T> {
  readonly value: T
  readonly span: Span
}

export interface Statement {
  readonly sid: Located<string> | undefined
  /** `undefined` only beside a problem: a document without problems has an effect in every statement. */
  readonly effect: Located<Effect> | undefined
  readonly principal: PrincipalElement | undefined
  readonly action: MatchElement | undefined
  readonly resource: MatchElement | undefined
  readonly condition: readonly ConditionBlock[]
  readonly span: Span
}

export type Effect = 'Allow' | 'Deny'

/** `Action`, `NotAction`, `Resource` or `NotResource`. */
export interface MatchElement {
  readonly negated: boolean
  readonly values: readonly Located<string>[]
  readonly span: Span
}

/** `Principal` or `NotPrincipal`. */
export interface PrincipalElement {
  readonly negated: boolean
  /** Written as a bare string, which can only be `"*"`: then there are no entries. */
  readonly isText: boolean
  readonly entries: readonly PrincipalEntry[]
  readonly span: Span
}

export interface PrincipalEntry {
  readonly type: PrincipalType
  readonly value: string
  readonly span: Span
}

export const PRINCIPAL_TYPES = ['AWS', 'Federated', 'Service', 'CanonicalUser'] as const
export type PrincipalType = (typeof PRINCIPAL_TYPES)[number]

/** One operator with one key: `"StringEquals": { "aws:username": ["a", "b"] }`. */
export interface ConditionBlock {
  readonly operator: Located<string>
  readonly key: Located<string>
  /** Numbers and booleans as their text. */
  readonly values: readonly Located<string>[]
  readonly span: Span
}

/** Policy variables exist from this version on; before it they are plain text. */
export const VERSION_WITH_VARIABLES = '2012-10-17'
export const POLICY_VERSIONS: readonly string[] = ['2008-10-17', VERSION_WITH_VARIABLES]
