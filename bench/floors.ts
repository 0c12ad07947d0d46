import { fileURLToPath } from 'node:url'
import type { FloorOptions } from './floor-server.ts'
import type { Placement } from './machine.ts'
import { type MeasuredProcess, startProgram } from './process.ts'

const PROGRAM = fileURLToPath(new URL('./floor-server.ts', import.meta.url))

/** Runs `use` with a floor server for each of the options; all have ended afterwards. */
export async function withFloors<Name extends string, T>(
  placement: Placement,
  options: Readonly<Record<Name, FloorOptions>>,
  use: (servers: Readonly<Record<Name, MeasuredProcess>>) => Promise<T>,
): Promise<T> {
  const started: [string, MeasuredProcess][] = []
  try {
    for (const [name, option] of Object.entries<FloorOptions>(options)) {
      started.push([name, await startProgram({ program: PROGRAM, args: [JSON.stringify(option)] }, placement)])
    }
    return await use(Object.fromEntries(started) as Record<Name, MeasuredProcess>)
  } finally {
    await Promise.all(started.map(([, server]) => server.stop()))
  }
}
