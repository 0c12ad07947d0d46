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
  /** Starts no chore any more. */
  stop(): void
}

/** Runs chores by the clock, never one twice at the same time. A failing one is logged and tried again at its next time. */
export function startHousekeeping(chores: readonly Chore[], logger: Logger): Housekeeping {
  const timers = chores.map((chore) => {
    let isRunning = false
    const run = async () => {
      if (isRunning) return
      isRunning = true
      try {
        await chore.run()
      } catch (error) {
        logger.error({ err: error, chore: chore.name }, 'housekeeping failed; it is tried again later')
      } finally {
        isRunning = false
      }
    }
    if (chore.atStart) void run()
    return setInterval(run, chore.everyMs).unref()
  })
  return { stop: () => timers.forEach(clearInterval) }
}
