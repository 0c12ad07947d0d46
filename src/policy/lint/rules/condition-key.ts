import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import type { ConditionTree, StatementTree } from '../policy-tree.ts'
import type { LintContext, LintResourceType, StatementRule } from '../rule.ts'
import {
  type ConditionKey,
  findConditionKey,
  isKnownKeyPrefix,
  type ServiceAuthorization,
} from '../service-authorization.ts'
import { familyOf } from './condition-operator.ts'

export const CONDITION_KEY_RULES: readonly StatementRule[] = [
  keys,
  types,
  untrustworthy,
  paired,
  supportedServices,
  irrelevant,
  dynamoDbAttributes,
  s3Prefix,
]

function* keys({ conditions }: StatementTree, context: LintContext): Iterable<Finding> {
  for (const condition of conditions) yield* keyOf(condition, context)
}

/** Keys that end in the name of a tag. */
const TAG_KEYS = ['aws:resourcetag', 'aws:requesttag', 'aws:principaltag']

function* keyOf({ key, keyLower }: ConditionTree, { authorization, type, budget }: LintContext): Iterable<Finding> {
  const colon = keyLower.indexOf(':')
  if (colon <= 0 || colon === keyLower.length - 1) {
    yield finding('INVALID_CONDITION_KEY_FORMAT', {}, key)
    return
  }
  if (keyLower === 'aws:arn') {
    // Still answered in identity policies, for the sake of old ones; nowhere else.
    if (type === 'identity' || type === 'session') yield finding('DEPRECATED_GLOBAL_CONDITION_KEY', {}, key)
    else yield finding('UNSUPPORTED_GLOBAL_CONDITION_KEY', {}, key)
    return
  }
  if (TAG_KEYS.includes(keyLower.replace(/\/$/, ''))) {
    yield finding('MISSING_TAG_KEY_IN_CONDITION', { key: `${key.text.replace(/\/$/, '')}/` }, key)
    return
  }
  if (authorization && budget.take(1)) yield* knownKey(key, keyLower, colon, authorization)
}

function* knownKey(
  key: ConditionTree['key'],
  keyLower: string,
  colon: number,
  authorization: ServiceAuthorization,
): Iterable<Finding> {
  if (findConditionKey(authorization, keyLower)) return
  const prefix = keyLower.slice(0, colon)
  if (prefix === 'aws') yield finding('INVALID_GLOBAL_CONDITION_KEY', { key: key.text }, key)
  else if (isIdentityProvider(prefix)) return
  else if (isKnownKeyPrefix(authorization, keyLower)) {
    yield finding('INVALID_SERVICE_CONDITION_KEY', { key: key.text, service: prefix }, key)
  } else yield finding('INVALID_SERVICE', { service: prefix }, key)
}

/** Claims stand behind the host name of their issuer; which claims there are is the issuer's to say. */
export function isIdentityProvider(prefix: string): boolean {
  return prefix.includes('.')
}

const OPERATOR_NAMES = {
  String: 'string',
  Numeric: 'numeric',
  Date: 'date',
  Bool: 'Boolean',
  Binary: 'binary',
  Ip: 'IP address',
  Arn: 'ARN',
  Null: 'null',
} as const

/** How a type of keys is called, and which operators compare it. Texts are compared as text whatever they are. */
const TYPES: Readonly<Record<string, { readonly allowed: string; readonly families: readonly string[] }>> = {
  String: { allowed: 'String', families: ['String', 'Binary'] },
  ARN: { allowed: 'ARN', families: ['Arn', 'String'] },
  Bool: { allowed: 'Boolean', families: ['Bool'] },
  Numeric: { allowed: 'Numeric', families: ['Numeric'] },
  Date: { allowed: 'Date', families: ['Date', 'Numeric'] },
  IPAddress: { allowed: 'IP address', families: ['Ip'] },
}

/** Keys of a text type in the data whose values the documentation compares as ARNs. */
const ARNS_AMONG_STRINGS = ['aws:sourcevpcarn']

function* types({ conditions }: StatementTree, { authorization }: LintContext): Iterable<Finding> {
  if (!authorization) return
  for (const condition of conditions) {
    const known = findConditionKey(authorization, condition.keyLower)
    if (!known) continue
    yield* typeOf(condition, known)
    yield* cardinality(condition, known)
  }
}

function* typeOf(condition: ConditionTree, known: ConditionKey): Iterable<Finding> {
  const family = familyOf(condition)
  const type = known.type.replace(/^ArrayOf/, '')
  const rule = TYPES[type]
  if (!family || family === 'Null' || !rule || (family === 'Arn' && ARNS_AMONG_STRINGS.includes(condition.keyLower)))
    return
  const { key, operator } = condition
  const slots = { allowed: rule.allowed, operator: OPERATOR_NAMES[family], key: key.text }
  if (type === 'ARN' && /^(?:For\w+:)?String(?:Not)?Like/.test(operator.text)) {
    yield finding('STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS', slots, key)
  } else if (!rule.families.includes(family)) yield finding('TYPE_MISMATCH', slots, key)
}

