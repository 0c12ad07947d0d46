import { STATEMENT_ELEMENTS } from '../../document/document.ts'
import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import { type Element, itemsOf, type PlacedNode, type StatementTree } from '../policy-tree.ts'
import type { LintContext, StatementRule } from '../rule.ts'

const PAIRS = [
  ['Principal', 'NotPrincipal'],
  ['Action', 'NotAction'],
  ['Resource', 'NotResource'],
] as const

export const STATEMENT_RULES: readonly StatementRule[] = [
  knownElements,
  pairs,
  effect,
  sid,
  action,
  resource,
  principal,
  emptyLists,
  dataTypes,
]

function* knownElements({ elements }: StatementTree): Iterable<Finding> {
  for (const { name, key } of elements) {
    if (!STATEMENT_ELEMENTS.includes(name)) yield finding('INVALID_POLICY_ELEMENT', { element: name }, key)
  }
}

function* pairs(statement: StatementTree): Iterable<Finding> {
  for (const [element1, element2] of PAIRS) {
    const [one, other] = [elementOf(statement, element1), elementOf(statement, element2)]
    if (one && other) yield finding('UNSUPPORTED_ELEMENT_COMBINATION', { element1, element2 }, one.key, other.key)
  }
}

function* effect(statement: StatementTree): Iterable<Finding> {
  const value = elementOf(statement, 'Effect')?.value
  if (!value) yield finding('MISSING_EFFECT', {}, statement.place)
  else if (value.node.kind !== 'string') yield finding('DATA_TYPE_MISMATCH', { dataType: 'String' }, value)
  else if (statement.effect === undefined) yield finding('INVALID_EFFECT', { effect: value.node.value }, value)
}

function* sid(statement: StatementTree, { type }: LintContext): Iterable<Finding> {
  const value = elementOf(statement, 'Sid')?.value
  if (!value) return
  if (value.node.kind !== 'string') yield finding('DATA_TYPE_MISMATCH', { dataType: 'String' }, value)
  else if (value.node.value === '') yield finding('EMPTY_SID_VALUE', {}, value)
  // Other services than IAM and Organizations take other characters too.
  else if (type !== 'resource' && !/^[A-Za-z0-9]+$/.test(value.node.value)) yield finding('UNSUPPORTED_SID', {}, value)
}

function* action({ action: values, place }: StatementTree): Iterable<Finding> {
  if (!values) yield finding('MISSING_ACTION', {}, place)
}

function* resource({ resource: values, place }: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (type === 'trust') {
    if (values) yield finding('ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE', {}, values.element.key)
  } else if (!values) yield finding('MISSING_RESOURCE', {}, place)
}

function* principal({ principal: named, place }: StatementTree, { type }: LintContext): Iterable<Finding> {
  switch (type) {
    case 'identity':
    case 'session':
      if (named) yield finding('UNSUPPORTED_PRINCIPAL', { policyType: 'IDENTITY_POLICY' }, named.element.key)
      return
    case 'scp':
      if (named) yield finding('SCP_SYNTAX_ERROR_PRINCIPAL', {}, named.element.key)
      return
    default:
      if (!named) yield finding('MISSING_PRINCIPAL', {}, place)
  }
}

function* emptyLists({ action: actions, resource: resources }: StatementTree): Iterable<Finding> {
  if (actions && isEmptyList(actions.element)) yield finding('EMPTY_ARRAY_ACTION', {}, actions.element.value)
  if (resources && isEmptyList(resources.element)) yield finding('EMPTY_ARRAY_RESOURCE', {}, resources.element.value)
}

function isEmptyList({ value: { node } }: Element): boolean {
  return node.kind === 'array' && node.elements.length === 0
}

/** Actions and resources are texts; conditions are objects of objects of plain values. */
function* dataTypes(statement: StatementTree): Iterable<Finding> {
  for (const { name, value } of statement.elements) {
    if (/^(?:Not)?(?:Action|Resource)$/.test(name)) {
      yield* mismatches(value, (node) => node.kind === 'string', 'String')
    }
    if (name === 'Condition') yield* conditionTypes(value)
  }
}

function* conditionTypes(value: PlacedNode): Iterable<Finding> {
  if (value.node.kind !== 'object') {
    yield finding('DATA_TYPE_MISMATCH', { dataType: 'Object' }, value)
    return
  }
  for (const { key: operator, value: keys } of value.node.members) {
    const path = [...value.path, { value: operator.value }]
    if (keys.kind !== 'object') {
      yield finding('DATA_TYPE_MISMATCH', { dataType: 'Object' }, { path, span: keys.span })
      continue
    }
    for (const { key, value: node } of keys.members) {
      const placed = { node, span: node.span, path: [...path, { value: key.value }] }
      yield* mismatches(placed, ({ kind }) => kind === 'string' || kind === 'number' || kind === 'boolean', 'String')
    }
  }
}

function* mismatches(
  value: PlacedNode,
  isRight: (node: PlacedNode['node']) => boolean,
  dataType: string,
): Iterable<Finding> {
  for (const item of itemsOf(value)) if (!isRight(item.node)) yield finding('DATA_TYPE_MISMATCH', { dataType }, item)
}

function elementOf({ elements }: StatementTree, wanted: string): Element | undefined {
  return elements.find(({ name }) => name === wanted)
}
