import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: Buffer
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)/i
const NO_CONTENT = 204

/**
 * One kept-alive connection that sends bytes made before and takes one answer at a time. It reads no more of HTTP than it must,
 * so that the load costs less than what it measures.
 */
export class HttpConnection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #onAnswer: ((answer: Answer) => void) | undefined
  #onFailure: ((error: Error) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('The server closed the connection')))
  }

  static open(port: number): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new HttpConnection(socket))
      })
    })
  }

  send(request: Uint8Array, onAnswer: (answer: Answer) => void, onFailure: (error: Error) => void): void {
    this.#onAnswer = onAnswer
    this.#onFailure = onFailure
    this.#socket.write(request)
  }

  ask(request: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => this.send(request, resolve, reject))
  }

  close(): void {
    this.#onFailure = undefined
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    const answer = readAnswer(this.#received)
    if (answer === undefined) return
    this.#received = Buffer.alloc(0)
    const onAnswer = this.#onAnswer
    this.#onAnswer = undefined
    this.#onFailure = undefined
    onAnswer?.(answer)
  }

  #fail(error: Error): void {
    this.#onFailure?.(error)
    this.#onFailure = undefined
    this.#socket.destroy()
  }
}

/** Undefined while a part of the answer is still on its way. @throws Error for a body whose length is not said */
function readAnswer(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf(END_OF_HEAD)
  if (headEnd === -1) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const length = status === NO_CONTENT ? '0' : CONTENT_LENGTH.exec(head)?.[1]
  if (length === undefined) throw new Error(`The answer does not say how long it is:\n${head}`)
  const bodyStart = headEnd + END_OF_HEAD.length
  if (bytes.length < bodyStart + Number(length)) return undefined
  return { status, head, body: bytes.subarray(bodyStart) }
}
