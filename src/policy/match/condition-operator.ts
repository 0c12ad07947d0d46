import { OPEN_QUESTIONS } from '../open-questions.ts'
import { arnPatternMatches, compileArnPattern } from './arn-pattern.ts'
import { parseDate } from './date.ts'
import { compileGlob, globMatches, globTokens } from './glob.ts'
import { isInRange, parseIpAddress, parseIpRange } from './ip-address.ts'

/** Does a value of the request meet one value of the policy? Prepared once a policy value. */
export type ValueMatcher = (value: string) => boolean

export interface ConditionOperator {
  /** Holds where no value of the policy matches, and where the key is absent. */
  readonly negated: boolean
  /** `*` and `?` of the policy's value are wildcards. */
  readonly wildcards: boolean
  /** Variables are replaced in the policy's value. */
  readonly variables: boolean
  /** Relative; conditions of a statement run cheapest first. */
  readonly cost: number
  /** @param expected the policy's value, as tokens where the operator has wildcards */
  readonly prepare: (expected: string) => ValueMatcher
  /** Where the operator has wildcards: the same from tokens, so that text which a variable brought in stays literal. */
  readonly prepareTokens?: (expected: Parameters<typeof compileGlob>[0]) => ValueMatcher
  /** False for a value of a policy, without variables, that is not of the operator's type. Absent where any text is. */
  readonly canRead?: (expected: string) => boolean
  /** False for a value that neither the operator nor its negation can judge. */
  readonly canJudge?: (value: string) => boolean
}

const NEVER: ValueMatcher = () => false

const string = (matches: (value: string, expected: string) => boolean) => ({
  wildcards: false,
  variables: true,
  cost: 1,
  prepare:
    (expected: string): ValueMatcher =>
    (value) =>
      matches(value, expected),
})

const STRING_EQUALS = string((value, expected) => value === expected)

const STRING_EQUALS_IGNORE_CASE = {
  ...STRING_EQUALS,
  prepare: (expected: string): ValueMatcher => {
    const lower = expected.toLowerCase()
    return (value) => value.toLowerCase() === lower
  },
}

const STRING_LIKE = {
  ...STRING_EQUALS,
  wildcards: true,
  cost: 3,
  prepare: (expected: string): ValueMatcher => stringLike(globTokens(expected)),
  prepareTokens: stringLike,
}

function stringLike(tokens: Parameters<typeof compileGlob>[0]): ValueMatcher {
  const glob = compileGlob(tokens)
  return (value) => globMatches(glob, value)
}

/** Numbers and dates: both sides are read, and what cannot be read does not match. */
const ordered =
  (parse: (text: string) => number | undefined, cost: number) =>
  (matches: (value: number, expected: number) => boolean) => ({
    wildcards: false,
    variables: false,
    cost,
    canRead: (text: string) => parse(text) !== undefined,
    prepare: (text: string): ValueMatcher => {
      const expected = parse(text)
      if (expected === undefined) return NEVER
      return (given) => {
        const value = parse(given)
        return value !== undefined && matches(value, expected)
      }
    },
  })

const numeric = ordered(parseDecimal, 2)
const date = ordered(parseDate, 4)

const equal = (value: number, expected: number): boolean => value === expected
const less = (value: number, expected: number): boolean => value < expected
const lessOrEqual = (value: number, expected: number): boolean => value <= expected
const greater = (value: number, expected: number): boolean => value > expected
const greaterOrEqual = (value: number, expected: number): boolean => value >= expected

const BOOL = {
  wildcards: false,
  variables: OPEN_QUESTIONS.boolVariables.answer === 'replaced',
  cost: 1,
  canRead: isBoolean,
  prepare: (text: string): ValueMatcher => {
    const expected = text.toLowerCase()
    if (!isBoolean(expected)) return NEVER
    return (value) => value.toLowerCase() === expected
  },
}

const BINARY = {
  wildcards: false,
  variables: false,
  cost: 4,
  canRead: (text: string) => decodeBase64(text) !== undefined,
  prepare: (text: string): ValueMatcher => {
    const expected = decodeBase64(text)
    return expected === undefined ? NEVER : (value) => decodeBase64(value) === expected
  },
}

const IP = {
  wildcards: false,
  variables: false,
  cost: 4,
  canRead: (text: string) => parseIpRange(text) !== undefined,
  prepare: (text: string): ValueMatcher => {
    const range = parseIpRange(text)
    if (range === undefined) return NEVER
    return (value) => {
      const address = parseIpAddress(value)
      return address !== undefined && isInRange(address, range)
    }
  },
}

const ARN = {
  wildcards: true,
  variables: true,
  cost: 4,
  prepare: (text: string): ValueMatcher => arnLike(globTokens(text)),
  prepareTokens: arnLike,
}

const ARN_NOT = OPEN_QUESTIONS.arnNotOfOtherText.answer === 'undecided' ? { ...ARN, canJudge: isArn } : ARN

