import { type Answer, HttpConnection } from './http-connection.ts'

/** The next request's bytes; undefined when there are no more. */
export type RequestSource = () => Uint8Array | undefined

export interface Load {
  readonly port: number
  /** Each has one request on its way at a time: as many clients that wait for their answers. */
  readonly connections: number
  readonly requests: RequestSource
  readonly durationMs: number
}

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Every client sends the same bytes. */
export function always(request: Uint8Array): RequestSource {
  return () => request
}

export function inTurns(requests: readonly Uint8Array[]): RequestSource {
  let next = 0
  return () => requests[next++ % requests.length]
}

/** Each request once, then no more. */
export function each(requests: Iterator<Uint8Array>): RequestSource {
  return () => requests.next().value
}

export function atMost(count: number, requests: RequestSource): RequestSource {
  let left = count
  return () => (left-- > 0 ? requests() : undefined)
}

/**
 * Sends requests for a while, each client its next one as soon as it has the answer to the one before.
 *
 * @throws Error for any answer but success: how fast a server refuses is another question
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: load.connections }, () => HttpConnection.open(load.port)))
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  const endSpin = spin()
  try {
    await Promise.all(connections.map((connection) => runClient(connection, load, startedAt, latenciesMs)))
  } finally {
    endSpin()
    for (const connection of connections) connection.close()
  }
  const seconds = (performance.now() - startedAt) / 1000
  latenciesMs.sort((a, b) => a - b)
  return {
    requests: latenciesMs.length,
    seconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  }
}

function runClient(
  connection: HttpConnection,
  { requests, durationMs }: Load,
  startedAt: number,
  latenciesMs: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0
    const sendNext = () => {
      sentAt = performance.now()
      const request = sentAt - startedAt < durationMs ? requests() : undefined
      if (request === undefined) resolve()
      else connection.send(request, onAnswer, reject)
    }
    const onAnswer = (answer: Answer) => {
      latenciesMs.push(performance.now() - sentAt)
      if (answer.status >= 300) reject(refused(answer))
      else sendNext()
    }
    sendNext()
  })
}

/**
 * Keeps this process from ever going to sleep. Otherwise the server pays, in each write, for waking it on another core (20 µs and
 * more on a virtual machine), and a slow server does so more often than a fast one.
 */
function spin(): () => void {
  let isSpinning = true
  const turn = () => {
    if (isSpinning) setImmediate(turn)
  }
  turn()
  return () => {
    isSpinning = false
  }
}

export function refused({ status, body }: Answer): Error {
  return new Error(`The server answered ${status}: ${body.toString('utf8').slice(0, 500)}`)
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
