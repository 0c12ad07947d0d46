import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { HttpResponse } from '../aws/http-message.ts'

/** Bytes of an unread body that are worth reading on, so that the connection lives and the client sees the answer. */
const DRAINED_BYTES_MAX = 1024 * 1024
/**
 * Milliseconds that a client may go on sending a longer body after its answer. Closing earlier would reset the connection, and
 * a client that is still sending would never see why it was refused.
 */
const LINGER_MS = 2_000

/**
 * Sends an answer, in one write where the body is at hand, and resolves when it is sent or the client is gone.
 *
 * @param isLast  whether the connection ends with this answer
 * @throws where the body, or the client's connection, broke in the middle
 */
export async function sendAnswer(
  message: IncomingMessage,
  response: ServerResponse,
  answer: HttpResponse,
  isLast: boolean,
): Promise<void> {
  const headers: Record<string, string> = { ...answer.headers }
  const isUnread = !isDrained(message)
  if (isLast || isUnread) headers.connection = 'close'
  const { body } = answer
  if (!isAtHand(body)) {
    response.writeHead(answer.status, headers)
    if (message.method !== 'HEAD') return pipeline(body, response)
    if (body instanceof Readable) body.destroy()
    return ended(response, undefined)
  }
  if (headers['content-length'] === undefined && answer.status !== 204 && answer.status !== 304) {
    headers['content-length'] = String(body === undefined ? 0 : Buffer.byteLength(body))
  }
  response.writeHead(answer.status, headers)
  const content = message.method === 'HEAD' ? undefined : body
  if (!isUnread) return ended(response, content)
  if (content === undefined) response.flushHeaders()
  else response.write(content)
  await lingered(message)
  return ended(response, undefined)
}

type Body = HttpResponse['body']

function isAtHand(body: Body): body is Exclude<Body, AsyncIterable<Uint8Array>> {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array
}

/** Whether the rest of the request's body is nothing, or small enough for Node to read and forget after the answer. */
function isDrained(message: IncomingMessage): boolean {
  if (message.complete) return true
  const length = Number(message.headers['content-length'] ?? Number.NaN)
  return length <= DRAINED_BYTES_MAX && message.headers.expect === undefined
}

/** Resolves also where the client is gone. */
function ended(response: ServerResponse, content: string | Uint8Array | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve()
    response.once('close', resolve)
    response.end(content)
  })
}

/** Reads and forgets what the client still sends. */
function lingered(message: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (message.closed) return resolve()
    const timer = setTimeout(resolve, LINGER_MS).unref()
    message.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    message.on('error', () => {})
    message.resume()
  })
}
