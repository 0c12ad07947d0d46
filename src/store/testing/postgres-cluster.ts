import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** A PostgreSQL server to test against. */
export interface PostgresServer {
  /** Makes an empty database. @returns its connection string */
  createDatabase(): Promise<string>
  /** Ends what was started for this; databases on a server that was only named are dropped. */
  stop(): Promise<void>
}

export type PostgresForTests =
  | { readonly kind: 'found'; start(): Promise<PostgresServer> }
  /** Why there is none, for the name of the skipped suite. */
  | { readonly kind: 'missing'; readonly reason: string }

/**
 * Says which PostgreSQL the suites use: the server that `OPENIRSA_TEST_DATABASE_URL` names (a role that may create databases), or
 * else a private cluster made from the machine's own binaries.
 */
export function findPostgres(): PostgresForTests {
  const url = process.env.OPENIRSA_TEST_DATABASE_URL
  if (url !== undefined && url !== '') return { kind: 'found', start: async () => serverAt(url, async () => {}) }
  if (process.platform === 'win32') return { kind: 'missing', reason: 'a private cluster needs a POSIX system' }
  const binaries = findBinaries()
  if (binaries === undefined) {
    const reason = 'no PostgreSQL: neither initdb and postgres on this machine nor OPENIRSA_TEST_DATABASE_URL'
    return { kind: 'missing', reason }
  }
  return { kind: 'found', start: () => startCluster(binaries) }
}

const START_ATTEMPTS = 3
const START_MS_MAX = 15_000

/** Starts a private cluster in a temporary folder, on a free port, with fsync on. It ends with this process, however that ends. */
async function startCluster(binaries: string): Promise<PostgresServer> {
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const folder = mkdtempSync(join(tmpdir(), 'openirsa-postgres-'))
    const password = randomBytes(16).toString('hex')
    initialize(binaries, folder, password)
    // The port may be taken between here and the server's start; then another one.
    const port = await freePort()
    const watchdog = startServer(binaries, folder, port)
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    if (await answers(url, watchdog)) return serverAt(url, () => stopServer(watchdog))
    await stopServer(watchdog)
  }
  throw new Error('The PostgreSQL server did not start')
}

/** Debian keeps the server's programs outside PATH, by version; the newest is taken. */
function findBinaries(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = listed(debian).sort((left, right) => Number(right) - Number(left))
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ]
  return folders.find((folder) => isExecutable(join(folder, 'initdb')) && isExecutable(join(folder, 'postgres')))
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The server refuses to run as root: then it runs as the user that Debian's package makes for it. */
function serverUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

function initialize(binaries: string, folder: string, password: string): void {
  const user = serverUser()
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (user.uid !== undefined && user.gid !== undefined) {
    chownSync(folder, user.uid, user.gid)
    chownSync(passwordFile, user.uid, user.gid)
  }
  const options = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  // A locale in which a database's own collation would sort otherwise than by bytes where the machine has one.
  const args = [`--pgdata=${join(folder, 'data')}`, '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', ...options]
  execFileSync(join(binaries, 'initdb'), args, { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
}

/**
 * A shell between us and the server: it sees the end of its standard input when this process ends, `kill -9` included, then
 * ends the server and takes the folder away.
 */
const WATCHDOG =
  'folder=$1; shift; "$@" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server; rm -rf "$folder"'

function startServer(binaries: string, folder: string, port: number): ChildProcess {
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=on']
  const args = ['-D', join(folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])]
  return spawn('sh', ['-c', WATCHDOG, 'sh', folder, join(binaries, 'postgres'), ...args], {
    ...serverUser(),
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
}

async function stopServer(watchdog: ChildProcess): Promise<void> {
  const ended = watchdog.exitCode === null ? new Promise((resolve) => watchdog.once('exit', resolve)) : undefined
  watchdog.stdin?.end()
  await ended
}

async function answers(url: string, watchdog: ChildProcess): Promise<boolean> {
  const giveUpAt = performance.now() + START_MS_MAX
  while (watchdog.exitCode === null && performance.now() < giveUpAt) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      return true
    } catch {
      await sleep(50)
    } finally {
      await client.end().catch(() => {})
    }
  }
  return false
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No port is free')
  return address.port
}

function serverAt(url: string, stop: () => Promise<void>): PostgresServer {
  const names: string[] = []
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  return {
    async createDatabase() {
      const name = `openirsa_test_${randomBytes(6).toString('hex')}`
      await run(`create database ${name} encoding 'UTF8' template template0`)
      names.push(name)
      const database = new URL(url)
      database.pathname = `/${name}`
      return database.href
    },
    async stop() {
      for (const name of names) await run(`drop database if exists ${name} with (force)`).catch(() => {})
      await stop()
    },
  }
}
