import { textWriter } from './scalar.ts'
import type { ListShape, MapShape, Member, StructureShape } from './shape.ts'
import { escapeAttribute, escapeText } from './xml-text.ts'

/** The members of a structure as XML elements, without an element around them. */
type XmlWriter = (value: Readonly<Record<string, unknown>>) => string

type ElementWriter = (value: unknown) => string

/** Writer of the body members of a structure, compiled once. Members that are `undefined` or `null` are left out. */
export function xmlWriter(shape: StructureShape): XmlWriter {
  const known = compiled.get(shape)
  if (known) return known
  const write = structureWriter(shape)
  compiled.set(shape, write)
  return write
}

const compiled = new WeakMap<StructureShape, XmlWriter>()

function structureWriter(shape: StructureShape): XmlWriter {
  const members = shape.members.filter((member) => member.location.kind === 'body' && !member.isXmlAttribute)
  const writers = members.map((member) => {
    // Compiled at the first use of the member, so that recursive shapes end.
    let write: ElementWriter | undefined
    const writeLazily: ElementWriter = (value) => {
      write ??= elementWriter(member, member.xmlName ?? member.name)
      return write(value)
    }
    return [member.name, writeLazily] as const
  })
  return (value) => {
    let xml = ''
    for (const [name, write] of writers) {
      const member = value[name]
      if (member !== undefined && member !== null) xml += write(member)
    }
    return xml
  }
}

/** Writer of a value with its element (for a flattened list: its elements). */
function elementWriter(member: Member, elementName: string): ElementWriter {
  const { shape } = member
  const open = `${elementName}${namespaceAttribute(member)}`
  switch (shape.kind) {
    case 'structure':
      return structureElementWriter(shape, open, elementName)
    case 'list':
      return listWriter(shape, member, open, elementName)
    case 'map':
      return mapWriter(shape, member, open, elementName)
    case 'scalar': {
      const write = textWriter(member, shape.type, 'date-time')
      return (value) => `<${open}>${escapeText(write(value))}</${elementName}>`
    }
  }
}

function structureElementWriter(shape: StructureShape, open: string, name: string): ElementWriter {
  const write = xmlWriter(shape)
  const attributes = shape.members.filter((member) => member.isXmlAttribute)
  return (value) => {
    const structure = value as Readonly<Record<string, unknown>>
    let opening = open
    for (const attribute of attributes) {
      const text = structure[attribute.name]
      if (text !== undefined) opening += ` ${attribute.xmlName ?? attribute.name}="${escapeAttribute(String(text))}"`
    }
    return `<${opening}>${write(structure)}</${name}>`
  }
}

function listWriter(shape: ListShape, member: Member, open: string, name: string): ElementWriter {
  const elementName = shape.element.xmlName ?? 'member'
  const write = elementWriter(shape.element, member.isXmlFlattened ? name : elementName)
  const writeAll = (value: unknown) => (value as readonly unknown[]).map(write).join('')
  return member.isXmlFlattened ? writeAll : (value) => `<${open}>${writeAll(value)}</${name}>`
}

function mapWriter(shape: MapShape, member: Member, open: string, name: string): ElementWriter {
  const writeKey = elementWriter(shape.key, shape.key.xmlName ?? 'key')
  const writeValue = elementWriter(shape.value, shape.value.xmlName ?? 'value')
  const entryName = member.isXmlFlattened ? name : 'entry'
  const writeAll = (value: unknown) =>
    Object.entries(value as object)
      .map(([key, entry]) => `<${entryName}>${writeKey(key)}${writeValue(entry)}</${entryName}>`)
      .join('')
  return member.isXmlFlattened ? writeAll : (value) => `<${open}>${writeAll(value)}</${name}>`
}

function namespaceAttribute({ xmlNamespace }: Member): string {
  if (xmlNamespace === undefined) return ''
  const name = xmlNamespace.prefix === undefined ? 'xmlns' : `xmlns:${xmlNamespace.prefix}`
  return ` ${name}="${escapeAttribute(xmlNamespace.uri)}"`
}
