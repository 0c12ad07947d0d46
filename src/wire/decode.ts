import { AwsError } from '../aws/aws-error.ts'
import type { HttpRequest } from '../aws/http-message.ts'
import { readJsonInput } from './json-input.ts'
import type { RoutedOperation } from './operation-route.ts'
import { readQueryInput } from './query-input.ts'
import { type BodyFormat, readRestInput } from './rest-input.ts'
import type { OperationModel, ServiceModel } from './service-model.ts'
import { readXmlInput } from './xml-input.ts'

/**
 * Reads an operation's input: dates as `Date`, blobs as bytes, maps without a prototype, a streaming payload as the
 * request's own `RequestBody`, untouched. Types are checked here; required members and limits by `validateInput`.
 *
 * @throws AwsError `MalformedInput` (query), `SerializationException` (JSON), `MalformedXML`, `InvalidArgument`,
 * `MissingRequestBodyError` (S3)
 */
export function decodeInput(
  service: ServiceModel,
  routed: RoutedOperation,
  request: HttpRequest,
): Record<string, unknown> {
  const { input } = routed.operation
  switch (routed.kind) {
    case 'query':
      return readQueryInput(input, routed.form)
    case 'json':
      return readJsonInput(input, request.body.kind === 'bytes' ? request.body.bytes : new Uint8Array())
    case 'rest':
      return service.protocol === 'rest-xml'
        ? readS3Input(routed, request)
        : readRestInput(input, { ...routed, request }, JSON_BODY)
  }
}

/** Whether the body of a request is to reach the handler as a stream. */
export function takesStream(operation: OperationModel): boolean {
  return operation.input.members.some(
    ({ location, shape }) => location.kind === 'payload' && shape.kind === 'scalar' && shape.isStreaming,
  )
}

const SERIALIZATION = { code: 'SerializationException', status: 400 }
const INVALID_ARGUMENT = { code: 'InvalidArgument', status: 400 }
const MISSING_REQUEST_BODY = { code: 'MissingRequestBodyError', status: 400 }

const JSON_BODY: BodyFormat = {
  readDocument: readJsonInput,
  badParameter: (name) => new AwsError(SERIALIZATION, `Invalid value for ${name}`),
}

const XML_BODY: BodyFormat = {
  readDocument: readXmlInput,
  badParameter: (name) => new AwsError(INVALID_ARGUMENT, `Invalid value for ${name}`),
}

function readS3Input(
  routed: RoutedOperation & { readonly kind: 'rest' },
  request: HttpRequest,
): Record<string, unknown> {
  const shape = routed.operation.input
  const input = readRestInput(shape, { ...routed, request }, XML_BODY)
  const payload = shape.members.find((member) => member.location.kind === 'payload')
  if (payload?.isRequired && input[payload.name] === undefined) {
    throw new AwsError(MISSING_REQUEST_BODY, 'Request Body is empty')
  }
  return input
}
