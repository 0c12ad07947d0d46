import { checkNoNewAccess } from '../../policy/analysis/access-check.ts'
import type { ConditionBlock, Effect, PolicyDocument, Statement } from '../../policy/document/document.ts'

/** What one policy may allow and the other does not, as far as that follows from the texts. */
export interface AccessDifference {
  /** Statement of the policy that allows: place in its list, and Sid. */
  readonly index: number
  readonly sid?: string
  readonly line: number
  readonly actions: readonly string[]
  /** The actions are those that are not allowed; so for resources and principals. */
  readonly isNotAction: boolean
  readonly resources: readonly string[]
  readonly isNotResource: boolean
  readonly principals: readonly string[]
  readonly isNotPrincipal: boolean
  readonly conditions: readonly DifferenceCondition[]
  /** Lines of the other policy's Deny statements without which nothing would differ here. */
  readonly deniedByLines: readonly number[]
}

export interface DifferenceCondition {
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

/** Parts of a statement that are looked at one by one; own limit. What has more is told as a whole. */
const PARTS_MAX = 400

/**
 * What the one policy may allow and the other does not. Nothing is left out: where it is empty, the other one allows all of it. But not all of it need
 * be a difference, because what several statements allow only together is not recognized.
 */
export function accessBeyond(one: PolicyDocument, other: PolicyDocument): readonly AccessDifference[] {
  const denies = one.statements.filter((statement) => effectOf(statement) === 'Deny')
  const isBeyond = (part: Statement, than: PolicyDocument): boolean =>
    !checkNoNewAccess({ ...one, statements: [part, ...denies] }, than).passes
  return checkNoNewAccess(one, other).statements.flatMap((index) => {
    const statement = one.statements[index]
    if (!statement) return []
    const parts = partsOf(statement)
    const beyond = parts.filter((part) => isBeyond(part, other))
    return joined(beyond, parts, statement).map((part) =>
      differenceOf(
        part,
        index,
        deniesInTheWay(other, (than) => isBeyond(part, than)),
      ),
    )
  })
}

/**
 * What the one policy may deny and the other does not: that goes for what other policies allow, too. Empty where the other one denies all of it.
 */
export function denialsBeyond(one: PolicyDocument, other: PolicyDocument): readonly AccessDifference[] {
  const places = one.statements.flatMap((statement, place) => (effectOf(statement) === 'Deny' ? [place] : []))
  return accessBeyond(denialsOf(one), denialsOf(other)).map((difference) => ({
    ...difference,
    index: places[difference.index] ?? 0,
  }))
}

/** What a policy denies, as if it allowed it: the same comparison tells whether one set of requests lies in another. */
function denialsOf(document: PolicyDocument): PolicyDocument {
  const denies = document.statements.filter((statement) => effectOf(statement) === 'Deny')
  return {
    ...document,
    statements: denies.map((statement) => ({ ...statement, effect: { value: 'Allow', span: statement.span } })),
  }
}

function effectOf({ effect }: Statement): Effect {
  return effect?.value === 'Allow' ? 'Allow' : 'Deny'
}

/** The other policy's Deny statements that make the difference: without any of them there is none. */
function deniesInTheWay(other: PolicyDocument, isBeyond: (than: PolicyDocument) => boolean): readonly number[] {
  const allows = other.statements.filter((statement) => effectOf(statement) === 'Allow')
  if (isBeyond({ ...other, statements: allows })) return []
  return other.statements
    .filter((statement) => effectOf(statement) === 'Deny' && isBeyond({ ...other, statements: [...allows, statement] }))
    .map(({ span }) => span.start.line)
}

/** The statement cut into single actions, resources and principals. */
function partsOf(statement: Statement): readonly Statement[] {
  const { action, resource, principal } = statement
  const actions = action && !action.negated ? action.values.map((value) => ({ ...action, values: [value] })) : [action]
  const resources =
    resource && !resource.negated ? resource.values.map((value) => ({ ...resource, values: [value] })) : [resource]
  const principals =
    principal && !principal.negated && principal.entries.length > 0
      ? principal.entries.map((entry) => ({ ...principal, entries: [entry] }))
      : [principal]
  if (actions.length * resources.length * principals.length > PARTS_MAX) return [statement]
  return actions.flatMap((oneAction) =>
    resources.flatMap((oneResource) =>
      principals.map((onePrincipal) => ({
        ...statement,
        action: oneAction,
        resource: oneResource,
        principal: onePrincipal,
      })),
    ),
  )
}

/** Parts that differ in their action only are one again, and all parts together are the statement. */
function joined(beyond: readonly Statement[], all: readonly Statement[], whole: Statement): readonly Statement[] {
  if (beyond.length === all.length) return [whole]
  const byRest = new Map<string, Statement>()
  for (const part of beyond) {
    const rest = JSON.stringify([textsOf(part.resource), principalsOf(part)])
    const before = byRest.get(rest)
    const values = [...(before?.action?.values ?? []), ...(part.action?.values ?? [])]
    byRest.set(rest, part.action ? { ...part, action: { ...part.action, values } } : part)
  }
  return [...byRest.values()]
}

function differenceOf(part: Statement, index: number, deniedByLines: readonly number[]): AccessDifference {
  return {
    index,
    sid: part.sid?.value,
    line: part.span.start.line,
    actions: textsOf(part.action),
    isNotAction: part.action?.negated ?? false,
    resources: textsOf(part.resource),
    isNotResource: part.resource?.negated ?? false,
    principals: principalsOf(part),
    isNotPrincipal: part.principal?.negated ?? false,
    conditions: part.condition.map(conditionOf),
    deniedByLines,
  }
}

function textsOf(element: Statement['action']): readonly string[] {
  return element?.values.map(({ value }) => value) ?? []
}

function principalsOf({ principal }: Statement): readonly string[] {
  if (principal === undefined) return []
  return principal.isText ? ['*'] : principal.entries.map(({ type, value }) => `${type}: ${value}`)
}

function conditionOf({ operator, key, values }: ConditionBlock): DifferenceCondition {
  return { operator: operator.value, key: key.value, values: values.map(({ value }) => value) }
}
