import {
  type MatchElement,
  type PolicyDocument,
  type PrincipalElement,
  type Statement,
  VERSION_WITH_VARIABLES,
} from '../document/document.ts'
import { parseTemplate } from '../match/variable.ts'
import { conditionsImply, isEvaluable, type ReadCondition } from './condition-set.ts'
import { hasWildcard, patternCovers, patternsMayMeet } from './pattern.ts'
import { isReadable, principalCovers } from './principal-set.ts'
import { type ResourceValue, resourceCovers, resourcesMayMeet } from './resource-set.ts'

/**
 * A statement as the set of requests that it matches: the product of its actions, resources, principals and conditions.
 * Two of them are compared from one side only: "surely" is proved, "may" is everything that is not disproved.
 */
export interface StatementSet {
  readonly statement: Statement
  /** Place in the policy's list of statements. */
  readonly index: number
  /** `undefined`: the element is absent or has no values, which the policy language does not allow. */
  readonly action: ValueSet<string> | undefined
  /** `'any'`: a statement of a trust policy has no resource. */
  readonly resource: ValueSet<ResourceValue> | 'any' | undefined
  readonly principal: PrincipalElement | undefined
  readonly conditions: readonly ReadCondition[]
  /** Every part can be evaluated. If not, an Allow never applies and a Deny applies to more than is written. */
  readonly isEvaluable: boolean
}

/** The values of a list, or everything but them. */
export interface ValueSet<Value> {
  readonly negated: boolean
  readonly values: readonly Value[]
}

export interface PolicySet {
  readonly allows: readonly StatementSet[]
  readonly denies: readonly StatementSet[]
}

export function policySet(document: PolicyDocument): PolicySet {
  const hasVariables = document.version?.value === VERSION_WITH_VARIABLES
  const sets = document.statements.map((statement, index) => statementSet(statement, index, hasVariables))
  return {
    allows: sets.filter(({ statement }) => statement.effect?.value === 'Allow'),
    denies: sets.filter(({ statement }) => statement.effect?.value !== 'Allow'),
  }
}

function statementSet(statement: Statement, index: number, hasVariables: boolean): StatementSet {
  const conditions = statement.condition.map((block) => ({ block, hasVariables }))
  const action = valueSet(statement.action, (text) => text.toLowerCase())
  const resource =
    statement.resource === undefined && statement.principal !== undefined
      ? 'any'
      : valueSet(statement.resource, (text) => ({ text, hasVariables }))
  const isMalformed = ({ text }: ResourceValue): boolean =>
    parseTemplate(text, { variables: hasVariables, wildcards: true }).malformed
  return {
    statement,
    index,
    action,
    resource,
    principal: statement.principal,
    conditions,
    isEvaluable:
      action !== undefined &&
      resource !== undefined &&
      (resource === 'any' || !resource.values.some(isMalformed)) &&
      isReadable(statement.principal) &&
      conditions.every(isEvaluable),
  }
}

function valueSet<Value>(
  element: MatchElement | undefined,
  read: (text: string) => Value,
): ValueSet<Value> | undefined {
  if (!element || element.values.length === 0) return undefined
  return { negated: element.negated, values: element.values.map(({ value }) => read(value)) }
}

/** Does the outer statement surely match every request that the inner one matches? The inner one is an Allow, or evaluable. */
export function statementCovers(outer: StatementSet, inner: StatementSet): boolean {
  const effect = outer.statement.effect?.value === 'Allow' ? 'Allow' : 'Deny'
  // A Deny that nobody can evaluate denies, but of whom and what is the engine's to say, not a proof's.
  if (!outer.isEvaluable) return false
  return (
    setCovers(outer.action, inner.action, patternCovers, patternsMayMeet, '*') &&
    resourceSetCovers(outer, inner) &&
    principalCovers(outer.principal, inner.principal, effect) &&
    conditionsImply(inner.conditions, outer.conditions)
  )
}

function resourceSetCovers(outer: StatementSet, inner: StatementSet): boolean {
  if (outer.resource === 'any') return true
  if (outer.resource === undefined) return false
  if (inner.resource === 'any') return !outer.resource.negated && outer.resource.values.some(({ text }) => text === '*')
  const { resource } = outer
  const everything = resource.values.find(({ text }) => text === '*')
  return setCovers(resource, inner.resource, resourceCovers, resourcesMayMeet, everything)
}

