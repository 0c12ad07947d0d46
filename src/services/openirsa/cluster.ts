import type { Requires } from '../../access/operation.ts'
import {
  type ClusterScope,
  clusterArn,
  clusterTagKeys,
  findClusterRow,
  listClusterRows,
  readClusterTags,
} from '../../access/records/cluster-records.ts'
import { findIssuerRow } from '../../access/records/issuer-records.ts'
import type { Reads } from '../../store/store.ts'
import type { ClusterRow } from '../../store/tables.ts'
import type { OpenIrsaOperation } from './dependencies.ts'
import { clusterNotFound, invalidParameter } from './errors.ts'
import type { AttachedCluster, ListClustersRequest, ListClustersResponse } from './messages.ts'

/** Clusters of the region with their issuers, created and attached ones. */
export const listClusters: OpenIrsaOperation<ListClustersRequest, ListClustersResponse> = {
  name: 'ListClusters',
  requires: { kind: 'allowed', requirements: () => [{ action: 'openirsa:ListClusters', resource: '*' }] },
  async handle(call, { store: { reads } }) {
    const page = await listClusterRows(reads, call, call.input)
    if (page === undefined) throw invalidParameter('The nextToken is not valid.')
    const clusters: AttachedCluster[] = []
    for (const row of page.rows) clusters.push(await showCluster(reads, row))
    return { clusters, nextToken: page.nextToken }
  },
}

/** What an operation on one cluster needs: our action on the cluster's ARN, with its tags. */
export function onCluster<Input extends { readonly name: string }>(action: string): Requires<Input> {
  return {
    kind: 'allowed',
    async requirements({ name }, context) {
      const arn = clusterArn(context, name)
      return [{ action: `openirsa:${action}`, resource: arn, context: await clusterTagKeys(context.reads, arn) }]
    },
  }
}

export async function getClusterRow(reads: Reads, scope: ClusterScope, name: string): Promise<ClusterRow> {
  const row = await findClusterRow(reads, scope, name)
  if (row === undefined) throw clusterNotFound(name)
  return row
}

export async function showCluster(reads: Reads, row: ClusterRow): Promise<AttachedCluster> {
  const issuer = await findIssuerRow(reads, row.issuer_url)
  return {
    name: row.cluster_name,
    arn: row.cluster_arn,
    kind: row.kind,
    issuerUrl: row.issuer_url,
    keySource: issuer !== undefined && issuer.account_id === row.account_id ? issuer.kind : 'fetched',
    endpoint: row.endpoint,
    version: row.version,
    createdAt: new Date(row.created_at),
    tags: await readClusterTags(reads, row.cluster_arn),
  }
}
