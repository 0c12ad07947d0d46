import type { ServiceProtocol } from '../aws/service-protocol.ts'
import { type Form, formValue, parseForm } from './form.ts'

/** What is known of a request before its body is read. As received; header names in lower case. */
export interface RequestHead {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
}

export type ServiceRoute =
  | { readonly kind: 'service'; readonly service: ServiceProtocol }
  /** An unsigned form: only its parameters say for which service it is. Read it and ask `routeForm`. */
  | { readonly kind: 'form' }
  /** Nothing here speaks for the service that the request names. */
  | { readonly kind: 'unknown' }

/**
 * Finds the service that a request is for: by the service in its credential scope, else by `X-Amz-Target`, by the first
 * label of the host, by a form. What has none of these is a request to S3 by nobody.
 * Trusts nothing of what it reads: the chosen service only decides who judges the signature.
 *
 * @throws AwsError `MalformedQueryString`
 */
export function routeService(head: RequestHead, services: readonly ServiceProtocol[]): ServiceRoute {
  const signingName = scopeService(head)
  if (signingName !== undefined) {
    return toRoute(
      chooseByPath(
        services.filter((service) => service.signingNames.includes(signingName)),
        head,
      ),
    )
  }
  const target = head.headers['x-amz-target']
  if (target !== undefined)
    return toRoute(
      services.find(({ targetPrefix }) => targetPrefix !== undefined && target.startsWith(`${targetPrefix}.`)),
    )
  const named = chooseByPath(
    services.filter((service) => namesService(head, service)),
    head,
  )
  if (named) return toRoute(named)
  if (head.path === '/' && isForm(head)) return { kind: 'form' }
  const action = head.path === '/' && /(?:^|&)Action=/.test(head.query)
  if (action) return routeForm(parseForm(head.query), services)
  return toRoute(services.find((service) => service.protocol === 'rest-xml'))
}

/**
 * The query-protocol service that an unsigned form is for: STS for the operations that need no signature, else the one
 * whose API version the form names, which then asks for the signature.
 */
export function routeForm(form: Form, services: readonly ServiceProtocol[]): ServiceRoute {
  const queryServices = services.filter((service) => service.protocol === 'query')
  if (UNSIGNED_STS_ACTIONS.has(formValue(form, 'Action') ?? '')) {
    return toRoute(queryServices.find((service) => service.name === 'sts'))
  }
  const version = formValue(form, 'Version')
  return toRoute(queryServices.find((service) => service.apiVersion === version) ?? queryServices[0])
}

const UNSIGNED_STS_ACTIONS: ReadonlySet<string> = new Set(['AssumeRoleWithWebIdentity', 'AssumeRoleWithSAML'])

function toRoute(service: ServiceProtocol | undefined): ServiceRoute {
  return service ? { kind: 'service', service } : { kind: 'unknown' }
}

/** `AKID/20261124/us-east-1/iam/aws4_request`, in the header or, presigned, in the query string. SigV4a has no region. */
const HEADER_CREDENTIAL = /\bCredential=([^,\s]{1,2048})/
const QUERY_CREDENTIAL = /(?:^|&)X-Amz-Credential=([^&]{1,2048})/
/** S3's older signature: `AWS AKID:signature`, `?AWSAccessKeyId=`. Refused by authentication, in S3's words. */
const SIGV2 = /^AWS [^:]+:/
const QUERY_SIGV2 = /(?:^|&)AWSAccessKeyId=/

function scopeService({ headers, query }: RequestHead): string | undefined {
  const { authorization } = headers
  if (authorization !== undefined && SIGV2.test(authorization)) return 's3'
  const credential = authorization?.match(HEADER_CREDENTIAL)?.[1] ?? query.match(QUERY_CREDENTIAL)?.[1]
  if (credential === undefined) return QUERY_SIGV2.test(query) ? 's3' : undefined
  return credential.replaceAll(/%2f/gi, '/').split('/').at(-2)
}

/** Services may share a signing name (IAM and IAM Toolbox): the query protocol and JSON 1.1 live at `/`, REST elsewhere. */
function chooseByPath(candidates: readonly ServiceProtocol[], { path }: RequestHead): ServiceProtocol | undefined {
  if (candidates.length < 2) return candidates[0]
  const isRest = (service: ServiceProtocol) => service.protocol.startsWith('rest-')
  return candidates.find((service) => isRest(service) === (path !== '/')) ?? candidates[0]
}

const S3_HOST = /\.s3[.-]/i

/** `sts.amazonaws.com`, `iam.localhost`. Buckets may have any name, so that S3's host forms are left to the default. */
function namesService({ headers }: RequestHead, service: ServiceProtocol): boolean {
  const { host = '' } = headers
  if (service.protocol === 'rest-xml' || S3_HOST.test(host)) return false
  return host.toLowerCase().startsWith(`${service.name}.`)
}

function isForm({ method, headers }: RequestHead): boolean {
  return (
    method === 'POST' && (headers['content-type'] ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded')
  )
}
