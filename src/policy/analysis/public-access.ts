import type { ConditionBlock, PolicyDocument, PrincipalElement, Statement } from '../document/document.ts'
import { readOperatorName } from '../match/condition-operator.ts'
import { parseIpRange } from '../match/ip-address.ts'
import { validateSharedIssuer } from '../validate/shared-issuer.ts'
import { type AccessCheck, Comparisons, checkOf } from './access-check.ts'
import { isEveryone } from './principal-set.ts'
import { comparisonsOf, policySet, type StatementSet, statementCovers } from './statement-set.ts'

/**
 * Does the resource's policy, taken alone, let nobody in whom it does not name? A statement that allows everybody (`*`, NotPrincipal,
 * every tenant of an identity provider that many share) passes where
 * - one of its conditions wants a fixed value of a key that strangers cannot have: an account, an organization, a network, an address
 *   range, a principal; or
 * - a Deny for everybody covers it.
 * A service principal is not the public: whom it acts for is ValidatePolicy's to warn about.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
export function checkNoPublicAccess(policy: PolicyDocument): AccessCheck {
  const { allows, denies } = policySet(policy)
  const comparisons = new Comparisons()
  return checkOf(allows.filter((allow) => isPublic(allow, denies, comparisons)))
}

function isPublic(allow: StatementSet, denies: readonly StatementSet[], comparisons: Comparisons): boolean {
  const { statement, action, resource } = allow
  if (!statement.principal || !action || !resource) return false
  const covers = (deny: StatementSet): boolean =>
    comparisons.take(comparisonsOf(deny, allow)) && statementCovers(deny, allow)
  return isOpen(statement, statement.principal) && !denies.some(covers)
}

/** What is said of an identity provider's tokens does not keep out whom `*` lets in, and the other way round. */
function isOpen(statement: Statement, principal: PrincipalElement): boolean {
  if (validateSharedIssuer(statement) !== undefined) return true
  return (principal.negated || isEveryone(principal)) && !statement.condition.some(isFixed)
}

type ValueTest = (value: string) => boolean

const hasNoPattern: ValueTest = (value) => value !== '' && !/[*?]|\$\{/.test(value)

/** An ARN in one account, or of one bucket, which has no account. */
const isArnOfOne: ValueTest = (value) => {
  const [prefix, , service, , account = '', ...resource] = value.split(':')
  if (prefix !== 'arn' || value.includes('${')) return false
  return (
    /^\d{12}$/.test(account) ||
    (service === 's3' && account === '' && hasNoPattern(resource.join(':').split('/')[0] ?? ''))
  )
}

/** `o-exampleorgid/r-ab12/…`: from the root of one organization on, patterns stay inside it. */
const isPathOfOne: ValueTest = (value) => /^o-[a-z0-9]{10,32}\//.test(value) && !value.includes('${')

/** Ranges wider than these are the public (Amazon S3 user guide, "The meaning of public"). */
const IPV4_BITS_MIN = 8
const IPV6_BITS_MIN = 32

const isNarrowRange: ValueTest = (value) => {
  const range = parseIpRange(value)
  return range !== undefined && range.prefixBits >= (range.address.length === 1 ? IPV4_BITS_MIN : IPV6_BITS_MIN)
}

interface FixingKey {
  readonly operators: readonly string[]
  readonly isFixed: ValueTest
}

const TEXT = ['StringEquals', 'StringLike', 'StringEqualsIgnoreCase']
const ARN = ['ArnEquals', 'ArnLike', 'StringEquals', 'StringLike']
const ONE: FixingKey = { operators: TEXT, isFixed: hasNoPattern }
const ONE_ARN: FixingKey = { operators: ARN, isFixed: isArnOfOne }
const ONE_PATH: FixingKey = { operators: TEXT, isFixed: isPathOfOne }

/** Keys that AWS fills in and that a stranger cannot choose. */
const FIXING_KEYS: Readonly<Record<string, FixingKey>> = {
  'aws:principalaccount': ONE,
  'aws:principalarn': ONE_ARN,
  'aws:principalorgid': ONE,
  'aws:principalorgpaths': ONE_PATH,
  'aws:sourceaccount': ONE,
  'aws:sourcearn': ONE_ARN,
  'aws:sourceip': { operators: ['IpAddress'], isFixed: isNarrowRange },
  'aws:sourceorgid': ONE,
  'aws:sourceorgpaths': ONE_PATH,
  'aws:sourceowner': ONE,
  'aws:sourcevpc': ONE,
  'aws:sourcevpce': ONE,
  'aws:userid': ONE,
  'aws:vpceaccount': ONE,
  'aws:vpceorgid': ONE,
  'kms:calleraccount': ONE,
  's3:dataaccesspointaccount': ONE,
}

function isFixed({ operator, key, values }: ConditionBlock): boolean {
  const name = readOperatorName(operator.value)
  const lower = key.value.toLowerCase()
  const fixing = Object.hasOwn(FIXING_KEYS, lower) ? FIXING_KEYS[lower] : undefined
  if (!fixing || name?.kind !== 'value' || name.ifExists || name.quantifier === 'ForAllValues') return false
  return fixing.operators.includes(name.name) && values.every(({ value }) => fixing.isFixed(value))
}
