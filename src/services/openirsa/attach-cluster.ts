import { X509Certificate } from 'node:crypto'
import { isReservedTagKey, requestTagKeys } from '../../access/context/tag-keys.ts'
import { clusterArn, deleteClusterRow, findClusterRow, writeClusterTags } from '../../access/records/cluster-records.ts'
import { deleteIssuer, findIssuerRow } from '../../access/records/issuer-records.ts'
import { issuerUrlOf, storedIssuerUrl } from '../../oidc/issuer-url.ts'
import type { Writes } from '../../store/store.ts'
import type { ClusterRow } from '../../store/tables.ts'
import { getClusterRow, onCluster, showCluster } from './cluster.ts'
import { describeKeys } from './cluster-keys.ts'
import type { OpenIrsaOperation } from './dependencies.ts'
import { invalidParameter, invalidRequest, resourceInUse } from './errors.ts'
import type { AttachClusterRequest, AttachClusterResponse, ClusterRequest, DetachClusterResponse } from './messages.ts'
import { refuseBadKeys, replaceUploadedKeys } from './uploaded-keys.ts'

/**
 * Records an existing cluster by its issuer. With a JWKS the issuer need not be reachable; without one its keys are fetched,
 * and the answer says how that went: an issuer may be attached before its provider (and thumbprint) is registered.
 *
 * Whoever may upload keys can make tokens for every role that trusts this issuer in the account: allow it as you allow
 * iam:CreateOpenIDConnectProvider.
 */
export const attachCluster: OpenIrsaOperation<AttachClusterRequest, AttachClusterResponse> = {
  name: 'AttachCluster',
  requires: {
    kind: 'allowed',
    requirements: ({ name, issuerUrl, tags }, context) => [
      {
        action: 'openirsa:AttachCluster',
        resource: clusterArn(context, name),
        context: {
          'openirsa:IssuerUrl': issuerUrl,
          ...requestTagKeys(tags),
        },
      },
    ],
  },
  async handle(call, dependencies) {
    const { accountId, region, input, now } = call
    const { store } = dependencies
    const { name, jwks, tags = {} } = input
    const issuerUrl = checkIssuerUrl(input.issuerUrl, dependencies)
    if (jwks !== undefined) refuseBadKeys(jwks)
    if (input.certificateAuthorityData !== undefined) checkCertificate(input.certificateAuthorityData)
    if (Object.keys(tags).some(isReservedTagKey)) {
      throw invalidParameter('Tag keys that begin with aws: are reserved.')
    }
    const row: ClusterRow = {
      account_id: accountId,
      region,
      cluster_name: name,
      cluster_arn: clusterArn(call, name),
      issuer_url: issuerUrl,
      kind: 'attached',
      version: input.version ?? '',
      role_arn: '',
      endpoint: input.endpoint ?? '',
      detail: JSON.stringify({
        certificateAuthority: { data: input.certificateAuthorityData ?? '' },
        health: { issues: [] },
      }),
      created_at: now,
    }
    const cluster = await store.write(async (writes) => {
      if ((await findClusterRow(writes, call, name)) !== undefined) {
        throw resourceInUse(`Cluster already exists with name: ${name}`)
      }
      if ((await findIssuerRow(writes, issuerUrl))?.kind === 'hosted') {
        throw invalidParameter(`The issuer ${issuerUrl} is hosted here: its cluster is not to be attached.`)
      }
      await writes.insertInto('clusters').values(row).execute()
      await writeClusterTags(writes, { accountId, arn: row.cluster_arn }, tags)
      if (jwks !== undefined) await replaceUploadedKeys(writes, { accountId, issuerUrl, jwks, now })
      writes.changed(`cluster/${row.cluster_arn}`)
      return showCluster(writes, row)
    })
    return { cluster, keys: await describeKeys(row, { ...dependencies, now, fetches: true }) }
  },
}

/** Forgets an attached cluster, and the keys that were uploaded for its issuer with the last cluster that has it. */
export const detachCluster: OpenIrsaOperation<ClusterRequest, DetachClusterResponse> = {
  name: 'DetachCluster',
  requires: onCluster('DetachCluster'),
  handle(call, { store }) {
    const { name } = call.input
    return store.write(async (writes) => {
      const row = await getClusterRow(writes, call, name)
      if (row.kind !== 'attached') {
        throw invalidRequest(`Cluster ${name} was created here: delete it (eks:DeleteCluster).`)
      }
      const cluster = await showCluster(writes, row)
      await deleteClusterRow(writes, row.cluster_arn)
      await forgetUploadedKeys(writes, row)
      return { cluster }
    })
  },
}

async function forgetUploadedKeys(writes: Writes, row: ClusterRow): Promise<void> {
  const issuer = await findIssuerRow(writes, row.issuer_url)
  if (issuer?.kind !== 'uploaded' || issuer.account_id !== row.account_id) return
  const other = await writes
    .selectFrom('clusters')
    .select('cluster_arn')
    .where('issuer_url', '=', row.issuer_url)
    .where('account_id', '=', row.account_id)
    .executeTakeFirst()
  if (other === undefined) await deleteIssuer(writes, row.issuer_url)
}

/** Returns the URL as it is compared with `iss` everywhere: without the default port. */
function checkIssuerUrl(text: string, { isDev }: { readonly isDev: boolean }): string {
  const url = URL.parse(text)
  const isPlain = url !== null && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  const isLoopback = url?.hostname === 'localhost' || url?.hostname === '[::1]' || url?.hostname.startsWith('127.')
  if (!isPlain || !(text.startsWith('https://') || (isDev && isLoopback && text.startsWith('http://')))) {
    throw invalidParameter('The issuer URL must begin with https:// and have no query, fragment or user.')
  }
  return issuerUrlOf(storedIssuerUrl(text))
}

function checkCertificate(data: string): void {
  try {
    new X509Certificate(Buffer.from(data, 'base64'))
  } catch (error) {
    throw invalidParameter('certificateAuthorityData is not a PEM certificate in base64.', error)
  }
}
