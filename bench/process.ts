import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Placement, TASKSET } from './machine.ts'

/** A Node program that is measured, alone on its core. */
export interface MeasuredProcess {
  readonly pid: number
  readonly port: number
  /** Ends it as an operator does, and waits for its end. */
  stop(): Promise<void>
}

export interface ProgramOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly nodeFlags?: readonly string[]
  /** File that takes its standard error. */
  readonly logFile?: string
}

const START_MS_MAX = 30_000
const STOP_MS_MAX = 10_000
const LISTENING = /http:\/\/127\.0\.0\.1:(\d+)/

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a program that prints the URL where it listens, and waits for that. */
export async function startProgram(options: ProgramOptions, { serverCore }: Placement): Promise<MeasuredProcess> {
  const node = [process.execPath, ...(options.nodeFlags ?? []), options.program, ...options.args]
  const [command = '', ...args] = serverCore === undefined ? node : [TASKSET, '--cpu-list', String(serverCore), ...node]
  const log = options.logFile === undefined ? 'inherit' : openSync(options.logFile, 'w', 0o600)
  const child = spawn(command, args, {
    env: { ...withoutSettings(process.env), ...options.environment },
    stdio: ['ignore', 'pipe', log],
  })
  if (typeof log === 'number') closeSync(log)
  running.add(child)
  const ended = once(child, 'exit').finally(() => running.delete(child))
  const port = await listeningPort(child, ended)
  return {
    pid: child.pid ?? 0,
    port,
    async stop() {
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
      await ended
      clearTimeout(killer)
    },
  }
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(AWS_|OPENIRSA_|NODE_)/.test(name)))
}

function listeningPort(child: ChildProcess, ended: Promise<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`It did not listen within ${START_MS_MAX} ms`))
    }, START_MS_MAX)
    ended.then(() => reject(new Error('It ended before it listened')), reject).finally(() => clearTimeout(timer))
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      const port = LISTENING.exec(line)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(Number(port))
    })
  })
}
