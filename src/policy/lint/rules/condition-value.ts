import { type IpRange, isInRange, parseIpRange } from '../../match/ip-address.ts'
import type { Finding } from '../finding.ts'
import { finding, type IssueName } from '../issue.ts'
import type { ConditionTree, ConditionValue, StatementTree } from '../policy-tree.ts'
import type { LintContext, StatementRule } from '../rule.ts'
import { familyOf } from './condition-operator.ts'
import { REGION } from './resource.ts'

export const CONDITION_VALUE_RULES: readonly StatementRule[] = [forms, sourceAddresses, addressBits, anything, tooWide]

interface ValueForm {
  readonly keys: readonly string[]
  readonly isRight: (text: string) => boolean
  readonly wrong: (value: ConditionValue, condition: ConditionTree) => Finding
}

const SERVICE_PRINCIPAL = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)$/

/** Keys whose values have a form, compared whole; with a wildcard in it a value is not judged. */
const FORMS: readonly ValueForm[] = [
  {
    keys: ['aws:requestedregion'],
    isRight: (text) => REGION.test(text) || text === 'aws-global' || /^aws-[a-z-]*global$/.test(text),
    wrong: (value) => finding('INVALID_REGION', { region: value.text }, value),
  },
  {
    keys: ['aws:sourcevpc', 'aws:ec2instancesourcevpc'],
    isRight: (text) => /^vpc-(?:[0-9a-z]{8}|[0-9a-z]{17})$/.test(text),
    wrong: (value) => finding('INVALID_VPC_FORMAT', {}, value),
  },
  {
    keys: ['aws:sourcevpce'],
    isRight: (text) => /^vpce-(?:[0-9a-z]{8}|[0-9a-z]{17})$/.test(text),
    wrong: (value) => finding('INVALID_VPCE_FORMAT', {}, value),
  },
  {
    keys: [
      'iam:passedtoservice',
      'aws:calledvia',
      'aws:calledviafirst',
      'aws:calledvialast',
      'aws:principalservicename',
      'aws:principalservicenameslist',
    ],
    isRight: (text) => SERVICE_PRINCIPAL.test(text),
    wrong: (value) =>
      finding('INVALID_SERVICE_PRINCIPAL_FORMAT', { expectedFormat: 'service-name.amazonaws.com' }, value),
  },
  {
    keys: ['kms:viaservice'],
    isRight: (text) => /^[a-z0-9-]+\.[a-z]{2,5}(?:-[a-z]{2,9})+-\d{1,2}\.amazonaws\.com(?:\.cn)?$/.test(text),
    wrong: (value) =>
      finding('INVALID_SERVICE_PRINCIPAL_FORMAT', { expectedFormat: 'service-name.AWS_region.amazonaws.com' }, value),
  },
  {
    keys: [
      's3:x-amz-server-side-encryption-aws-kms-key-id',
      'sagemaker:outputkmskey',
      'sagemaker:volumekmskey',
      'elasticfilesystem:kmskeyid',
    ],
    isRight: (text) => /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/.test(text),
    wrong: (value, { key }) => finding('INVALID_KMS_KEY_VALUE', { key: key.text }, value),
  },
]

function* forms({ conditions }: StatementTree): Iterable<Finding> {
  for (const condition of conditions) {
    const form = FORMS.find(({ keys }) => keys.includes(condition.keyLower))
    if (!form || familyOf(condition) === 'Null') continue
    for (const value of condition.values) {
      if (!isOpen(value.text) && !form.isRight(value.text)) yield form.wrong(value, condition)
    }
  }
}

function isOpen(text: string): boolean {
  return /[*?]|\$\{/.test(text)
}

/** Addresses that no request from outside a network has: RFC 1918, RFC 4193, loopback, link-local. */
const PRIVATE_RANGES: readonly IpRange[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
]
  .map(parseIpRange)
  .filter((range) => range !== undefined)

interface AddressIssues {
  readonly all: IssueName & ('PRIVATE_IP_ADDRESS' | 'PRIVATE_NOT_IP_ADDRESS')
  readonly some: IssueName & ('PRIVATE_IP_ADDRESS_SUBSET' | 'PRIVATE_NOT_IP_ADDRESS_SUBSET')
}

function* sourceAddresses({ conditions }: StatementTree): Iterable<Finding> {
  for (const condition of conditions) {
    const { keyLower, operatorName, value, values } = condition
    if (keyLower !== 'aws:sourceip' || operatorName?.kind !== 'value' || familyOf(condition) !== 'Ip') continue
    const issues: AddressIssues = operatorName.operator.negated
      ? { all: 'PRIVATE_NOT_IP_ADDRESS', some: 'PRIVATE_NOT_IP_ADDRESS_SUBSET' }
      : { all: 'PRIVATE_IP_ADDRESS', some: 'PRIVATE_IP_ADDRESS_SUBSET' }
    const secret = values.filter(({ text }) => isPrivate(text))
    if (secret.length === 0) continue
    if (secret.length === values.length) yield finding(issues.all, {}, value)
    else yield finding(issues.some, {}, ...secret)
  }
}

function isPrivate(text: string): boolean {
  const range = parseIpRange(text)
  return (
    range !== undefined &&
    PRIVATE_RANGES.some((own) => own.prefixBits <= range.prefixBits && isInRange(range.address, own))
  )
}

function* addressBits({ conditions }: StatementTree): Iterable<Finding> {
  for (const condition of conditions) {
    if (familyOf(condition) !== 'Ip') continue
    for (const value of condition.values) {
      const address = withoutHostBits(value.text)
      if (address !== undefined) yield finding('IMPROVE_IP_RANGE', { address }, value)
    }
  }
}

const WORD_BITS = 32

/** @returns the range with zeros after its prefix; undefined where it has nothing else there, or is no range */
function withoutHostBits(text: string): string | undefined {
  const range = parseIpRange(text)
  if (!range || !text.includes('/')) return undefined
  const words = range.address.map((word, i) => {
    const bits = Math.min(Math.max(range.prefixBits - i * WORD_BITS, 0), WORD_BITS)
    return bits === 0 ? 0 : word & (-1 << (WORD_BITS - bits))
  })
  if (words.every((word, i) => word === (range.address[i] ?? 0))) return undefined
  return `${addressText(words)}/${range.prefixBits}`
}

function addressText(words: readonly number[]): string {
  const bytes = words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255])
  if (words.length === 1) return bytes.join('.')
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]).map((group) => group.toString(16))
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')
}

