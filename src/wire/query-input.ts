import { AwsError } from '../aws/aws-error.ts'
import type { Form } from './form.ts'
import { textReader } from './scalar.ts'
import type { ListShape, MapShape, Member, Shape, StructureShape } from './shape.ts'

/**
 * Reads an operation's input from the parameters of the query protocol (`Tags.member.1.Key=team`).
 * Parameters that the model does not know are ignored, as AWS does.
 *
 * @throws AwsError `MalformedInput` for a parameter that is given twice, that is deeper than the model, or of another type
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function readQueryInput(shape: StructureShape, form: Form): Record<string, unknown> {
  return compiledReader(shape)(formTree(form))
}

/** A dotted name's place: `Tags` has the child `member`, which has the child `1`. */
interface FormNode {
  text: string | undefined
  readonly children: Map<string, FormNode>
}

type NodeReader = (node: FormNode) => unknown
type StructureReader = (node: FormNode) => Record<string, unknown>

/** Deeper than any input of the services that speak the query protocol. Our own limit. */
const NAME_PARTS_MAX = 32

const compiled = new WeakMap<StructureShape, StructureReader>()

function compiledReader(shape: StructureShape): StructureReader {
  const known = compiled.get(shape)
  if (known) return known
  const reader = structureReader(shape)
  compiled.set(shape, reader)
  return reader
}

function formTree(form: Form): FormNode {
  const root = newNode()
  for (const { name, value } of form) {
    const node = nodeAt(root, name)
    if (node.text !== undefined) throw malformed(`Parameter ${quoted(name)} is given more than once`)
    node.text = value
  }
  return root
}

function nodeAt(root: FormNode, name: string): FormNode {
  if (!name.includes('.')) return childOf(root, name)
  const parts = name.split('.', NAME_PARTS_MAX + 1)
  if (parts.length > NAME_PARTS_MAX) throw malformed('Unexpected complex element termination')
  return parts.reduce(childOf, root)
}

function childOf(node: FormNode, name: string): FormNode {
  const known = node.children.get(name)
  if (known) return known
  const child = newNode()
  node.children.set(name, child)
  return child
}

function newNode(): FormNode {
  return { text: undefined, children: new Map() }
}

function structureReader(shape: StructureShape): StructureReader {
  const readers = shape.members.map((member) => {
    // Compiled at the first use of the member, so that recursive shapes end.
    let read: NodeReader | undefined
    const readLazily: NodeReader = (node) => {
      read ??= memberReader(member)
      return read(node)
    }
    return [member.name, queryName(member), readLazily] as const
  })
  return (node) => {
    // Only members of the model become keys, so a request cannot name `__proto__`.
    const value: Record<string, unknown> = {}
    for (const [name, wireName, read] of readers) {
      const child = node.children.get(wireName)
      if (child) value[name] = read(child)
    }
    return value
  }
}

function queryName(member: Member): string {
  return member.xmlName ?? member.name
}

function memberReader(member: Member): NodeReader {
  const { shape } = member
  switch (shape.kind) {
    case 'structure':
      return nestedReader(shape, compiledReader(shape))
    case 'list':
      return listReader(shape, member)
    case 'map':
      return mapReader(shape, member)
    case 'scalar':
      return scalarReader(member, textReader(member, shape.type, 'date-time'))
  }
}

function nestedReader(shape: Shape, read: NodeReader): NodeReader {
  return (node) => {
    if (node.text) throw malformed(`Unexpected ${shape.kind === 'list' ? 'list' : 'complex'} element termination`)
    return read(node)
  }
}

function scalarReader(member: Member, read: (text: string) => unknown): NodeReader {
  return ({ text, children }) => {
    if (children.size > 0) throw malformed(startOf(children))
    const value = text === undefined ? undefined : read(text)
    // The value stays out of the message: it may be a password.
    if (value === undefined) throw malformed(`Invalid value for ${quoted(member.name)}`)
    return value
  }
}

function startOf(children: ReadonlyMap<string, FormNode>): string {
  return children.has('member')
    ? 'Start of list found where not expected'
    : 'Start of structure or map found where not expected.'
}

function listReader(shape: ListShape, member: Member): NodeReader {
  const read = memberReader(shape.element)
  const elementName = shape.element.xmlName ?? 'member'
  return nestedReader(shape, (node) => {
    const elements = member.isXmlFlattened ? node : onlyChild(node, elementName)
    return elements === undefined ? [] : numberedChildren(elements).map(read)
  })
}

function mapReader(shape: MapShape, member: Member): NodeReader {
  const readKey = memberReader(shape.key)
  const readValue = memberReader(shape.value)
  return nestedReader(shape, (node) => {
    const entries = member.isXmlFlattened ? node : onlyChild(node, 'entry')
    // Without a prototype: the keys are the client's.
    const map: Record<string, unknown> = Object.create(null)
    for (const entry of entries === undefined ? [] : numberedChildren(entries)) {
      const key = entry.children.get(shape.key.xmlName ?? 'key')
      const value = entry.children.get(shape.value.xmlName ?? 'value')
      if (!key || !value) throw malformed('Unexpected complex element termination')
      map[String(readKey(key))] = readValue(value)
    }
    return map
  })
}

/** A list written in another form than the model's must not be taken for an empty one. */
function onlyChild(node: FormNode, name: string): FormNode | undefined {
  for (const other of node.children.keys()) {
    if (other !== name) throw malformed('Unexpected list element termination')
  }
  return node.children.get(name)
}

/** One to nine digits without leading zero: gaps close up, so the number costs nothing. */
const INDEX = /^[1-9]\d{0,8}$/

function numberedChildren(node: FormNode): FormNode[] {
  if (node.text) throw malformed('Unexpected list element termination')
  const numbered = Array.from(node.children, ([index, child]) => {
    if (!INDEX.test(index)) throw malformed(`Invalid list index ${quoted(index)}`)
    return [Number(index), child] as const
  })
  return numbered.sort(([a], [b]) => a - b).map(([, child]) => child)
}

/** Code and wording as AWS's query services answer (observed in public threads, for example peddler#48, boto#37). */
const MALFORMED_INPUT = { code: 'MalformedInput', status: 400 }

function malformed(message: string): AwsError {
  return new AwsError(MALFORMED_INPUT, message)
}

function quoted(text: string): string {
  return `'${text.slice(0, 128)}'`
}
