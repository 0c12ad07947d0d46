import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

/** A key pair of an identity provider, made by `jose`: what signs in these tests is independent of the code under test. */
export interface TestKey {
  readonly jwk: JWK
  readonly privateKey: CryptoKey
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>
}

export async function newTestKey(alg = 'RS256', kid = `key-${crypto.randomUUID()}`): Promise<TestKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    privateKey,
    sign: (claims, header) => new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  }
}

export interface TestIssuer {
  /** With scheme and port, without a trailing slash. */
  readonly url: string
  /** Paths asked for, in order. */
  readonly requests: string[]
  /** Answers by path; a test may replace any of them while the server runs. */
  readonly answers: Map<string, (request: IncomingMessage, response: ServerResponse) => void>
  publish(keys: readonly TestKey[]): void
  close(): Promise<void>
}

/** A discovery server on loopback; with `tls` it speaks https as `host`. */
export async function startTestIssuer(
  keys: readonly TestKey[],
  tls?: { readonly cert: string; readonly key: string; readonly host?: string },
): Promise<TestIssuer> {
  const requests: string[] = []
  const answers: TestIssuer['answers'] = new Map()
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(request.url ?? '')
    const known = answers.get(request.url ?? '')
    if (known === undefined) response.writeHead(404).end()
    else known(request, response)
  }
  const server = tls === undefined ? createHttp(answer) : createHttps({ cert: tls.cert, key: tls.key }, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `${tls === undefined ? 'http' : 'https'}://${tls?.host ?? '127.0.0.1'}:${port}`
  const issuer: TestIssuer = {
    url,
    requests,
    answers,
    publish: (published) => {
      answers.set('/keys', (_, response) => sendJson(response, { keys: published.map(({ jwk }) => jwk) }))
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  answers.set('/.well-known/openid-configuration', (_, response) =>
    sendJson(response, { issuer: url, jwks_uri: `${url}/keys` }),
  )
  issuer.publish(keys)
  return issuer
}

export function sendJson(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}
