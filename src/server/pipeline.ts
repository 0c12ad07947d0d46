import { Readable } from 'node:stream'
import type { Authenticated, Authenticator } from '../access/authentication/authenticate.ts'
import type { Authorization, CallAuthorization, Evidence, Judgement } from '../access/authorize.ts'
import { authorize, callAuthorization, type DecodedCall, refuseUnsigned } from '../access/authorize.ts'
import { sealAuthorizationMessage } from '../access/denials/authorization-message.ts'
import { AwsError } from '../aws/aws-error.ts'
import { VALIDATION_ERROR } from '../aws/error-codes.ts'
import type { HttpRequest, HttpResponse } from '../aws/http-message.ts'
import type { ServiceProtocol } from '../aws/service-protocol.ts'
import type { KeyRing } from '../store/key-ring.ts'
import type { AuditEvent, CallStore, Store } from '../store/store.ts'
import { decodeInput, takesStream } from '../wire/decode.ts'
import { encodeOutput } from '../wire/encode.ts'
import { encodeError } from '../wire/errors.ts'
import { parseFormBody } from '../wire/form.ts'
import { type RoutedOperation, routeOperation } from '../wire/operation-route.ts'
import { routeForm, routeService } from '../wire/service-route.ts'
import { unknownOperation } from '../wire/unknown-operation.ts'
import { validateInput } from '../wire/validate.ts'
import { auditEvent } from './audit.ts'
import { type CallRecord, namingParameters, newCallRecord, webIdentityOf } from './call-record.ts'
import { explainable } from './explainable.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { refuse } from './refuse.ts'
import type { LoadedService, ServiceRegistry } from './service-registry.ts'

/** What every handler gets that belongs to its call. */
export interface BoundToCall extends CallAuthorization {
  readonly store: CallStore
}

export interface PipelineParts<Dependencies> {
  readonly services: ServiceRegistry<Dependencies>
  readonly authenticator: Authenticator
  readonly authorization: Omit<Authorization, 'judged'>
  readonly store: Store
  readonly keyRing: KeyRing
  /** All that handlers need, given what belongs to their call. */
  readonly dependencies: (bound: BoundToCall) => Dependencies
  readonly defaultAccountId: string
  readonly defaultRegion: string
  /** Host names by which S3's virtual-host style finds the bucket in front. */
  readonly ownHosts: readonly string[]
  readonly clock: () => number
  /** A new UUID, for requests and audit events. */
  readonly newId: () => string
  /**
   * Returns the id under which a denial of this principal will be kept when the call has ended, where there is room for it.
   */
  readonly newAuthorizationId: (principal: string) => string | undefined
  /** Told of each call once it ended: audit, log and metrics. */
  readonly ended: (ended: EndedCall) => void
  readonly started: () => void
}

export interface EndedCall {
  readonly record: CallRecord
  readonly status: number
  readonly durationMs: number
  /** What broke, where it was not a refusal: for the operator's log. */
  readonly cause: unknown
}

/**
 * Bytes of a body that is read whole. IAM's largest document (131,072 characters) percent-encoded takes 384 KiB; S3's
 * largest XML body (1,000 keys of 1,024 bytes to delete, or 10,000 parts to complete) stays below 4 MiB.
 */
const BODY_BYTES_MAX: Readonly<Record<ServiceProtocol['protocol'], number>> = {
  query: 1024 * 1024,
  'rest-json': 1024 * 1024,
  'json-1.1': 1024 * 1024,
  'rest-xml': 4 * 1024 * 1024,
}

const UNKNOWN_SERVICE = { code: 'InvalidAction', status: 400 }

/**
 * The one way through: route, authenticate, decode, authorize, handle, encode. Each step takes what the step before it
 * returned; whatever throws, `refuse` answers; whatever the end, one record of the call is handed on.
 */
