import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { AwsError } from '../aws/aws-error.ts'
import type { HttpRequest } from '../aws/http-message.ts'

/** A request whose body has not been read yet: nobody reads it before it is known how much of it to read. */
export interface IncomingRequest {
  readonly head: RequestHead
  /** @throws AwsError `RequestEntityTooLarge` past the limit, with nothing more read; `IncompleteBody` */
  readBody(limitBytes: number): Promise<Uint8Array>
  /** What was not read when the answer is sent is left unread. @throws AwsError `IncompleteBody` while it is read */
  streamBody(): AsyncIterable<Uint8Array>
}

export type RequestHead = Omit<HttpRequest, 'body'>

/** Milliseconds for a body that is read whole: a few MiB at most. */
const WHOLE_BODY_TIMEOUT_MS = 60_000

const REQUEST_ENTITY_TOO_LARGE = { code: 'RequestEntityTooLarge', status: 413 }
/** S3's code. Nobody will read the answer, but the log should not blame the server. */
const INCOMPLETE_BODY = { code: 'IncompleteBody', status: 400 }

/** @param isSecure  whether the client's own connection is TLS */
export function incomingRequest(
  message: IncomingMessage,
  response: ServerResponse,
  isSecure: boolean,
): IncomingRequest {
  let isAwaited = message.headers.expect?.toLowerCase() === '100-continue'
  const continueOnce = () => {
    if (isAwaited) response.writeContinue()
    isAwaited = false
  }
  async function* body(): AsyncGenerator<Uint8Array> {
    continueOnce()
    try {
      // Whoever stops reading still wants to answer, over the same connection.
      yield* message.iterator({ destroyOnReturn: false })
    } catch (error) {
      throw incompleteBody(error)
    }
  }
  return {
    head: requestHead(message, isSecure),
    streamBody: body,
    async readBody(limitBytes) {
      if (Number(message.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes)
      const timer = setTimeout(() => message.destroy(), WHOLE_BODY_TIMEOUT_MS).unref()
      continueOnce()
      try {
        return await readWhole(message, limitBytes)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

function requestHead(message: IncomingMessage, isSecure: boolean): RequestHead {
  const { target, authority } = requestTarget(message.url ?? '/')
  const headers = headersOf(message)
  const queryStart = target.indexOf('?')
  return {
    method: message.method ?? 'GET',
    path: queryStart === -1 ? target : target.slice(0, queryStart),
    query: queryStart === -1 ? '' : target.slice(queryStart + 1),
    headers: authority === undefined ? headers : { ...headers, host: authority },
    sourceAddress: plainAddress(message.socket.remoteAddress ?? ''),
    isSecure,
    tlsVersion: tlsVersionOf(message),
  }
}

/**
 * A client may also write the whole URL, as to a proxy: then its host counts, and no `Host` header beside it, so that nobody in
 * between reads the request as one for another host than we do. `*` of OPTIONS becomes the root.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
function requestTarget(url: string): { readonly target: string; readonly authority: string | undefined } {
  if (url.startsWith('/')) return { target: url, authority: undefined }
  const authority = /^https?:\/\/([^/?]*)/i.exec(url)
  const rest = url.slice(authority?.[0].length ?? 0)
  return {
    target: rest.startsWith('/') ? rest : `/${rest.startsWith('?') ? rest : ''}`,
    authority: authority?.[1],
  }
}

/** `1.3` of Node's `TLSv1.3`. */
function tlsVersionOf({ socket }: IncomingMessage): string | undefined {
  return socket instanceof TLSSocket ? socket.getProtocol()?.replace(/^TLSv/, '') : undefined
}

/** From the list as it was parsed: `headersDistinct` would make an array for each header first. */
function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    const value = rawHeaders[index + 1] ?? ''
    const before = Object.hasOwn(headers, name) ? `${headers[name]},` : ''
    headers[name] = `${before}${value}`.trim()
  }
  return headers
}

/** An IPv4 client of a dual-stack socket shows as `::ffff:192.0.2.1`; policies name it `192.0.2.1`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

/** By events: an iterator over the message costs a small call a tenth of its time (`npm run bench`). */
function readWhole(message: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (message.destroyed) return reject(incompleteBody(message.errored))
    const chunks: Uint8Array[] = []
    let size = 0
    const end = (finish: () => void) => {
      message.off('data', onData).off('end', onEnd).off('close', onLost).off('error', onLost)
      finish()
    }
    const onData = (chunk: Uint8Array) => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= limitBytes) return
      message.pause()
      end(() => reject(tooLarge(limitBytes)))
    }
    const onEnd = () => end(() => resolve(joined(chunks)))
    const onLost = (cause: unknown) => end(() => reject(incompleteBody(cause)))
    message.on('data', onData).on('end', onEnd).on('close', onLost).on('error', onLost)
  })
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
}

function incompleteBody(cause: unknown): AwsError {
  return new AwsError(INCOMPLETE_BODY, 'The connection ended before the whole request body had arrived.', { cause })
}

function tooLarge(limitBytes: number): AwsError {
  return new AwsError(
    REQUEST_ENTITY_TOO_LARGE,
    `The request body is larger than ${limitBytes} bytes, the most that this operation takes.`,
  )
}
