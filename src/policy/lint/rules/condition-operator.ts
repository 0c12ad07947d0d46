import { parseDecimal } from '../../match/condition-operator.ts'
import { parseDate } from '../../match/date.ts'
import { parseIpRange } from '../../match/ip-address.ts'
import type { Finding } from '../finding.ts'
import { finding, type IssueName } from '../issue.ts'
import type { ConditionTree, ConditionValue, StatementTree } from '../policy-tree.ts'
import type { StatementRule } from '../rule.ts'

export const CONDITION_OPERATOR_RULES: readonly StatementRule[] = [
  emptyBlocks,
  operators,
  keysInOtherCase,
  emptyValues,
  valueTypes,
  values,
  numbers,
]

function* emptyBlocks({ elements }: StatementTree): Iterable<Finding> {
  const value = elements.find(({ name }) => name === 'Condition')?.value
  if (value?.node.kind !== 'object') return
  if (value.node.members.length === 0) yield finding('EMPTY_OBJECT_CONDITION', {}, value)
  for (const { key, value: keys } of value.node.members) {
    if (keys.kind !== 'object' || keys.members.length > 0) continue
    yield finding('EMPTY_OBJECT_CONDITION', {}, { path: [...value.path, { value: key.value }], span: keys.span })
  }
}

/** An operator with several keys is one finding. */
function* operators({ conditions }: StatementTree): Iterable<Finding> {
  const seen = new Set<number>()
  for (const { operator, operatorName } of conditions) {
    if (seen.has(operator.span.start.offset)) continue
    seen.add(operator.span.start.offset)
    const { text } = operator
    const unqualified = text.replace(/^For(?:All|Any)Values?:/, '')
    if (unqualified === 'NullIfExists') yield finding('NULL_WITH_IF_EXISTS', {}, operator)
    else if (!operatorName) yield finding('INVALID_CONDITION_OPERATOR', { operator: text }, operator)
    else if (operatorName.kind === 'null' && text !== 'Null') yield finding('NULL_WITH_QUALIFIER', {}, operator)
  }
}

function* keysInOtherCase({ conditions }: StatementTree): Iterable<Finding> {
  const byName = new Map<string, ConditionTree[]>()
  for (const condition of conditions) {
    const name = `${condition.operator.span.start.offset} ${condition.keyLower}`
    const known = byName.get(name)
    if (known) known.push(condition)
    else byName.set(name, [condition])
  }
  for (const same of byName.values()) {
    const spellings = new Set(same.map(({ key }) => key.text))
    if (spellings.size < 2) continue
    const [first] = same
    yield finding('DUPLICATE_KEYS_WITH_DIFFERENT_CASE', { key: first?.key.text ?? '' }, ...same.map(({ key }) => key))
  }
}

function* emptyValues({ conditions }: StatementTree): Iterable<Finding> {
  for (const { key, operator, operatorName, value } of conditions) {
    if (value.node.kind !== 'array' || value.node.elements.length > 0) continue
    yield finding(emptyIssue(operator.text, operatorName), { key: key.text }, value)
  }
}

function emptyIssue(
  operator: string,
  name: ConditionTree['operatorName'],
): Extract<IssueName, `EMPTY_ARRAY_CONDITION${string}`> {
  if (operator.startsWith('ForAllValues:')) return 'EMPTY_ARRAY_CONDITION_FORALLVALUES'
  if (operator.startsWith('ForAnyValue:')) return 'EMPTY_ARRAY_CONDITION_FORANYVALUE'
  return name?.kind === 'value' && name.ifExists ? 'EMPTY_ARRAY_CONDITION_IFEXISTS' : 'EMPTY_ARRAY_CONDITION'
}

function* valueTypes({ conditions }: StatementTree): Iterable<Finding> {
  for (const { value, values: given } of conditions) {
    const kinds = new Set(given.map(({ kind }) => kind))
    if (kinds.size > 1) yield finding('INVALID_CONDITION_DATA_TYPE', {}, value)
  }
}

type Family = 'String' | 'Numeric' | 'Date' | 'Bool' | 'Binary' | 'Ip' | 'Arn' | 'Null'

/** `StringNotEqualsIfExists` → `String`; undefined for an operator that does not exist. */
export function familyOf({ operatorName }: ConditionTree): Family | undefined {
  if (!operatorName) return undefined
  if (operatorName.kind === 'null') return 'Null'
  const { name } = operatorName
  if (name.endsWith('IpAddress')) return 'Ip'
  return (['String', 'Numeric', 'Date', 'Bool', 'Binary', 'Arn'] as const).find((family) => name.startsWith(family))
}

function* values({ conditions }: StatementTree): Iterable<Finding> {
  for (const condition of conditions) {
    const family = familyOf(condition)
    if ((family === 'Bool' || family === 'Null') && condition.values.length > 1) {
      yield finding('INVALID_CONDITION_MULTIPLE_BOOLEAN', {}, condition.value)
    }
    for (const value of condition.values) if (!value.text.includes('${')) yield* valueFindings(family, condition, value)
  }
}

/** Text that is not written as W3C writes dates: seconds since 1970, which four digits alone look like too. */
const EPOCH_SECONDS = /^-?\d+(?:\.\d+)?$/

function* valueFindings(
  family: Family | undefined,
  condition: ConditionTree,
  value: ConditionValue,
): Iterable<Finding> {
  const { text } = value
  const operator = condition.operator.text
  switch (family) {
    case 'Bool':
    case 'Null':
      if (!/^(?:true|false)$/i.test(text)) yield finding('TYPE_MISMATCH_BOOLEAN', { operator }, value)
      return
    case 'Numeric':
      if (parseDecimal(text) === undefined) yield finding('TYPE_MISMATCH_NUMBER', { operator }, value)
      return
    case 'Date':
      if (parseDate(text) === undefined) yield finding('TYPE_MISMATCH_DATE', {}, value)
      // aws:EpochTime is asked for in seconds.
      else if (EPOCH_SECONDS.test(text) && condition.keyLower !== 'aws:epochtime') {
        yield finding('INVALID_DATE_VALUE', { date: text }, value)
      }
      return
    case 'Binary':
      if (!isBase64(text)) yield finding('TYPE_MISMATCH_STRING', { operator }, value)
      return
    case 'Ip':
      if (!parseIpRange(text)) yield finding('TYPE_MISMATCH_IP_RANGE', { operator }, value)
      return
    case 'String':
      if (!/Like/.test(operator) && /[*?]/.test(text)) yield finding('WILDCARD_WITHOUT_LIKE_OPERATOR', {}, value)
  }
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

/** Of several bounds only the widest counts. */
function* numbers({ conditions }: StatementTree): Iterable<Finding> {
  for (const condition of conditions) {
    const { operatorName, values: given, key, operator, value } = condition
    if (operatorName?.kind !== 'value' || given.length < 2) continue
    const bound = /^Numeric(Less|Greater)Than/.exec(operatorName.name)?.[1]
    if (bound === undefined) continue
    const extreme = bound === 'Less' ? 'greatest' : 'least'
    yield finding('REDUNDANT_CONDITION_VALUE_NUM', { operator: operator.text, extreme, key: key.text }, value)
  }
}