export function pipeline<Dependencies>(
  parts: PipelineParts<Dependencies>,
): (incoming: IncomingRequest) => Promise<HttpResponse> {
  return async (incoming) => {
    const { sourceAddress: address, headers, isSecure, tlsVersion } = incoming.head
    const record = newCallRecord({
      requestId: parts.newId(),
      eventId: parts.newId(),
      startedAt: parts.clock(),
      source: { address, userAgent: headers['user-agent'], isSecure, tlsVersion },
    })
    const startedAt = performance.now()
    parts.started()
    let protocol: ServiceProtocol | undefined
    let response: HttpResponse
    let cause: unknown
    try {
      const routed = await route(parts, incoming, record, (found) => {
        protocol = found
      })
      response = await answer(parts, routed, record)
    } catch (error) {
      const refusal = explainable(refuse(error), record, parts.newAuthorizationId)
      record.errorCode = refusal.code
      record.errorMessage = refusal.message
      cause = refusal.cause
      response = withAuthorizationMessage(
        encodeError(protocol, refusal, record.requestId, { method: incoming.head.method }),
        record,
        parts.keyRing,
      )
    }
    parts.ended({ record, status: response.status, durationMs: performance.now() - startedAt, cause })
    return response
  }
}

interface RoutedCall<Dependencies> {
  readonly loaded: LoadedService<Dependencies>
  readonly target: RoutedOperation
  readonly request: HttpRequest
}

/** Finds service and operation, and reads the body unless it is one that streams. */
async function route<Dependencies>(
  parts: PipelineParts<Dependencies>,
  incoming: IncomingRequest,
  record: CallRecord,
  found: (protocol: ServiceProtocol) => void,
): Promise<RoutedCall<Dependencies>> {
  const { head } = incoming
  const { protocols } = parts.services
  let chosen = routeService(head, protocols)
  let bytes: Uint8Array | undefined
  if (chosen.kind === 'form') {
    bytes = await incoming.readBody(BODY_BYTES_MAX.query)
    chosen = routeForm(parseFormBody(bytes), protocols)
  }
  if (chosen.kind !== 'service') throw new AwsError(UNKNOWN_SERVICE, 'There is no such service here.')
  found(chosen.service)
  record.service = chosen.service.name
  const loaded = await parts.services.load(chosen.service.name)
  const limit = BODY_BYTES_MAX[chosen.service.protocol]
  const request: HttpRequest =
    bytes === undefined && chosen.service.protocol === 'rest-xml'
      ? { ...head, body: { kind: 'stream', stream: incoming.streamBody() } }
      : { ...head, body: { kind: 'bytes', bytes: bytes ?? (await incoming.readBody(limit)) } }
  const target = routeOperation(loaded.model, request, parts.ownHosts)
  record.operation = target.operation.name
  if (request.body.kind === 'bytes' || takesStream(target.operation)) return { loaded, target, request }
  return { loaded, target, request: { ...head, body: { kind: 'bytes', bytes: await incoming.readBody(limit) } } }
}

async function answer<Dependencies>(
  parts: PipelineParts<Dependencies>,
  routed: RoutedCall<Dependencies>,
  record: CallRecord,
): Promise<HttpResponse> {
  const { loaded } = routed
  const { name } = routed.target.operation
  const operation = loaded.operation(name)
  if (operation === undefined) throw unknownOperation(loaded.model, name)
  await parts.store.changes.catchUp()
  const decoded = decode(routed, await authenticate(parts, routed, operation, record), record)
  const authorization: Authorization = {
    ...parts.authorization,
    judged: (judgement, evidence) => noteJudgement(record, judgement, evidence),
  }
  const call = await authorize(decoded, authorization)
  const store = parts.store.recording(storedEvents(record, parts.newId))
  const dependencies = parts.dependencies({ ...callAuthorization(decoded, authorization), store })
  const output = await operation.handle(call, dependencies)
  return sendable(encodeOutput(loaded.model, routed.target.operation, output, record.requestId))
}

