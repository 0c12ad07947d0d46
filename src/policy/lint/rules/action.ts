import { hasWildcard } from '../../analysis/pattern.ts'
import { compileGlob, globMatches, globTokens } from '../../match/glob.ts'
import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import { nearestName } from '../nearest-name.ts'
import type { PlacedText, StatementTree } from '../policy-tree.ts'
import type { LintContext, LintResourceType, StatementRule } from '../rule.ts'
import type { AuthorizedService } from '../service-authorization.ts'
import { redundantGroups } from './redundancy.ts'

export const ACTION_RULES: readonly StatementRule[] = [
  existingActions,
  serviceControl,
  resourceControl,
  ofResource,
  redundant,
]

/** Names of API operations whose permission is called otherwise. Source: service authorization reference of Amazon S3. */
const ACTIONS_BY_OPERATION: Readonly<Record<string, string>> = {
  's3:listbuckets': 's3:ListAllMyBuckets',
  's3:listobjects': 's3:ListBucket',
  's3:listobjectsv2': 's3:ListBucket',
  's3:headbucket': 's3:ListBucket',
  's3:headobject': 's3:GetObject',
  's3:deleteobjects': 's3:DeleteObject',
  's3:copyobject': 's3:PutObject',
  's3:createmultipartupload': 's3:PutObject',
  's3:uploadpart': 's3:PutObject',
  's3:completemultipartupload': 's3:PutObject',
  's3:listparts': 's3:ListMultipartUploadParts',
  's3:listmultipartuploads': 's3:ListBucketMultipartUploads',
  's3:listobjectversions': 's3:ListBucketVersions',
}

function* existingActions({ action }: StatementTree, context: LintContext): Iterable<Finding> {
  for (const value of action?.values ?? []) yield* existingAction(value, context)
}

function* existingAction(value: PlacedText, context: LintContext): Iterable<Finding> {
  const { authorization, budget } = context
  const { text } = value
  if (text === '*' || /^\*+$/.test(text) || text.includes('${')) return
  const colon = text.indexOf(':')
  if (colon < 0) {
    yield finding('INVALID_ACTION', { action: text, suggestion: '' }, value)
    return
  }
  const [prefix, name] = [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).toLowerCase()]
  if (hasWildcard(prefix) || prefix === '') {
    yield finding('INVALID_SERVICE_IN_ACTION', { service: text, suggestion: '' }, value)
    return
  }
  if (!authorization) return
  const service = authorization.service(prefix)
  if (!service) {
    const near = nearestName(prefix, authorization.prefixes, budget)
    yield finding('INVALID_SERVICE_IN_ACTION', { service: text, suggestion: didYouMean(near) }, value)
  } else if (!hasAction(service, name, context)) {
    yield finding('INVALID_ACTION', { action: text, suggestion: suggestionFor(text, service, name, budget) }, value)
  }
}

function hasAction(service: AuthorizedService, name: string, { budget }: LintContext): boolean {
  if (!hasWildcard(name)) return service.actions.has(name)
  if (!budget.take(service.actions.size)) return true
  const glob = compileGlob(globTokens(name))
  for (const action of service.actions.keys()) if (globMatches(glob, action)) return true
  return false
}

function suggestionFor(text: string, service: AuthorizedService, name: string, budget: LintContext['budget']): string {
  const action = ACTIONS_BY_OPERATION[text.toLowerCase()]
  if (action !== undefined) {
    return `${didYouMean(action)} The API called ${text.slice(text.indexOf(':') + 1)} authorizes against the IAM action ${action}.`
  }
  const near = hasWildcard(name) ? undefined : nearestName(name, service.actions.keys(), budget)
  const found = near && service.actions.get(near)
  return didYouMean(found && `${service.prefix}:${found.name}`)
}

function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : ` Did you mean ${name}?`
}

/** Since service control policies take the whole language (2025-09), a wildcard is wrong only in front of the colon, as everywhere. */
function* serviceControl({ action }: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (type !== 'scp') return
  for (const value of action?.values ?? []) {
    const colon = value.text.indexOf(':')
    const prefix = colon < 0 ? value.text : value.text.slice(0, colon)
    if (value.text !== '*' && hasWildcard(prefix)) {
      yield finding('SCP_SYNTAX_ERROR_ACTION_WILDCARD', { action: value.text }, value)
    }
  }
}

function* resourceControl({ action, effect }: StatementTree, { type, authorization }: LintContext): Iterable<Finding> {
  if (type !== 'rcp' || !action) return
  if (action.negated) yield finding('RCP_SYNTAX_ERROR_NOTACTION', {}, action.element.key)
  for (const value of action.values) {
    const colon = value.text.indexOf(':')
    const prefix = colon < 0 ? value.text : value.text.slice(0, colon)
    // RCPFullAWSAccess, which AWS attaches, is the one policy that allows; it names every action.
    if (value.text === '*' && effect === 'Allow') continue
    const isSupported = authorization
      ? authorization.resourceControlServices.has(prefix.toLowerCase())
      : !hasWildcard(prefix)
    if (!isSupported) yield finding('RCP_SYNTAX_ERROR_ACTION', {}, value)
  }
}

/** Services whose actions the policy of a resource can speak about. */
const SERVICES_BY_RESOURCE: Readonly<Record<LintResourceType, readonly string[]>> = {
  'AWS::S3::Bucket': ['s3'],
  'AWS::S3::AccessPoint': ['s3'],
  'AWS::S3::MultiRegionAccessPoint': ['s3'],
  'AWS::S3ObjectLambda::AccessPoint': ['s3-object-lambda', 's3'],
  'AWS::DynamoDB::Table': ['dynamodb'],
}

function* ofResource({ action }: StatementTree, { type, resourceType }: LintContext): Iterable<Finding> {
  const services = type === 'trust' ? ['sts'] : resourceType && SERVICES_BY_RESOURCE[resourceType]
  if (!services || !action || action.negated) return
  const shown = type === 'trust' ? 'AWS::IAM::AssumeRolePolicyDocument' : resourceType
  for (const value of action.values) {
    const prefix = value.text.slice(0, Math.max(value.text.indexOf(':'), 0)).toLowerCase()
    // A role's policy is refused with `*` too (section 6 of the facts); a bucket's is not.
    if (value.text === '*' && type !== 'trust') continue
    if (services.includes(prefix)) continue
    yield finding('UNSUPPORTED_ACTION_IN_POLICY', { action: value.text, resourceType: shown ?? '' }, value)
  }
}

function* redundant({ action }: StatementTree, context: LintContext): Iterable<Finding> {
  for (const { members, example } of redundantGroups(action?.values ?? [], (text) => text.toLowerCase(), context)) {
    yield finding('REDUNDANT_ACTION', { count: members.length, action: example.text }, ...members)
  }
}
