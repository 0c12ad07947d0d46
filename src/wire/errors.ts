import type { AwsError } from '../aws/aws-error.ts'
import type { HttpResponse } from '../aws/http-message.ts'
import type { ServiceProtocol } from '../aws/service-protocol.ts'
import { hostId, requestIdHeaders } from './request-id.ts'
import { escapeText, XML_DECLARATION } from './xml-text.ts'

type ProtocolName = ServiceProtocol['protocol']

/**
 * Writes a refusal as the service's protocol spells it.
 *
 * @param protocol   undefined where the request was for no service that is known: answered as the query protocol does
 * @param context    `method`: an answer to HEAD has no body
 */
export function encodeError(
  protocol: ServiceProtocol | undefined,
  error: AwsError,
  requestId: string,
  context: { readonly method?: string } = {},
): HttpResponse {
  const code = wireCode(protocol?.protocol ?? 'query', error.code)
  const { contentType, body, headers } = encodeBody(protocol, code, error, requestId)
  const common = { ...requestIdHeaders(protocol, requestId), ...headers }
  if (error.status === NOT_MODIFIED) {
    return { status: error.status, headers: { ...common, ...validators(error) }, body: undefined }
  }
  if (context.method === 'HEAD') return { status: error.status, headers: common, body: undefined }
  return { status: error.status, headers: { ...common, 'content-type': contentType }, body }
}

/** `304 Not Modified` repeats what caches compare by (RFC 9110, 15.4.5). */
function validators({ detail: { ETag, LastModified } }: AwsError): Readonly<Record<string, string>> {
  return {
    ...(typeof ETag === 'string' ? { etag: ETag } : {}),
    ...(LastModified instanceof Date ? { 'last-modified': LastModified.toUTCString() } : {}),
  }
}

/** The code that a protocol's clients know the error by. */
function wireCode(protocol: ProtocolName, code: string): string {
  const spelling = Object.hasOwn(SPELLINGS, code) ? SPELLINGS[code] : undefined
  if (!spelling) return code
  switch (protocol) {
    case 'query':
      return spelling.query ?? code
    case 'rest-xml':
      return spelling.s3 ?? code
    case 'rest-json':
    case 'json-1.1':
      return spelling.json ?? code
  }
}

interface Spelling {
  readonly query?: string
  readonly json?: string
  readonly s3?: string
}

/**
 * Codes that AWS spells differently from protocol to protocol; what is not named here is the same everywhere.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and the "Common Errors" pages; JSON spellings
 * as answered by AWS (public threads, 2026)
 */
const SPELLINGS: Readonly<Record<string, Spelling>> = {
  AccessDenied: { json: 'AccessDeniedException' },
  ExpiredToken: { json: 'ExpiredTokenException' },
  IncompleteSignature: { json: 'IncompleteSignatureException', s3: 'AuthorizationHeaderMalformed' },
  InternalFailure: { json: 'InternalServerException', s3: 'InternalError' },
  InvalidClientTokenId: { json: 'UnrecognizedClientException', s3: 'InvalidAccessKeyId' },
  MissingAuthenticationToken: { json: 'MissingAuthenticationTokenException', s3: 'AccessDenied' },
  RequestTimeTooSkewed: { query: 'SignatureDoesNotMatch', json: 'InvalidSignatureException' },
  ServiceUnavailable: { json: 'ServiceUnavailableException' },
  SignatureDoesNotMatch: { json: 'InvalidSignatureException' },
  Throttling: { json: 'ThrottlingException', s3: 'SlowDown' },
  ValidationError: { json: 'ValidationException', s3: 'InvalidArgument' },
}

const NOT_MODIFIED = 304
const SERVER_FAULT = 500

interface ErrorBody {
  readonly contentType: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

function encodeBody(
  protocol: ServiceProtocol | undefined,
  code: string,
  error: AwsError,
  requestId: string,
): ErrorBody {
  switch (protocol?.protocol) {
    case undefined:
    case 'query':
      return { contentType: 'text/xml', body: queryBody(protocol?.xmlNamespace, code, error, requestId) }
    case 'rest-xml':
      return { contentType: 'application/xml', body: s3Body(code, error, requestId) }
    case 'rest-json':
      return {
        contentType: 'application/json',
        body: JSON.stringify({ message: error.message, ...error.detail }),
        headers: { 'x-amzn-errortype': code },
      }
    case 'json-1.1':
      return {
        contentType: 'application/x-amz-json-1.1',
        body: JSON.stringify({ __type: code, message: error.message, ...error.detail }),
      }
  }
}

function queryBody(namespace: string | undefined, code: string, error: AwsError, requestId: string): string {
  const type = error.status < SERVER_FAULT ? 'Sender' : 'Receiver'
  const xmlns = namespace === undefined ? '' : ` xmlns="${namespace}"`
  const members = elements({ Type: type, Code: code, Message: error.message, ...error.detail })
  return `<ErrorResponse${xmlns}><Error>${members}</Error>${elements({ RequestId: requestId })}</ErrorResponse>`
}

function s3Body(code: string, error: AwsError, requestId: string): string {
  const members = {
    Code: code,
    Message: error.message,
    ...error.detail,
    RequestId: requestId,
    HostId: hostId(requestId),
  }
  return `${XML_DECLARATION}<Error>${elements(members)}</Error>`
}

/** Details are the handler's own text and numbers; their names come from the service model. */
function elements(members: Readonly<Record<string, unknown>>): string {
  return Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${escapeText(String(value))}</${name}>`)
    .join('')
}
