import { AwsError } from '../aws/aws-error.ts'
import type { HttpRequest } from '../aws/http-message.ts'
import { type Form, formValue, parseForm, parseFormBody } from './form.ts'
import { matchRestOperation } from './rest-router.ts'
import { s3Address } from './s3-address.ts'
import { matchS3Operation } from './s3-router.ts'
import type { OperationModel, ServiceModel } from './service-model.ts'
import { unknownOperation } from './unknown-operation.ts'

/** An operation with what was read of the request to find it; the input is not read yet. */
export type RoutedOperation =
  | { readonly kind: 'query'; readonly operation: OperationModel; readonly form: Form }
  | { readonly kind: 'json'; readonly operation: OperationModel }
  | {
      readonly kind: 'rest'
      readonly operation: OperationModel
      /** By member name, decoded. S3's bucket is among them, whichever way the request names it. */
      readonly labels: ReadonlyMap<string, string>
      readonly query: Form
    }

/**
 * Finds the operation that a request to a service is for.
 *
 * @param ownHosts  host names of this server, without port: for S3's virtual-host style
 * @throws AwsError with the protocol's own code where there is no such operation, or the request is not readable so far
 */
export function routeOperation(
  service: ServiceModel,
  request: HttpRequest,
  ownHosts: readonly string[] = [],
): RoutedOperation {
  switch (service.protocol) {
    case 'query':
      return routeQuery(service, request)
    case 'json-1.1':
      return routeJson(service, request)
    case 'rest-json':
      return routeRest(service, request)
    case 'rest-xml':
      return routeS3(service, request, ownHosts)
  }
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const MISSING_ACTION = { code: 'MissingAction', status: 400 }
const METHOD_NOT_ALLOWED = { code: 'MethodNotAllowed', status: 405 }
const UNKNOWN_OPERATION = { code: 'UnknownOperationException', status: 404 }

/** Parameters may stand in the query string also of a POST, as in a presigned one. */
function routeQuery(service: ServiceModel, request: HttpRequest): RoutedOperation {
  if (request.method !== 'POST' && request.method !== 'GET') {
    throw new AwsError(METHOD_NOT_ALLOWED, 'The specified method is not allowed against this resource.')
  }
  const inQuery = parseForm(request.query)
  const inBody = request.body.kind === 'bytes' ? parseFormBody(request.body.bytes) : []
  const form = inQuery.length === 0 ? inBody : [...inQuery, ...inBody]
  const action = formValue(form, 'Action')
  if (!action) throw new AwsError(MISSING_ACTION, 'The request must contain the parameter Action')
  const version = formValue(form, 'Version')
  const operation = service.operations.get(action)
  if (!operation || version !== service.apiVersion) {
    throw unknownOperation(service, action.slice(0, 128), version?.slice(0, 128) ?? 'NO_VERSION_SPECIFIED')
  }
  return { kind: 'query', operation, form }
}

function routeJson(service: ServiceModel, request: HttpRequest): RoutedOperation {
  const target = request.headers['x-amz-target'] ?? ''
  const prefix = `${service.targetPrefix}.`
  const operation = target.startsWith(prefix) ? service.operations.get(target.slice(prefix.length)) : undefined
  if (!operation || request.method !== 'POST') throw unknownOperation(service, target.slice(0, 128))
  return { kind: 'json', operation }
}

/** An empty, `.` or `..` segment, percent-encoded dots included. */
const UNNORMALIZED_PATH = /\/(?:\/|(?:\.|%2e){1,2}(?:\/|$))/i

function routeRest(service: ServiceModel, request: HttpRequest): RoutedOperation {
  // The signature covers the normalized path: one that is not in that form could be routed elsewhere than it was signed for.
  const match = UNNORMALIZED_PATH.test(request.path) ? undefined : matchPathOrRefuse(service, request)
  if (!match) throw unknownOperation(service, `${request.method} ${request.path.slice(0, 128)}`)
  return { kind: 'rest', ...match, query: parseForm(request.query) }
}

function matchPathOrRefuse(service: ServiceModel, { method, path }: HttpRequest) {
  try {
    return matchRestOperation(service, method, path)
  } catch (cause) {
    throw new AwsError(UNKNOWN_OPERATION, 'The path is not percent-encoded UTF-8.', { cause })
  }
}

function routeS3(service: ServiceModel, request: HttpRequest, ownHosts: readonly string[]): RoutedOperation {
  const address = s3Address(request.path, request.headers.host, ownHosts)
  const query = parseForm(request.query)
  const operation = matchS3Operation(service, request.method, address, query, request.headers)
  if (!operation) {
    throw new AwsError(METHOD_NOT_ALLOWED, 'The specified method is not allowed against this resource.')
  }
  const labels = new Map<string, string>()
  if (address.bucket !== undefined) labels.set('Bucket', address.bucket)
  if (address.key !== '') labels.set('Key', address.key)
  return { kind: 'rest', operation, labels, query }
}
