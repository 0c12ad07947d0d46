import type { EventEmitter } from 'node:events'
import { CommandError } from '../usage-error.ts'
import type { startBanner } from './banner.ts'
import type { Logger } from './logger.ts'

/** What a worker says once it listens. */
export interface WorkerReport {
  readonly listening: string
  readonly installation: Parameters<typeof startBanner>[2]
}

/** A worker of `node:cluster`, as far as it is needed: it emits `message` with its report, and `exit`. */
export interface WorkerProcess extends EventEmitter {
  readonly process: { kill(signal: NodeJS.Signals): boolean }
}

export interface WorkersOptions {
  readonly count: number
  readonly fork: () => WorkerProcess
  readonly logger: Pick<Logger, 'error'>
  readonly sleep: (milliseconds: number) => Promise<unknown>
  /** Told where a worker ended `RESTARTS_MAX` times in a row soon after its start; all the others have ended by then. */
  readonly gaveUp: () => void
}

export interface Workers {
  /** What the first worker said. */
  readonly report: WorkerReport
  /** Tells all to stop and resolves when they have ended. */
  stop(): Promise<void>
}

/** Milliseconds before a worker that ended is replaced; doubled with each further one that ends soon. */
const RESTART_DELAY_MS = 250
const RESTARTS_MAX = 5
/** Milliseconds after which a worker counts as one that runs well. */
const SETTLED_MS = 60_000

/**
 * Starts workers and replaces those that end by themselves, within bounds.
 * @throws CommandError where one does not start; then none runs any more
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const pool = new WorkerPool(options)
  try {
    // The first one alone, so that it makes the database and keys and the others find them.
    const report = await pool.start()
    await Promise.all(Array.from({ length: options.count - 1 }, () => pool.start()))
    return { report, stop: () => pool.stop() }
  } catch (error) {
    await pool.stop()
    throw error
  }
}

class WorkerPool {
  readonly #options: WorkersOptions
  readonly #running = new Set<WorkerProcess>()
  #isStopping = false
  #restarts = 0
  #lastEndAt = Number.NEGATIVE_INFINITY

  constructor(options: WorkersOptions) {
    this.#options = options
  }

  /** Resolves when the worker listens. */
  start(): Promise<WorkerReport> {
    return new Promise((resolve, reject) => {
      const worker = this.#options.fork()
      let isListening = false
      this.#running.add(worker)
      worker.once('message', (report: WorkerReport) => {
        isListening = true
        resolve(report)
      })
      worker.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
        this.#running.delete(worker)
        const how = String(signal ?? code)
        if (isListening) void this.#replace(how)
        else reject(new CommandError('WORKER', `a worker ended (${how}) before it listened`))
      })
    })
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const ends = Array.from(this.#running, (worker) => new Promise((resolve) => worker.once('exit', resolve)))
    for (const worker of this.#running) worker.process.kill('SIGTERM')
    await Promise.all(ends)
  }

  /** Until one runs, or there is no point in trying any more. */
  async #replace(how: string): Promise<void> {
    for (let ended = how; !this.#isStopping; ) {
      const delayMs = this.#nextDelayMs()
      if (delayMs === undefined) return this.#giveUp(ended)
      this.#options.logger.error({ ended, delayMs }, 'a worker ended; another one is started')
      await this.#options.sleep(delayMs)
      if (this.#isStopping) return
      try {
        await this.start()
        return
      } catch (error) {
        ended = (error as Error).message
      }
    }
  }

  /** Counts an end; undefined where too many came too close to each other. */
  #nextDelayMs(): number | undefined {
    const now = performance.now()
    this.#restarts = now - this.#lastEndAt > SETTLED_MS ? 0 : this.#restarts + 1
    this.#lastEndAt = now
    return this.#restarts < RESTARTS_MAX ? RESTART_DELAY_MS * 2 ** this.#restarts : undefined
  }

  async #giveUp(ended: string): Promise<void> {
    if (this.#isStopping) return
    this.#options.logger.error({ ended, restarts: RESTARTS_MAX }, 'workers end again and again; the server gives up')
    await this.stop()
    this.#options.gaveUp()
  }
}
