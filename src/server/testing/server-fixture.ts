import { randomBytes, randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { onTestFinished } from 'vitest'
import { openAuthenticator } from '../../access/authentication/authenticate.ts'
import { openCredentialSource } from '../../access/authentication/credentials.ts'
import { newAuthorizationId } from '../../access/denials/authorization-id.ts'
import type { ManagedPolicyCatalog } from '../../access/policies/managed-policy-catalog.ts'
import { openPrincipalPolicies } from '../../access/policies/principal-policies.ts'
import { openBucketRecords } from '../../access/records/bucket-records.ts'
import { openRoleRecords } from '../../access/records/role-records.ts'
import type { Service } from '../../access/service.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { WebIdentity } from '../../oidc/web-identity.ts'
import { EKS } from '../../services/eks/service.ts'
import { DEFAULT_QUOTAS } from '../../services/iam/quotas.ts'
import { IAM } from '../../services/iam/service.ts'
import { MARKETPLACE_METERING } from '../../services/marketplace-metering/service.ts'
import { S3 } from '../../services/s3/service.ts'
import { STS } from '../../services/sts/service.ts'
import { signRequest } from '../../sigv4/sign.ts'
import { prepareInstallation } from '../../store/installation.ts'
import { type KeyRing, openKeyRing } from '../../store/key-ring.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { type HttpListener, listen } from '../http.ts'
import { type BoundToCall, type EndedCall, pipeline } from '../pipeline.ts'
import { serviceRegistry } from '../service-registry.ts'

export const ACCOUNT = '111122223333'
export const ADMIN = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'the-secret-of-the-admin' } as const

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

export interface SentRequest {
  readonly method?: string
  /** With the query string. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Called when the head has arrived, before the body is sent. */
  readonly whileArriving?: () => void
  /** Signs for the service, with the admin's key unless another is given. */
  readonly service?: string
  readonly key?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
}

/** The pipeline on a real socket, with real parts behind it: a SQLite store in memory, a key ring, the services. */
export interface ServerFixture {
  readonly port: number
  readonly store: Store
  readonly keyRing: KeyRing
  readonly listener: HttpListener
  /** Every call that ended, in order. */
  readonly ended: EndedCall[]
  /** What each web identity token says; others are refused. */
  readonly tokens: Map<string, WebIdentity>
  send(request: SentRequest): Promise<Answer>
  /** A signed call of a query service. */
  query(service: 'iam' | 'sts', parameters: Readonly<Record<string, string>>, key?: SentRequest['key']): Promise<Answer>
}

export interface FixtureOptions {
  /** Stands in for a part that breaks. */
  readonly store?: (store: Store) => Store
  readonly clock?: () => number
}

export async function openServer(options: FixtureOptions = {}): Promise<ServerFixture> {
  const { clock = Date.now } = options
  const store = await openSqliteStore({ path: ':memory:', clock })
  const keyRing = await openKeyRing(store, randomBytes(32), clock)
  await prepareInstallation(store, keyRing, { accountId: ACCOUNT, given: ADMIN, offered: undefined, now: clock() })
  const catalog = administratorOnly()
  const { reads, changes } = store
  const policies = openPrincipalPolicies({ reads, changes, catalog })
  const roles = openRoleRecords(store)
  const buckets = openBucketRecords(store)
  const ended: EndedCall[] = []
  const tokens = new Map<string, WebIdentity>()
  const common = {
    ...{ keyRing, policies, roles, buckets, managedPolicies: catalog, quotas: DEFAULT_QUOTAS, isDev: false },
    catalog: { kind: 'open' },
    async verifyWebIdentity(token: string) {
      const identity = tokens.get(token)
      if (identity === undefined) throw new AwsError({ code: 'InvalidIdentityToken', status: 400 }, 'not known')
      return identity
    },
  }
  // The services differ in what they need; the handlers of the calls made here find it.
  const dependencies = (bound: BoundToCall) => ({ ...common, ...bound }) as never
  const services = [EKS, IAM, MARKETPLACE_METERING, S3, STS] as unknown as readonly Service<never>[]
  const answer = pipeline<never>({
    services: serviceRegistry(services),
    authenticator: openAuthenticator({ credentials: openCredentialSource({ reads, changes, keyRing }), roles }),
    authorization: { policies, reads, roles, buckets },
    store: options.store?.(store) ?? store,
    ...{ keyRing, dependencies, defaultAccountId: ACCOUNT, defaultRegion: 'us-east-1', ownHosts: ['localhost'] },
    ...{ clock, newId: randomUUID, newAuthorizationId, started: () => {}, ended: (call) => ended.push(call) },
  })
  const where = { host: '127.0.0.1', port: 0, tls: undefined, isBehindTls: false, failed: () => {} }
  const listener = await listen(where, answer)
  onTestFinished(async () => {
    await listener.stop(0)
    await store.close()
  })
  const send = (request: SentRequest) => exchange(listener.port, signed(listener.port, request, clock()))
  return {
    ...{ port: listener.port, store, keyRing, listener, ended, tokens, send },
    query: (service, parameters, key) => send({ ...formOf(parameters, service), service, ...(key && { key }) }),
  }
}

const VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' } as const

/** The call of a query service, unsigned. */
export function formOf(
  parameters: Readonly<Record<string, string>>,
  service: keyof typeof VERSIONS = 'sts',
): SentRequest {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return {
    method: 'POST',
    headers,
    body: new URLSearchParams({ Version: VERSIONS[service], ...parameters }).toString(),
  }
}

function signed(port: number, request: SentRequest, now: number): SentRequest {
  const { method = 'GET', path = '/', body = '', service, key = ADMIN } = request
  const headers = { host: `127.0.0.1:${port}`, ...request.headers }
  if (service === undefined) return { ...request, headers }
  const [pathOnly = '/', query = ''] = path.split('?')
  const signer = { sessionToken: undefined, ...key, region: 'us-east-1', service, now }
  return { ...request, headers: signRequest({ method, path: pathOnly, query, headers }, Buffer.from(body), signer) }
}

/** Milliseconds in which a head surely arrives. */
const ARRIVING_MS = 100

/** Sends a request as it is, on a connection of its own. */
export function exchange(port: number, request: SentRequest): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body } = request

  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('error', reject)
    const { whileArriving } = request
    if (whileArriving === undefined) {
      sent.end(body)
      return
    }
    sent.flushHeaders()
    setTimeout(() => {
      whileArriving()
      sent.end(body)
    }, ARRIVING_MS)
  })
}

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'

function administratorOnly(): ManagedPolicyCatalog {
  const version = { versionId: 'v1', isDefaultVersion: true, createdAt: 0 }
  const document = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
  return {
    find(arn) {
      if (arn !== ADMINISTRATOR) return undefined
      const facts = { policyName: 'AdministratorAccess', path: '/', policyId: 'ANPAAWS', defaultVersionId: 'v1' }
      return { arn, ...facts, createdAt: 0, updatedAt: 0 }
    },
    findVersion: () => ({ ...version, document }),
    versions: () => [version],
    list: () => [],
  }
}
