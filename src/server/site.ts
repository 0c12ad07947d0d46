import type { HttpResponse } from '../aws/http-message.ts'
import type { IncomingRequest, RequestHead } from './incoming-request.ts'

/** What a server answers besides AWS's protocols: to plain, unsigned requests on fixed paths. */
export interface SiteParts {
  /** Resolves when calls can be answered; throws with the cause otherwise. */
  readonly ready: () => Promise<void>
  /** Applies the changes of other processes (`ChangeFeed.catchUp`): a rotated key is published by all of them. */
  readonly catchUp: () => void | Promise<void>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** A hosted issuer's documents by its 32 hex digits; undefined where there is no such issuer. */
  readonly issuerDocument: (hostedId: string, document: IssuerDocument) => Promise<string | undefined>
  /** JWKS of the keys that sign Marketplace's answers. */
  readonly marketplaceKeys: () => Promise<string>
  /** Empties all state; undefined without `--dev`. */
  readonly reset: (() => Promise<void>) | undefined
  /** Told of what broke, for the operator's log. */
  readonly failed: (error: unknown) => void
}

export type IssuerDocument = 'discovery' | 'keys'

interface Page {
  readonly method: 'GET' | 'POST'
  readonly path: RegExp
  answer(match: RegExpExecArray, head: RequestHead, parts: SiteParts): Promise<HttpResponse>
}

/** Seconds that verifiers may keep an issuer's keys: EKS answers the same order of time, and a rotation publishes first. */
const ISSUER_MAX_AGE_SECONDS = 300

const PAGES: readonly Page[] = [
  { method: 'GET', path: /^\/healthz$/, answer: async () => text(200, 'ok\n') },
  {
    method: 'GET',
    path: /^\/readyz$/,
    answer: (_match, _head, { ready }) =>
      ready().then(
        () => text(200, 'ready\n'),
        () => text(503, 'not ready: the database does not answer\n'),
      ),
  },
  {
    method: 'GET',
    path: /^\/metrics$/,
    answer: async (_match, _head, { metrics }) => ({
      status: 200,
      headers: { 'content-type': metrics.contentType },
      body: await metrics.text(),
    }),
  },
  {
    method: 'GET',
    path: /^\/id\/([0-9A-Fa-f]{32})\/(\.well-known\/openid-configuration|keys)$/,
    async answer(match, _head, { catchUp, issuerDocument }) {
      await catchUp()
      const [, hostedId = '', name] = match
      const document = await issuerDocument(hostedId.toUpperCase(), name === 'keys' ? 'keys' : 'discovery')
      return document === undefined ? text(404, 'There is no such issuer.\n') : json(document)
    },
  },
  {
    method: 'GET',
    path: /^\/_openirsa\/marketplace\/keys$/,
    answer: async (_match, _head, { marketplaceKeys }) => json(await marketplaceKeys()),
  },
  {
    method: 'POST',
    path: /^\/_openirsa\/reset$/,
    async answer(_match, head, { reset }) {
      if (reset === undefined) return text(403, 'The server was started without --dev: there is no reset.\n')
      if (!isFromLoopback(head)) return text(403, 'Reset is for callers on loopback only.\n')
      await reset()
      return text(200, 'reset\n')
    },
  },
]

/** Returns the answer to a request of ours, or undefined for one of AWS's protocols. Signed requests are always AWS's. */
export function siteAnswer(incoming: IncomingRequest, parts: SiteParts): Promise<HttpResponse> | undefined {
  const { head } = incoming
  if (head.headers.authorization !== undefined || head.query.includes('X-Amz-')) return undefined
  const method = head.method === 'HEAD' ? 'GET' : head.method
  for (const page of PAGES) {
    const match = page.method === method ? page.path.exec(head.path) : null
    if (match !== null) return page.answer(match, head, parts).catch((error) => unavailable(error, parts))
  }
  return undefined
}

function unavailable(error: unknown, { failed }: SiteParts): HttpResponse {
  failed(error)
  return text(503, 'The server cannot answer now.\n')
}

/**
 * Browsers can be made to post across origins to loopback: they always say so in `Origin` or `Sec-Fetch-Site`, and then they
 * are refused; names other than loopback's in `Host` are a rebound DNS name.
 */
function isFromLoopback({ sourceAddress, headers }: RequestHead): boolean {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return false
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  return /^(127\.\d+\.\d+\.\d+|::1)$/.test(sourceAddress) && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host)
}

function text(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}

function json(body: string): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': `public, max-age=${ISSUER_MAX_AGE_SECONDS}` },
    body,
  }
}
