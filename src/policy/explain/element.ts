import type { CompiledPolicy, CompiledStatement } from '../compile.ts'
import type { MatchElement } from '../document/document.ts'
import type { Span } from '../document/json.ts'
import { grantIn, NAMES_PRINCIPALS } from '../evaluate.ts'
import { actionMatches, compileAction } from '../match/action.ts'
import { readOperatorName } from '../match/condition-operator.ts'
import { callerNames, compilePrincipal, GRANT, type Grant } from '../match/principal.ts'
import { hasValues, isVariable, parseTemplate, resolveText, type Template, type Variable } from '../match/variable.ts'
import type { AccessRequest, PolicyLayer } from '../request.ts'
import { diagnoseAction } from './action-diagnosis.ts'
import { diagnoseCondition } from './condition-diagnosis.ts'
import type { ElementExplanation, Range } from './explanation.ts'
import { diagnosePrincipal } from './principal-diagnosis.ts'
import { diagnoseResource } from './resource-diagnosis.ts'

/** A statement, the place where it stands and the request that it was asked about. */
export interface AskedStatement {
  readonly request: AccessRequest
  readonly layer: PolicyLayer
  readonly policy: CompiledPolicy
  readonly statement: CompiledStatement
  /** The caller has a permissions boundary, which a Deny with NotPrincipal always reaches. */
  readonly hasBoundary: boolean
}

/** What `evaluate` asks of a statement, asked element by element of the same compiled parts. */
export function explainElements(asked: AskedStatement): readonly ElementExplanation[] {
  const principal = explainPrincipal(asked)
  return [
    ...(principal ? [principal] : []),
    explainAction(asked),
    ...explainResource(asked),
    ...explainConditions(asked),
  ]
}

export function rangeOf({ start, end }: Span): Range {
  return { line: start.line, column: start.column, endLine: end.line, endColumn: end.column }
}

/** How the statement names the caller. */
export function grantOf({ layer, statement, request, hasBoundary }: AskedStatement): Grant {
  return grantIn(layer, statement, request, hasBoundary)
}

/** Every variable in the statement's values that is read from the request. */
export function variablesOf({ policy, statement: { statement } }: AskedStatement): readonly Variable[] {
  if (!policy.hasVariables) return []
  const conditions = statement.condition.filter(({ operator }) => hasVariables(operator.value))
  return [...(statement.resource?.values ?? []), ...conditions.flatMap(({ values }) => values)]
    .filter(({ value }) => value.includes('${'))
    .flatMap(({ value }) => parseTemplate(value, { variables: true, wildcards: true }).parts)
    .filter((part) => isVariable(part))
}

function hasVariables(operator: string): boolean {
  const name = readOperatorName(operator)
  return name?.kind === 'value' && name.operator.variables
}

function explainPrincipal(asked: AskedStatement): ElementExplanation | undefined {
  const { layer, statement, request } = asked
  const element = statement.statement.principal
  if (element === undefined && !NAMES_PRINCIPALS[layer]) return undefined
  const matched = grantOf(asked) !== GRANT.none
  const entries = element?.isText ? ['*'] : (element?.entries.map(({ type, value }) => `${type}: ${value}`) ?? [])
  const base: ElementExplanation = {
    element: element?.negated ? 'NotPrincipal' : 'Principal',
    matched,
    expected: entries,
    hits: element ? principalHits(asked) : [],
    presented: callerNames(request.principal),
    range: rangeOf((element ?? statement.statement).span),
  }
  return matched ? base : { ...base, ...diagnosePrincipal(base, asked) }
}

function principalHits({ statement, request }: AskedStatement): readonly number[] {
  const element = statement.statement.principal
  if (!element) return []
  const options = { isDeny: false, principalIds: statement.principal?.principalIds ?? {}, namesPrincipalArn: false }
  const names = (entries: typeof element.entries, isText: boolean): boolean =>
    compilePrincipal({ ...element, negated: false, isText, entries }, options).grant(request.principal, false) !==
    GRANT.none
  if (element.isText) return names([], true) ? [0] : []
  return element.entries.flatMap((entry, place) => (names([entry], false) ? [place] : []))
}

