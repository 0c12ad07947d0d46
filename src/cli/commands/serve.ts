import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { openApplication } from '../server/application.ts'
import { startBanner } from '../server/banner.ts'
import { type Logger, openLogger } from '../server/logger.ts'
import { startWorkers } from '../server/workers.ts'
import { readServerSettings, SETTINGS, type Settings } from '../settings/settings.ts'
import { CommandError, EXIT } from '../usage-error.ts'

/** Milliseconds that running requests get to finish when the program is told to stop. */
const STOP_GRACE_MS = 30_000

export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('run the server')
    .option('--config <file>', 'config file (default: openirsa.yaml, where there is one) [OPENIRSA_CONFIG]')
  for (const setting of Object.values(SETTINGS)) {
    const { flag, argument, help, environment } = setting
    if (flag === undefined) continue
    const text = `${help}${shownDefault(setting.default)} [${environment}]`
    command.option(`--${flag}${argument === undefined ? '' : ` <${argument}>`}`, text)
  }
  command.action(async (flags: { readonly config?: string }) => {
    const settings = readServerSettings({ ...flags }, process.env, flags.config ?? process.env.OPENIRSA_CONFIG)
    const logger = openLogger(settings.logLevel)
    const workers = settings.workers === 'auto' ? availableParallelism() : settings.workers
    if (workers > 1 && cluster.isPrimary) await superviseWorkers(settings, workers, logger)
    else await serve(settings, logger)
  })
}

function shownDefault(value: Settings[keyof Settings]): string {
  if (typeof value === 'string' || typeof value === 'number') return ` (default: ${value})`
  const isAddress = typeof value === 'object' && 'host' in value && 'port' in value
  return isAddress ? ` (default: ${value.host}:${value.port})` : ''
}

async function serve(settings: Settings, logger: Logger): Promise<void> {
  const application = await openApplication(settings, logger)
  // Before anybody can know that there is a server to stop.
  const stop = stopOnce(logger, () => application.stop(STOP_GRACE_MS))
  const listener = await application.listen().catch(async (error) => {
    // Connections to the database would keep the program from ending.
    await application.stop(0)
    throw listenError(error, settings)
  })
  logger.info({ url: listener.url, pid: process.pid }, 'listening')
  if (cluster.isPrimary) process.stdout.write(startBanner(settings, listener.url, application.installation))
  else process.send?.({ listening: listener.url, installation: application.installation })
  process.on('disconnect', () => stop('the primary process is gone'))
}

async function superviseWorkers(settings: Settings, count: number, logger: Logger): Promise<void> {
  const starting = startWorkers({
    count,
    fork: () => cluster.fork(),
    logger,
    sleep,
    // Whoever started this program starts it again, or sees that it cannot run.
    gaveUp: () => process.exit(EXIT.failed),
  })
  // A signal that comes while they start counts too: the first of them may be serving already.
  stopOnce(logger, async () => (await starting).stop())
  const { listening, installation } = (await starting).report
  process.stdout.write(startBanner(settings, listening, installation))
}

/** Stops at the first signal, in order; a second one from an impatient person ends the program as it is. */
function stopOnce(logger: Logger, stop: () => Promise<void>): (why: string) => void {
  let isStopping = false
  const once = (why: string) => {
    if (isStopping) return
    isStopping = true
    logger.info({ why }, 'stopping: running requests may finish')
    stop().then(
      () => process.exit(EXIT.done),
      (error) => {
        logger.error({ err: error }, 'could not stop in order')
        process.exit(EXIT.failed)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => (isStopping && process.stdin.isTTY ? process.exit(EXIT.failed) : once(signal)))
  }
  return once
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
    case 'ENOTFOUND':
      return new CommandError('ADDRESS', `cannot listen on ${where}: ${(error as Error).message}`)
    default:
      return error
  }
}
