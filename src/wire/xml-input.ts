import { isUtf8 } from 'node:buffer'
import { type ScalarReader, textReader } from './scalar.ts'
import type { MapShape, Member, StructureShape } from './shape.ts'
import { malformedXml, parseXml, type XmlElement } from './xml-document.ts'

/**
 * Reads a body of the rest-xml protocol. Elements that the model does not know are ignored; the root's name is not checked,
 * as S3 does not.
 *
 * @throws AwsError `MalformedXML`, also for a required member that is missing
 */
export function readXmlInput(shape: StructureShape, bytes: Uint8Array): Record<string, unknown> {
  if (!isUtf8(bytes)) throw malformedXml()
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return structureReader(shape)(parseXml(text.startsWith('\ufeff') ? text.slice(1) : text))
}

type ElementReader = (element: XmlElement) => unknown
type StructureReader = (element: XmlElement) => Record<string, unknown>
/** Reads a member from its parent: a flattened list is several elements there. */
type MemberReader = (parent: XmlElement) => unknown

const compiled = new WeakMap<StructureShape, StructureReader>()

function structureReader(shape: StructureShape): StructureReader {
  const known = compiled.get(shape)
  if (known) return known
  const members = shape.members.filter((member) => member.location.kind === 'body')
  const readers = members.map((member) => {
    // Compiled at the first use of the member, so that recursive shapes end.
    let read: MemberReader | undefined
    const readLazily: MemberReader = (parent) => {
      read ??= memberReader(member)
      return read(parent)
    }
    return [member, readLazily] as const
  })
  const reader: StructureReader = (element) => {
    const structure: Record<string, unknown> = {}
    for (const [member, read] of readers) {
      const value = read(element)
      if (value !== undefined) structure[member.name] = value
      else if (member.isRequired) throw malformedXml()
    }
    return structure
  }
  compiled.set(shape, reader)
  return reader
}

function memberReader(member: Member): MemberReader {
  const wireName = member.xmlName ?? member.name
  if (member.isXmlAttribute) return attributeReader(member, wireName)
  if (member.isXmlFlattened) return flattenedReader(member, wireName)
  const read = elementReader(member)
  return (parent) => {
    const found = parent.children.filter((child) => child.name === wireName)
    if (found.length > 1) throw malformedXml()
    return found[0] ? read(found[0]) : undefined
  }
}

function attributeReader(member: Member, wireName: string): MemberReader {
  const read = scalarReader(member)
  return (parent) => {
    const text = parent.attributes.get(wireName)
    return text === undefined ? undefined : checked(read(text))
  }
}

function flattenedReader({ shape }: Member, wireName: string): MemberReader {
  if (shape.kind === 'map') return (parent) => readEntries(shape, childrenNamed(parent, wireName))
  if (shape.kind !== 'list') throw new Error('Broken invariant: only lists and maps are flattened')
  const read = elementReader(shape.element)
  return (parent) => {
    const elements = childrenNamed(parent, wireName)
    return elements.length === 0 ? undefined : elements.map(read)
  }
}

function elementReader(member: Member): ElementReader {
  const { shape } = member
  switch (shape.kind) {
    case 'structure':
      return structureReader(shape)
    case 'list': {
      const read = elementReader(shape.element)
      const elementName = shape.element.xmlName ?? 'member'
      return (element) => childrenNamed(element, elementName).map(read)
    }
    case 'map':
      return (element) => readEntries(shape, childrenNamed(element, 'entry'))
    case 'scalar': {
      const read = scalarReader(member)
      return (element) => {
        if (element.children.length > 0) throw malformedXml()
        return checked(read(element.text))
      }
    }
  }
}

function scalarReader(member: Member): ScalarReader {
  if (member.shape.kind !== 'scalar') throw new Error('Broken invariant: attributes are scalars')
  const { type } = member.shape
  const read = textReader(member, type, 'date-time')
  return type === 'string' ? read : (text) => read(text.trim())
}

function readEntries(shape: MapShape, entries: readonly XmlElement[]): Record<string, unknown> | undefined {
  if (entries.length === 0) return undefined
  const readKey = elementReader(shape.key)
  const readValue = elementReader(shape.value)
  // Without a prototype: the keys are the client's.
  const map: Record<string, unknown> = Object.create(null)
  for (const entry of entries) {
    const [key] = childrenNamed(entry, shape.key.xmlName ?? 'key')
    const [value] = childrenNamed(entry, shape.value.xmlName ?? 'value')
    if (!key || !value) throw malformedXml()
    map[String(readKey(key))] = readValue(value)
  }
  return map
}

function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name)
}

function checked<T>(value: T | undefined): T {
  if (value === undefined) throw malformedXml()
  return value
}
