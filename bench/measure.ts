import { atMost, type RequestSource, runLoad } from './load.ts'
import { busySeconds, cpuSeconds, type Placement } from './machine.ts'

/** Something that answers requests, and the requests that it is asked. */
export interface Contender {
  readonly name: string
  readonly server: { readonly pid: number; readonly port: number }
  readonly requests: RequestSource
}

export interface Measurement {
  readonly name: string
  readonly connections: number
  readonly requestsPerSecond: number
  /** Microseconds of processor time that the server used a request: user and system, all its threads. */
  readonly cpuMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Share of the server's core that others used meanwhile, 0 to 1: how noisy the machine was. */
  readonly othersShare: number
}

export interface Effort {
  readonly windows: number
  readonly windowMs: number
  /** The most that warming up takes: it ends before, after `WARM_UP_REQUESTS`. */
  readonly warmUpMs: number
}

export const FULL: Effort = { windows: 3, windowMs: 1_000, warmUpMs: 2_500 }
export const QUICK: Effort = { windows: 1, windowMs: 400, warmUpMs: 300 }

/** Until V8 has compiled what is hot; fewer leave a server at up to twice its later time by request. */
const WARM_UP_REQUESTS = 10_000

export interface Laboratory {
  readonly placement: Placement
  readonly effort: Effort
  /** Folder for processor profiles of the servers; undefined: none are made. */
  readonly profileFolder: string | undefined
}

/**
 * Measures contenders in turns, window by window, so that what else the machine does meets all of them alike, and returns of each
 * the window with the least processor time a request: the one that was disturbed least.
 */
export async function compare<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  connections: number,
  { effort, placement }: Laboratory,
): Promise<Readonly<Record<Name, Measurement>>> {
  const all = Object.entries<Contender>(contenders)
  const windows = new Map<string, Measurement[]>(all.map(([name]) => [name, []]))
  for (const [, { server, requests }] of all) {
    const warming = { port: server.port, connections, requests: atMost(WARM_UP_REQUESTS, requests) }
    await runLoad({ ...warming, durationMs: effort.warmUpMs })
  }
  for (let round = 0; round < effort.windows; round++) {
    for (const [name, contender] of all) {
      windows.get(name)?.push(await measure(contender, connections, effort.windowMs, placement))
    }
  }
  const best = Array.from(windows, ([name, measured]) => [name, leastDisturbed(measured)])
  return Object.fromEntries(best) as Record<Name, Measurement>
}

async function measure(
  { name, server, requests }: Contender,
  connections: number,
  durationMs: number,
  { serverCore }: Placement,
): Promise<Measurement> {
  const cpuBefore = cpuSeconds(server.pid)
  const busyBefore = busySeconds(serverCore)
  const load = await runLoad({ port: server.port, connections, requests, durationMs })
  const cpu = cpuSeconds(server.pid) - cpuBefore
  const others = busySeconds(serverCore) - busyBefore - cpu
  return {
    name,
    connections,
    requestsPerSecond: load.requests / load.seconds,
    cpuMicros: (cpu / load.requests) * 1e6,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    othersShare: Math.max(0, others / load.seconds),
  }
}

function leastDisturbed(measurements: readonly Measurement[]): Measurement {
  const [least] = measurements.toSorted((a, b) => a.cpuMicros - b.cpuMicros)
  if (least === undefined) throw new Error('Nothing was measured')
  return least
}
