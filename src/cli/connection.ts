import { signRequest } from '../sigv4/sign.ts'
import { adminKey, serverUrl } from './server-address.ts'
import { readSettings } from './settings/settings.ts'
import { CommandError, EXIT, UsageError } from './usage-error.ts'

/** A server and the credentials to call it with. */
export interface Connection {
  readonly url: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
}

/** Milliseconds until a call is given up. */
const CALL_TIMEOUT_MS = 60_000

/**
 * Finds the server as every AWS client does where `AWS_ENDPOINT_URL` names one (`AWS_ACCESS_KEY_ID` …); else the one of this
 * folder, with its admin's key. So keys of AWS itself, left in the shell, are never tried on a server of ours.
 *
 * @throws UsageError, CommandError where there is no key
 */
export function connect(environment: Readonly<Record<string, string | undefined>>): Connection {
  const settings = readSettings({}, environment, environment.OPENIRSA_CONFIG)
  const endpoint = environment.AWS_ENDPOINT_URL || undefined
  const key = (endpoint === undefined ? undefined : environmentKey(environment)) ?? adminKey(settings)
  return {
    sessionToken: undefined,
    ...key,
    url: (endpoint ?? serverUrl(settings)).replace(/\/+$/, ''),
    region: environment.AWS_REGION || environment.AWS_DEFAULT_REGION || settings.region,
  }
}

function environmentKey(environment: Readonly<Record<string, string | undefined>>) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN || undefined }
}

/**
 * Calls an operation of the `openirsa` service.
 *
 * @param path  with each label percent-encoded
 * @throws CommandError with the service's code and message
 */
export async function callOpenIrsa<Output>(
  connection: Connection,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  input?: Readonly<Record<string, unknown>>,
): Promise<Output> {
  const url = URL.parse(connection.url + path)
  if (url === null) throw new UsageError(`AWS_ENDPOINT_URL: "${connection.url}" is no URL`)
  const body = input === undefined ? undefined : Buffer.from(JSON.stringify(input))
  const headers: Record<string, string> = { host: url.host }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const signed = signRequest(
    { method, path: url.pathname, query: url.search.slice(1), headers },
    body ?? new Uint8Array(),
    { ...connection, service: 'openirsa', now: Date.now() },
  )
  const { host: _, ...sent } = signed
  const { response, text } = await exchange(connection, url, { method, headers: sent, ...(body && { body }) })
  if (!response.ok) throw refused(response, text)
  try {
    return JSON.parse(text) as Output
  } catch {
    throw new CommandError(
      'NOT_OPENIRSA',
      `what answers at ${connection.url} is no OpenIRSA server. Set AWS_ENDPOINT_URL.`,
    )
  }
}

async function exchange({ url: server }: Connection, url: URL, request: RequestInit) {
  try {
    const response = await fetch(url, {
      ...request,
      redirect: 'error',
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    })
    return { response, text: await response.text() }
  } catch (error) {
    throw new CommandError(
      'UNREACHABLE',
      `no server answers at ${server} (${reason(error)}). Start it with "npm start", or set AWS_ENDPOINT_URL.`,
      { cause: error },
    )
  }
}

function reason(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}

function refused(response: Response, text: string): CommandError {
  const code = response.headers.get('x-amzn-errortype') ?? `HTTP ${response.status}`
  const isDenied = code === 'AccessDeniedException'
  return new CommandError(code, messageOf(text), { exitCode: isDenied ? EXIT.denied : EXIT.failed })
}

/** Characters shown of an answer that is not of ours. */
const FOREIGN_CHARACTERS_MAX = 500

function messageOf(text: string): string {
  try {
    return JSON.parse(text).message ?? text
  } catch {
    return text.slice(0, FOREIGN_CHARACTERS_MAX)
  }
}
