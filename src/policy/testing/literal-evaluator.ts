import { BlockList, isIP } from 'node:net'
import type { AccessRequest, ContextValue, Decision, RequestPrincipal } from '../request.ts'
import type { PolicyDocuments } from './random-policies.ts'

/**
 * A second evaluator, to hold the first one against: no parser, no compiling, no index, nothing shared with `src/policy/match`. It reads the documents as
 * they are, in the order of AWS's pages, and takes its time.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function literalDecision(
  request: AccessRequest,
  documents: PolicyDocuments,
  principalIds: Readonly<Record<string, string>>,
): Decision['decision'] {
  const { principal, resourceAccount } = request
  const hasBoundary = documents.boundary !== undefined
  const ask = (layer: Layer, policy: object) =>
    askPolicy(policy as Policy, { request, layer, principalIds, hasBoundary })
  const allows = (layer: Layer, policies: readonly object[]) => policies.some((one) => ask(layer, one).grant < NONE)

  if (request.action.toLowerCase() === 'sts:getcalleridentity' && principal.type !== 'anonymous') return 'allowed'

  // 1. An explicit deny anywhere.
  const isMember = isOfAccount(principal)
  const isLinkedRole = roleArnOf(principal).includes(':role/aws-service-role/')
  const denies = (layer: Layer, policies: readonly object[]) => policies.some((one) => ask(layer, one).denies)
  if (!isLinkedRole && denies('rcp', (documents.resourceControl ?? []).flat())) return 'explicitDeny'
  if (isMember && !isLinkedRole && denies('scp', (documents.serviceControl ?? []).flat())) return 'explicitDeny'
  if (denies('endpoint', documents.endpoint ?? [])) return 'explicitDeny'
  if (denies('resource', documents.resource ? [documents.resource] : [])) return 'explicitDeny'
  for (const layer of ['identity', 'boundary', 'session'] as const) {
    if (denies(layer, documents[layer] ?? [])) return 'explicitDeny'
  }

  // 2. The VPC endpoint, and each level of the organization.
  if (documents.endpoint && !allows('endpoint', documents.endpoint)) return 'implicitDeny'
  const grant = documents.resource ? ask('resource', documents.resource).grant : NONE
  if (!isMember) return grant < NONE ? 'allowed' : 'implicitDeny'
  if (!isLinkedRole && !(documents.serviceControl ?? []).every((level) => allows('scp', level))) return 'implicitDeny'

  // 3. The resource's side, where it is another account's or has to speak for itself.
  const isSameAccount = principal.accountId === resourceAccount
  if ((!isSameAccount || documents.resourceKind === 'trust') && grant === NONE) return 'implicitDeny'

  // 4. The caller's side, and what limits it.
  const isLimited =
    (documents.boundary && !allows('boundary', documents.boundary)) ||
    (documents.session ? !allows('session', documents.session) : principal.type === 'federated-user')
  if (isSameAccount && grant === DIRECT) return 'allowed'
  if (isSameAccount && grant === ROLE) return isLimited ? 'implicitDeny' : 'allowed'
  const isAllowed = principal.type === 'root' || allows('identity', documents.identity)
  return isAllowed && !isLimited ? 'allowed' : 'implicitDeny'
}

type Layer = 'rcp' | 'scp' | 'endpoint' | 'resource' | 'identity' | 'boundary' | 'session'
const NAMING_LAYERS: readonly Layer[] = ['rcp', 'endpoint', 'resource']

/** How narrowly an Allow names the caller; what is not named is worst. */
const DIRECT = 0
const ROLE = 1
const ACCOUNT = 2
const NONE = 3

interface Policy {
  readonly Version?: string
  readonly Statement: Statement | readonly Statement[]
}

type Values = string | readonly string[]
type Scalar = string | number | boolean

interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: '*' | Readonly<Record<string, Values>>
  readonly NotPrincipal?: '*' | Readonly<Record<string, Values>>
  readonly Action?: Values
  readonly NotAction?: Values
  readonly Resource?: Values
  readonly NotResource?: Values
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Scalar | readonly Scalar[]>>>>
}

interface Asked {
  readonly request: AccessRequest
  readonly layer: Layer
  readonly principalIds: Readonly<Record<string, string>>
  readonly hasBoundary: boolean
}

