import { signRequest } from '../src/sigv4/sign.ts'

/** Whoever signs; undefined as the whole signer means an unsigned request. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
}

export interface RequestParts {
  /** Service in the credential scope. */
  readonly service: string
  readonly method: string
  readonly path: string
  readonly contentType: string | undefined
  readonly body: Uint8Array
}

export const REGION = 'us-east-1'

/** Versions of the query protocol's services. */
const API_VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' } as const
/** Of the length that SDKs send. */
const USER_AGENT = 'aws-sdk-js/3.1174.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#22.12.0 api/bench#3.1174.0 m/E,N'

/** The bytes of a whole HTTP request, signed now: good for 15 minutes and for any number of times. */
export function requestBytes(port: number, signer: Credentials | undefined, parts: RequestParts): Buffer {
  const { service, method, path, contentType, body } = parts
  const given: Record<string, string> = { host: `127.0.0.1:${port}`, 'user-agent': USER_AGENT }
  if (contentType !== undefined) given['content-type'] = contentType
  const headers =
    signer === undefined
      ? given
      : signRequest({ method, path, query: '', headers: given }, body, {
          ...signer,
          region: REGION,
          service,
          now: Date.now(),
        })
  const sent = method === 'GET' ? headers : { ...headers, 'content-length': String(body.length) }
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), body])
}

/** A request of the query protocol (IAM, STS). */
export function queryRequest(
  port: number,
  signer: Credentials | undefined,
  service: keyof typeof API_VERSIONS,
  action: string,
  parameters: Readonly<Record<string, string>> = {},
): Buffer {
  const form = new URLSearchParams({ Action: action, Version: API_VERSIONS[service], ...parameters })
  return requestBytes(port, signer, {
    service,
    method: 'POST',
    path: '/',
    contentType: 'application/x-www-form-urlencoded; charset=utf-8',
    body: Buffer.from(form.toString()),
  })
}
