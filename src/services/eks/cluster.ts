import type {
  DeleteClusterRequest,
  DeleteClusterResponse,
  DescribeClusterRequest,
  DescribeClusterResponse,
  ListClustersRequest,
  ListClustersResponse,
} from '@aws-sdk/client-eks'
import {
  type ClusterScope,
  deleteClusterRow,
  findClusterRow,
  listClusterRows,
  readClusterTags,
} from '../../access/records/cluster-records.ts'
import { deleteIssuer } from '../../access/records/issuer-records.ts'
import type { Reads } from '../../store/store.ts'
import type { ClusterRow } from '../../store/tables.ts'
import { clusterFromRow } from './cluster-record.ts'
import type { EksOperation } from './dependencies.ts'
import { clusterNotFound, invalidParameter, invalidRequest } from './errors.ts'
import { onCluster } from './requirements.ts'

export const describeCluster: EksOperation<DescribeClusterRequest, DescribeClusterResponse> = {
  name: 'DescribeCluster',
  requires: onCluster('DescribeCluster'),
  async handle(call, { store: { reads } }) {
    const row = await getClusterRow(reads, call, call.input.name)
    return { cluster: clusterFromRow(row, await readClusterTags(reads, row.cluster_arn)) }
  },
}

/**
 * Clusters of the region by name, created and attached ones alike: an attached one has what clients read of a cluster, so it
 * need not hide as the connected clusters of EKS do, which `include` asks for.
 */
export const listClusters: EksOperation<ListClustersRequest, ListClustersResponse> = {
  name: 'ListClusters',
  requires: { kind: 'allowed', requirements: () => [{ action: 'eks:ListClusters', resource: '*' }] },
  async handle(call, { store: { reads } }) {
    refuseUnknownInclude(call.input.include)
    const page = await listClusterRows(reads, call, call.input)
    if (page === undefined) throw invalidParameter('The nextToken is not valid.')
    return { clusters: page.rows.map((row) => row.cluster_name), nextToken: page.nextToken }
  },
}

/**
 * Removes a created cluster with its issuer: its private keys are gone at once, tokens that it signed are refused. There is
 * nothing to tear down, so the cluster is gone when the answer (DELETING, as EKS says) arrives.
 */
export const deleteCluster: EksOperation<DeleteClusterRequest, DeleteClusterResponse> = {
  name: 'DeleteCluster',
  requires: onCluster('DeleteCluster'),
  handle(call, { store }) {
    const name = call.input.name
    return store.write(async (writes) => {
      const row = await getClusterRow(writes, call, name)
      const cluster = clusterFromRow(row, await readClusterTags(writes, row.cluster_arn))
      if (row.kind === 'attached') {
        throw invalidRequest(`Cluster ${name} is attached, not created here: detach it (openirsa:DetachCluster).`, name)
      }
      if (cluster.deletionProtection === true) {
        throw invalidRequest(`Cluster ${name} cannot be deleted while its deletion protection is enabled.`, name)
      }
      await deleteClusterRow(writes, row.cluster_arn)
      await deleteIssuer(writes, row.issuer_url)
      return { cluster: { ...cluster, status: 'DELETING' } }
    })
  },
}

/** "Use `all` to return both": the only value that is documented. */
function refuseUnknownInclude(include: readonly string[] = []): void {
  const unknown = include.find((value) => value !== 'all')
  if (unknown !== undefined) throw invalidParameter(`Invalid value of include: ${unknown}. The only value is all.`)
}

async function getClusterRow(reads: Reads, scope: ClusterScope, name: string): Promise<ClusterRow> {
  const row = await findClusterRow(reads, scope, name)
  if (row === undefined) throw clusterNotFound(name)
  return row
}
