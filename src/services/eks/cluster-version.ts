import type {
  ClusterVersionInformation,
  DescribeClusterVersionsRequest,
  DescribeClusterVersionsResponse,
} from '@aws-sdk/client-eks'
import type { Present } from '../../access/present.ts'
import { pageToken, placeOfPageToken } from '../../access/records/page-token.ts'
import type { EksOperation } from './dependencies.ts'
import { invalidParameter } from './errors.ts'

interface KubernetesVersion {
  readonly version: string
  readonly released: string
  readonly standardUntil: string
  readonly extendedUntil: string
}

/**
 * Kubernetes versions that EKS has, with its support calendar. A row a version: a new one is added here.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
 */
const KUBERNETES_VERSIONS: readonly KubernetesVersion[] = [
  { version: '1.35', released: '2026-01-27', standardUntil: '2027-03-27', extendedUntil: '2028-03-27' },
  { version: '1.34', released: '2025-10-02', standardUntil: '2026-12-02', extendedUntil: '2027-12-02' },
  { version: '1.33', released: '2025-05-29', standardUntil: '2026-07-29', extendedUntil: '2027-07-29' },
  { version: '1.32', released: '2025-01-23', standardUntil: '2026-03-23', extendedUntil: '2027-03-23' },
  { version: '1.31', released: '2024-09-26', standardUntil: '2025-11-26', extendedUntil: '2026-11-26' },
]

/** What a cluster gets that names no version. */
const DEFAULT_VERSION = '1.34'
export const PLATFORM_VERSION = 'eks.1'

/**
 * Returns the version that a new cluster has. Nothing runs here, so a version past its support still makes a record.
 * @throws AwsError `InvalidParameterException`; text as in awslabs/aws-devops-essential#25
 */
export function chooseVersion(version: string | undefined, clusterName: string): string {
  const chosen = version ?? DEFAULT_VERSION
  if (KUBERNETES_VERSIONS.some((known) => known.version === chosen)) return chosen
  throw invalidParameter('unsupported Kubernetes version', clusterName)
}

/** The versions that clusters can have; eksctl asks before every command and needs one at least. */
export const describeClusterVersions: EksOperation<DescribeClusterVersionsRequest, DescribeClusterVersionsResponse> = {
  name: 'DescribeClusterVersions',
  requires: { kind: 'allowed', requirements: () => [{ action: 'eks:DescribeClusterVersions', resource: '*' }] },
  async handle({ input, now }) {
    const wanted = KUBERNETES_VERSIONS.map((known) => describe(known, now)).filter((shown) => isWanted(shown, input))
    const start = startOf(input.nextToken, wanted)
    const end = start + (input.maxResults ?? PAGE_ENTRIES_DEFAULT)
    const page = wanted.slice(start, end)
    const last = end < wanted.length ? page.at(-1) : undefined
    return { clusterVersions: page, nextToken: last && pageToken(PAGED_LIST, last.clusterVersion ?? '') }
  },
}

const PAGE_ENTRIES_DEFAULT = 100
const PAGED_LIST = 'DescribeClusterVersions'

/** The only type of cluster that there is here. */
const CLUSTER_TYPE = 'eks'

function isWanted(shown: ClusterVersionInformation, input: Present<DescribeClusterVersionsRequest>): boolean {
  const { clusterVersions = [], clusterType = CLUSTER_TYPE, status, versionStatus } = input
  const isNamed = status !== undefined || versionStatus !== undefined || clusterVersions.length > 0
  return (
    clusterType === CLUSTER_TYPE &&
    (clusterVersions.length === 0 || clusterVersions.includes(shown.clusterVersion ?? '')) &&
    (input.defaultOnly !== true || shown.defaultVersion === true) &&
    (status === undefined || shown.status === status) &&
    (versionStatus === undefined || shown.versionStatus === versionStatus) &&
    (input.includeAll === true || isNamed || shown.versionStatus !== 'UNSUPPORTED')
  )
}

/** @throws AwsError `InvalidParameterException` */
function startOf(nextToken: string | undefined, versions: readonly ClusterVersionInformation[]): number {
  if (nextToken === undefined) return 0
  const place = placeOfPageToken(PAGED_LIST, nextToken)
  const index = versions.findIndex((shown) => shown.clusterVersion === place)
  if (index === -1) throw invalidParameter('The nextToken is not valid.')
  return index + 1
}

function describe(known: KubernetesVersion, now: number): ClusterVersionInformation {
  const standardUntil = new Date(known.standardUntil)
  const extendedUntil = new Date(known.extendedUntil)
  const isStandard = now < standardUntil.getTime()
  const isSupported = now < extendedUntil.getTime()
  return {
    clusterVersion: known.version,
    clusterType: CLUSTER_TYPE,
    defaultPlatformVersion: PLATFORM_VERSION,
    defaultVersion: known.version === DEFAULT_VERSION,
    releaseDate: new Date(known.released),
    endOfStandardSupportDate: standardUntil,
    endOfExtendedSupportDate: extendedUntil,
    status: isStandard ? 'standard-support' : isSupported ? 'extended-support' : 'unsupported',
    versionStatus: isStandard ? 'STANDARD_SUPPORT' : isSupported ? 'EXTENDED_SUPPORT' : 'UNSUPPORTED',
  }
}
