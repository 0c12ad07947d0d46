import type { HttpResponse } from '../aws/http-message.ts'
import { writeJson } from './json-output.ts'
import { requestIdHeaders } from './request-id.ts'
import { type DocumentFormat, writeRestOutput } from './rest-output.ts'
import type { OperationModel, ServiceModel } from './service-model.ts'
import { type Member, type StructureShape, UNIT } from './shape.ts'
import { xmlWriter } from './xml-output.ts'
import { escapeText, XML_DECLARATION } from './xml-text.ts'

type Structure = Readonly<Record<string, unknown>>

/**
 * Writes an operation's output. A streaming payload passes as it is; the transport adds `content-length` where the model
 * does not bind one.
 */
export function encodeOutput(
  service: ServiceModel,
  operation: OperationModel,
  output: Structure | undefined,
  requestId: string,
): HttpResponse {
  const response = encodeBody(service, operation, output ?? {}, requestId)
  return { ...response, headers: { ...requestIdHeaders(service, requestId), ...response.headers } }
}

function encodeBody(
  service: ServiceModel,
  operation: OperationModel,
  output: Structure,
  requestId: string,
): HttpResponse {
  switch (service.protocol) {
    case 'query':
      return writeQueryOutput(service, operation, output, requestId)
    case 'json-1.1': {
      const headers = { 'content-type': 'application/x-amz-json-1.1' }
      return { status: 200, headers, body: writeJson(operation.output, output) }
    }
    case 'rest-json':
      return writeRestOutput(operation, output, JSON_DOCUMENT)
    case 'rest-xml':
      return writeRestOutput(operation, output, xmlDocument(service.xmlNamespace))
  }
}

/** @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#response-serialization */
function writeQueryOutput(
  service: ServiceModel,
  { name, output: shape }: OperationModel,
  output: Structure,
  requestId: string,
): HttpResponse {
  // An empty structure still has its element: botocore fails on an answer of UpdateRole without it.
  const result = shape === UNIT ? '' : `<${name}Result>${xmlWriter(shape)(output)}</${name}Result>`
  const metadata = `<ResponseMetadata><RequestId>${escapeText(requestId)}</RequestId></ResponseMetadata>`
  const xmlns = service.xmlNamespace === undefined ? '' : ` xmlns="${service.xmlNamespace}"`
  const body = `<${name}Response${xmlns}>${result}${metadata}</${name}Response>`
  return { status: 200, headers: { 'content-type': 'text/xml' }, body }
}

const JSON_DOCUMENT: DocumentFormat = {
  contentType: 'application/json',
  writeOutput: writeJson,
  writePayload: (_member, shape, value) => writeJson(shape, value),
}

function xmlDocument(namespace: string | undefined): DocumentFormat {
  const xmlns = namespace === undefined ? '' : ` xmlns="${namespace}"`
  return {
    contentType: 'application/xml',
    writeOutput: (shape, output) => xmlRoot(shape, output, xmlns),
    writePayload: (member, shape, value) => {
      const name = member.xmlName ?? shape.xmlName ?? shape.name
      return `${XML_DECLARATION}<${name}${xmlns}>${xmlWriter(shape)(value)}</${name}>`
    },
  }
}

function xmlRoot(shape: StructureShape, output: Structure, xmlns: string): string | undefined {
  const members = shape.members.filter((member) => member.location.kind === 'body')
  if (members.length === 0) return undefined
  const root = shape.xmlName ?? shape.name
  const [only] = members
  const isUnwrapped = members.length === 1 && only !== undefined && isRootItself(only, root)
  const content = isUnwrapped ? escapeText(String(output[only.name] ?? '')) : xmlWriter(shape)(output)
  return `${XML_DECLARATION}<${root}${xmlns}>${content}</${root}>`
}

/**
 * GetBucketLocation answers with the bare value (`<LocationConstraint>eu-west-1</LocationConstraint>`): Smithy's
 * `s3UnwrappedXmlOutput`, which the SDK's schemas leave out. It shows by the only member's name being the document's.
 */
function isRootItself(member: Member, root: string): boolean {
  return (member.xmlName ?? member.name) === root
}
