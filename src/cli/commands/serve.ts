import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { openApplication } from '../application.ts'
import { startBanner } from '../banner.ts'
import { type Logger, openLogger } from '../logger.ts'
import { readSettings, SETTINGS, type Settings } from '../settings.ts'
import { CommandError, EXIT } from '../usage-error.ts'

/** Milliseconds that running requests get to finish when the program is told to stop. */
const STOP_GRACE_MS = 30_000

export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('run the server')
    .option('--config <file>', 'config file (default: openirsa.yaml, where there is one)')
  for (const { flag, argument, help, environment } of Object.values(SETTINGS)) {
    if (flag === undefined) continue
    command.option(`--${flag}${argument === undefined ? '' : ` <${argument}>`}`, `${help} [${environment}]`)
  }
  command.action(async (flags: { readonly config?: string }) => {
    const settings = readSettings(flags, process.env, flags.config ?? process.env.OPENIRSA_CONFIG)
    const logger = openLogger(settings.logLevel)
    const workers = settings.workers === 'auto' ? availableParallelism() : settings.workers
    if (workers > 1 && cluster.isPrimary) await superviseWorkers(settings, workers, logger)
    else await serve(settings, logger)
  })
}

async function serve(settings: Settings, logger: Logger): Promise<void> {
  const application = await openApplication(settings, logger)
  const listener = await application.listen().catch((error) => {
    throw listenError(error, settings)
  })
  logger.info({ url: listener.url, pid: process.pid }, 'listening')
  if (cluster.isPrimary) process.stdout.write(startBanner(settings, listener.url, application.installation))
  else process.send?.({ listening: listener.url, installation: application.installation })
  const stop = once(async (signal: string) => {
    logger.info({ signal }, 'stopping: running requests may finish')
    await application.stop(STOP_GRACE_MS)
    logger.info('stopped')
    process.exit(EXIT.done)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal))
  process.on('disconnect', () => stop('disconnect'))
}

/** Starts the workers, restarts those that end by themselves, and ends with them. */
async function superviseWorkers(settings: Settings, workers: number, logger: Logger): Promise<void> {
  let isStopping = false
  const running = new Set<ReturnType<typeof cluster.fork>>()
  const start = (): Promise<WorkerReport> =>
    new Promise((resolve, reject) => {
      const worker = cluster.fork()
      running.add(worker)
      let isReady = false
      worker.once('message', (report: WorkerReport) => {
        isReady = true
        resolve(report)
      })
      worker.once('exit', (code, signal) => {
        running.delete(worker)
        if (!isReady) reject(new CommandError('WORKER', `a worker ended with ${signal ?? code} before it listened`))
        else if (!isStopping) {
          logger.error({ code, signal }, 'a worker ended; starting another')
          start().catch((error) => logger.error({ err: error }, 'a worker could not be started'))
        }
      })
    })
  // The first one alone, so that it makes the database and keys and the others find them.
  const first = await start()
  await Promise.all(Array.from({ length: workers - 1 }, start))
  process.stdout.write(startBanner(settings, first.listening, first.installation))
  const stop = once(async () => {
    isStopping = true
    const ends = Array.from(running, (worker) => new Promise((resolve) => worker.once('exit', resolve)))
    for (const worker of running) worker.process.kill('SIGTERM')
    await Promise.all(ends)
    process.exit(EXIT.done)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
}

interface WorkerReport {
  readonly listening: string
  readonly installation: Parameters<typeof startBanner>[2]
}

function listenError(error: unknown, { listen }: Settings): unknown {
  const where = `${listen.host}:${listen.port}`
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new CommandError(
        'ADDRESS_IN_USE',
        `something else listens on ${where}. Stop it, or choose another address with --listen.`,
      )
    case 'EACCES':
    case 'EADDRNOTAVAIL':
      return new CommandError('ADDRESS', `cannot listen on ${where}: ${(error as Error).message}`)
    default:
      return error
  }
}

function once<T extends unknown[]>(action: (...args: T) => Promise<void>): (...args: T) => void {
  let isDone = false
  return (...args) => {
    if (isDone) return
    isDone = true
    action(...args).catch((error) => {
      console.error(error)
      process.exit(EXIT.failed)
    })
  }
}
