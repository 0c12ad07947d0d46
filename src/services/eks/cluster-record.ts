import type { Cluster, CreateClusterRequest } from '@aws-sdk/client-eks'
import type { Present } from '../../access/present.ts'
import type { ClusterRow } from '../../store/tables.ts'
import { PLATFORM_VERSION } from './cluster-version.ts'

/** The members of a cluster that only DescribeCluster gives back: the row's `detail`. */
export type ClusterDetail = Omit<
  Cluster,
  'name' | 'arn' | 'createdAt' | 'version' | 'endpoint' | 'roleArn' | 'identity' | 'status' | 'tags'
> & {
  /** SHA-256 of the request that made the cluster, so that the same request again finds it. */
  readonly requestDigest?: string
}

/** Returns the cluster as DescribeCluster shows it. `id`, `connectorConfig` and `outpostConfig` stay away: eksctl stops at them. */
export function clusterFromRow(row: ClusterRow, tags: Record<string, string>): Cluster {
  const { requestDigest: _, ...detail } = JSON.parse(row.detail) as ClusterDetail
  return {
    ...detail,
    name: row.cluster_name,
    arn: row.cluster_arn,
    createdAt: new Date(row.created_at),
    version: row.version,
    endpoint: row.endpoint,
    roleArn: row.role_arn === '' ? undefined : row.role_arn,
    identity: { oidc: { issuer: row.issuer_url } },
    status: 'ACTIVE',
    tags,
  }
}

/** Returns the detail of a new cluster: what the request says, with EKS's defaults in place. */
export function newClusterDetail(
  request: Present<CreateClusterRequest>,
  made: { readonly certificateAuthorityData: string; readonly requestDigest: string },
): Present<ClusterDetail> {
  const vpc = request.resourcesVpcConfig
  const network = request.kubernetesNetworkConfig ?? {}
  const isIpv6 = network.ipFamily === 'ipv6'
  return {
    resourcesVpcConfig: {
      subnetIds: vpc.subnetIds ?? [],
      securityGroupIds: vpc.securityGroupIds ?? [],
      endpointPublicAccess: vpc.endpointPublicAccess ?? true,
      endpointPrivateAccess: vpc.endpointPrivateAccess ?? false,
      publicAccessCidrs: vpc.publicAccessCidrs ?? ['0.0.0.0/0'],
      controlPlaneEgressMode: vpc.controlPlaneEgressMode,
    },
    kubernetesNetworkConfig: {
      ...(isIpv6
        ? { serviceIpv6Cidr: 'fd00:10:100::/108' }
        : { serviceIpv4Cidr: network.serviceIpv4Cidr ?? '10.100.0.0/16' }),
      ipFamily: network.ipFamily ?? 'ipv4',
      elasticLoadBalancing: { enabled: network.elasticLoadBalancing?.enabled ?? false },
    },
    logging: request.logging ?? {
      clusterLogging: [{ types: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'], enabled: false }],
    },
    certificateAuthority: { data: made.certificateAuthorityData },
    clientRequestToken: request.clientRequestToken,
    platformVersion: PLATFORM_VERSION,
    encryptionConfig: request.encryptionConfig,
    health: { issues: [] },
    accessConfig: {
      authenticationMode: request.accessConfig?.authenticationMode ?? 'CONFIG_MAP',
      bootstrapClusterCreatorAdminPermissions: request.accessConfig?.bootstrapClusterCreatorAdminPermissions ?? true,
    },
    upgradePolicy: { supportType: request.upgradePolicy?.supportType ?? 'EXTENDED' },
    zonalShiftConfig: request.zonalShiftConfig,
    remoteNetworkConfig: request.remoteNetworkConfig,
    computeConfig: request.computeConfig,
    storageConfig: request.storageConfig,
    deletionProtection: request.deletionProtection ?? false,
    controlPlaneScalingConfig: request.controlPlaneScalingConfig,
    kubeApiServerConfig: request.kubeApiServerConfig,
    kubeSchedulerConfig: request.kubeSchedulerConfig,
    kubeControllerManagerConfig: request.kubeControllerManagerConfig,
    requestDigest: made.requestDigest,
  }
}
