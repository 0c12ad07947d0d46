import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/openirsa.js', import.meta.url))
const START_TIMEOUT_MS = 30_000

/** Key of the admin of every server that a suite starts. */
export const ADMIN = { accessKeyId: 'AKIAOPENIRSATESTSUITE', secretAccessKey: 'a-secret-of-any-length' } as const

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly dataDir: string
  readonly pid: number
  /** The environment in which unmodified AWS clients find the server. */
  readonly environment: Readonly<Record<string, string>>
  /** All log lines so far. */
  readonly log: () => readonly string[]
  /** Ends it as an operator does, and returns its exit code. */
  stop(): Promise<number | null>
  /** Ends it as a power cut does. */
  kill(): Promise<void>
}

export interface StartOptions {
  readonly flags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Kept after the server ends; without it, a folder is made and removed. */
  readonly dataDir?: string
  readonly port?: number
}

/** Starts the real program on a free port of loopback and waits until it listens. */
export async function startServer(options: StartOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'openirsa-test-')))
  const flags = ['serve', '--listen', `127.0.0.1:${options.port ?? 0}`, '--data-dir', dataDir, ...(options.flags ?? [])]
  const child = spawn(process.execPath, [PROGRAM, ...flags], {
    env: {
      ...withoutAws(process.env),
      OPENIRSA_ADMIN_ACCESS_KEY_ID: ADMIN.accessKeyId,
      OPENIRSA_ADMIN_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  // The server ends when this channel does: no suite that breaks off leaves one behind.
  child.channel?.unref()
  const log: string[] = []
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const url = await listeningUrl(child, log, exited)
  return {
    url,
    port: Number(new URL(url).port),
    dataDir,
    pid: child.pid ?? 0,
    environment: clientEnvironment(url, ADMIN),
    log: () => log,
    async stop() {
      child.kill('SIGTERM')
      const code = await exited
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
      return code
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** What a shell or a pod needs to reach the server with a key. */
export function clientEnvironment(
  url: string,
  key: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string },
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    ...(key.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: key.sessionToken }),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  }
}

/** The environment without anything that would point an AWS client, or our program, elsewhere. */
export function withoutAws(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(AWS_|OPENIRSA_)/.test(name)))
}

function listeningUrl(child: ChildProcess, log: string[], exited: Promise<number | null>): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The server did not start: ${why}\n${log.join('\n')}`))
    const timer = setTimeout(() => fail('time is up'), START_TIMEOUT_MS)
    exited.then((code) => fail(`it ended with ${code}`))
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        log.push(line)
        const url = /"msg":"listening".*"url":"([^"]+)"|"url":"([^"]+)".*"msg":"listening"/.exec(line)
        if (url === null) return
        clearTimeout(timer)
        resolve(url[1] ?? url[2] ?? '')
      })
    }
  })
}
