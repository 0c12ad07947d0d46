import { assertNever } from '../../aws/assert.ts'
import type { PrincipalElement, PrincipalEntry } from '../document/document.ts'
import { OPEN_QUESTIONS } from '../open-questions.ts'
import type { RequestPrincipal } from '../request.ts'

/**
 * How a resource policy named the caller, which decides whose implicit deny still limits the caller inside one account. Ordered: a smaller number is
 * limited by less.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export const GRANT = {
  /** The user, the session or the federated user itself: limited by nothing but an explicit deny. */
  direct: 0,
  /** The role, or the user of a federated user: boundary and session policy still have to allow. */
  role: 1,
  /** The account: only a delegation, everything on the caller's side still has to allow. */
  account: 2,
  /** Not named. */
  none: 3,
} as const

export type Grant = (typeof GRANT)[keyof typeof GRANT]

/** `Principal` or `NotPrincipal`, compiled. */
export interface CompiledPrincipal {
  readonly principalIds: PrincipalOptions['principalIds']
  /** @param hasBoundary the caller has a permissions boundary */
  readonly grant: (principal: RequestPrincipal, hasBoundary: boolean) => Grant
}

export interface PrincipalOptions {
  readonly isDeny: boolean
  /** Unique ids of the users and roles that the policy named when it was saved, by ARN. */
  readonly principalIds: Readonly<Record<string, string>>
  /** A condition of the statement names the caller's own ARN (`aws:PrincipalArn`), which makes `*` as narrow as naming it. */
  readonly namesPrincipalArn: boolean
}

export function compilePrincipal(element: PrincipalElement, options: PrincipalOptions): CompiledPrincipal {
  const entries = element.isText
    ? [{ kind: 'everyone' } satisfies CompiledEntry]
    : element.entries.map((entry) => compileEntry(entry, options.principalIds))
  const { principalIds } = options
  if (!element.negated) return { principalIds, grant: (principal) => grantOf(entries, principal, options) }
  return {
    principalIds,
    grant: options.isDeny
      ? (principal, hasBoundary) => (!hasBoundary && isExcepted(entries, principal) ? GRANT.none : GRANT.direct)
      : (principal) => (isListed(entries, principal) ? GRANT.none : everyoneGrant(principal, options)),
  }
}

type CompiledEntry =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'account'; readonly accountId: string }
  /** Another ARN, with the unique id that it must have where one is known. */
  | { readonly kind: 'arn'; readonly arn: string; readonly id: string | undefined }
  /** What AWS shows in place of an ARN after the user or role was deleted. */
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'other'; readonly type: 'service' | 'federated' | 'canonical'; readonly name: string }
  /** Nothing that the language has: a wildcard in an ARN, `*` as a service. Such an entry allows nobody and denies everybody. */
  | { readonly kind: 'unclear' }

const ROOT_ARN = /^arn:[^:]*:iam::(\d{12}):root$/
const ACCOUNT_ID = /^\d{12}$/
const UNIQUE_ID = /^A(?:IDA|ROA)[A-Z0-9]+$/

function compileEntry({ type, value }: PrincipalEntry, ids: PrincipalOptions['principalIds']): CompiledEntry {
  if (type === 'AWS' && value === '*') return { kind: 'everyone' }
  if (value === '' || value.includes('*') || value.includes('?')) return { kind: 'unclear' }
  switch (type) {
    case 'AWS':
      return compileAwsEntry(value, ids)
    case 'Service':
      return { kind: 'other', type: 'service', name: value }
    case 'Federated':
      return { kind: 'other', type: 'federated', name: value }
    case 'CanonicalUser':
      return { kind: 'other', type: 'canonical', name: value }
    default:
      return assertNever(type)
  }
}

function compileAwsEntry(value: string, ids: PrincipalOptions['principalIds']): CompiledEntry {
  const accountId = ACCOUNT_ID.test(value) ? value : ROOT_ARN.exec(value)?.[1]
  if (accountId !== undefined) return { kind: 'account', accountId }
  if (value.startsWith('arn:'))
    return { kind: 'arn', arn: value, id: Object.hasOwn(ids, value) ? ids[value] : undefined }
  return UNIQUE_ID.test(value) ? { kind: 'id', id: value } : { kind: 'unclear' }
}

/** Every name that a policy can use for the caller, narrowest first, as `Type: value`. */
export function callerNames(principal: RequestPrincipal): readonly string[] {
  return namesOf(principal).map((name) => {
    switch (name.kind) {
      case 'account':
        return `AWS: ${name.accountId}`
      case 'arn':
        return `AWS: ${name.arn}`
      case 'other':
        return `${OTHER_TYPES[name.type]}: ${name.name}`
      default:
        return assertNever(name)
    }
  })
}

const OTHER_TYPES = { service: 'Service', federated: 'Federated', canonical: 'CanonicalUser' } as const

