import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A running `store-process.ts`. */
export interface OtherProcess {
  /** What it has printed so far; all of it once `ended` has resolved. */
  readonly lines: readonly string[]
  /** Resolves with the first line that was printed after `count` others. */
  line(count: number): Promise<string>
  /** Ends it as a power cut would, in the middle of whatever it does. */
  kill(): void
  readonly ended: Promise<{ readonly code: number | null }>
}

export function startOtherProcess(location: string, task: string, argument = ''): OtherProcess {
  const program = fileURLToPath(new URL('./store-process.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [program, location, task, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const waiting: { readonly count: number; resolve(line: string): void }[] = []
  if (child.stdout === null) throw new Error('The process has no output')
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    for (const { count, resolve } of waiting) if (lines.length === count + 1) resolve(line)
  })
  return {
    lines,
    line: (count) =>
      new Promise((resolve) => {
        const line = lines[count]
        if (line === undefined) waiting.push({ count, resolve })
        else resolve(line)
      }),
    kill: () => child.kill('SIGKILL'),
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code }))),
  }
}
