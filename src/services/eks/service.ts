import type { Service } from '../../access/service.ts'
import { deleteCluster, describeCluster, listClusters } from './cluster.ts'
import { describeClusterVersions } from './cluster-version.ts'
import { EKS_CONSTRAINTS } from './constraints.ts'
import { createCluster } from './create-cluster.ts'
import type { EksDependencies } from './dependencies.ts'
import { listTagsForResource, tagResource, untagResource } from './tags.ts'

/** Amazon Elastic Kubernetes Service: records of clusters and their issuers. */
export const EKS: Service<EksDependencies> = {
  protocol: { name: 'eks', protocol: 'rest-json', apiVersion: '2017-11-01', signingNames: ['eks'] },
  loadSchemas: () => import('@aws-sdk/client-eks'),
  constraints: EKS_CONSTRAINTS,
  operations: [
    createCluster,
    deleteCluster,
    describeCluster,
    describeClusterVersions,
    listClusters,
    listTagsForResource,
    tagResource,
    untagResource,
  ],
}
