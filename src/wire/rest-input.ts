import { isUtf8 } from 'node:buffer'
import { assert } from '../aws/assert.ts'
import type { AwsError } from '../aws/aws-error.ts'
import type { HttpRequest } from '../aws/http-message.ts'
import type { Form } from './form.ts'
import { textReader } from './scalar.ts'
import type { Member, Shape, StructureShape, TimestampFormat } from './shape.ts'

/** The parts of a rest request; how its documents are written is the protocol's. */
interface RestParts {
  readonly labels: ReadonlyMap<string, string>
  readonly query: Form
  readonly request: HttpRequest
}

export interface BodyFormat {
  readDocument(shape: StructureShape, bytes: Uint8Array): Record<string, unknown>
  /** The refusal of a parameter or header that is not of its type. */
  badParameter(name: string): AwsError
}

/**
 * Reads an operation's input from where the model binds its members: path, query string, headers, body.
 * A streaming payload is handed on untouched, as the request's `RequestBody`.
 */
export function readRestInput(shape: StructureShape, parts: RestParts, format: BodyFormat): Record<string, unknown> {
  const input = readBodyMembers(shape, parts.request, format)
  for (const member of shape.members) {
    const value = readMember(member, parts, format)
    if (value !== undefined) input[member.name] = value
  }
  return input
}

function readBodyMembers(shape: StructureShape, request: HttpRequest, format: BodyFormat): Record<string, unknown> {
  if (!shape.members.some((member) => member.location.kind === 'body')) return {}
  const bytes = bytesOf(request)
  return bytes.length === 0 ? {} : format.readDocument(shape, bytes)
}

function readMember(member: Member, { labels, query, request }: RestParts, format: BodyFormat): unknown {
  const { location } = member
  switch (location.kind) {
    case 'body':
    case 'status':
      return undefined
    case 'label':
      return readText(member, labels.get(member.name), 'date-time', format)
    case 'query':
      return readQueryMember(member, valuesOf(query, location.name), format)
    case 'query-params':
      return readParameterMap(query)
    case 'header':
      return readHeaderMember(member, request.headers[location.name], format)
    case 'prefix-headers':
      return readPrefixHeaders(request.headers, location.name)
    case 'payload':
      return readPayload(member.shape, request, format)
  }
}

function readQueryMember(member: Member, values: readonly string[], format: BodyFormat): unknown {
  if (values.length === 0) return undefined
  if (member.shape.kind === 'list') {
    const { element } = member.shape
    return values.map((value) => readText(element, value, 'date-time', format))
  }
  // One value was signed for each; which of several was meant cannot be told.
  if (values.length > 1) throw format.badParameter(member.name)
  return readText(member, values[0], 'date-time', format)
}

function readHeaderMember(member: Member, text: string | undefined, format: BodyFormat): unknown {
  if (text === undefined || member.shape.kind !== 'list') return readText(member, text, 'http-date', format)
  const { element } = member.shape
  return text.split(',').map((part) => readText(element, part.trim(), 'http-date', format))
}

function readText(
  member: Member,
  text: string | undefined,
  timestampFormat: TimestampFormat,
  format: BodyFormat,
): unknown {
  if (text === undefined) return undefined
  const { shape } = member
  assert(shape.kind === 'scalar', `${member.name} is bound to a place that holds text`)
  const value = textReader(member, shape.type, timestampFormat)(text)
  if (value === undefined) throw format.badParameter(member.name)
  return value
}

function valuesOf(query: Form, name: string): string[] {
  return query.filter((field) => field.name === name).map((field) => field.value)
}

function readParameterMap(query: Form): Record<string, string> {
  const map: Record<string, string> = Object.create(null)
  for (const { name, value } of query) map[name] = value
  return map
}

function readPrefixHeaders(headers: HttpRequest['headers'], prefix: string): Record<string, string> | undefined {
  const map: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(prefix)) map[name.slice(prefix.length)] = value
  }
  return Object.keys(map).length === 0 ? undefined : map
}

function readPayload(shape: Shape, request: HttpRequest, format: BodyFormat): unknown {
  if (shape.kind === 'scalar' && shape.isStreaming) return request.body
  const bytes = bytesOf(request)
  if (bytes.length === 0) return undefined
  if (shape.kind === 'structure') return format.readDocument(shape, bytes)
  assert(shape.kind === 'scalar', 'a payload is a structure or a scalar')
  if (shape.type === 'blob') return bytes
  if (!isUtf8(bytes)) throw format.badParameter('body')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function bytesOf({ body }: HttpRequest): Uint8Array {
  assert(body.kind === 'bytes', 'only operations with a streaming payload get a stream')
  return body.bytes
}
