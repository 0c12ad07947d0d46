import type { ConditionBlock } from '../document/document.ts'
import { readOperatorName } from '../match/condition-operator.ts'
import { parseTemplate } from '../match/variable.ts'

/** A condition with how its policy reads it. */
export interface ReadCondition {
  readonly block: ConditionBlock
  /** The policy's version has variables. */
  readonly hasVariables: boolean
}

/** Can the condition be evaluated? If not, an Allow with it never applies and a Deny with it always does. */
export function isEvaluable({ block, hasVariables }: ReadCondition): boolean {
  const name = readOperatorName(block.operator.value)
  if (name === undefined) return false
  if (name.kind === 'null') return true
  const { operator } = name
  return block.values.every(
    ({ value }) =>
      !parseTemplate(value, { variables: hasVariables && operator.variables, wildcards: operator.wildcards }).malformed,
  )
}

/** Do the given conditions together surely imply each of the wanted ones? */
export function conditionsImply(given: readonly ReadCondition[], wanted: readonly ReadCondition[]): boolean {
  return wanted.every((condition) => given.some((one) => implies(one, condition)))
}

/**
 * The same operator with the same key, and values that leave less: fewer for an operator that wants one of them, more for one that
 * wants none of them. What else may imply a condition is not looked for.
 */
function implies(given: ReadCondition, wanted: ReadCondition): boolean {
  const operator = wanted.block.operator.value
  if (given.block.operator.value !== operator) return false
  if (given.block.key.value.toLowerCase() !== wanted.block.key.value.toLowerCase()) return false
  const name = readOperatorName(operator)
  const isNegated = name?.kind === 'value' && name.operator.negated
  return isNegated ? includesAll(given, wanted) : includesAll(wanted, given)
}

function includesAll(more: ReadCondition, fewer: ReadCondition): boolean {
  const known = new Set(more.block.values.map(({ value }) => value))
  return fewer.block.values.every(
    ({ value }) => known.has(value) && (more.hasVariables === fewer.hasVariables || !value.includes('${')),
  )
}
