import { type ActionElement, actionMatches, compileAction } from './action.ts'
import { type CompiledCondition, compileCondition } from './condition.ts'
import { type MatchElement, type PolicyDocument, type Statement, VERSION_WITH_VARIABLES } from './document.ts'
import { parsePolicy } from './parse.ts'
import { type CompiledPrincipal, compilePrincipal } from './principal.ts'
import type { RequestContext } from './request.ts'
import { compileResourcePattern } from './resource-pattern.ts'

/** A policy, ready to be asked. Immutable to its users, made once a policy version. */
export interface CompiledPolicy {
  /** Where it comes from, as the maker of the policy said: an ARN, a name. */
  readonly source: string
  readonly statements: readonly CompiledStatement[]
  /** The statements that may speak about an action, the Denies apart. */
  readonly candidates: (action: string) => Candidates
  /** Every context key that the policy reads, in lower case. */
  readonly contextKeys: ReadonlySet<string>
}

export interface Candidates {
  readonly deny: readonly CompiledStatement[]
  readonly allow: readonly CompiledStatement[]
}

export interface CompiledStatement {
  readonly statement: Statement
  readonly isDeny: boolean
  /** Position in the policy's statement list. */
  readonly index: number
  readonly action: ActionElement | undefined
  /** Absent in statements that have neither Principal nor NotPrincipal. */
  readonly principal: CompiledPrincipal | undefined
  readonly matchesResource: (resource: string, context: RequestContext) => boolean
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
  const variables = document.version?.value === VERSION_WITH_VARIABLES
  const statements = document.statements.map((statement, index) =>
    compileStatement(statement, { index, variables, principalIds: options.principalIds ?? {} }),
  )
  return {
    source: options.source,
    statements: statements.map(({ compiled }) => compiled),
    candidates: cacheByAction(indexByAction(statements.map(({ compiled }) => compiled))),
    contextKeys: new Set(statements.flatMap(({ contextKeys }) => contextKeys)),
  }
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
  const resource = compileResource(statement, isDeny, options.variables)
  const compiled: CompiledStatement = {
    statement,
    isDeny,
    index: options.index,
    action: hasValues(statement.action) ? compileAction(statement.action) : undefined,
    principal:
      statement.principal &&
      compilePrincipal(statement.principal, {
        isDeny,
        principalIds: options.principalIds,
        namesPrincipalArn: conditions.some(namesPrincipalArn),
      }),
    matchesResource: resource.matches,
    conditions: conditions.toSorted((a, b) => a.cost - b.cost),
  }
  return { compiled, contextKeys: [...conditions.flatMap((condition) => condition.contextKeys), ...resource.keys] }
}

interface CompiledResource {
  readonly matches: CompiledStatement['matchesResource']
  readonly keys: readonly string[]
}

function compileResource(statement: Statement, isDeny: boolean, variables: boolean): CompiledResource {
  const { resource: element, principal } = statement
  const undecided: CompiledResource = { matches: () => isDeny, keys: [] }
  // A trust policy has no Resource: it stands on the one thing that it is about.
  if (element === undefined) return principal ? { matches: () => true, keys: [] } : undecided
  if (!hasValues(element)) return undecided
  const patterns = element.values.map(({ value }) =>
    compileResourcePattern(value, { variables, inResourcePolicy: principal !== undefined }),
  )
  if (patterns.some((pattern) => pattern.malformed)) return undecided
  const keys = patterns.flatMap((pattern) => pattern.keys)
  const [only] = patterns
  if (patterns.length === 1 && only && !element.negated) return { matches: only.matches, keys }
  const matches = (resource: string, context: RequestContext): boolean => {
    for (const pattern of patterns) if (pattern.matches(resource, context)) return !element.negated
    return element.negated
  }
  return { matches, keys }
}

function hasValues(element: MatchElement | undefined): element is MatchElement {
  return element !== undefined && element.values.length > 0
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

/** Literal actions by hash; statements with wildcards or NotAction are few and are tried one by one. */
function indexByAction(statements: readonly CompiledStatement[]): (action: string) => Candidates {
  const byLiteral = new Map<string, CompiledStatement[]>()
  const byPattern: CompiledStatement[] = []
  for (const statement of statements) {
    const { action } = statement
    if (action === undefined) {
      if (statement.isDeny) byPattern.push(statement)
    } else if (action.negated || action.wildcards.length > 0) byPattern.push(statement)
    else for (const literal of action.literals) listOf(byLiteral, literal).push(statement)
  }
  return (action) => {
    const lower = action.toLowerCase()
    const found = byPattern.filter(
      (statement) => statement.action === undefined || actionMatches(statement.action, lower),
    )
    const matching = [...(byLiteral.get(lower) ?? []), ...found].toSorted((a, b) => a.index - b.index)
    return {
      deny: matching.filter((statement) => statement.isDeny),
      allow: matching.filter((statement) => !statement.isDeny),
    }
  }
}

function listOf(lists: Map<string, CompiledStatement[]>, key: string): CompiledStatement[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}

/** Actions remembered a policy. A service has a few hundred; the limit is for callers who make up names or vary their case. */
const CACHED_ACTIONS_MAX = 1024

function cacheByAction(find: (action: string) => Candidates): (action: string) => Candidates {
  const cache = new Map<string, Candidates>()
  return (action) => {
    const known = cache.get(action)
    if (known) return known
    if (cache.size >= CACHED_ACTIONS_MAX) cache.clear()
    const found = find(action)
    cache.set(action, found)
    return found
  }
}
