import type { JsonMember, JsonNode, JsonObject, JsonString, Span } from '../document/json.ts'
import { type OperatorName, readOperatorName } from '../match/condition-operator.ts'
import type { PathElement } from './finding.ts'

/** Where something stands: the way to it from the document, and its span. */
export interface Place {
  readonly path: readonly PathElement[]
  readonly span: Span
}

/** A value of the document with its place. */
export interface PlacedNode extends Place {
  readonly node: JsonNode
}

export interface PlacedText extends Place {
  readonly text: string
}

/** A member of an object: its name's place, and its value. */
export interface Element {
  readonly name: string
  readonly key: Place
  readonly value: PlacedNode
}

/** A policy as the lint reads it: whatever is there, right or wrong. */
export interface PolicyTree {
  readonly text: string
  readonly place: Place
  /** In the order of the text; a name that stands twice is there twice. */
  readonly elements: readonly Element[]
  readonly statements: readonly StatementTree[]
}

export interface StatementTree {
  readonly place: Place
  /** In the order of the text. */
  readonly elements: readonly Element[]
  readonly effect: 'Allow' | 'Deny' | undefined
  readonly action: ValuesTree | undefined
  readonly resource: ValuesTree | undefined
  readonly principal: PrincipalTree | undefined
  readonly conditions: readonly ConditionTree[]
}

/** `Action`, `NotAction`, `Resource` or `NotResource`. */
export interface ValuesTree {
  readonly element: Element
  readonly negated: boolean
  readonly values: readonly PlacedText[]
}

export interface PrincipalTree {
  readonly element: Element
  readonly negated: boolean
  /** Written as `"*"`, or as another bare text, which is wrong. */
  readonly bareText: PlacedText | undefined
  /** Members of the object, known to the language or not. */
  readonly members: readonly Element[]
  readonly entries: readonly PrincipalValue[]
}

export interface PrincipalValue extends PlacedText {
  readonly type: string
}

/** One operator with one key. */
export interface ConditionTree {
  readonly operator: PlacedText
  /** `undefined` where there is no such operator. */
  readonly operatorName: OperatorName | undefined
  /** The key's name as written; `keyLower` compares. */
  readonly key: PlacedText
  readonly keyLower: string
  /** What stands at the key. */
  readonly value: PlacedNode
  readonly values: readonly ConditionValue[]
}

export interface ConditionValue extends PlacedText {
  readonly kind: 'string' | 'number' | 'boolean'
}

export function policyTree(text: string, root: JsonObject): PolicyTree {
  const elements = elementsOf(root, [])
  const statement = elements.find(({ name }) => name === 'Statement')
  return {
    text,
    place: { path: [], span: root.span },
    elements,
    statements: statement ? itemsOf(statement.value).flatMap(statementTree) : [],
  }
}

/** The elements of a list, or the one value that stands in its place. */
export function itemsOf(value: PlacedNode): readonly PlacedNode[] {
  if (value.node.kind !== 'array') return [value]
  return value.node.elements.map((node, index) => ({ node, span: node.span, path: [...value.path, { index }] }))
}

/** The texts of a list, or the one text; anything else is left out. */
export function textsOf(value: PlacedNode): readonly PlacedText[] {
  return itemsOf(value).flatMap(({ node, path, span }) =>
    node.kind === 'string' ? [{ text: node.value, path, span }] : [],
  )
}

export function elementsOf(node: JsonNode, path: readonly PathElement[]): readonly Element[] {
  if (node.kind !== 'object') return []
  return node.members.map((member) => elementOf(member, path))
}

function elementOf({ key, value }: JsonMember, path: readonly PathElement[]): Element {
  return {
    name: key.value,
    key: { path: [...path, { key: key.value }], span: key.span },
    value: { node: value, span: value.span, path: [...path, { value: key.value }] },
  }
}

function statementTree({ node, path, span }: PlacedNode): readonly StatementTree[] {
  if (node.kind !== 'object') return []
  const elements = elementsOf(node, path)
  const find = (name: string): Element | undefined => elements.find((element) => element.name === name)
  const effect = find('Effect')?.value.node
  return [
    {
      place: { path, span },
      elements,
      effect:
        effect?.kind === 'string' && (effect.value === 'Allow' || effect.value === 'Deny') ? effect.value : undefined,
      action: valuesTree(find('Action'), find('NotAction')),
      resource: valuesTree(find('Resource'), find('NotResource')),
      principal: principalTree(find('Principal'), find('NotPrincipal')),
      conditions: conditionTrees(find('Condition')),
    },
  ]
}

function valuesTree(plain: Element | undefined, negative: Element | undefined): ValuesTree | undefined {
  const element = plain ?? negative
  return element && { element, negated: plain === undefined, values: textsOf(element.value) }
}

function principalTree(plain: Element | undefined, negative: Element | undefined): PrincipalTree | undefined {
  const element = plain ?? negative
  if (!element) return undefined
  const { node, path, span } = element.value
  const members = elementsOf(node, path)
  return {
    element,
    negated: plain === undefined,
    bareText: node.kind === 'string' ? { text: node.value, path, span } : undefined,
    members,
    entries: members.flatMap(({ name, value }) => textsOf(value).map((text) => ({ type: name, ...text }))),
  }
}

function conditionTrees(element: Element | undefined): readonly ConditionTree[] {
  if (!element) return []
  return elementsOf(element.value.node, element.value.path).flatMap((operator) => {
    const operatorName = readOperatorName(operator.name)
    return elementsOf(operator.value.node, operator.value.path).map((key) => ({
      operator: { text: operator.name, ...operator.key },
      operatorName,
      key: { text: key.name, ...key.key },
      keyLower: key.name.toLowerCase(),
      value: key.value,
      values: itemsOf(key.value).flatMap(conditionValue),
    }))
  })
}

function conditionValue({ node, path, span }: PlacedNode): readonly ConditionValue[] {
  switch (node.kind) {
    case 'string':
      return [{ kind: node.kind, text: node.value, path, span }]
    case 'number':
      return [{ kind: node.kind, text: node.text, path, span }]
    case 'boolean':
      return [{ kind: node.kind, text: String(node.value), path, span }]
    default:
      return []
  }
}

/** @param start from 0, in UTF-16 units */
export type PartOfText = (start: number, length: number) => Place

/** Places parts of a text. Their spans are exact where the text is written without escapes, else that of the whole text. */
export function partsOf(tree: PolicyTree, { text, path, span }: PlacedText): PartOfText {
  const isPlain =
    span.end.offset - span.start.offset === text.length + 2 && tree.text.startsWith(text, span.start.offset + 1)
  const at = (places: number) => ({
    line: span.start.line,
    column: span.start.column + 1 + places,
    offset: span.start.offset + 1 + places,
  })
  return (start, length) => ({
    path: [...path, { substring: { start, length } }],
    span: isPlain ? { start: at(start), end: at(start + length) } : span,
  })
}

/** Names that stand in an object already, wherever in the document. */
export function keysThatRepeat(root: JsonNode): readonly JsonString[] {
  const repeated: JsonString[] = []
  const visit = (node: JsonNode): void => {
    if (node.kind === 'array') for (const element of node.elements) visit(element)
    if (node.kind !== 'object') return
    const seen = new Set<string>()
    for (const { key, value } of node.members) {
      if (seen.has(key.value)) repeated.push(key)
      seen.add(key.value)
      visit(value)
    }
  }
  visit(root)
  return repeated
}
