import { clusterArn, clusterTagKeys } from '../../access/cluster-records.ts'
import type { Requirement, RequirementContext, Requires } from '../../access/operation.ts'
import { parseArn } from '../../aws/arn.ts'
import { badRequest } from './errors.ts'

/** Condition keys of a call, in AWS's spelling; undefined values are absent keys. */
export type ConditionKeys = Readonly<Record<string, string | readonly string[] | undefined>>

/** What an operation on a cluster by its name needs. */
export function onCluster<Input extends { readonly name: string | undefined }>(action: string): Requires<Input> {
  return {
    kind: 'allowed',
    async requirements(input, context) {
      const arn = clusterArn(context, input.name ?? '')
      return [{ action: `eks:${action}`, resource: arn, context: await clusterTagKeys(context.reads, arn) }]
    },
  }
}

/** What an operation on a resource by its ARN needs; another account's is its owner's to allow. */
export function onTaggedResource<Input extends { readonly resourceArn: string | undefined }>(
  action: string,
  keys: (input: Input) => ConditionKeys,
): Requires<Input> {
  return {
    kind: 'allowed',
    async requirements(input, context): Promise<readonly Requirement[]> {
      const resource = input.resourceArn ?? ''
      const owner = clusterOf(resource, context)
      const tags = await clusterTagKeys(context.reads, resource)
      return [
        {
          action: `eks:${action}`,
          resource,
          resourceAccount: owner.accountId,
          context: presentKeys({ ...tags, ...keys(input) }),
        },
      ]
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

/** `aws:RequestTag/…` and `aws:TagKeys` of tags in a request. */
export function requestTagKeys(tags: Readonly<Record<string, string>> | undefined): ConditionKeys {
  const entries = Object.entries(tags ?? {})
  if (entries.length === 0) return {}
  return {
    'aws:TagKeys': entries.map(([key]) => key),
    ...Object.fromEntries(entries.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  }
}

export function presentKeys(keys: ConditionKeys): Readonly<Record<string, string | readonly string[]>> {
  const present: Record<string, string | readonly string[]> = {}
  for (const [key, value] of Object.entries(keys)) if (value !== undefined) present[key] = value
  return present
}
