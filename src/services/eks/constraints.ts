import { type Constraint, matching, type ServiceConstraints } from '../../aws/constraints.ts'

/**
 * Limits of EKS's input members.
 * Source: EKS's service model, compared with it by test/constraints-parity.test.ts; anything else says where it is from.
 */
/**
 * The model gives these limits to CreateCluster only. AWS refuses other names in DescribeCluster too: "The parameter name
 * contains invalid characters. It should conform to the regular expression …" (client logs of 2023 and 2024).
 */
const CLUSTER_NAME: Constraint = { min: 1, max: 100, ...matching('^[0-9A-Za-z][A-Za-z0-9\\-_]*') }
const TAG_KEY: Constraint = { min: 1, max: 128 }

export const EKS_CONSTRAINTS: ServiceConstraints = {
  error: { code: 'InvalidParameterException', status: 400 },
  showsValue: true,
  table: {
    'CreateClusterRequest.name': CLUSTER_NAME,
    'DescribeClusterRequest.name': CLUSTER_NAME,
    'DeleteClusterRequest.name': CLUSTER_NAME,
    authenticationMode: { enum: ['API', 'API_AND_CONFIG_MAP', 'CONFIG_MAP'] },
    encryptionConfig: { max: 1 },
    ipFamily: { enum: ['ipv4', 'ipv6'] },
    maxResults: { min: 1, max: 100 },
    remoteNodeNetworks: { max: 1 },
    remotePodNetworks: { max: 1 },
    supportType: { enum: ['STANDARD', 'EXTENDED'] },
    tagKeys: { min: 1, max: 50, member: TAG_KEY },
    tags: { min: 1, max: 50, key: TAG_KEY, value: { max: 256 } },
    tier: { enum: ['standard', 'tier-xl', 'tier-2xl', 'tier-4xl', 'tier-8xl'] },
    types: { member: { enum: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'] } },
  },
}