function askPolicy(policy: Policy, asked: Asked): { readonly denies: boolean; readonly grant: number } {
  const hasVariables = policy.Version === '2012-10-17'
  let denies = false
  let grant = NONE
  for (const statement of listOf(policy.Statement)) {
    const applies =
      grantOf(statement, asked) < NONE &&
      actionMatches(statement, asked.request.action) &&
      resourceMatches(statement, asked.request, hasVariables) &&
      conditionsHold(statement, asked.request, hasVariables)
    if (!applies) continue
    if (statement.Effect === 'Deny') denies = true
    else grant = Math.min(grant, grantOf(statement, asked))
  }
  return { denies, grant }
}

function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

// What nobody can evaluate counts against the caller: a Deny matches, an Allow does not.
function undecided(statement: Statement): boolean {
  return statement.Effect === 'Deny'
}

// --- Principal -------------------------------------------------------------------------------------------------------------------------------------

function isOfAccount(
  principal: RequestPrincipal,
): principal is Extract<
  RequestPrincipal,
  { accountId: string; type: 'root' | 'user' | 'role' | 'assumed-role' | 'federated-user' }
> {
  return ['root', 'user', 'role', 'assumed-role', 'federated-user'].includes(principal.type)
}

function roleArnOf(principal: RequestPrincipal): string {
  if (principal.type === 'assumed-role') return principal.roleArn
  return principal.type === 'role' ? principal.arn : ''
}

/** Each name of the caller: under which key of Principal, how it is written, its unique id, and what naming it so grants. */
function namesOf(
  principal: RequestPrincipal,
): readonly (readonly [type: string, name: string, grant: number, id?: string])[] {
  switch (principal.type) {
    case 'root':
      return [['AWS', principal.accountId, ACCOUNT]]
    case 'user':
      return [
        ['AWS', principal.arn, DIRECT, principal.id],
        ['AWS', principal.accountId, ACCOUNT],
      ]
    case 'role':
      return [
        ['AWS', principal.arn, ROLE, principal.id],
        ['AWS', principal.accountId, ACCOUNT],
      ]
    case 'assumed-role':
      return [
        ['AWS', principal.arn, DIRECT],
        ['AWS', principal.roleArn, ROLE, principal.id],
        ['AWS', principal.accountId, ACCOUNT],
      ]
    case 'federated-user':
      return [
        ['AWS', principal.arn, DIRECT],
        ['AWS', principal.userArn ?? '', ROLE],
        ['AWS', principal.accountId, ACCOUNT],
      ]
    case 'federated':
      return [['Federated', principal.provider, DIRECT]]
    case 'service':
      return [['Service', principal.service, DIRECT]]
    case 'canonical':
      return [['CanonicalUser', principal.id, DIRECT]]
    case 'anonymous':
      return []
  }
}

function grantOf(statement: Statement, asked: Asked): number {
  const element = statement.Principal ?? statement.NotPrincipal
  const { principal } = asked.request
  if ((element !== undefined) !== NAMING_LAYERS.includes(asked.layer)) return undecided(statement) ? DIRECT : NONE
  if (element === undefined) return DIRECT
  const entries =
    element === '*'
      ? [['AWS', '*'] as const]
      : Object.entries(element).flatMap(([type, values]) =>
          listOf<string>(values).map((value) => [type, value] as const),
        )
  const isDeny = statement.Effect === 'Deny'
  const everybody = isDeny || namesPrincipalArn(statement) ? DIRECT : principal.type === 'federated' ? NONE : ROLE
  const isEverybody = ([type, value]: readonly [string, string]) => type === 'AWS' && value === '*'
  const isUnclear = (entry: readonly [string, string]) => !isEverybody(entry) && !isClear(entry)
  const names = namesOf(principal)
  const isNamed = ([type, name, , id]: (typeof names)[number]) =>
    entries.some((entry) => entryNames(entry, type, name, id, asked.principalIds))
  if (statement.Principal !== undefined) {
    const grants = names.filter(isNamed).map(([, , grant]) => grant)
    if (entries.some(isEverybody)) grants.push(everybody)
    if (isDeny && entries.some(isUnclear)) grants.push(DIRECT)
    return Math.min(NONE, ...grants)
  }
  if (!isDeny) return entries.some(isEverybody) || entries.some(isUnclear) || names.some(isNamed) ? NONE : everybody
  // A Deny with NotPrincipal spares only whom it lists by every name, and nobody who has a boundary.
  if (asked.hasBoundary) return DIRECT
  if (entries.some(isEverybody)) return NONE
  const needed = names.filter(([, , grant]) => !(principal.type === 'federated-user' && grant === ROLE))
  return needed.length > 0 && needed.every(isNamed) ? NONE : DIRECT
}

