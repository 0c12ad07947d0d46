import type { Authenticated, Authenticator } from '../access/authenticate.ts'
import { sealAuthorizationMessage } from '../access/authorization-message.ts'
import type { Authorization, CallAuthorization } from '../access/authorize.ts'
import { authorize, callAuthorization } from '../access/authorize.ts'
import { AwsError } from '../aws/aws-error.ts'
import type { Caller } from '../aws/caller.ts'
import type { HttpRequest, HttpResponse } from '../aws/http-message.ts'
import type { ServiceProtocol } from '../aws/service-protocol.ts'
import type { KeyRing } from '../store/key-ring.ts'
import type { CallStore, Store } from '../store/store.ts'
import { decodeInput, takesStream } from '../wire/decode.ts'
import { encodeOutput } from '../wire/encode.ts'
import { encodeError } from '../wire/errors.ts'
import { parseFormBody } from '../wire/form.ts'
import { type RoutedOperation, routeOperation } from '../wire/operation-route.ts'
import { routeForm, routeService } from '../wire/service-route.ts'
import { unknownOperation } from '../wire/unknown-operation.ts'
import { validateInput } from '../wire/validate.ts'
import { auditEvent } from './audit.ts'
import { type CallRecord, namingParameters, newCallRecord } from './call-record.ts'
import type { IncomingRequest } from './http.ts'
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
  readonly newRequestId: () => string
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
    const record = newCallRecord(parts.newRequestId(), parts.clock(), {
      address: incoming.head.sourceAddress,
      userAgent: incoming.head.headers['user-agent'],
      isSecure: incoming.head.isSecure,
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
      const refusal = refuse(error)
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
  readonly routed: RoutedOperation
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
  const routed = routeOperation(loaded.model, request, parts.ownHosts)
  record.operation = routed.operation.name
  if (request.body.kind === 'bytes' || takesStream(routed.operation)) return { loaded, routed, request }
  return { loaded, routed, request: { ...head, body: { kind: 'bytes', bytes: await incoming.readBody(limit) } } }
}

async function answer<Dependencies>(
  parts: PipelineParts<Dependencies>,
  { loaded, routed, request }: RoutedCall<Dependencies>,
  record: CallRecord,
): Promise<HttpResponse> {
  const { name } = routed.operation
  const operation = loaded.operation(name)
  if (operation === undefined) throw unknownOperation(loaded.model, name)
  await parts.store.changes.catchUp()
  const now = record.startedAt
  // An unsigned operation is judged by what it carries; a signature on it would prove nothing that it needs.
  const authenticated =
    operation.requires.kind === 'unsigned'
      ? unsigned(request)
      : await parts.authenticator.authenticate(request, loaded.model, now)
  record.caller = authenticated.caller
  const accountId = accountOf(authenticated.caller) ?? parts.defaultAccountId
  const region = authenticated.region ?? parts.defaultRegion
  Object.assign(record, { accountId, region })
  const input = decodeInput(loaded.model, routed, authenticated.request)
  const invalid = validateInput(routed.operation, input, loaded.service.constraints)
  if (invalid !== undefined) throw invalid
  record.parameters = namingParameters(input)
  const decoded = {
    operation,
    input,
    caller: authenticated.caller,
    accountId,
    region,
    requestId: record.requestId,
    now,
    source: record.source,
    admitsAnonymous: loaded.service.admitsAnonymous ?? false,
  }
  const authorization: Authorization = {
    ...parts.authorization,
    judged: (judgement) => record.judgements.push(judgement),
  }
  const call = await authorize(decoded, authorization)
  const store = parts.store.recording(() => auditEvent(record))
  const dependencies = parts.dependencies({ ...callAuthorization(decoded, authorization), store })
  const output = await operation.handle(call, dependencies)
  return encodeOutput(loaded.model, routed.operation, output, record.requestId)
}

/** Header of a denial: the message that `sts:DecodeAuthorizationMessage` takes. AWS's own services put it into some texts only. */
const AUTHORIZATION_MESSAGE_HEADER = 'x-openirsa-authorization-message'

function withAuthorizationMessage(response: HttpResponse, record: CallRecord, keyRing: KeyRing): HttpResponse {
  const denied = record.judgements.findLast(({ decision }) => decision.decision !== 'allowed')
  const { caller, accountId } = record
  if (denied === undefined || record.errorCode !== 'AccessDenied') return response
  if (caller === undefined || caller.kind === 'anonymous' || accountId === undefined) return response
  const message = sealAuthorizationMessage(keyRing, caller, denied, accountId)
  if (message === undefined) return response
  return { ...response, headers: { ...response.headers, [AUTHORIZATION_MESSAGE_HEADER]: message } }
}

function unsigned(request: HttpRequest): Authenticated {
  return { caller: { kind: 'anonymous' }, region: undefined, request }
}

function accountOf(caller: Caller): string | undefined {
  return caller.kind === 'anonymous' ? undefined : caller.accountId
}