function* cardinality({ key, operatorName, value }: ConditionTree, known: ConditionKey): Iterable<Finding> {
  if (operatorName?.kind !== 'value') return
  const isMultivalued = known.type.startsWith('ArrayOf')
  if (isMultivalued && operatorName.quantifier === undefined) yield finding('MISSING_QUALIFIER', { key: key.text }, key)
  if (!isMultivalued && operatorName.quantifier === 'ForAllValues') {
    yield finding('FORALLVALUES_WITH_SINGLE_VALUED_KEY', { key: key.text }, value)
  }
}

/** What the caller's client writes as it likes. */
const UNTRUSTWORTHY = ['aws:useragent', 'aws:referer']

function* untrustworthy({ conditions }: StatementTree): Iterable<Finding> {
  for (const { key, keyLower } of conditions) {
    if (UNTRUSTWORTHY.includes(keyLower)) yield finding('UNTRUSTWORTHY_CONDITION_KEY', { key: key.text }, key)
  }
}

/** A private address means a machine only together with the network that it is in. */
const NETWORK_KEYS = ['aws:sourcevpc', 'aws:sourcevpce', 'aws:sourcevpcarn']

function* paired({ conditions }: StatementTree): Iterable<Finding> {
  if (hasKey(conditions, NETWORK_KEYS)) return
  for (const { key, keyLower } of conditions) {
    if (keyLower !== 'aws:vpcsourceip') continue
    yield finding('MISSING_PAIRED_CONDITION_KEYS', { key: key.text, recommendedKeys: 'aws:SourceVpc' }, key)
  }
}

export function hasKey(conditions: readonly ConditionTree[], wanted: readonly string[]): boolean {
  return conditions.some(({ keyLower }) => wanted.includes(keyLower))
}

/** Keys that few services fill in. Which these are grows, so only a statement about every service is found. */
const KEYS_OF_FEW_SERVICES = ['aws:vpceaccount', 'aws:vpceorgid', 'aws:vpceorgpaths']

function* supportedServices({ action, conditions }: StatementTree): Iterable<Finding> {
  if (!action || !(action.negated || action.values.some(({ text }) => text === '*'))) return
  for (const { key, keyLower } of conditions) {
    if (KEYS_OF_FEW_SERVICES.includes(keyLower)) {
      yield finding('USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES', { key: key.text }, key)
    }
  }
}

const OWNER_KEYS = ['s3:resourceaccount', 'aws:resourceaccount', 'aws:resourceorgid', 'aws:resourceorgpaths']

/** The owner of the resource is the policy's owner, whatever the request. */
const IRRELEVANT: Partial<Record<LintResourceType, readonly string[]>> = {
  'AWS::S3::Bucket': OWNER_KEYS,
  'AWS::S3::AccessPoint': OWNER_KEYS,
  'AWS::S3::MultiRegionAccessPoint': OWNER_KEYS,
  'AWS::S3ObjectLambda::AccessPoint': OWNER_KEYS,
}

function* irrelevant({ conditions }: StatementTree, { resourceType }: LintContext): Iterable<Finding> {
  const irrelevantKeys = resourceType && IRRELEVANT[resourceType]
  if (!irrelevantKeys) return
  for (const { key, keyLower } of conditions) {
    if (irrelevantKeys.includes(keyLower)) {
      yield finding('IRRELEVANT_CONDITION_KEY_IN_POLICY', { key: key.text, resourceType }, key)
    }
  }
}

function* dynamoDbAttributes({ effect, conditions }: StatementTree): Iterable<Finding> {
  if (effect !== 'Allow' || hasKey(conditions, ['dynamodb:select'])) return
  for (const { key, keyLower } of conditions) {
    if (keyLower === 'dynamodb:attributes') yield finding('DYNAMODB_ATTRIBUTES_WITHOUT_SELECT', {}, key)
  }
}

/** Who asks for a shorter prefix gets out of a Deny, and into an Allow that excepts prefixes. */
function* s3Prefix({ effect, conditions }: StatementTree): Iterable<Finding> {
  for (const { key, keyLower, operatorName } of conditions) {
    if (keyLower !== 's3:prefix' || operatorName?.kind !== 'value') continue
    const isNegated = operatorName.operator.negated
    if ((effect === 'Deny' && !isNegated) || (effect === 'Allow' && isNegated)) {
      yield finding('S3_PREFIX_IN_NEGATIVE_CONTEXT', {}, key)
    }
  }
}