function setCovers<Value>(
  outer: ValueSet<Value> | undefined,
  inner: ValueSet<Value> | undefined,
  covers: (outer: Value, inner: Value) => boolean,
  mayMeet: (one: Value, other: Value) => boolean,
  everything: Value | undefined,
): boolean {
  if (outer === undefined) return false
  // What has no values matches nothing (of an Allow: compile.ts).
  if (inner === undefined) return true
  if (!outer.negated && everything !== undefined && outer.values.includes(everything)) return true
  if (outer.negated && inner.negated)
    return outer.values.every((excepted) => inner.values.some((one) => covers(one, excepted)))
  if (outer.negated) return inner.values.every((value) => !outer.values.some((excepted) => mayMeet(excepted, value)))
  return !inner.negated && inner.values.every((value) => outer.values.some((one) => covers(one, value)))
}

/** Can both statements match one request? False is proved by their actions or by their resources. */
export function statementsMayMeet(one: StatementSet, other: StatementSet): boolean {
  return (
    setsMayMeet(one.action, other.action, patternCovers, patternsMayMeet) &&
    (one.resource === 'any' ||
      other.resource === 'any' ||
      setsMayMeet(one.resource, other.resource, resourceCovers, resourcesMayMeet))
  )
}

function setsMayMeet<Value>(
  one: ValueSet<Value> | undefined,
  other: ValueSet<Value> | undefined,
  covers: (outer: Value, inner: Value) => boolean,
  mayMeet: (one: Value, other: Value) => boolean,
): boolean {
  if (one === undefined || other === undefined || (one.negated && other.negated)) return true
  if (one.negated) return setsMayMeet(other, one, covers, mayMeet)
  if (other.negated) return !one.values.every((value) => other.values.some((excepted) => covers(excepted, value)))
  return one.values.some((value) => other.values.some((another) => mayMeet(value, another)))
}

/** What a comparison of the two may cost: values that are held against each other, long ones and wildcards counting as several. */
export function comparisonsOf(one: StatementSet, other: StatementSet): number {
  const sizes = ({ principal, conditions }: StatementSet): readonly [principals: number, values: number] => [
    principal?.entries.length ?? 0,
    conditions.reduce((sum, { block }) => sum + block.values.length + 1, 0),
  ]
  const [[principals, values], [otherPrincipals, otherValues]] = [sizes(one), sizes(other)]
  return (
    1 +
    patternComparisons(one.action?.values, other.action?.values) +
    patternComparisons(resourcesOf(one), resourcesOf(other)) +
    principals * otherPrincipals +
    values * otherValues
  )
}

function resourcesOf({ resource }: StatementSet): readonly ResourceValue[] | undefined {
  return resource === 'any' ? undefined : resource?.values
}

/** Characters that are read in the time of one comparison of short texts, and pairs of characters of two patterns with wildcards. */
const CHARACTERS_A_COMPARISON = 64
const CELLS_A_COMPARISON = 64

type Patterns = readonly (string | ResourceValue)[]

/** One value with another costs their lengths; where both have wildcards, the product of the lengths (pattern.ts). */
function patternComparisons(ones: Patterns = [], others: Patterns = []): number {
  const [one, other] = [measure(ones), measure(others)]
  return (
    ones.length * others.length +
    Math.floor((one.characters * others.length + other.characters * ones.length) / CHARACTERS_A_COMPARISON) +
    Math.floor((one.wildCharacters * other.wildCharacters) / CELLS_A_COMPARISON)
  )
}

interface Measure {
  readonly characters: number
  /** Of the values that have wildcards. */
  readonly wildCharacters: number
}

/** Lists are compared with many others. */
const measures = new WeakMap<Patterns, Measure>()

function measure(patterns: Patterns): Measure {
  const known = measures.get(patterns)
  if (known) return known
  let [characters, wildCharacters] = [0, 0]
  for (const pattern of patterns) {
    const text = typeof pattern === 'string' ? pattern : pattern.text
    characters += text.length
    // `*` alone covers and meets everything without being read.
    if (text !== '*' && hasWildcard(text)) wildCharacters += text.length
  }
  const measured = { characters, wildCharacters }
  measures.set(patterns, measured)
  return measured
}

/** The statement cut into one action, one resource and one principal each, as far as its elements are lists. */
export function* partsOf(set: StatementSet): Iterable<StatementSet> {
  for (const action of singles(set.action)) {
    for (const resource of set.resource === 'any' ? ['any' as const] : singles(set.resource)) {
      for (const principal of singlePrincipals(set.principal)) yield { ...set, action, resource, principal }
    }
  }
}

function singles<Value>(values: ValueSet<Value> | undefined): readonly (ValueSet<Value> | undefined)[] {
  if (!values || values.negated) return [values]
  return values.values.map((value) => ({ negated: false, values: [value] }))
}

function singlePrincipals(principal: PrincipalElement | undefined): readonly (PrincipalElement | undefined)[] {
  if (!principal || principal.negated || principal.isText || principal.entries.length < 2) return [principal]
  return principal.entries.map((entry) => ({ ...principal, entries: [entry] }))
}
