import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AwsError } from '../aws/aws-error.ts'
import type { HttpRequest, HttpResponse } from '../aws/http-message.ts'

/** A request whose body has not been read yet: nobody reads it before it is known how much of it to read. */
export interface IncomingRequest {
  readonly head: RequestHead
  /** @throws AwsError `RequestEntityTooLarge` past the limit, with nothing more read */
  readBody(limitBytes: number): Promise<Uint8Array>
  streamBody(): AsyncIterable<Uint8Array>
}

export type RequestHead = Omit<HttpRequest, 'body'>

export interface HttpListener {
  readonly port: number
  /** Stops accepting, lets running requests finish for up to `graceMs`, then closes what is left. */
  stop(graceMs: number): Promise<void>
}

export interface ListenOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  /** True where a proxy in front ends TLS: clients' own connections are then secure although ours are not. */
  readonly isBehindTls: boolean
}

/** Bytes of all request headers together; S3 allows 8 KB of them (its own limit), session tokens add theirs. */
const HEADER_BYTES_MAX = 32 * 1024
/** Milliseconds. A slow upload may take long; slow headers may not. */
const HEADERS_TIMEOUT_MS = 20_000
const REQUEST_TIMEOUT_MS = 15 * 60_000
/** Longer than the 60 s after which common load balancers close idle connections, so that it is they who close. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000

const REQUEST_ENTITY_TOO_LARGE = { code: 'RequestEntityTooLarge', status: 413 }

/** Listens, and answers each request by `answer`, which never throws. */
export async function listen(
  options: ListenOptions,
  answer: (request: IncomingRequest) => Promise<HttpResponse>,
): Promise<HttpListener> {
  const settings = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    noDelay: true,
  }
  const running = new Set<Promise<void>>()
  const isSecure = options.tls !== undefined || options.isBehindTls
  const onRequest = (message: IncomingMessage, response: ServerResponse) => {
    const done = serve(message, response, isSecure, answer).finally(() => running.delete(done))
    running.add(done)
  }
  const server: Server =
    options.tls === undefined
      ? createServer(settings, onRequest)
      : createTlsServer({ ...settings, ...options.tls }, onRequest)
  // The body is wanted only once the call is allowed, so `100 Continue` is sent when it is first read.
  server.on('checkContinue', onRequest)
  await listening(server, options)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async stop(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      await Promise.race([Promise.all(running), delay(graceMs)])
      server.closeAllConnections()
      await closed
    },
  }
}

function listening(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  isSecure: boolean,
  answer: (request: IncomingRequest) => Promise<HttpResponse>,
): Promise<void> {
  try {
    const answered = await answer(incomingRequest(message, response, isSecure))
    await send(message, response, answered)
  } catch {
    // The connection is gone, or broke while a body was sent: the client sees a cut answer, never a wrong whole one.
    response.destroy()
  }
}

function incomingRequest(message: IncomingMessage, response: ServerResponse, isSecure: boolean): IncomingRequest {
  const url = message.url ?? '/'
  const queryStart = url.indexOf('?')
  const continueOnce = () => {
    if (message.headers.expect?.toLowerCase() === '100-continue' && !response.headersSent) response.writeContinue()
  }
  return {
    head: {
      method: message.method ?? 'GET',
      path: queryStart === -1 ? url : url.slice(0, queryStart),
      query: queryStart === -1 ? '' : url.slice(queryStart + 1),
      headers: headersOf(message),
      sourceAddress: plainAddress(message.socket.remoteAddress ?? ''),
      isSecure,
    },
    async readBody(limitBytes) {
      continueOnce()
      return readWhole(message, limitBytes)
    },
    streamBody() {
      continueOnce()
      return message
    },
  }
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    if (values !== undefined) headers[name] = values.join(',').trim()
  }
  return headers
}

/** An IPv4 client of a dual-stack socket shows as `::ffff:192.0.2.1`; policies name it `192.0.2.1`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

async function readWhole(message: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new AwsError(
      REQUEST_ENTITY_TOO_LARGE,
      `The request body is larger than ${limitBytes} bytes, the most that this operation takes.`,
    )
  if (Number(message.headers['content-length'] ?? 0) > limitBytes) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of message) {
    size += chunk.length
    if (size > limitBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

/** Bytes of an unread body that are worth reading on, so that the connection lives and the client sees the answer. */
const DRAINED_BYTES_MAX = 1024 * 1024

/** Whether the rest of the request's body is nothing, or small enough for Node to read and forget after the answer. */
function isDrained(message: IncomingMessage): boolean {
  if (message.complete) return true
  const length = Number(message.headers['content-length'] ?? Number.NaN)
  return length <= DRAINED_BYTES_MAX && message.headers.expect === undefined
}

/** One write an answer where the body is at hand. */
async function send(message: IncomingMessage, response: ServerResponse, answer: HttpResponse): Promise<void> {
  const headers: Record<string, string> = { ...answer.headers }
  if (!isDrained(message)) headers.connection = 'close'
  const { body } = answer
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    if (headers['content-length'] === undefined && answer.status !== 204 && answer.status !== 304) {
      headers['content-length'] = String(body === undefined ? 0 : Buffer.byteLength(body))
    }
    response.writeHead(answer.status, headers)
    response.end(message.method === 'HEAD' ? undefined : body)
    return
  }
  response.writeHead(answer.status, headers)
  await pipeline(Readable.from(body), response)
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}