/** One name that policies can use for a caller, and what naming the caller so grants. */
type CallerName =
  | { readonly kind: 'account'; readonly accountId: string; readonly grant: Grant }
  | { readonly kind: 'arn'; readonly arn: string; readonly id: string | undefined; readonly grant: Grant }
  | {
      readonly kind: 'other'
      readonly type: 'service' | 'federated' | 'canonical'
      readonly name: string
      readonly grant: Grant
    }

const namesByPrincipal = new WeakMap<RequestPrincipal, readonly CallerName[]>()

/** The names of a caller, narrowest first; kept for as long as the caller's object lives. */
function namesOf(principal: RequestPrincipal): readonly CallerName[] {
  const known = namesByPrincipal.get(principal)
  if (known) return known
  const names = findNames(principal)
  namesByPrincipal.set(principal, names)
  return names
}

function findNames(principal: RequestPrincipal): readonly CallerName[] {
  const arn = (text: string, grant: Grant, id?: string): CallerName => ({ kind: 'arn', arn: text, id, grant })
  const other = (type: 'service' | 'federated' | 'canonical', name: string): CallerName => ({
    kind: 'other',
    type,
    name,
    grant: GRANT.direct,
  })
  const account = (accountId: string): CallerName => ({ kind: 'account', accountId, grant: GRANT.account })
  switch (principal.type) {
    case 'root':
      return [account(principal.accountId)]
    case 'user':
      return [arn(principal.arn, GRANT.direct, principal.id), account(principal.accountId)]
    case 'role':
      return [arn(principal.arn, GRANT.role, principal.id), account(principal.accountId)]
    case 'assumed-role':
      return [
        arn(principal.arn, GRANT.direct),
        arn(principal.roleArn, GRANT.role, principal.id),
        account(principal.accountId),
      ]
    case 'federated-user':
      return [
        arn(principal.arn, GRANT.direct),
        ...(principal.userArn === undefined ? [] : [arn(principal.userArn, GRANT.role)]),
        account(principal.accountId),
      ]
    case 'service':
      return [other('service', principal.service)]
    case 'federated':
      return [other('federated', principal.provider)]
    case 'canonical':
      return [other('canonical', principal.id)]
    case 'anonymous':
      return []
    default:
      return assertNever(principal)
  }
}

/** The narrowest naming counts: it is limited by the least. */
function grantOf(entries: readonly CompiledEntry[], principal: RequestPrincipal, options: PrincipalOptions): Grant {
  let best: Grant = GRANT.none
  for (const entry of entries) {
    const grant = entryGrant(entry, principal, options)
    if (grant < best) best = grant
  }
  return best
}

function entryGrant(entry: CompiledEntry, principal: RequestPrincipal, options: PrincipalOptions): Grant {
  if (entry.kind === 'everyone') return everyoneGrant(principal, options)
  if (entry.kind === 'unclear') return options.isDeny ? GRANT.direct : GRANT.none
  return namesOf(principal).find((name) => isNamedBy(name, entry))?.grant ?? GRANT.none
}

/**
 * What `*` grants. A web identity is not everyone: nobody has authenticated it but its provider, so an Allow has to name the provider.
 */
function everyoneGrant(principal: RequestPrincipal, options: PrincipalOptions): Grant {
  if (options.isDeny || options.namesPrincipalArn) return GRANT.direct
  if (principal.type === 'federated') return GRANT.none
  return OPEN_QUESTIONS.plainEveryone.answer === 'limited' ? GRANT.role : GRANT.direct
}

/**
 * Does a Deny with NotPrincipal leave the caller out? Only where the list has every name of the caller: the session, its role and its account.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function isExcepted(entries: readonly CompiledEntry[], principal: RequestPrincipal): boolean {
  if (entries.some((entry) => entry.kind === 'everyone')) return true
  const names = namesOf(principal).filter((name) => !isIssuingUser(name, principal))
  return names.length > 0 && names.every((name) => entries.some((entry) => isNamedBy(name, entry)))
}

/** The user behind a federated user need not be excepted: the request is not that user's. */
function isIssuingUser(name: CallerName, principal: RequestPrincipal): boolean {
  return principal.type === 'federated-user' && name.kind === 'arn' && name.grant === GRANT.role
}

/** Does an Allow with NotPrincipal leave the caller out? Any name is enough, and an entry that nobody can read leaves everybody out. */
function isListed(entries: readonly CompiledEntry[], principal: RequestPrincipal): boolean {
  return entries.some(
    (entry) =>
      entry.kind === 'everyone' ||
      entry.kind === 'unclear' ||
      namesOf(principal).some((name) => isNamedBy(name, entry)),
  )
}

function isNamedBy(name: CallerName, entry: CompiledEntry): boolean {
  switch (name.kind) {
    case 'account':
      return entry.kind === 'account' && entry.accountId === name.accountId
    case 'arn':
      if (entry.kind === 'id') return entry.id === name.id
      return entry.kind === 'arn' && entry.arn === name.arn && (entry.id === undefined || entry.id === name.id)
    case 'other':
      return entry.kind === 'other' && entry.type === name.type && entry.name === name.name
    default:
      return assertNever(name)
  }
}
