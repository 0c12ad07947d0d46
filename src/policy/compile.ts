import { type PolicyDocument, type Statement, VERSION_WITH_VARIABLES } from './document/document.ts'
import { parsePolicy } from './document/parse.ts'
import { type ActionElement, compileAction } from './match/action.ts'
import { type CompiledCondition, compileCondition } from './match/condition.ts'
import { type CompiledPrincipal, compilePrincipal } from './match/principal.ts'
import { type CompiledResource, compileResource } from './match/resource.ts'
import type { Policies } from './request.ts'
import { StatementIndex } from './statement-index.ts'

/** A policy, ready to be asked. Immutable to its users, made once a policy version. */
export interface CompiledPolicy {
  /** Where it comes from, as the maker of the policy said: an ARN, a name. */
  readonly source: string
  readonly statements: readonly CompiledStatement[]
  readonly index: StatementIndex
  /** Every context key that the policy reads, in lower case. */
  readonly contextKeys: ReadonlySet<string>
  /** Its version has variables; before, they are plain text. */
  readonly hasVariables: boolean
}

/** Several policies of one layer, asked as one: what they allow and deny together, from one index. */
export interface CompiledPolicySet {
  readonly policies: readonly CompiledPolicy[]
  readonly statements: readonly CompiledStatement[]
  readonly index: StatementIndex
}

export interface CompiledStatement {
  /** Of its policy. */
  readonly source: string
  readonly statement: Statement
  readonly isDeny: boolean
  /** Position in the policy's statement list. */
  readonly index: number
  readonly action: ActionElement | undefined
  /** Absent in statements that have neither Principal nor NotPrincipal. */
  readonly principal: CompiledPrincipal | undefined
  readonly resource: CompiledResource
  /** Cheapest first. */
  readonly conditions: readonly CompiledCondition[]
}

export interface CompileOptions {
  /** Where the policy comes from; decisions repeat it. */
  readonly source: string
  /**
   * Unique ids (`AIDA…`, `AROA…`) of the users and roles that a Principal element named when it was saved, by ARN. Where an ARN has one, only the
   * caller with this id is meant: a user or role that was made anew under the old name is somebody else.
   */
  readonly principalIds?: Readonly<Record<string, string>>
}

/**
 * Compiles a document that has no problems.
 *
 * A part that cannot be evaluated (an operator that does not exist, a malformed variable, an empty list, an element that is absent) never makes an
 * Allow match, and never keeps a Deny from matching.
 */
export function compilePolicy(document: PolicyDocument, options: CompileOptions): CompiledPolicy {
  const hasVariables = document.version?.value === VERSION_WITH_VARIABLES
  const parts = document.statements.map((statement, index) =>
    compileStatement(statement, {
      source: options.source,
      index,
      variables: hasVariables,
      principalIds: options.principalIds ?? {},
    }),
  )
  const statements = parts.map(({ compiled }) => compiled)
  return {
    source: options.source,
    statements,
    index: new StatementIndex(statements),
    contextKeys: new Set(parts.flatMap(({ contextKeys }) => contextKeys)),
    hasVariables,
  }
}

/**
 * Joins the policies of one layer (an identity's inline and managed policies, say) under one index, so that asking does not cost more the more of
 * them there are. Worth its making where the same policies are asked more than a few times; the answer is the same.
 */
export function compilePolicySet(policies: readonly CompiledPolicy[]): CompiledPolicySet {
  const statements = policies.flatMap((policy) => policy.statements)
  return { policies, statements, index: new StatementIndex(statements) }
}

/** The policies of a layer, each for itself. */
export function singlePolicies(policies: Policies): readonly CompiledPolicy[] {
  return policies.flatMap((one) => ('policies' in one ? one.policies : [one]))
}

/**
 * Parses and compiles.
 * @throws Error where the text is not a policy; what a caller wrote goes through `validatePolicy` first
 */
export function compilePolicyText(text: string, options: CompileOptions): CompiledPolicy {
  const { document, problems } = parsePolicy(text)
  const [problem] = problems
  if (problem || !document) {
    const { line, column } = problem?.span.start ?? { line: 1, column: 1 }
    throw new Error(`Policy ${options.source}, line ${line}, column ${column}: ${problem?.message ?? 'no document'}`)
  }
  return compilePolicy(document, options)
}

interface StatementOptions {
  readonly source: string
  readonly index: number
  readonly variables: boolean
  readonly principalIds: Readonly<Record<string, string>>
}

interface StatementParts {
  readonly compiled: CompiledStatement
  readonly contextKeys: readonly string[]
}

function compileStatement(statement: Statement, options: StatementOptions): StatementParts {
  const isDeny = statement.effect?.value !== 'Allow'
  const conditions = statement.condition.map((block) =>
    compileCondition(block, { variables: options.variables, undecided: isDeny }),
  )
  const resource = compileResource(statement, { isDeny, variables: options.variables })
  const compiled: CompiledStatement = {
    source: options.source,
    statement,
    isDeny,
    index: options.index,
    action: statement.action?.values.length ? compileAction(statement.action) : undefined,
    principal:
      statement.principal &&
      compilePrincipal(statement.principal, {
        isDeny,
        principalIds: options.principalIds,
        namesPrincipalArn: conditions.some(namesPrincipalArn),
      }),
    resource,
    conditions: conditions.toSorted((a, b) => a.cost - b.cost),
  }
  return { compiled, contextKeys: [...conditions.flatMap((condition) => condition.contextKeys), ...resource.keys] }
}

const POSITIVE_ON_ARNS = ['ArnEquals', 'ArnLike', 'StringEquals', 'StringLike']

/** Does the condition name the caller outright? Wildcards and variables do not name anybody. */
function namesPrincipalArn({ key, block }: CompiledCondition): boolean {
  return (
    key === 'aws:principalarn' &&
    POSITIVE_ON_ARNS.includes(block.operator.value) &&
    block.values.every(({ value }) => !/[*?$]/.test(value))
  )
}
