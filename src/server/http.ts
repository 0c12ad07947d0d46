import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Server as NetServer, type Socket } from 'node:net'
import type { HttpResponse } from '../aws/http-message.ts'
import { type IncomingRequest, incomingRequest } from './incoming-request.ts'
import { sendAnswer } from './send-answer.ts'

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
  /** Told of what broke while an answer was made or sent, unless it was the client's connection. */
  readonly failed: (error: unknown) => void
}

/** Bytes of all request headers together; S3 allows 8 KB of them (its own limit), session tokens add theirs. */
const HEADER_BYTES_MAX = 32 * 1024
/** Milliseconds. A large upload may take long; slow headers may not. */
const HEADERS_TIMEOUT_MS = 20_000
const REQUEST_TIMEOUT_MS = 60 * 60_000
/** Milliseconds without a byte in either direction, while a request is there: a client that does not read its answer, or that went silent in the middle of its own. */
const STILL_TIMEOUT_MS = 5 * 60_000
/** Longer than the 60 s after which common load balancers close idle connections, so that it is they who close. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000

/** Listens, and answers each request by `answer`, which never throws. */
export async function listen(
  options: ListenOptions,
  answer: (request: IncomingRequest) => Promise<HttpResponse>,
): Promise<HttpListener> {
  /** Requests that are not answered yet, with their connections. */
  const running = new Map<Promise<void>, Socket>()
  let isStopping = false
  const isSecure = options.tls !== undefined || options.isBehindTls
  const serve = async (message: IncomingMessage, response: ServerResponse) => {
    try {
      const answered = await answer(incomingRequest(message, response, isSecure))
      await sendAnswer(message, response, answered, isStopping)
    } catch (error) {
      // The client sees a cut answer, never a wrong whole one.
      response.destroy()
      if (!isConnectionLost(error)) options.failed(error)
    }
  }
  const server = createListener(options, (message, response) => {
    const done = serve(message, response).finally(() => running.delete(done))
    running.set(done, message.socket)
  })
  const sockets = opened(server, 'connection')
  const connections = options.tls === undefined ? sockets : opened(server, 'secureConnection')
  await listening(server, options)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async stop(graceMs) {
      isStopping = true
      // HTTP's own close() counts a connection as idle while its answer is still leaving, and cuts it.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
      const busy = new Set(running.values())
      for (const connection of connections) if (!busy.has(connection)) connection.destroy()
      const isTimeUp = delay(graceMs)
      // A client may have sent further requests on the same connection; each connection ends with its next answer.
      while (running.size > 0) {
        if ((await Promise.race([Promise.all(running.keys()), isTimeUp])) === TIME_IS_UP) break
      }
      // Those in the middle of a TLS handshake included.
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** The connections that are open, as they come and go. */
function opened(server: Server, event: 'connection' | 'secureConnection'): ReadonlySet<Socket> {
  const connections = new Set<Socket>()
  server.on(event, (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  return connections
}

function createListener(
  { tls }: ListenOptions,
  onRequest: (message: IncomingMessage, response: ServerResponse) => void,
): Server {
  const settings = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    noDelay: true,
  }
  const server =
    tls === undefined ? createServer(settings, onRequest) : createTlsServer({ ...settings, ...tls }, onRequest)
  // The body is wanted only once the call is allowed, so `100 Continue` is sent when it is first read.
  server.on('checkContinue', onRequest)
  server.timeout = STILL_TIMEOUT_MS
  return server
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

const CONNECTION_LOST = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_DESTROYED'])

function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CONNECTION_LOST.has(String(error.code))
}

const TIME_IS_UP = Symbol('time is up')

function delay(milliseconds: number): Promise<typeof TIME_IS_UP> {
  return new Promise((resolve) => setTimeout(() => resolve(TIME_IS_UP), milliseconds).unref())
}
