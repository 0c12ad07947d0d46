import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { AuthorizedCall } from '../../../access/authorized-call.ts'
import type { Operation, Requirement } from '../../../access/operation.ts'
import type { ManagedPolicy, ManagedPolicyCatalog } from '../../../access/policies/managed-policy-catalog.ts'
import { openServiceAuthorization } from '../../../access/policies/service-authorization.ts'
import { openBucketRecords } from '../../../access/records/bucket-records.ts'
import { openRoleRecords } from '../../../access/records/role-records.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import type { Caller } from '../../../aws/caller.ts'
import { openKeyRing } from '../../../store/key-ring.ts'
import { openSqliteStore } from '../../../store/sqlite.ts'
import type { IamDependencies } from '../dependencies.ts'
import { DEFAULT_QUOTAS, type IamQuotas } from '../quotas.ts'

export const ACCOUNT = '111122223333'
export const OTHER_ACCOUNT = '444455556666'
/** A time with milliseconds, which answers must not have. */
export const NOW = Date.parse('2025-06-01T12:00:00.987Z')
export const NOW_SHOWN = new Date('2025-06-01T12:00:00Z')

const SERVICE_AUTHORIZATION_FOLDER = fileURLToPath(new URL('../../../../build/service-authorization', import.meta.url))

export const ADMIN: Caller = {
  kind: 'user',
  accountId: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/admin`,
  userId: 'AIDAADMINADMINADMIN77',
  uniqueId: 'AIDAADMINADMINADMIN77',
  userName: 'admin',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  session: undefined,
}

export const IRSA_TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.example.com/id/1` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { 'oidc.example.com/id/1:sub': 'system:serviceaccount:default:app' } },
    },
  ],
})

export const READ_POLICY =
  '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'

/** A document of the size in characters, white space not counted, with a space that does not count. */
export function policyOfSize(characters: number): string {
  const text = (sid: string) =>
    `{"Version":"2012-10-17","Statement": {"Sid":"${sid}","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`
  return text('a'.repeat(characters - (text('').length - 1)))
}

/** One call of an operation: what it would need to be allowed, and then, as if it were, its answer. */
export interface Iam {
  readonly dependencies: IamDependencies
  call<Input, Output>(
    operation: Operation<Input, Output, IamDependencies>,
    input: Input,
    more?: {
      readonly caller?: Caller
      readonly accountId?: string
      readonly now?: number
      readonly quotas?: Partial<IamQuotas>
    },
  ): Promise<Output>
  requirements<Input, Output>(
    operation: Operation<Input, Output, IamDependencies>,
    input: Input,
    caller?: Caller,
  ): Promise<readonly Requirement[]>
  /** What the change feed told since the last question. */
  takeChanges(): readonly string[]
  /** Answers of the issuers' servers: a thumbprint, or nobody there. */
  readonly thumbprints: Map<string, string>
  close(): Promise<void>
}

export async function openIam(options: { readonly isDev?: boolean } = {}): Promise<Iam> {
  const store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  const keyRing = await openKeyRing(store, randomBytes(32), () => NOW)
  for (const account_id of [ACCOUNT, OTHER_ACCOUNT]) {
    await store.write((writes) => writes.insertInto('accounts').values({ account_id, created_at: NOW }).execute())
  }
  const changes: string[] = []
  store.changes.onChange((subject) => changes.push(subject ?? 'anything'))
  const roles = openRoleRecords(store)
  const buckets = openBucketRecords(store)
  const thumbprints = new Map<string, string>()
  const dependencies: IamDependencies = {
    store,
    keyRing,
    managedPolicies: catalogOf(AWS_POLICIES),
    quotas: DEFAULT_QUOTAS,
    serviceAuthorization: openServiceAuthorization(SERVICE_AUTHORIZATION_FOLDER),
    isDev: options.isDev ?? false,
    async fetchThumbprint(url) {
      const thumbprint = thumbprints.get(url)
      if (thumbprint === undefined) throw new Error(`${url} is out of reach`)
      return thumbprint
    },
  }
  return {
    dependencies,
    thumbprints,
    call(operation, input, { caller = ADMIN, accountId = ACCOUNT, now = NOW, quotas = {} } = {}) {
      const call = { caller, accountId, region: 'us-east-1', input, requestId: 'request', now, source: SOURCE }
      return operation.handle(call as unknown as AuthorizedCall<typeof input>, {
        ...dependencies,
        quotas: { ...DEFAULT_QUOTAS, ...quotas },
      })
    },
    async requirements(operation, input, caller = ADMIN) {
      if (operation.requires.kind !== 'allowed') throw new Error(`${operation.name} asks no policy`)
      const context = { caller, accountId: ACCOUNT, region: 'us-east-1', reads: store.reads, roles, buckets }
      return operation.requires.requirements(input, context)
    },
    takeChanges: () => changes.splice(0),
    close: () => store.close(),
  }
}

/** The refusal of a call, as `Code (status): text`, to be compared as a whole. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    if (error instanceof AwsError) return `${error.code} ${error.status}: ${error.message}`
    throw error
  }
  throw new Error('The call was not refused')
}

const SOURCE = { address: '127.0.0.1', userAgent: undefined, isSecure: false }

/** Three policies of AWS, ordered by name as the real catalog; the last is for a service-linked role. */
export const AWS_POLICIES = ['AdministratorAccess', 'job-function/Billing', 'aws-service-role/ZooServiceRolePolicy']

function catalogOf(names: readonly string[]): ManagedPolicyCatalog {
  const policies = names.map(catalogPolicy)
  const find = (arn: string) => policies.find((policy) => policy.arn === arn)
  const versions = (arn: string) =>
    find(arn)
      ? [
          { versionId: 'v2', isDefaultVersion: true, createdAt: NOW },
          { versionId: 'v1', isDefaultVersion: false, createdAt: NOW },
        ]
      : []
  return {
    find,
    versions,
    findVersion(arn, versionId) {
      const version = versions(arn).find((one) => one.versionId === versionId)
      return version && { ...version, document: READ_POLICY }
    },
    list: ({ pathPrefix = '/', after = '', limit }) =>
      policies
        .filter((policy) => policy.path.startsWith(pathPrefix) && policy.policyName.toLowerCase() > after.toLowerCase())
        .slice(0, limit),
  }
}

function catalogPolicy(name: string, index: number): ManagedPolicy {
  const nameStart = name.lastIndexOf('/') + 1
  return {
    arn: `arn:aws:iam::aws:policy/${name}`,
    policyName: name.slice(nameStart),
    path: `/${name.slice(0, nameStart)}`,
    policyId: `ANPAAWSPOLICY${index}`,
    defaultVersionId: 'v2',
    createdAt: NOW,
    updatedAt: NOW,
  }
}
