import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { type Signer, signRequest } from '../../src/sigv4/sign.ts'

/** A request byte for byte as it goes out: nothing is added or tidied but `content-length`. */
export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface RawAnswer {
  readonly status: number
  /** The error code, wherever the protocol has it; undefined for a success. */
  readonly code: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Text of the first XML element of that name. */
  readonly xml: (name: string) => string
  // biome-ignore lint/suspicious/noExplicitAny: what the server answers is as the test expects, or the test fails
  readonly json: any
}

export interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** Signing name and form of each service's requests. */
export type ServiceName = 'iam' | 'sts' | 'eks' | 's3' | 'aws-marketplace' | 'openirsa'

/** A request of a service before it is signed. */
export interface ServiceCall extends RawRequest {
  readonly service: ServiceName
}

const EMPTY = new Uint8Array()
const VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' } as const

/** A call of the query protocol. */
export function queryCall(
  service: 'iam' | 'sts',
  action: string,
  parameters: Readonly<Record<string, string>> = {},
): ServiceCall {
  const form = new URLSearchParams({ Action: action, Version: VERSIONS[service], ...parameters })
  return {
    service,
    method: 'POST',
    path: '/',
    query: '',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: Buffer.from(form.toString()),
  }
}

/** A call of a REST service; an object becomes a JSON body. */
export function restCall(
  service: 'eks' | 's3' | 'openirsa',
  method: string,
  pathAndQuery: string,
  body?: object | string | Uint8Array,
): ServiceCall {
  const [path = '', query = ''] = pathAndQuery.split('?', 2)
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array)
  const bytes = body === undefined ? EMPTY : Buffer.from(isJson ? JSON.stringify(body) : body)
  return { service, method, path, query, headers: isJson ? { 'content-type': 'application/json' } : {}, body: bytes }
}

/** A call of Marketplace Metering. */
export function meteringCall(action: string, input: object): ServiceCall {
  return {
    service: 'aws-marketplace',
    method: 'POST',
    path: '/',
    query: '',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSMPMeteringService.${action}` },
    body: Buffer.from(JSON.stringify(input)),
  }
}

/**
 * What a suite says to one server. It remembers every secret that it used and every answer that refused, so that at the end
 * the suite can search the one for the other.
 */
export class RawClient {
  readonly #port: number
  readonly #secrets = new Set<string>()
  readonly #refusals: string[] = []

  constructor(server: { readonly port: number }) {
    this.#port = server.port
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Signs as the call's own service, now, in us-east-1, unless told otherwise. */
  sign(call: ServiceCall, key: Key, options: Partial<Signer> & { readonly payload?: string } = {}): RawRequest {
    const { payload, ...signer } = options
    const headers = signRequest({ ...call, headers: { host: this.host, ...call.headers } }, payload ?? call.body, {
      ...key,
      sessionToken: key.sessionToken,
      region: 'us-east-1',
      service: call.service,
      now: Date.now(),
      ...signer,
    })
    this.remember(key.secretAccessKey, key.sessionToken, /Signature=(\w+)/.exec(headers.authorization ?? '')?.[1])
    return { ...call, headers }
  }

  /** Signs and sends. */
  call(call: ServiceCall, key: Key, options?: Partial<Signer>): Promise<RawAnswer> {
    return this.send(this.sign(call, key, options))
  }

  async send(request: RawRequest): Promise<RawAnswer> {
    const answer = await exchange(this.#port, { ...request, headers: { host: this.host, ...request.headers } })
    if (answer.status >= 300) this.#refusals.push(`${JSON.stringify(answer.headers)}\n${answer.text}`)
    return answer
  }

  /** Sends bytes that no HTTP client would send, and returns all that comes back until the server closes. */
  async sendBytes(bytes: string | Uint8Array, waitMs = 3_000): Promise<string> {
    const text = await exchangeBytes(this.#port, bytes, waitMs)
    if (!/^HTTP\/1\.1 2/.test(text)) this.#refusals.push(text)
    return text
  }

  /** Things that must never be seen again outside of answers that succeed. */
  remember(...secrets: readonly (string | undefined)[]): void {
    for (const secret of secrets) if (secret) this.#secrets.add(secret)
  }

  /** The log lines and refusals that hold a secret of this run: none, or the suite has found a leak. */
  leaks(log: readonly string[]): readonly string[] {
    const spellings = [...this.#secrets].flatMap((secret) => [secret, encodeURIComponent(secret)])
    return [...log, ...this.#refusals].filter((text) => spellings.some((secret) => text.includes(secret)))
  }
}

function exchange(port: number, { method, path, query, headers, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length = body.length > 0 || method === 'POST' || method === 'PUT' ? { 'content-length': body.length } : {}
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path: query === '' ? path : `${path}?${query}`,
      headers: { ...length, ...headers },
      agent: false,
    })
    outgoing.once('response', (response) => collect(response).then(resolve, reject))
    // A server may refuse and close before it has read the whole body; the answer counts, if there is one.
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

async function collect(response: IncomingMessage): Promise<RawAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const xml = (name: string) => unescapeXml(new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '')
  const status = response.statusCode ?? 0
  const json = parseJson(text)
  const code = status < 300 ? undefined : codeOf(response.headers['x-amzn-errortype'] ?? json?.__type ?? xml('Code'))
  return { status, code, headers: response.headers, text, xml, json }
}

function codeOf(code: string | readonly string[]): string | undefined {
  return code === '' ? undefined : String(code)
}

function parseJson(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unescapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replace(/&(\w+);/g, (whole, name: string) => named[name] ?? whole)
}

function exchangeBytes(port: number, bytes: string | Uint8Array, waitMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    const done = () => {
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    const timer = setTimeout(done, waitMs)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      done()
    })
    socket.write(bytes)
  })
}
