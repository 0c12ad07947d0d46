import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Connection, connect } from '../connection.ts'
import { openApplication } from '../server/application.ts'
import { openLogger } from '../server/logger.ts'
import { adminKey, serverUrl } from '../server-address.ts'
import { readSettings, SETTINGS, type Settings } from '../settings/settings.ts'
import { CommandError } from '../usage-error.ts'

/** The server that a tour asks. */
export interface TourServer {
  readonly connection: Connection
  readonly isPrivate: boolean
  /** Ends a private server; leaves any other alone. */
  close(): Promise<void>
}

/** Milliseconds for a server to say that it is there. */
const HEALTH_TIMEOUT_MS = 2_000
/** Milliseconds that the private server's last calls get. */
const STOP_GRACE_MS = 1_000

/**
 * The server of `AWS_ENDPOINT_URL`; else the one of this folder, where it runs; else one of the tour's own.
 *
 * @throws CommandError where `AWS_ENDPOINT_URL` names no server that answers
 */
export async function openTourServer(environment: Readonly<Record<string, string | undefined>>): Promise<TourServer> {
  const named = environment.AWS_ENDPOINT_URL
  if (named) {
    if (await isServing(named)) return runningServer(environment)
    throw new CommandError(
      'UNREACHABLE',
      `no OpenIRSA answers at AWS_ENDPOINT_URL, ${named}. Start it, or unset the variable: the tour then starts a private server.`,
    )
  }
  const settings = readSettings({}, environment, environment.OPENIRSA_CONFIG)
  return (await isServing(serverUrl(settings))) ? runningServer(environment) : openPrivateServer()
}

/** Starts a server with all settings at their defaults, on a free port, in a folder that goes with it. */
export async function openPrivateServer(): Promise<TourServer> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'openirsa-tour-'))
  const settings: Settings = { ...defaultSettings(), dataDir, listen: { host: '127.0.0.1', port: 0 } }
  try {
    const application = await openApplication(settings, openLogger('silent'))
    const { url } = await application.listen()
    return {
      connection: { url, region: settings.region, ...adminKey(settings), sessionToken: undefined },
      isPrivate: true,
      async close() {
        await application.stop(STOP_GRACE_MS)
        rmSync(dataDir, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true })
    throw error
  }
}

function runningServer(environment: Readonly<Record<string, string | undefined>>): TourServer {
  return { connection: connect(environment), isPrivate: false, close: async () => undefined }
}

function defaultSettings(): Settings {
  const entries = Object.entries(SETTINGS).map(([name, setting]): [string, unknown] => [name, setting.default])
  return Object.fromEntries(entries) as Partial<Settings> as Settings
}

/** Other servers may listen on the same port: only ours answers so. */
async function isServing(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/healthz`, {
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
    })
    return response.ok && (await response.text()) === 'ok\n'
  } catch {
    return false
  }
}
