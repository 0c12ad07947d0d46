import type { ConditionKeys, Requirement, RequirementContext, Requires } from '../../access/operation.ts'
import { clusterArn, clusterTagKeys } from '../../access/records/cluster-records.ts'
import { parseArn } from '../../aws/arn.ts'
import { badRequest } from './errors.ts'

/** What an operation on a cluster by its name needs. */
export function onCluster<Input extends { readonly name: string }>(action: string): Requires<Input> {
  return {
    kind: 'allowed',
    async requirements({ name }, context) {
      const arn = clusterArn(context, name)
      return [{ action: `eks:${action}`, resource: arn, context: await clusterTagKeys(context.reads, arn) }]
    },
  }
}

/** What an operation on a resource by its ARN needs; another account's is its owner's to allow. */
export function onTaggedResource<Input extends { readonly resourceArn: string }>(
  action: string,
  keys: (input: NoInfer<Input>) => ConditionKeys,
): Requires<Input> {
  return {
    kind: 'allowed',
    async requirements(input, context): Promise<readonly Requirement[]> {
      const { resourceArn: resource } = input
      const { accountId } = clusterOf(resource, context)
      const conditions = { ...(await clusterTagKeys(context.reads, resource)), ...keys(input) }
      return [{ action: `eks:${action}`, resource, resourceAccount: accountId, context: conditions }]
    },
  }
}

/** @throws AwsError `BadRequestException` where the ARN names no cluster of this region */
export function clusterOf(arn: string, { region }: Pick<RequirementContext, 'region'>) {
  const parsed = parseArn(arn)
  const name = parsed?.resource.startsWith('cluster/') ? parsed.resource.slice('cluster/'.length) : undefined
  if (parsed?.service !== 'eks' || !name || name.includes('/')) throw badRequest(`Invalid resource ARN: ${arn}`)
  if (parsed.region !== region) throw badRequest(`The resource ARN is of another region than ${region}: ${arn}`)
  return { accountId: parsed.accountId, region: parsed.region, name }
}