function isClear([type, value]: readonly [string, string]): boolean {
  if (value === '' || value.includes('*') || value.includes('?')) return false
  return type !== 'AWS' || value.startsWith('arn:') || /^\d{12}$/.test(value) || /^A(IDA|ROA)[A-Z0-9]+$/.test(value)
}

function entryNames(
  [entryType, entry]: readonly [string, string],
  type: string,
  name: string,
  id: string | undefined,
  ids: Readonly<Record<string, string>>,
): boolean {
  if (entryType !== type || !isClear([entryType, entry])) return false
  if (type !== 'AWS') return entry === name
  const account = /^arn:[^:]*:iam::(\d{12}):root$/.exec(entry)?.[1] ?? (/^\d{12}$/.test(entry) ? entry : undefined)
  if (account !== undefined || /^\d{12}$/.test(name)) return account === name
  if (!entry.startsWith('arn:')) return entry === id
  return entry === name && (ids[entry] === undefined || ids[entry] === id)
}

/** `*` with a condition that writes the caller's ARN out is as good as naming the caller. */
function namesPrincipalArn({ Condition = {} }: Statement): boolean {
  return Object.entries(Condition).some(
    ([operator, keys]) =>
      ['ArnEquals', 'ArnLike', 'StringEquals', 'StringLike'].includes(operator) &&
      Object.entries(keys).some(
        ([key, values]) =>
          key.toLowerCase() === 'aws:principalarn' && listOf(values).every((value) => !/[*?$]/.test(String(value))),
      ),
  )
}

// --- Action and resource ---------------------------------------------------------------------------------------------------------------------------

function actionMatches(statement: Statement, action: string): boolean {
  const values = listOf<string>(statement.Action ?? statement.NotAction)
  if (values.length === 0) return undecided(statement)
  const isListed = values.some((value) => like(pattern(value.toLowerCase()), action.toLowerCase()))
  return isListed === (statement.NotAction === undefined)
}

function resourceMatches(statement: Statement, { resource, context }: AccessRequest, hasVariables: boolean): boolean {
  const isResourcePolicy = statement.Principal !== undefined || statement.NotPrincipal !== undefined
  const element = statement.Resource ?? statement.NotResource
  if (element === undefined) return isResourcePolicy || undecided(statement)
  const values = listOf<string>(element)
  if (values.length === 0) return undecided(statement)
  if (values.some((value) => hasVariables && isMalformed(afterFifthColon(value)))) return undecided(statement)
  const isListed = values.some((value) =>
    resourceValueMatches(value, resource, context, { isResourcePolicy, hasVariables }),
  )
  return isListed === (statement.NotResource === undefined)
}

function afterFifthColon(value: string): string {
  return value.startsWith('arn:') ? value.split(':').slice(5).join(':') : ''
}

function resourceValueMatches(
  value: string,
  resource: string,
  context: AccessRequest['context'],
  { isResourcePolicy, hasVariables }: { readonly isResourcePolicy: boolean; readonly hasVariables: boolean },
): boolean {
  if (value === '*') return true
  if (!value.startsWith('arn:')) return like(pattern(value), resource)
  const fields = value.split(':')
  if (fields.length < 6 && isResourcePolicy && !/[*?]/.test(value)) return false
  const head = [...fields.slice(0, 5), '*', '*', '*', '*'].slice(0, 5)
  const tail: Pattern | undefined =
    fields.length < 6 ? [RUN] : replaced(afterFifthColon(value), context, { hasVariables, hasWildcards: true })
  const given = resource.split(':')
  if (given.length < 6 || tail === undefined) return false
  return head.every((field, place) => like(pattern(field), given[place] ?? '')) && like(tail, given.slice(5).join(':'))
}

// --- Patterns and variables ------------------------------------------------------------------------------------------------------------------------

const RUN = Symbol('any run')
const ONE = Symbol('any character')
type Pattern = readonly (string | typeof RUN | typeof ONE)[]

function pattern(text: string): Pattern {
  return text.split('').map((character) => (character === '*' ? RUN : character === '?' ? ONE : character))
}

