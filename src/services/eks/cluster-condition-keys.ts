import type { CreateClusterRequest } from '@aws-sdk/client-eks'
import type { ConditionKeys } from '../../access/operation.ts'
import type { Present } from '../../access/present.ts'

/**
 * What a request to create a cluster asks for, as condition keys; what it leaves out has none.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
 */
export function clusterConditionKeys(input: Present<CreateClusterRequest>): ConditionKeys {
  const { accessConfig, resourcesVpcConfig, kubernetesNetworkConfig, controlPlaneScalingConfig } = input
  return {
    'eks:authenticationMode': accessConfig?.authenticationMode,
    'eks:blockStorageEnabled': text(input.storageConfig?.blockStorage?.enabled),
    'eks:bootstrapClusterCreatorAdminPermissions': text(accessConfig?.bootstrapClusterCreatorAdminPermissions),
    'eks:bootstrapSelfManagedAddons': text(input.bootstrapSelfManagedAddons),
    'eks:computeConfigEnabled': text(input.computeConfig?.enabled),
    'eks:controlPlaneEgressMode': resourcesVpcConfig.controlPlaneEgressMode,
    'eks:controlPlaneScalingTier': controlPlaneScalingConfig?.tier,
    'eks:deletionProtection': text(input.deletionProtection),
    'eks:elasticLoadBalancingEnabled': text(kubernetesNetworkConfig?.elasticLoadBalancing?.enabled),
    'eks:encryptionConfigProviderKeyArns': encryptionKeyArns(input),
    'eks:endpointPrivateAccess': text(resourcesVpcConfig.endpointPrivateAccess),
    'eks:endpointPublicAccess': text(resourcesVpcConfig.endpointPublicAccess),
    'eks:kubeApiServerConfig': text(input.kubeApiServerConfig !== undefined),
    'eks:kubeControllerManagerConfig': text(input.kubeControllerManagerConfig !== undefined),
    'eks:kubeSchedulerConfig': text(input.kubeSchedulerConfig !== undefined),
    'eks:kubernetesVersion': input.version,
    'eks:supportType': input.upgradePolicy?.supportType,
    'eks:zonalShiftEnabled': text(input.zonalShiftConfig?.enabled),
    ...loggingKeys(input),
  }
}

function encryptionKeyArns({ encryptionConfig = [] }: Present<CreateClusterRequest>): readonly string[] | undefined {
  const arns = encryptionConfig.map(({ provider }) => provider?.keyArn).filter((arn) => arn !== undefined)
  return arns.length === 0 ? undefined : arns
}

/** `eks:loggingType/audit` …: whether a kind of log is switched on. */
function loggingKeys({ logging }: Present<CreateClusterRequest>): ConditionKeys {
  const setups = logging?.clusterLogging ?? []
  return Object.fromEntries(
    setups.flatMap(({ types = [], enabled }) => types.map((type) => [`eks:loggingType/${type}`, text(enabled)])),
  )
}

function text(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}
