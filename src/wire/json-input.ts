import { isUtf8 } from 'node:buffer'
import { AwsError } from '../aws/aws-error.ts'
import { parseBase64 } from './scalar.ts'
import type { Member, ScalarType, StructureShape } from './shape.ts'
import { dateOfSeconds, parseTimestamp } from './timestamp.ts'

/**
 * Reads the body of a JSON protocol into the members that travel in the body. Members that the model does not know are
 * ignored, as AWS does; `null` is an absent member.
 *
 * @throws AwsError `SerializationException`
 */
export function readJsonInput(shape: StructureShape, bytes: Uint8Array): Record<string, unknown> {
  const value = parseJson(bytes)
  // A client with nothing to say sends an empty body.
  return value === undefined ? {} : structureReader(shape)(value)
}

type ValueReader = (value: unknown) => unknown
type StructureReader = (value: unknown) => Record<string, unknown>

/** Deeper than any input of the services built here. Our own limit. */
const DEPTH_MAX = 64

const SERIALIZATION = { code: 'SerializationException', status: 400 }

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw refused('Unable to parse UTF-8 text')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const value = parseText(text)
  if (isDeeperThan(text, DEPTH_MAX)) throw refused(`Exceeded maximum depth ${DEPTH_MAX}`)
  return value
}

/** V8 parses JSON without recursion, so that depth is no danger before it is measured. */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The parser's own message quotes the text, which may hold a secret.
    throw refused('Unable to parse JSON', cause)
  }
}

/** Brackets that open inside of brackets, strings skipped. Linear only for valid JSON, where every string ends. */
function isDeeperThan(text: string, max: number): boolean {
  let depth = 0
  for (const [token] of text.matchAll(/[[{\]}]|"(?:[^"\\]|\\.)*"/g)) {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
    if (depth > max) return true
  }
  return false
}

const compiled = new WeakMap<StructureShape, StructureReader>()

function structureReader(shape: StructureShape): StructureReader {
  const known = compiled.get(shape)
  if (known) return known
  const members = shape.members.filter((member) => member.location.kind === 'body')
  const readers = members.map((member) => {
    // Compiled at the first use of the member, so that recursive shapes end.
    let read: ValueReader | undefined
    const readLazily: ValueReader = (value) => {
      read ??= valueReader(member)
      return read(value)
    }
    return [member.name, member.jsonName ?? member.name, readLazily] as const
  })
  const reader: StructureReader = (value) => {
    if (!isObject(value)) throw refused(`${typeName(value)} can not be converted to a structure`)
    // Only members of the model become keys, so a request cannot name `__proto__`.
    const structure: Record<string, unknown> = {}
    for (const [name, jsonName, read] of readers) {
      const member = Object.hasOwn(value, jsonName) ? value[jsonName] : undefined
      if (member !== undefined && member !== null) structure[name] = read(member)
    }
    return structure
  }
  compiled.set(shape, reader)
  return reader
}

function valueReader(member: Member): ValueReader {
  const { shape } = member
  switch (shape.kind) {
    case 'structure':
      return shape.isUnion ? unionReader(structureReader(shape)) : structureReader(shape)
    case 'list': {
      const read = valueReader(shape.element)
      return (value) => {
        if (!Array.isArray(value)) throw refused(`${typeName(value)} can not be converted to a list`)
        return value.map((element) => (element === null ? refuseNull() : read(element)))
      }
    }
    case 'map': {
      const read = valueReader(shape.value)
      return (value) => readMap(value, read)
    }
    case 'scalar':
      return scalarReader(member, shape.type)
  }
}

function unionReader(read: StructureReader): ValueReader {
  return (value) => {
    const union = read(value)
    if (Object.keys(union).length !== 1) throw refused('A union must have exactly one member')
    return union
  }
}

function readMap(value: unknown, read: ValueReader): Record<string, unknown> {
  if (!isObject(value)) throw refused(`${typeName(value)} can not be converted to a map`)
  // Without a prototype: the keys are the client's.
  const map: Record<string, unknown> = Object.create(null)
  for (const [key, entry] of Object.entries(value)) {
    map[wellFormed(key)] = entry === null ? refuseNull() : read(entry)
  }
  return map
}

function scalarReader(member: Member, type: ScalarType): ValueReader {
  const read = SCALARS[type]
  return (value) => {
    const scalar = read(value, member)
    if (scalar === undefined) throw refused(`${typeName(value)} can not be converted to ${TYPE_NAMES[type]}`)
    return scalar
  }
}

const SCALARS: Readonly<Record<ScalarType, (value: unknown, member: Member) => unknown>> = {
  string: (value) => (typeof value === 'string' ? wellFormed(value) : undefined),
  number: (value) => (typeof value === 'number' ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  blob: (value) => (typeof value === 'string' ? parseBase64(value) : undefined),
  document: (value) => value,
  timestamp: (value, { timestampFormat = 'epoch-seconds' }) => {
    if (typeof value === 'number') return timestampFormat === 'epoch-seconds' ? dateOfSeconds(value) : undefined
    if (typeof value !== 'string' || timestampFormat === 'epoch-seconds') return undefined
    return parseTimestamp(value, timestampFormat)
  },
}

const TYPE_NAMES: Readonly<Record<ScalarType, string>> = {
  string: 'a String',
  number: 'a Number',
  boolean: 'a Boolean',
  blob: 'a Blob',
  document: 'a Document',
  timestamp: 'a Timestamp',
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A lone surrogate would change on its way through UTF-8, so that what was checked is not what is kept. */
function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw refused('Invalid Unicode surrogate in a string')
  return text
}

function refuseNull(): never {
  throw refused('NULL_VALUE is not allowed in a list or a map')
}

/** As AWS names what it found. */
function typeName(value: unknown): string {
  if (value === null) return 'NULL_VALUE'
  if (Array.isArray(value)) return 'START_ARRAY'
  if (typeof value === 'object') return 'START_OBJECT'
  return `${(typeof value).toUpperCase()}_VALUE`
}

function refused(message: string, cause?: unknown): AwsError {
  return new AwsError(SERIALIZATION, message, { cause })
}
