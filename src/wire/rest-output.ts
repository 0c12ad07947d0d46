import { assert } from '../aws/assert.ts'
import type { HttpResponse } from '../aws/http-message.ts'
import { textWriter } from './scalar.ts'
import type { OperationModel } from './service-model.ts'
import type { Member, StructureShape } from './shape.ts'

type Structure = Readonly<Record<string, unknown>>
type Body = HttpResponse['body']

const PARTIAL_CONTENT = 206

/** How a protocol writes documents. */
export interface DocumentFormat {
  readonly contentType: string
  /** `undefined`: an output without body members has no body. */
  writeOutput(shape: StructureShape, output: Structure): string | undefined
  writePayload(member: Member, shape: StructureShape, value: Structure): string
}

/** Writes an output to where the model binds its members: status, headers, body. */
export function writeRestOutput(operation: OperationModel, output: Structure, format: DocumentFormat): HttpResponse {
  const headers: Record<string, string> = {}
  let status = operation.http?.status ?? 200
  let payload: Member | undefined
  for (const member of operation.output.members) {
    const value = output[member.name]
    const { location } = member
    if (location.kind === 'payload') payload = member
    if (value === undefined || value === null) continue
    if (location.kind === 'header') headers[location.name] = headerText(member, value)
    else if (location.kind === 'prefix-headers') writePrefixHeaders(headers, location.name, value as Structure)
    else if (location.kind === 'status') status = Number(value)
  }
  // A part of an object: S3's model names only the status of a whole one.
  if (headers['content-range'] !== undefined) status = PARTIAL_CONTENT
  const body = payload ? payloadBody(payload, output[payload.name], format) : documentBody(operation, output, format)
  // The answer to HEAD has the headers of the body that it leaves out.
  if (body === undefined || operation.http?.method === 'HEAD') return { status, headers, body: undefined }
  return { status, headers: { 'content-type': body.contentType, ...headers }, body: body.content }
}

interface TypedBody {
  readonly contentType: string
  readonly content: Body
}

function documentBody(operation: OperationModel, output: Structure, format: DocumentFormat): TypedBody | undefined {
  const content = format.writeOutput(operation.output, output)
  return content === undefined ? undefined : { contentType: format.contentType, content }
}

function payloadBody(member: Member, value: unknown, format: DocumentFormat): TypedBody | undefined {
  if (value === undefined || value === null) return undefined
  const { shape } = member
  if (shape.kind === 'structure') {
    return { contentType: format.contentType, content: format.writePayload(member, shape, value as Structure) }
  }
  assert(shape.kind === 'scalar', 'a payload is a structure or a scalar')
  return { contentType: shape.type === 'blob' ? 'application/octet-stream' : 'text/plain', content: value as Body }
}

function headerText(member: Member, value: unknown): string {
  const { shape } = member
  if (shape.kind === 'list') {
    return (value as readonly unknown[]).map((element) => headerText(shape.element, element)).join(',')
  }
  assert(shape.kind === 'scalar', `the header of ${member.name} holds text`)
  return headerValue(textWriter(member, shape.type, 'http-date')(value))
}

function writePrefixHeaders(headers: Record<string, string>, prefix: string, values: Structure): void {
  for (const [name, value] of Object.entries(values)) headers[prefix + name.toLowerCase()] = headerValue(String(value))
}

const PRINTABLE_ASCII = /^[\t\x20-\x7e]*$/

/**
 * Header values are ASCII; others travel as RFC 2047 encoded words, as S3 sends user metadata.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
function headerValue(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`
}