function arnLike(tokens: Parameters<typeof compileGlob>[0]): ValueMatcher {
  if (tokens.length === 1 && typeof tokens[0] === 'symbol') return isArn
  const pattern = compileArnPattern(tokens, { padShort: tokens.some((token) => typeof token === 'symbol') })
  return pattern ? (value) => arnPatternMatches(pattern, value) : NEVER
}

/** `Null` is not here: it asks for the key, not for its value. */
const OPERATORS: Readonly<Record<string, ConditionOperator>> = {
  StringEquals: { ...STRING_EQUALS, negated: false },
  StringNotEquals: { ...STRING_EQUALS, negated: true },
  StringEqualsIgnoreCase: { ...STRING_EQUALS_IGNORE_CASE, negated: false },
  StringNotEqualsIgnoreCase: { ...STRING_EQUALS_IGNORE_CASE, negated: true },
  StringLike: { ...STRING_LIKE, negated: false },
  StringNotLike: { ...STRING_LIKE, negated: true },
  NumericEquals: { ...numeric(equal), negated: false },
  NumericNotEquals: { ...numeric(equal), negated: true },
  NumericLessThan: { ...numeric(less), negated: false },
  NumericLessThanEquals: { ...numeric(lessOrEqual), negated: false },
  NumericGreaterThan: { ...numeric(greater), negated: false },
  NumericGreaterThanEquals: { ...numeric(greaterOrEqual), negated: false },
  DateEquals: { ...date(equal), negated: false },
  DateNotEquals: { ...date(equal), negated: true },
  DateLessThan: { ...date(less), negated: false },
  DateLessThanEquals: { ...date(lessOrEqual), negated: false },
  DateGreaterThan: { ...date(greater), negated: false },
  DateGreaterThanEquals: { ...date(greaterOrEqual), negated: false },
  Bool: { ...BOOL, negated: false },
  BinaryEquals: { ...BINARY, negated: false },
  IpAddress: { ...IP, negated: false },
  NotIpAddress: { ...IP, negated: true },
  ArnEquals: { ...ARN, negated: false },
  ArnLike: { ...ARN, negated: false },
  ArnNotEquals: { ...ARN_NOT, negated: true },
  ArnNotLike: { ...ARN_NOT, negated: true },
}

export type Quantifier = 'ForAllValues' | 'ForAnyValue'

export type OperatorName =
  | { readonly kind: 'null' }
  | {
      readonly kind: 'value'
      readonly name: string
      readonly operator: ConditionOperator
      readonly quantifier: Quantifier | undefined
      readonly ifExists: boolean
    }

const IF_EXISTS = 'IfExists'
const QUANTIFIERS: readonly Quantifier[] = ['ForAllValues', 'ForAnyValue']

/**
 * Reads `ForAnyValue:StringEqualsIfExists`. Names are compared with case; `NullIfExists` does not exist.
 * @returns undefined for an operator that does not exist
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function readOperatorName(text: string): OperatorName | undefined {
  const quantifier = QUANTIFIERS.find((name) => text.startsWith(`${name}:`))
  const unquantified = quantifier ? text.slice(quantifier.length + 1) : text
  // A set operator in front of Null changes nothing (Access Analyzer's finding NULL_WITH_QUALIFIER).
  if (unquantified === 'Null') return { kind: 'null' }
  const ifExists = unquantified.endsWith(IF_EXISTS)
  const name = ifExists ? unquantified.slice(0, -IF_EXISTS.length) : unquantified
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  return operator && { kind: 'value', name, operator, quantifier, ifExists }
}

/** The operator of this name, whatever its case. @returns its name as AWS writes it, set operator and IfExists included */
export function operatorInOtherCase(text: string): string | undefined {
  const lower = text.toLowerCase()
  const quantifier = QUANTIFIERS.find((name) => lower.startsWith(`${name.toLowerCase()}:`))
  const unquantified = quantifier ? lower.slice(quantifier.length + 1) : lower
  const name = [...Object.keys(OPERATORS), 'Null'].find(
    (known) => unquantified === known.toLowerCase() || unquantified === (known + IF_EXISTS).toLowerCase(),
  )
  if (name === undefined) return undefined
  const spelled = `${quantifier ? `${quantifier}:` : ''}${name}${unquantified.length > name.length ? IF_EXISTS : ''}`
  return readOperatorName(spelled) && spelled
}

/** As Bool and Null write it in a policy. */
export function isBoolean(text: string): boolean {
  return /^(?:true|false)$/i.test(text)
}

/** An integer or decimal, as JSON writes it or with a plus sign; `12abc` and the empty text are none. */
export function parseDecimal(text: string): number | undefined {
  if (!/^[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?$/.test(text)) return undefined
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}

/** The bytes, one a character. */
function decodeBase64(text: string): string | undefined {
  try {
    return atob(text)
  } catch {
    return undefined
  }
}

/** Six fields and `arn` in front: what the Arn operators need to compare field by field. */
function isArn(value: string): boolean {
  if (!value.startsWith('arn:')) return false
  let at = 3
  for (let colons = 1; colons < 5; colons++) {
    at = value.indexOf(':', at + 1)
    if (at < 0) return false
  }
  return true
}