/** What `*` as the only value amounts to, by the operator. */
const OF_ANYTHING: Readonly<
  Record<
    string,
    Extract<IssueName, `EQUIVALENT_TO_NULL_${string}` | `REDUNDANT_${string}_DUE_TO_WILDCARD_IN_CONDITION`>
  >
> = {
  StringLike: 'EQUIVALENT_TO_NULL_FALSE',
  'ForAnyValue:StringLike': 'EQUIVALENT_TO_NULL_FALSE',
  StringNotLike: 'EQUIVALENT_TO_NULL_TRUE',
  StringNotLikeIfExists: 'EQUIVALENT_TO_NULL_TRUE',
  'ForAllValues:StringNotLike': 'EQUIVALENT_TO_NULL_TRUE',
  StringLikeIfExists: 'REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION',
  'ForAllValues:StringLike': 'REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION',
  'ForAllValues:StringLikeIfExists': 'REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION',
  'ForAnyValue:StringLikeIfExists': 'REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION',
  'ForAnyValue:StringNotLike': 'REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION',
}

function* anything({ conditions }: StatementTree): Iterable<Finding> {
  for (const { operator, key, value, values } of conditions) {
    const issue = Object.hasOwn(OF_ANYTHING, operator.text) ? OF_ANYTHING[operator.text] : undefined
    if (!issue || !values.some(({ text }) => /^\*+$/.test(text))) continue
    yield finding(issue, { key: key.text, operator: operator.text }, value)
  }
}

/** Keys that name one account, organization or network: nobody means more than one by a pattern. Section 10 of the facts. */
const SENSITIVE_KEYS = [
  'aws:principalaccount',
  'aws:principalorgid',
  'aws:resourceaccount',
  'aws:resourceorgid',
  'aws:sourceaccount',
  'aws:sourceorgid',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:vpceaccount',
  'aws:vpceorgid',
]

/** Keys that a pattern may narrow, if enough of it is literal. */
const NARROWED_KEYS = [
  'aws:principalarn',
  'aws:sourcearn',
  'aws:principalorgpaths',
  'aws:sourceorgpaths',
  'aws:resourceorgpaths',
  'aws:vpceorgpaths',
]

/** Literal characters in front of a wildcard or variable. Source: policy check reference, "Wildcard usage too permissive". */
const LITERAL_CHARACTERS_MIN = 6

/**
 * Conditions that open a resource to others by a pattern. Only where the policy grants: in a policy of an identity a variable
 * compares two keys of the request, as AWS's own policies do (`"aws:ResourceAccount": "${aws:PrincipalAccount}"`).
 */
function* tooWide({ effect, conditions }: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (effect !== 'Allow' || (type !== 'resource' && type !== 'trust')) return
  for (const condition of conditions) {
    if (condition.operatorName?.kind !== 'value' || condition.operatorName.operator.negated) continue
    const hasWildcards = condition.operatorName.operator.wildcards
    for (const value of condition.values) yield* widthOf(condition, value, hasWildcards)
  }
}

function* widthOf({ key, keyLower }: ConditionTree, value: ConditionValue, hasWildcards: boolean): Iterable<Finding> {
  const { text } = value
  const variable = text.indexOf('${')
  // Variables blanked out, at their length. No part of it reads over the next brace, so that it is linear in the text.
  const literal = text.replace(/\$\{[^{}]*\}/g, (part) => '_'.repeat(part.length))
  const wildcard = hasWildcards ? literal.search(/[*?]/) : -1
  if (SENSITIVE_KEYS.includes(keyLower)) {
    if (wildcard >= 0) yield finding('WILDCARD_IN_SENSITIVE_KEY', { key: key.text }, value)
    if (variable >= 0) yield finding('VARIABLE_IN_SENSITIVE_KEY', { key: key.text }, value)
  } else if (NARROWED_KEYS.includes(keyLower)) {
    if (wildcard >= 0 && wildcard < LITERAL_CHARACTERS_MIN)
      yield finding('WILDCARD_USAGE_TOO_PERMISSIVE', { key: key.text }, value)
    if (variable >= 0 && variable < LITERAL_CHARACTERS_MIN)
      yield finding('VARIABLE_USAGE_TOO_PERMISSIVE', { key: key.text }, value)
  } else if (keyLower === 'aws:userid') {
    // `*:session` names a session of any role, `AROA…:*` any session of a role.
    const colon = literal.indexOf(':')
    const hasSession = colon >= 0
    const id = hasSession ? text.slice(0, colon) : text
    if (wildcard >= 0 && (!hasSession || (/[*?]/.test(id) && id !== '*')))
      yield finding('WILDCARD_IN_USER_ID', {}, value)
    if (variable >= 0 && (!hasSession || (id.includes('${') && !/^\$\{[^}]*\}$/.test(id))))
      yield finding('VARIABLE_IN_USER_ID', {}, value)
  }
}
