import type { Member, Shape, StructureShape } from './shape.ts'
import { formatTimestamp } from './timestamp.ts'

type Structure = Readonly<Record<string, unknown>>
type ValueWriter = (value: unknown) => unknown
type StructureWriter = (value: Structure) => Record<string, unknown>

/** Writes the body members of a structure as a JSON document. Members that are `undefined` or `null` are left out. */
export function writeJson(shape: StructureShape, value: Structure): string {
  return JSON.stringify(structureWriter(shape)(value))
}

const compiled = new WeakMap<StructureShape, StructureWriter>()

function structureWriter(shape: StructureShape): StructureWriter {
  const known = compiled.get(shape)
  if (known) return known
  const members = shape.members.filter((member) => member.location.kind === 'body')
  const writers = members.map((member) => {
    // Compiled at the first use of the member, so that recursive shapes end.
    let write: ValueWriter | undefined
    const writeLazily: ValueWriter = (value) => {
      write ??= valueWriter(member, member.shape)
      return write(value)
    }
    return [member.name, member.jsonName ?? member.name, writeLazily] as const
  })
  const writer: StructureWriter = (value) => {
    const json: Record<string, unknown> = {}
    for (const [name, jsonName, write] of writers) {
      const member = value[name]
      if (member !== undefined && member !== null) json[jsonName] = write(member)
    }
    return json
  }
  compiled.set(shape, writer)
  return writer
}

function valueWriter(member: Member, shape: Shape): ValueWriter {
  switch (shape.kind) {
    case 'structure': {
      const write = structureWriter(shape)
      return (value) => write(value as Structure)
    }
    case 'list': {
      const write = valueWriter(shape.element, shape.element.shape)
      return (value) => (value as readonly unknown[]).map(write)
    }
    case 'map': {
      const write = valueWriter(shape.value, shape.value.shape)
      return (value) => mapEntries(value as Structure, write)
    }
    case 'scalar':
      return (value) => scalarJson(member, value)
  }
}

function mapEntries(map: Structure, write: ValueWriter): Record<string, unknown> {
  const json: Record<string, unknown> = Object.create(null)
  for (const [key, value] of Object.entries(map)) {
    if (value !== undefined && value !== null) json[key] = write(value)
  }
  return json
}

function scalarJson({ timestampFormat = 'epoch-seconds' }: Member, value: unknown): unknown {
  if (value instanceof Date) {
    return timestampFormat === 'epoch-seconds' ? value.getTime() / 1000 : formatTimestamp(value, timestampFormat)
  }
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}
