import type { ConditionBlock, Located, PolicyDocument, PrincipalEntry, Statement } from '../document/document.ts'
import type { Span } from '../document/json.ts'
import { type GrammarProblem, type GrammarProblemCode, parsePolicy } from '../document/parse.ts'
import { readOperatorName } from '../match/condition-operator.ts'

/** Why AWS would not save a policy. */
export interface PolicyProblem {
  /** AWS's text. */
  readonly message: string
  /** Where it is; absent where it is about the document as a whole. */
  readonly span: Span | undefined
}

/** A policy on its way through the checks of its kind. */
export interface PolicyUnderCheck {
  readonly text: string
  readonly document: PolicyDocument
  readonly problems: readonly GrammarProblem[]
}

/** One thing that AWS checks. */
export type PolicyCheck = (policy: PolicyUnderCheck) => PolicyProblem | undefined

export function problem(message: string, at: { readonly span: Span } | undefined): PolicyProblem {
  return { message, span: at?.span }
}

/**
 * Runs checks in order.
 * @param unreadable  the message for a text that is no JSON object
 * @returns the first problem
 */
export function runChecks(text: string, unreadable: string, checks: readonly PolicyCheck[]): PolicyProblem | undefined {
  const { document, problems } = parsePolicy(text)
  if (document === undefined) return problem(unreadable, problems[0])
  return firstProblem(checks, (check) => check({ text, document, problems }))
}

/** The check that finds the first grammar problem of some kinds; of all kinds where none is named. */
export function grammarCheck(message: string, codes?: readonly GrammarProblemCode[]): PolicyCheck {
  return ({ problems }) => {
    const found = problems.find(({ code }) => codes === undefined || codes.includes(code))
    return found && problem(message, found)
  }
}

export function firstProblem<Item>(
  items: Iterable<Item>,
  check: (item: Item) => PolicyProblem | undefined,
): PolicyProblem | undefined {
  for (const item of items) {
    const found = check(item)
    if (found) return found
  }
  return undefined
}

/** The first operator that does not exist: a policy that has one is refused, because nobody could evaluate it. */
export function unknownOperator(statement: Statement): ConditionBlock | undefined {
  return statement.condition.find((block) => readOperatorName(block.operator.value) === undefined)
}

/** The first Sid that stands on two statements; empty ones do not count. */
export function repeatedSid(statements: readonly Statement[]): Located<string> | undefined {
  const seen = new Set<string>()
  for (const { sid } of statements) {
    if (!sid?.value) continue
    if (seen.has(sid.value)) return sid
    seen.add(sid.value)
  }
  return undefined
}

/** Everybody that the Principal and NotPrincipal elements name, in the order of the text. */
export function principalsOf(document: PolicyDocument): readonly PrincipalEntry[] {
  return document.statements.flatMap((statement) => statement.principal?.entries ?? [])
}

/**
 * Length of a policy as IAM's quotas count it: without white space.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export function policySizeCharacters(text: string): number {
  return text.replace(/[\t\n\r ]/g, '').length
}

/** Quotas that `policySizeCharacters` is held against, but for those that count white space. Policies that belong to `aws` have none: AWS ships longer ones. */
export const POLICY_CHARACTERS_MAX = {
  managed: 6_144,
  /** Adjustable up to `trustAdjusted`; quota ACLSizePerRole. */
  trust: 2_048,
  trustAdjusted: 8_192,
  /** All inline policies of one entity together. */
  inlineOfUser: 2_048,
  inlineOfGroup: 5_120,
  inlineOfRole: 10_240,
  /** Inline and managed session policies together. Counts white space. */
  session: 2_048,
  /** One service or resource control policy. Counts white space. */
  organization: 5_120,
} as const
