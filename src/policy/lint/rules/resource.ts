import { hasWildcard, patternsMayMeet } from '../../analysis/pattern.ts'
import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import type { PlacedText, StatementTree } from '../policy-tree.ts'
import { ARN_FIELDS, type ResourceArn, type ResourceTemplate, readResourceArn, typesOfArn } from '../resource-arn.ts'
import type { LintContext, LintResourceType, StatementRule } from '../rule.ts'
import { redundantGroups } from './redundancy.ts'

export const RESOURCE_RULES: readonly StatementRule[] = [arns, ofResource, resourceControl, redundant]

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
const PARTITIONS = ['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc', 'aws-iso', 'aws-iso-b', 'aws-iso-e', 'aws-iso-f']

/** Accounts of AWS's own, by name. */
const NAMED_ACCOUNTS = ['aws', 'aws-managed', 'amazon', 'aws-marketplace', 'cloudfront', 'third-party']

/** Services that have resources of AWS's without an account beside those of accounts (`arn:aws:ssm:us-east-1::document/AWS-RunShellScript`). */
const UNOWNED_SERVICES = ['ssm', 'resource-explorer-2', 'imagebuilder', 'bedrock']

/** `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`. */
export const REGION = /^[a-z]{2,5}(?:-[a-z]{2,9}){1,3}-\d{1,2}$/

function* arns({ resource }: StatementTree, context: LintContext): Iterable<Finding> {
  if (context.type === 'trust') return
  for (const value of resource?.values ?? []) {
    // `*`, also written twice, is everything.
    if (!/^\*+$/.test(value.text)) yield* arnOf(value, context)
  }
}

function* arnOf(value: PlacedText, context: LintContext): Iterable<Finding> {
  const arn = readResourceArn(value.text)
  if (typeof arn === 'number') {
    yield finding('MISSING_ARN_FIELD', { fields: ARN_FIELDS }, value)
    return
  }
  const { prefix, partition, service } = arn
  if (prefix !== 'arn') yield finding('INVALID_ARN_PREFIX', {}, value)
  if (!isOpen(partition) && !PARTITIONS.includes(partition)) {
    yield finding('INVALID_PARTITION', { service, partition, partitions: PARTITIONS.join(', ') }, value)
  }
  if (isOpen(service)) yield finding('WILDCARD_IN_SERVICE_NAME', {}, value)
  else if (service !== service.toLowerCase()) yield finding('INVALID_ARN_SERVICE_CASE', { service }, value)
  else yield* fieldsOf(value, arn, context)
}

function* fieldsOf(value: PlacedText, arn: ResourceArn, { authorization, budget }: LintContext): Iterable<Finding> {
  if (!authorization || !budget.take(UNITS_AN_ARN)) return
  const types = typesOfArn(authorization, arn)
  if (!types) {
    if (!authorization.prefixes.has(arn.service)) yield finding('INVALID_SERVICE', { service: arn.service }, value)
    return
  }
  if (arn.resource === '') yield finding('INVALID_ARN_RESOURCE', {}, value)
  else if (types.length > 0) {
    yield* region(value, arn, types)
    yield* account(value, arn, types)
  } else if (arn.service === 'iam' || !isOpen(arn.resource)) yield finding('INVALID_ARN_RESOURCE', {}, value)
}

/** An ARN is held against every resource type of its service. */
const UNITS_AN_ARN = 50

function* region(value: PlacedText, arn: ResourceArn, types: readonly ResourceTemplate[]): Iterable<Finding> {
  if (arn.region === '') {
    if (types.every((type) => type.region !== '')) yield finding('MISSING_ARN_REGION', { service: arn.service }, value)
  } else if (types.every((type) => type.region === '')) {
    if (arn.region !== '*') yield finding('ARN_REGION_NOT_ALLOWED', { service: arn.service }, value)
  } else if (!isOpen(arn.region) && !REGION.test(arn.region)) {
    yield finding('INVALID_ARN_REGION', { region: arn.region }, value)
  }
}

function* account(value: PlacedText, arn: ResourceArn, types: readonly ResourceTemplate[]): Iterable<Finding> {
  if (arn.account === '') {
    const hasNone = UNOWNED_SERVICES.includes(arn.service) || /^\*+$/.test(arn.resource)
    if (!hasNone && types.every((type) => type.account !== '')) {
      yield finding('MISSING_ARN_ACCOUNT', { resource: types[0]?.type.name ?? arn.service }, value)
    }
  } else if (types.every((type) => type.account === '')) {
    if (arn.account !== '*') yield finding('ARN_ACCOUNT_NOT_ALLOWED', { service: arn.service }, value)
  } else if (!hasWildcard(arn.account) && !/^\d{12}$/.test(arn.account) && !NAMED_ACCOUNTS.includes(arn.account)) {
    yield finding('INVALID_ARN_ACCOUNT', { account: arn.account }, value)
  }
}

/** Text that stands for more than itself: nothing to check. */
function isOpen(field: string): boolean {
  return hasWildcard(field) || field.includes('${')
}

interface ResourceOfPolicy {
  readonly services: readonly string[]
  readonly fits: (arn: ResourceArn) => boolean
}

const isAccessPoint = ({ resource }: ResourceArn): boolean => patternsMayMeet('accesspoint?*', resource)
const isTable = ({ resource }: ResourceArn): boolean => patternsMayMeet('table/*', resource)
const S3_ACCESS_POINT: ResourceOfPolicy = { services: ['s3'], fits: isAccessPoint }

/** What the policy of a resource can be about. */
const RESOURCES_BY_TYPE: Readonly<Record<LintResourceType, ResourceOfPolicy>> = {
  'AWS::S3::Bucket': { services: ['s3'], fits: ({ region: place, account: owner }) => place === '' && owner === '' },
  'AWS::S3::AccessPoint': S3_ACCESS_POINT,
  'AWS::S3::MultiRegionAccessPoint': S3_ACCESS_POINT,
  'AWS::S3ObjectLambda::AccessPoint': { services: ['s3-object-lambda'], fits: isAccessPoint },
  'AWS::DynamoDB::Table': {
    services: ['dynamodb'],
    fits: isTable,
  },
}

function* ofResource({ resource }: StatementTree, { resourceType }: LintContext): Iterable<Finding> {
  if (!resourceType) return
  const { services, fits } = RESOURCES_BY_TYPE[resourceType]
  for (const value of resource?.values ?? []) {
    const arn = readResourceArn(value.text)
    if (typeof arn === 'number' || isOpen(arn.service)) continue
    if (!services.includes(arn.service) || !fits(arn)) {
      yield finding('UNSUPPORTED_RESOURCE_ARN_IN_POLICY', { resourceType }, value)
    }
  }
}

/** AWS attaches RCPFullAWSAccess, which is for everybody, on everything, without conditions; an Allow can say nothing else. */
function* resourceControl(statement: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (type !== 'rcp' || statement.effect !== 'Allow') return
  const { resource, conditions, place } = statement
  const isEverything = resource && !resource.negated && resource.values.some(({ text }) => text === '*')
  if (isEverything && conditions.length === 0) return
  yield finding('RCP_SYNTAX_ERROR_ALLOW', {}, place)
}

function* redundant({ resource }: StatementTree, context: LintContext): Iterable<Finding> {
  for (const { members, example } of redundantGroups(resource?.values ?? [], (text) => text, context)) {
    yield finding('REDUNDANT_RESOURCE', { count: members.length, resource: example.text }, ...members)
  }
}
