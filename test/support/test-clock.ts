import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A time of day that a test moves; servers that are started with its environment follow it. */
export interface TestClock {
  readonly environment: Readonly<Record<string, string>>
  /** Milliseconds since the epoch, as the servers see them. */
  now(): number
  /** Sets how far the servers' clock is ahead of the machine's. */
  setAhead(milliseconds: number): void
}

export async function newTestClock(): Promise<TestClock> {
  const folder = await mkdtemp(path.join(tmpdir(), 'openirsa-clock-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'ahead')
  let ahead = 0
  writeFileSync(file, '0')
  return {
    environment: {
      OPENIRSA_TEST_CLOCK_FILE: file,
      NODE_OPTIONS: `--import ${new URL('./shifted-clock.ts', import.meta.url).href}`,
    },
    now: () => Date.now() + ahead,
    setAhead(milliseconds) {
      ahead = milliseconds
      writeFileSync(file, String(milliseconds))
    },
  }
}