/** By the definition: what is left of the pattern against what is left of the text. */
function like(wanted: Pattern, text: string): boolean {
  let ends = new Set([0])
  for (const piece of wanted) {
    const next = new Set<number>()
    for (const end of ends) {
      if (piece === RUN) for (let at = end; at <= text.length; at++) next.add(at)
      else if (end < text.length && (piece === ONE || text[end] === piece)) next.add(end + 1)
    }
    ends = next
  }
  return ends.has(text.length)
}

const VARIABLE = /\$\{(?:([*?$])|([^\s{}$',/*?]+(?:\/[^{}$',]*[^\s{}$',])?)(?:, '(.*?)')?)\}/gs

function isMalformed(text: string): boolean {
  return text.replace(VARIABLE, '').includes('${')
}

/** @returns undefined where a variable has no value */
function replaced(
  text: string,
  context: AccessRequest['context'],
  { hasVariables, hasWildcards }: { readonly hasVariables: boolean; readonly hasWildcards: boolean },
): Pattern | undefined {
  const plain = (part: string): Pattern => (hasWildcards ? pattern(part) : part.split(''))
  if (!hasVariables) return plain(text)
  const pieces: (string | typeof RUN | typeof ONE)[] = []
  let from = 0
  for (const match of text.matchAll(VARIABLE)) {
    const [whole, escaped, key = '', fallback] = match
    pieces.push(...plain(text.slice(from, match.index)))
    const value = escaped ?? context.get(key.toLowerCase()) ?? fallback
    if (typeof value !== 'string') return undefined
    pieces.push(...value.split(''))
    from = match.index + whole.length
  }
  pieces.push(...plain(text.slice(from)))
  return pieces
}

// --- Conditions ------------------------------------------------------------------------------------------------------------------------------------

function conditionsHold(statement: Statement, { context }: AccessRequest, hasVariables: boolean): boolean {
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(
      ([key, values]) =>
        conditionHolds(operator, listOf(values).map(String), context.get(key.toLowerCase()), context, hasVariables) ??
        undecided(statement),
    ),
  )
}

/** @returns undefined where nobody can tell */
function conditionHolds(
  operator: string,
  values: readonly string[],
  given: ContextValue | undefined,
  context: AccessRequest['context'],
  hasVariables: boolean,
): boolean | undefined {
  const [, quantifier, name = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(operator) ?? []
  const present = given === undefined ? [] : listOf(given)
  if (name === 'Null') {
    if (ifExists || values.length === 0 || !values.every((value) => /^(true|false)$/i.test(value))) return undefined
    return values.some((value) => (value.toLowerCase() === 'true') === (present.length === 0))
  }
  const family = FAMILIES.find(({ names }) => names.includes(name))
  if (family === undefined) return undefined
  const isNegated = name.includes('Not')
  const mayVary = hasVariables && ['String', 'Arn', 'Bool'].some((start) => name.startsWith(start))
  const hasWildcards = name.endsWith('Like') || name.startsWith('Arn')
  if (mayVary && values.some(isMalformed)) return undefined
  const isReadable = (value: string) =>
    (mayVary && /\$\{[^*?$]/.test(value)) ||
    family.canRead(mayVary ? textOf(replaced(value, context, { hasVariables, hasWildcards })) : value)
  if (isNegated && !values.some(isReadable)) return undefined
  const wanted = values.map((value) => replaced(value, context, { hasVariables: mayVary, hasWildcards }))
  let isUnclear = false
  const test = (value: string): boolean => {
    if (isNegated && name.startsWith('Arn') && !isArn(value)) isUnclear = true
    return wanted.some((one) => one !== undefined && family.matches(name, value, one)) !== isNegated
  }
  const onMissing = ifExists !== undefined || (quantifier === undefined ? isNegated : quantifier === 'ForAllValues')
  if (present.length === 0) return onMissing
  if (quantifier !== undefined && present.every((value) => value === '')) return onMissing
  // A value that cannot be judged counts as what harms the caller, and the others as they are.
  const answers = present.map((value) => {
    isUnclear = false
    const answer = test(value)
    return isUnclear ? undefined : answer
  })
  const needsAll = quantifier === undefined ? isNegated : quantifier === 'ForAllValues'
  if (needsAll) return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true
  return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false
}

interface Family {
  readonly names: readonly string[]
  readonly canRead: (wanted: string) => boolean
  readonly matches: (name: string, value: string, wanted: Pattern) => boolean
}

/** Six comparisons with a name each: `NumericLessThanEquals`. */
const comparisons = (type: string, read: (text: string) => number): Family => ({
  names: ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
    (one) => type + one,
  ),
  canRead: (wanted) => !Number.isNaN(read(wanted)),
  matches: (name, value, wanted) => {
    const [one, other] = [read(value), read(textOf(wanted))]
    if (name.endsWith('LessThan')) return one < other
    if (name.endsWith('LessThanEquals')) return one <= other
    if (name.endsWith('GreaterThan')) return one > other
    if (name.endsWith('GreaterThanEquals')) return one >= other
    return one === other
  },
})

const FAMILIES: readonly Family[] = [
  {
    names: ['StringEquals', 'StringNotEquals'],
    canRead: () => true,
    matches: (_, value, wanted) => value === textOf(wanted),
  },
  {
    names: ['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
    canRead: () => true,
    matches: (_, value, wanted) => value.toLowerCase() === textOf(wanted).toLowerCase(),
  },
  { names: ['StringLike', 'StringNotLike'], canRead: () => true, matches: (_, value, wanted) => like(wanted, value) },
  comparisons('Numeric', (text) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN)),
  comparisons('Date', readDate),
  {
    names: ['Bool'],
    canRead: (wanted) => /^(true|false)$/i.test(wanted),
    matches: (_, value, wanted) =>
      /^(true|false)$/i.test(value) && value.toLowerCase() === textOf(wanted).toLowerCase(),
  },
  {
    names: ['BinaryEquals'],
    canRead: isBase64,
    matches: (_, value, wanted) =>
      isBase64(value) &&
      isBase64(textOf(wanted)) &&
      Buffer.from(value, 'base64').equals(Buffer.from(textOf(wanted), 'base64')),
  },
  {
    names: ['IpAddress', 'NotIpAddress'],
    canRead: (wanted) => rangeOf(wanted) !== undefined,
    matches: (_, value, wanted) => {
      const address = asIpv4(value)
      return (
        isIP(address) !== 0 && rangeOf(textOf(wanted))?.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6') === true
      )
    },
  },
  {
    names: ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'],
    canRead: () => true,
    matches: (_, value, wanted) => arnLike(wanted, value),
  },
]

function textOf(wanted: Pattern | undefined): string {
  return (wanted ?? []).map((piece) => (piece === RUN ? '*' : piece === ONE ? '?' : piece)).join('')
}

/** Four digits are a year; other numbers are seconds. */
function readDate(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text) && !/^\d{4}$/.test(text)) return Number(text) * 1000
  if (!/^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?$/.test(text)) return Number.NaN
  const day = text.slice(0, 10)
  const midnight = Date.parse(day)
  // Date.parse takes 30 February for 1 March.
  const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
  return isDay ? Date.parse(text) : Number.NaN
}

function isBase64(text: string): boolean {
  return (
    /^[A-Za-z0-9+/]*={0,2}$/.test(text) &&
    text.replace(/=/g, '').length % 4 !== 1 &&
    (!text.includes('=') || text.length % 4 === 0)
  )
}

function asIpv4(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.)/i, '')
}

