import { createHash } from 'node:crypto'
import type { CreateClusterRequest, CreateClusterResponse } from '@aws-sdk/client-eks'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import { requestTagKeys } from '../../access/context/tag-keys.ts'
import type { Requirement, RequirementContext } from '../../access/operation.ts'
import type { Present } from '../../access/present.ts'
import { clusterArn, findClusterRow, readClusterTags, writeClusterTags } from '../../access/records/cluster-records.ts'
import { insertHostedIssuer } from '../../access/records/issuer-records.ts'
import { parseArn } from '../../aws/arn.ts'
import { generateSigningKey, hostedIssuerUrl, newHostedIssuerId } from '../../oidc/hosted-issuer.ts'
import type { Reads } from '../../store/store.ts'
import type { ClusterRow } from '../../store/tables.ts'
import { newCertificateAuthorityData } from './certificate-authority.ts'
import { clusterConditionKeys } from './cluster-condition-keys.ts'
import { type ClusterDetail, clusterFromRow, newClusterDetail } from './cluster-record.ts'
import { chooseVersion } from './cluster-version.ts'
import type { EksOperation } from './dependencies.ts'
import { clusterAlreadyExists, invalidParameter } from './errors.ts'
import { refuseReservedTags } from './tags.ts'

type CreateClusterInput = Present<CreateClusterRequest>

/**
 * Makes a cluster's record with an issuer of its own (RSA key, discovery document, JWKS). No control plane and no node runs
 * here, so the record is ACTIVE at once, and its endpoint is a reserved name that leads nowhere; a real cluster is attached
 * with `openirsa:AttachCluster` instead.
 *
 * The same request with the same `clientRequestToken` finds the cluster that the first one made.
 */
export const createCluster: EksOperation<CreateClusterRequest, CreateClusterResponse> = {
  name: 'CreateCluster',
  requires: { kind: 'allowed', requirements },
  async handle(call, { store, keyRing, publicUrl }) {
    const { accountId, region, input, now } = call
    const { name } = input
    refuseWhatIsNotHere(input, accountId, name)
    const version = chooseVersion(input.version, name)
    const known = await sameRequestAgain(store.reads, call)
    if (known !== undefined) return known
    const hostedId = newHostedIssuerId()
    const issuerUrl = hostedIssuerUrl(hostedId, { publicUrl, region })
    const [key, certificateAuthorityData] = await Promise.all([generateSigningKey(), newCertificateAuthorityData(now)])
    const row: ClusterRow = {
      account_id: accountId,
      region,
      cluster_name: name,
      cluster_arn: clusterArn(call, name),
      issuer_url: issuerUrl,
      kind: 'created',
      version,
      role_arn: input.roleArn,
      endpoint: `https://${hostedId}.${region}.eks.openirsa.internal`,
      detail: JSON.stringify(newClusterDetail(input, { certificateAuthorityData, requestDigest: digestOf(input) })),
      created_at: now,
    }
    return store.write(async (writes) => {
      const again = await sameRequestAgain(writes, call)
      if (again !== undefined) return again
      await writes.insertInto('clusters').values(row).execute()
      await insertHostedIssuer(writes, keyRing, { issuerUrl, accountId, hostedId, key, now })
      await writeClusterTags(writes, { accountId, arn: row.cluster_arn }, input.tags ?? {})
      writes.changed(`cluster/${row.cluster_arn}`)
      return { cluster: clusterFromRow(row, input.tags ?? {}) }
    })
  },
}

/** EKS acts with the cluster's role, so its caller must be allowed to pass it. */
function requirements(input: CreateClusterInput, context: RequirementContext): readonly Requirement[] {
  const { roleArn } = input
  const resource = clusterArn(context, input.name)
  return [
    {
      action: 'eks:CreateCluster',
      resource,
      context: { ...requestTagKeys(input.tags), ...clusterConditionKeys(input) },
    },
    {
      action: 'iam:PassRole',
      resource: roleArn,
      resourceAccount: parseArn(roleArn)?.accountId,
      context: { 'iam:PassedToService': 'eks.amazonaws.com', 'iam:AssociatedResourceArn': resource },
    },
  ]
}

const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/[\x21-\x7e]{1,576}$/

function refuseWhatIsNotHere(input: CreateClusterInput, accountId: string, name: string): void {
  const [, roleAccount] = ROLE_ARN.exec(input.roleArn) ?? []
  if (roleAccount === undefined) throw invalidParameter(`Invalid role ARN: ${input.roleArn}`, name)
  if (roleAccount !== accountId) throw invalidParameter('Cross-account pass role is not allowed.', name)
  if (input.outpostConfig !== undefined) throw invalidParameter('Clusters on Outposts are not supported.', name)
  refuseReservedTags(Object.keys(input.tags ?? {}), (message) => invalidParameter(message, name))
}

/** @throws AwsError `ResourceInUseException` where another request made a cluster of this name */
async function sameRequestAgain(
  reads: Reads,
  call: Pick<AuthorizedCall<CreateClusterInput>, 'accountId' | 'region' | 'input'>,
): Promise<CreateClusterResponse | undefined> {
  const { input } = call
  const { name } = input
  const row = await findClusterRow(reads, call, name)
  if (row === undefined) return undefined
  const { clientRequestToken, requestDigest } = JSON.parse(row.detail) as ClusterDetail
  const isSame = input.clientRequestToken !== undefined && input.clientRequestToken === clientRequestToken
  if (!isSame || requestDigest !== digestOf(input)) throw clusterAlreadyExists(name)
  return { cluster: clusterFromRow(row, await readClusterTags(reads, row.cluster_arn)) }
}

function digestOf(input: CreateClusterInput): string {
  return createHash('sha256').update(JSON.stringify(input)).digest('hex')
}
