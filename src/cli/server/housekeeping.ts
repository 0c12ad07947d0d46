import type { Logger } from './logger.ts'

/** A task that a server does by the clock. */
export interface Chore {
  readonly name: string
  readonly everyMs: number
  /** Whether it is done once at the start, too. */
  readonly atStart: boolean
  run(): Promise<unknown>
}

export interface Housekeeping {
  /** Starts no chore any more, and waits for those that run. */
  stop(): Promise<void>
}

/** Runs chores by the clock, never one twice at the same time. A failing one is logged and tried again at its next time. */
export function startHousekeeping(chores: readonly Chore[], logger: Pick<Logger, 'error'>): Housekeeping {
  const started = chores.map((chore) => {
    let running: Promise<void> | undefined
    const run = () => {
      running ??= done(chore, logger).finally(() => {
        running = undefined
      })
    }
    if (chore.atStart) run()
    return { timer: setInterval(run, chore.everyMs).unref(), running: () => running }
  })
  return {
    async stop() {
      for (const { timer } of started) clearInterval(timer)
      await Promise.all(started.map(({ running }) => running()))
    },
  }
}

async function done(chore: Chore, logger: Pick<Logger, 'error'>): Promise<void> {
  try {
    await chore.run()
  } catch (error) {
    logger.error({ err: error, chore: chore.name }, 'housekeeping failed; it is tried again later')
  }
}