function rangeOf(text: string): BlockList | undefined {
  const [address = '', bits] = asIpv4(text).split('/')
  const family = isIP(address)
  const most = family === 4 ? 32 : 128
  if (family === 0 || Number(bits ?? most) > most) return undefined
  const list = new BlockList()
  list.addSubnet(address, Number(bits ?? most), family === 4 ? 'ipv4' : 'ipv6')
  return list
}

function isArn(text: string): boolean {
  return text.startsWith('arn:') && text.split(':').length >= 6
}

/** Field by field; the last has all that is left. A short pattern is filled up where it has a wildcard. */
function arnLike(wanted: Pattern, value: string): boolean {
  if (!isArn(value)) return false
  if (wanted.length === 1 && typeof wanted[0] === 'symbol') return true
  const fields: (string | typeof RUN | typeof ONE)[][] = [[]]
  for (const piece of wanted) {
    if (piece === ':' && fields.length < 6) fields.push([])
    else fields.at(-1)?.push(piece)
  }
  if (textOf(fields[0]) !== 'arn' || fields.length < 2) return false
  if (fields.length < 6 && !wanted.some((piece) => typeof piece === 'symbol')) return false
  while (fields.length < 6) fields.push([RUN])
  const given = value.split(':')
  return fields.every((field, place) => like(field, place < 5 ? (given[place] ?? '') : given.slice(5).join(':')))
}
