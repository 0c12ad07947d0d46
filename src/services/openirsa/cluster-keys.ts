import { findIssuerKeys, type IssuerRecords } from '../../access/records/issuer-records.ts'
import { storedIssuerUrl } from '../../oidc/issuer-url.ts'
import type { KeySource } from '../../oidc/key-source.ts'
import type { WebIdentityProvider } from '../../oidc/web-identity.ts'
import type { CallStore } from '../../store/store.ts'
import type { ClusterRow } from '../../store/tables.ts'
import { getClusterRow, onCluster } from './cluster.ts'
import type { OpenIrsaOperation } from './dependencies.ts'
import { invalidRequest } from './errors.ts'
import type {
  ClusterKey,
  ClusterKeys,
  ClusterKeysResponse,
  ClusterRequest,
  UpdateClusterKeysRequest,
} from './messages.ts'
import { refuseBadKeys, replaceUploadedKeys } from './uploaded-keys.ts'

/** The public keys that a cluster's tokens are checked with, and where they come from. Asks the issuer where they are fetched. */
export const getClusterKeys: OpenIrsaOperation<ClusterRequest, ClusterKeysResponse> = {
  name: 'GetClusterKeys',
  requires: onCluster('GetClusterKeys'),
  async handle(call, dependencies) {
    const row = await getClusterRow(dependencies.store.reads, call, call.input.name)
    return { keys: await describeKeys(row, { ...dependencies, now: call.now, fetches: true }) }
  },
}

/** Uploads an attached cluster's keys, in place of fetched or earlier ones: a key that is not in the document ends. */
export const updateClusterKeys: OpenIrsaOperation<UpdateClusterKeysRequest, ClusterKeysResponse> = {
  name: 'UpdateClusterKeys',
  requires: onCluster('UpdateClusterKeys'),
  async handle(call, dependencies) {
    const { accountId, input, now } = call
    refuseBadKeys(input.jwks)
    const row = await dependencies.store.write(async (writes) => {
      const found = await getClusterRow(writes, call, input.name)
      if (found.kind !== 'attached') {
        throw invalidRequest(`Cluster ${input.name} has an issuer of ours: rotate its key (openirsa:RotateClusterKey).`)
      }
      await replaceUploadedKeys(writes, { accountId, issuerUrl: found.issuer_url, jwks: input.jwks, now })
      return found
    })
    return { keys: await describeKeys(row, { ...dependencies, now, fetches: false }) }
  },
}

interface DescribeOptions {
  readonly store: CallStore
  readonly issuers: IssuerRecords
  readonly keys: KeySource
  readonly now: number
  /** Whether keys that are not there are fetched now. */
  readonly fetches: boolean
}

export async function describeKeys(row: ClusterRow, options: DescribeOptions): Promise<ClusterKeys> {
  const provider = await providerOf(row, options.issuers)
  if (options.fetches) await options.keys.prefetch(provider, options.now)
  const status = await options.keys.status(provider)
  const keys = status.keys?.keys.map(({ keyId, algorithmName }) => ({ keyId, algorithm: algorithmName })) ?? []
  const shown = { issuerUrl: row.issuer_url, keySource: status.kind, jwks: status.keys?.text }
  if (status.kind === 'fetched') {
    return {
      ...shown,
      keys,
      fetchedAt: dateOf(status.fetchedAt),
      freshUntil: dateOf(status.freshUntil),
      lastError: status.lastError === undefined ? undefined : causesOf(status.lastError),
    }
  }
  return { ...shown, keys: status.kind === 'hosted' ? await hostedKeys(row, options.store) : keys }
}

/** The registered provider of the issuer, for its thumbprints; one without thumbprints where none is registered yet. */
async function providerOf(row: ClusterRow, issuers: IssuerRecords): Promise<WebIdentityProvider> {
  const url = storedIssuerUrl(row.issuer_url)
  const registered = await issuers.findProvider(row.account_id, url)
  return registered ?? { providerArn: '', accountId: row.account_id, url, clientIds: [], thumbprints: [] }
}

async function hostedKeys(row: ClusterRow, store: CallStore): Promise<readonly ClusterKey[]> {
  const rows = await findIssuerKeys(store.reads, row.issuer_url)
  return rows.map((key) => ({
    keyId: key.key_id,
    algorithm: key.algorithm,
    isSigning: key.is_signing === 1,
    createdAt: new Date(key.created_at),
  }))
}

/** Causes of an error in one line, outermost first; the operator of the cluster is who asks. */
function causesOf(error: unknown): string {
  const messages: string[] = []
  for (let at = error; at instanceof Error && messages.length < CAUSES_MAX; at = at.cause) {
    // What an outer message repeats of an inner one is said once.
    if (!messages.at(-1)?.includes(at.message)) messages.push(at.message)
  }
  return messages.map((message) => message.replace(/\.$/, '')).join(': ')
}

const CAUSES_MAX = 4

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms)
}
