import { signRequest } from '../sigv4/sign.ts'
import { adminKey, serverUrl } from './server-address.ts'
import { readSettings } from './settings.ts'
import { CommandError, EXIT } from './usage-error.ts'

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
 * Finds the server as every AWS client does (`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` …); without these, the one of this
 * folder with its admin key.
 */
export function connect(environment: Readonly<Record<string, string | undefined>>): Connection {
  const settings = readSettings({}, environment, environment.OPENIRSA_CONFIG)
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  const given = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined
  return {
    url: (environment.AWS_ENDPOINT_URL || serverUrl(settings)).replace(/\/+$/, ''),
    region: environment.AWS_REGION || environment.AWS_DEFAULT_REGION || settings.region,
    ...(given ?? adminKey(settings)),
    sessionToken: given === undefined ? undefined : environment.AWS_SESSION_TOKEN || undefined,
  }
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
  const url = new URL(connection.url + path)
  const body = input === undefined ? undefined : Buffer.from(JSON.stringify(input))
  const headers: Record<string, string> = { host: url.host }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const signed = signRequest(
    { method, path: url.pathname, query: url.search.slice(1), headers },
    body ?? new Uint8Array(),
    { ...connection, service: 'openirsa', now: Date.now() },
  )
  const { host: _, ...sent } = signed
  const response = await fetch(url, {
    method,
    headers: sent,
    redirect: 'error',
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    ...(body === undefined ? {} : { body }),
  }).catch((error) => {
    throw new CommandError(
      'UNREACHABLE',
      `no server answers at ${connection.url} (${(error as Error).cause ?? error}). Start it with "npm start", or set AWS_ENDPOINT_URL.`,
    )
  })
  const text = await response.text()
  if (response.ok) return JSON.parse(text) as Output
  throw refused(response, text)
}

function refused(response: Response, text: string): CommandError {
  const code = response.headers.get('x-amzn-errortype') ?? `HTTP ${response.status}`
  const isDenied = code === 'AccessDeniedException'
  return new CommandError(code, messageOf(text), { exitCode: isDenied ? EXIT.denied : EXIT.failed })
}

function messageOf(text: string): string {
  try {
    return JSON.parse(text).message ?? text
  } catch {
    return text.slice(0, 500)
  }
}
