import type { ConditionBlock } from '../document/document.ts'
import { OPEN_QUESTIONS } from '../open-questions.ts'
import type { ContextValue, RequestContext } from '../request.ts'
import {
  type ConditionOperator,
  isBoolean,
  type Quantifier,
  readOperatorName,
  type ValueMatcher,
} from './condition-operator.ts'
import { isConstant, parseTemplate, resolveTokens, type Template } from './variable.ts'

/** One operator with one key, ready to be asked. */
export interface CompiledCondition {
  readonly block: ConditionBlock
  /** In lower case. */
  readonly key: string
  /** Every context key that it reads, its own and those of its variables, in lower case. */
  readonly contextKeys: readonly string[]
  readonly cost: number
  readonly holds: (context: RequestContext) => boolean
}

export interface ConditionOptions {
  /** Version 2012-10-17: variables are replaced. */
  readonly variables: boolean
  /** What an answer that nobody can give counts as: true in a Deny, false in an Allow. */
  readonly undecided: boolean
}

/** Reading a variable means making the matcher anew for every request. */
const VARIABLE_COST = 4

/**
 * Compiles one operator with one key. An operator that does not exist, or a value with a malformed variable, cannot be evaluated: the
 * condition then is `undecided`, always. So is a negation of nothing, because each of its values is of another type than the operator's
 * (`NotIpAddress: "10.0.0.0/33"`) or there is none: it would hold for everybody. Without the negation, such a value matches nobody, as in AWS.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
 */
export function compileCondition(block: ConditionBlock, options: ConditionOptions): CompiledCondition {
  const key = block.key.value.toLowerCase()
  const name = readOperatorName(block.operator.value)
  const condition = (
    cost: number,
    holds: CompiledCondition['holds'],
    keys: readonly string[] = [],
  ): CompiledCondition => ({
    block,
    key,
    contextKeys: [key, ...keys],
    cost,
    holds,
  })
  if (name === undefined) return condition(0, () => options.undecided)
  if (name.kind === 'null') return condition(0, compileNull(key, block) ?? (() => options.undecided))
  const { operator } = name
  const templates = block.values.map(({ value }) =>
    parseTemplate(value, { variables: options.variables && operator.variables, wildcards: operator.wildcards }),
  )
  const negatesNothing = operator.negated && !templates.some((template) => canRead(operator, template))
  if (negatesNothing || templates.some((template) => template.malformed)) return condition(0, () => options.undecided)
  const keys = templates.flatMap((template) => template.keys)
  const test = compileTest(operator, templates, options.undecided)
  const onMissing =
    name.ifExists || (name.quantifier === undefined ? operator.negated : name.quantifier === 'ForAllValues')
  return condition(
    operator.cost + (keys.length > 0 ? VARIABLE_COST : 0),
    quantify(key, name.quantifier, { test, onMissing, negated: operator.negated }),
    keys,
  )
}

/** May this value of the request pass? Negation is inside. */
type ValueTest = (value: string, context: RequestContext) => boolean

/** Is the policy's value of the operator's type? What a variable will bring in is not known yet. */
function canRead(operator: ConditionOperator, template: Template): boolean {
  return operator.canRead === undefined || !isConstant(template) || operator.canRead(template.parts.join(''))
}

/** @returns undefined where a value is neither true nor false, or there is none */
function compileNull(key: string, block: ConditionBlock): CompiledCondition['holds'] | undefined {
  const wanted = block.values.map(({ value }) => value.toLowerCase())
  if (wanted.length === 0 || !wanted.every(isBoolean)) return undefined
  const whenAbsent = wanted.includes('true')
  const whenPresent = wanted.includes('false')
  return (context) => (isMissing(context.get(key)) ? whenAbsent : whenPresent)
}

function compileTest(operator: ConditionOperator, templates: readonly Template[], undecided: boolean): ValueTest {
  const matchesAny = compileAny(operator, templates)
  const { canJudge } = operator
  if (!operator.negated) return matchesAny
  if (!canJudge) return (value, context) => !matchesAny(value, context)
  return (value, context) => (canJudge(value) ? !matchesAny(value, context) : undecided)
}

/** Does the value match any of the policy's? Values without variables are prepared once. */
function compileAny(operator: ConditionOperator, templates: readonly Template[]): ValueTest {
  const constants: ValueMatcher[] = []
  const variable: Template[] = []
  for (const template of templates) {
    if (!isConstant(template)) variable.push(template)
    else constants.push(operator.prepareTokens?.(template.parts) ?? operator.prepare(template.parts.join('')))
  }
  const matchesConstant = anyOf(constants)
  if (variable.length === 0) return matchesConstant
  return (value, context) =>
    matchesConstant(value) || variable.some((template) => matchesVariable(operator, template, value, context))
}

function anyOf(matchers: readonly ValueMatcher[]): ValueMatcher {
  const [only] = matchers
  if (matchers.length === 1 && only) return only
  return (value) => {
    for (const matches of matchers) if (matches(value)) return true
    return false
  }
}

/** Ignoring case can change the length of a text: of one letter in Unicode, up to three times. */
const CASE_GROWTH_MAX = 3

/** A variable without a value matches nothing, so the positive operator fails and the negated one holds. */
function matchesVariable(
  operator: ConditionOperator,
  template: Template,
  value: string,
  context: RequestContext,
): boolean {
  const tokens = resolveTokens(template, context, value.length * CASE_GROWTH_MAX)
  if (tokens === undefined) return false
  // Without wildcards, every token is a text.
  return (operator.prepareTokens?.(tokens) ?? operator.prepare(tokens.join('')))(value)
}

interface Quantified {
  readonly test: ValueTest
  readonly onMissing: boolean
  readonly negated: boolean
}

function quantify(key: string, quantifier: Quantifier | undefined, asked: Quantified): CompiledCondition['holds'] {
  const { test, onMissing } = asked
  switch (quantifier) {
    case 'ForAllValues':
      return (context) => {
        const values = setOf(context.get(key))
        return values === undefined ? onMissing : values.every((value) => test(value, context))
      }
    case 'ForAnyValue':
      return (context) => {
        const values = setOf(context.get(key))
        return values === undefined ? onMissing : values.some((value) => test(value, context))
      }
    case undefined:
      return unquantified(key, asked)
  }
}

/** An operator without a set operator. On a list it holds for any value, and its negation for none of them: they stay opposites. */
function unquantified(key: string, { test, onMissing, negated }: Quantified): CompiledCondition['holds'] {
  return (context) => {
    const given = context.get(key)
    if (typeof given === 'string') return test(given, context)
    if (given === undefined || given.length === 0) return onMissing
    if (given.length > 1 && OPEN_QUESTIONS.plainOperatorOnList.answer === 'no value') return negated
    return negated ? given.every((value) => test(value, context)) : given.some((value) => test(value, context))
  }
}

function isMissing(given: ContextValue | undefined): boolean {
  return given === undefined || (typeof given !== 'string' && given.length === 0)
}

/** The values that a set operator goes through; undefined where the key is absent or has a null data set. */
function setOf(given: ContextValue | undefined): readonly string[] | undefined {
  if (given === undefined) return undefined
  const values = typeof given === 'string' ? [given] : given
  const isNull =
    OPEN_QUESTIONS.emptyStringIsNull.answer === 'for set operators'
      ? values.every((value) => value === '')
      : values.length === 0
  return isNull ? undefined : values
}
