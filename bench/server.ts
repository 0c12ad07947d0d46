import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Answer, HttpConnection } from './http-connection.ts'
import { refused } from './load.ts'
import type { Placement } from './machine.ts'
import { type MeasuredProcess, startProgram } from './process.ts'
import type { Credentials } from './requests.ts'

const PROGRAM = fileURLToPath(new URL('../bin/openirsa.js', import.meta.url))

export const ADMIN: Credentials = {
  accessKeyId: 'AKIAOPENIRSABENCHMARK',
  secretAccessKey: randomBytes(30).toString('base64url'),
  sessionToken: undefined,
}

export interface ServerOptions {
  /** Errors go to standard error; at `info` everything goes to a file in the data folder. */
  readonly logLevel?: 'error' | 'info'
  /** PostgreSQL instead of SQLite. */
  readonly databaseUrl?: string
  /** Folder where a processor profile is left at the end. */
  readonly profileFolder?: string | undefined
}

/** OpenIRSA itself, one worker, with an admin key. */
export function startServer(
  dataDir: string,
  placement: Placement,
  { logLevel = 'error', databaseUrl, profileFolder }: ServerOptions = {},
): Promise<MeasuredProcess> {
  const flags = ['--listen', '127.0.0.1:0', '--data-dir', dataDir, '--log-level', logLevel, '--workers', '1']
  return startProgram(
    {
      program: PROGRAM,
      args: ['serve', ...flags],
      environment: {
        OPENIRSA_ADMIN_ACCESS_KEY_ID: ADMIN.accessKeyId,
        OPENIRSA_ADMIN_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
        ...(databaseUrl === undefined ? {} : { OPENIRSA_DATABASE_URL: databaseUrl }),
      },
      nodeFlags: profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`],
      ...(logLevel === 'info' ? { logFile: path.join(dataDir, 'log') } : {}),
    },
    placement,
  )
}

/** Runs `use` with a folder that is gone afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'openirsa-bench-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs `use` with a fresh server, which has ended and left nothing but its profile afterwards. */
export function withServer<T>(
  { placement, profileFolder }: { readonly placement: Placement; readonly profileFolder: string | undefined },
  options: Omit<ServerOptions, 'profileFolder'>,
  use: (server: MeasuredProcess) => Promise<T>,
): Promise<T> {
  return withFolder(async (folder) => {
    const server = await startServer(folder, placement, { ...options, profileFolder })
    try {
      return await use(server)
    } finally {
      await server.stop()
    }
  })
}

/** Sends one request and waits for its answer. @throws Error for any answer but success */
export async function askOnce(port: number, request: Uint8Array): Promise<Answer> {
  const connection = await HttpConnection.open(port)
  try {
    const answer = await connection.ask(request)
    if (answer.status >= 300) throw refused(answer)
    return answer
  } finally {
    connection.close()
  }
}
