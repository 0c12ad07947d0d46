import type { HttpRequest } from '../../aws/http-message.ts'
import { type OutgoingRequest, presign, type Signer, signRequest } from '../sign.ts'

/** 2013-05-24T00:00:00Z, the time of the S3 documentation's examples. */
export const NOW = Date.UTC(2013, 4, 24)

export const SIGNER: Signer = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined,
  region: 'us-east-1',
  service: 'sts',
  now: NOW,
}

export const POST_FORM: OutgoingRequest = {
  method: 'POST',
  path: '/',
  query: '',
  headers: { host: 'sts.example.test', 'content-type': 'application/x-www-form-urlencoded' },
}

export const GET_IDENTITY = Buffer.from('Action=GetCallerIdentity&Version=2011-06-15')

/** A request as a server receives it. */
export function arrived(request: Partial<HttpRequest>): HttpRequest {
  return {
    method: 'GET',
    path: '/',
    query: '',
    headers: {},
    body: { kind: 'bytes', bytes: Buffer.from('') },
    sourceAddress: '127.0.0.1',
    isSecure: false,
    ...request,
  }
}

export function signed(
  signer: Partial<Signer> = {},
  request: Partial<OutgoingRequest> = {},
  body: Uint8Array = GET_IDENTITY,
): HttpRequest {
  const outgoing = { ...POST_FORM, ...request }
  const headers = signRequest(outgoing, body, { ...SIGNER, ...signer })
  return arrived({ ...outgoing, headers, body: { kind: 'bytes', bytes: body } })
}

export function presigned(
  expiresSeconds: number,
  signer: Partial<Signer> = {},
  request: Partial<OutgoingRequest> = {},
): HttpRequest {
  const outgoing = { method: 'GET', path: '/', query: '', headers: { host: 'sts.example.test' }, ...request }
  return arrived({ ...outgoing, query: presign(outgoing, expiresSeconds, { ...SIGNER, ...signer }) })
}

export async function* pieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes)
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const bytes of stream) parts.push(bytes)
  return Buffer.concat(parts)
}

/** Runs something that must be refused, and returns the refusal for a comparison. */
export async function refusalOf(run: () => unknown): Promise<{ code: unknown; status: unknown; message: string }> {
  try {
    await run()
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'status' in error)
      return { code: error.code, status: error.status, message: error.message }
    throw error
  }
  throw new Error('It was not refused')
}