/** A call whose caller is known, and whose body is still bytes. */
interface AuthenticatedCall extends Omit<DecodedCall<unknown>, 'input'> {
  readonly request: HttpRequest
}

/** An unsigned operation is judged by what it carries; a signature on it would prove nothing that it needs. */
async function authenticate<Dependencies>(
  parts: PipelineParts<Dependencies>,
  { loaded, request }: RoutedCall<Dependencies>,
  operation: AuthenticatedCall['operation'],
  record: CallRecord,
): Promise<AuthenticatedCall> {
  // Not when the head arrived: a body may take minutes, and a token may have expired meanwhile.
  const now = parts.clock()
  const authenticated: Authenticated =
    operation.requires.kind === 'unsigned'
      ? { caller: { kind: 'anonymous' }, region: undefined, request }
      : await parts.authenticator.authenticate(request, loaded.model, now)
  const { caller, region = parts.defaultRegion, signature } = authenticated
  const accountId = caller.kind === 'anonymous' ? parts.defaultAccountId : caller.accountId
  Object.assign(record, { caller, accountId, region })
  const { requestId } = record
  const admitsAnonymous = loaded.service.admitsAnonymous ?? false
  const source = { ...record.source, signature }
  const call = { operation, caller, accountId, region, requestId, now, source, admitsAnonymous }
  refuseUnsigned(call)
  return { ...call, request: authenticated.request }
}

function decode(
  { loaded, target }: RoutedCall<never>,
  { request, ...call }: AuthenticatedCall,
  record: CallRecord,
): DecodedCall<unknown> {
  const input = decodeInput(loaded.model, target, request)
  const invalid = validateInput(target.operation, input, loaded.service.constraints)
  if (invalid !== undefined) throw invalid
  record.parameters = namingParameters(input)
  return { ...call, input }
}

/** A web identity acts in the account of the provider that vouches for it; until then the call was nobody's. */
function noteJudgement(record: CallRecord, judgement: Judgement, evidence: Evidence): void {
  record.judgements.push(judgement)
  if (judgement.decision.decision !== 'allowed') record.denied = { judgement, evidence }
  record.accountId = webIdentityOf(record)?.accountId ?? record.accountId
}

/** The first change of a call is stored under the id that the log shows; further ones of the same call need ids of their own. */
function storedEvents(record: CallRecord, newId: () => string): () => AuditEvent {
  let isFirst = true
  return () => {
    const eventId = isFirst ? record.eventId : newId()
    isFirst = false
    return auditEvent({ ...record, eventId })
  }
}

/** What RFC 9110 lets stand in a header's value, in Node's spelling of bytes. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Some headers repeat what the caller chose (`response-content-disposition` of S3): a line break there must not end the header. */
function sendable(response: HttpResponse): HttpResponse {
  const { headers, body } = response
  const name = Object.keys(headers).find((header) => !HEADER_VALUE.test(headers[header] ?? ''))
  if (name === undefined) return response
  if (body instanceof Readable) body.destroy()
  throw new AwsError(VALIDATION_ERROR, `The value of the response header ${name} holds characters that no header can.`)
}

/** Header of a denial: the message that `sts:DecodeAuthorizationMessage` takes. AWS's own services put it into some texts only. */
const AUTHORIZATION_MESSAGE_HEADER = 'x-openirsa-authorization-message'

function withAuthorizationMessage(response: HttpResponse, record: CallRecord, keyRing: KeyRing): HttpResponse {
  const { caller, accountId, denied, authorizationId } = record
  if (denied === undefined || record.errorCode !== 'AccessDenied') return response
  if (caller === undefined || caller.kind === 'anonymous' || accountId === undefined) return response
  const message = sealAuthorizationMessage(keyRing, caller, denied.judgement, accountId, authorizationId)
  if (message === undefined) return response
  return { ...response, headers: { ...response.headers, [AUTHORIZATION_MESSAGE_HEADER]: message } }
}