function explainAction(asked: AskedStatement): ElementExplanation {
  const { statement, request } = asked
  const element = statement.statement.action
  const lower = request.action.toLowerCase()
  const values = element?.values ?? []
  const matched = statement.action ? actionMatches(statement.action, lower) : statement.isDeny
  const base: ElementExplanation = {
    element: element?.negated ? 'NotAction' : 'Action',
    matched,
    expected: values.map(({ value }) => value),
    hits: values.flatMap((value, place) =>
      actionMatches(compileAction({ negated: false, values: [value], span: value.span }), lower) ? [place] : [],
    ),
    presented: [request.action],
    range: rangeOf((element ?? statement.statement).span),
  }
  return matched ? base : { ...base, ...diagnoseAction(base) }
}

function explainResource(asked: AskedStatement): readonly ElementExplanation[] {
  const { statement, request } = asked
  const element = statement.statement.resource
  // A trust policy has no Resource and is not asked about one.
  if (element === undefined && statement.statement.principal !== undefined) return []
  const matched = statement.resource.matches(request.resource, request.context)
  const base: ElementExplanation = {
    element: element?.negated ? 'NotResource' : 'Resource',
    matched,
    expected: element?.values.map(({ value }) => value) ?? [],
    ...resolvedResource(asked, element),
    hits: statement.resource.patterns.flatMap((pattern, place) =>
      pattern.matches(request.resource, request.context) ? [place] : [],
    ),
    presented: [request.resource],
    range: rangeOf((element ?? statement.statement).span),
  }
  return [matched ? base : { ...base, ...diagnoseResource(base) }]
}

function resolvedResource(
  { policy, request }: AskedStatement,
  element: MatchElement | undefined,
): Pick<ElementExplanation, 'resolved'> {
  const templates = (element?.values ?? []).map(({ value }) =>
    parseTemplate(value, { variables: policy.hasVariables, wildcards: true }),
  )
  return resolvedOf(templates, request)
}

/** A value that variables make longer is not shown. ARNs and values of keys are shorter. */
const RESOLVED_CHARACTERS_MAX = 8_192
const TOO_LONG = '…'

function resolvedOf(templates: readonly Template[], { context }: AccessRequest): Pick<ElementExplanation, 'resolved'> {
  if (templates.every(({ keys }) => keys.length === 0)) return {}
  return {
    resolved: templates.map((template) =>
      hasValues(template, context) ? (resolveText(template, context, RESOLVED_CHARACTERS_MAX) ?? TOO_LONG) : null,
    ),
  }
}

function explainConditions(asked: AskedStatement): readonly ElementExplanation[] {
  const { statement, policy, request } = asked
  const inOrderOfText = statement.conditions.toSorted((a, b) => a.block.span.start.offset - b.block.span.start.offset)
  return inOrderOfText.map((condition) => {
    const { block, key } = condition
    const name = readOperatorName(block.operator.value)
    const variables = policy.hasVariables && name?.kind === 'value' && name.operator.variables
    const wildcards = name?.kind === 'value' && name.operator.wildcards
    const presented = request.context.get(key)
    const base: ElementExplanation = {
      element: 'Condition',
      matched: condition.holds(request.context),
      operator: block.operator.value,
      key: block.key.value,
      expected: block.values.map(({ value }) => value),
      ...resolvedOf(
        block.values.map(({ value }) => parseTemplate(value, { variables, wildcards })),
        request,
      ),
      presented: typeof presented === 'string' ? [presented] : [...(presented ?? [])],
      range: rangeOf({ start: block.key.span.start, end: block.span.end }),
    }
    return base.matched ? base : { ...base, ...diagnoseCondition(base, asked, condition) }
  })
}
