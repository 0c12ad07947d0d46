import type { HttpRequest } from '../../aws/http-message.ts'

/** A request with the parts that a test cares for. */
export function request(
  parts: Partial<Omit<HttpRequest, 'body'>> & { readonly body?: string | Uint8Array },
): HttpRequest {
  const { body = '', ...rest } = parts
  return {
    method: 'POST',
    path: '/',
    query: '',
    headers: {},
    sourceAddress: '127.0.0.1',
    isSecure: false,
    ...rest,
    body: { kind: 'bytes', bytes: typeof body === 'string' ? Buffer.from(body) : body },
  }
}

/** Headers of a request signed for that service, as far as routing reads them. */
export function signedFor(service: string): Record<string, string> {
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261124/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`,
  }
}
