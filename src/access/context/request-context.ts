import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import type { Caller, SessionFacts } from '../../aws/caller.ts'
import type { ContextValue, RequestContext } from '../../policy/request.ts'
import type { CallSource } from '../authorized-call.ts'
import type { ConditionKeys } from '../operation.ts'
import { S3_KEYS } from './s3-condition-keys.ts'

/** What the global condition keys are read from. */
export interface ContextFacts {
  /** Undefined for a web identity that is about to assume a role: it has no principal keys yet. */
  readonly caller: Caller | undefined
  readonly action: string
  /** ARN of the OIDC provider that vouches for such a web identity. */
  readonly federatedProvider: string | undefined
  /** The caller's own tags (`aws:PrincipalTag/…`), session tags included. Keys as given. */
  readonly principalTags: ReadonlyMap<string, string>
  readonly region: string
  readonly source: CallSource
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly resourceAccount: string
  /** Keys of the operation, on top of the global ones; in AWS's spelling. */
  readonly extra: ConditionKeys
}

/** Reads a condition key; undefined where it is absent. */
export type ReadKey = (facts: ContextFacts) => ContextValue | undefined

/**
 * The global condition keys that this system can know, in lower case. Absent keys are absent in AWS too, or describe what does
 * not exist here (VPCs, organizations).
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export const GLOBAL_KEYS: Readonly<Record<string, ReadKey>> = {
  'aws:currenttime': ({ now }) => isoSeconds(now),
  'aws:epochtime': ({ now }) => String(Math.floor(now / 1000)),
  'aws:requestedregion': ({ region }) => region,
  'aws:securetransport': ({ source }) => String(source.isSecure),
  'aws:sourceip': ({ source }) => (isIP(source.address) === 0 ? undefined : source.address),
  'aws:useragent': ({ source }) => source.userAgent,
  'aws:viaawsservice': () => 'false',
  'aws:principalisawsservice': () => 'false',
  'aws:resourceaccount': ({ resourceAccount }) => resourceAccount,
  'aws:principalaccount': ({ caller }) => (caller?.kind === 'anonymous' ? 'anonymous' : caller?.accountId),
  'aws:principalarn': ({ caller }) => caller && principalArn(caller),
  'aws:principaltype': ({ caller }) => caller && PRINCIPAL_TYPES[caller.kind],
  'aws:userid': ({ caller }) => (caller?.kind === 'anonymous' ? 'anonymous' : caller?.userId),
  'aws:username': ({ caller }) => (caller?.kind === 'user' ? caller.userName : undefined),
  'aws:tokenissuetime': ({ caller }) => fromSession(caller, (session) => isoSeconds(session.issuedAt)),
  'aws:multifactorauthpresent': ({ caller }) => fromSession(caller, () => 'false'),
  'aws:federatedprovider': ({ caller, federatedProvider }) =>
    fromSession(caller, (session) => session.federatedProvider) ?? federatedProvider,
  'aws:sourceidentity': ({ caller }) => fromSession(caller, (session) => session.sourceIdentity),
}

const PRINCIPAL_TYPES = {
  root: 'Account',
  user: 'User',
  'assumed-role': 'AssumedRole',
  anonymous: 'Anonymous',
} as const satisfies Record<Caller['kind'], string>

const PRINCIPAL_TAG = 'aws:principaltag/'

/** Returns a context that computes a key only when a policy reads it. */
export function requestContext(facts: ContextFacts): RequestContext {
  let extra: Map<string, ContextValue | undefined> | undefined
  let tags: Map<string, string> | undefined
  return {
    get(key) {
      const table = key.startsWith('s3:') && facts.action.startsWith('s3:') ? S3_KEYS : GLOBAL_KEYS
      const read = Object.hasOwn(table, key) ? table[key] : undefined
      if (read !== undefined) return read(facts)
      if (key.startsWith(PRINCIPAL_TAG)) {
        tags ??= lowerCaseKeys(facts.principalTags)
        return tags.get(key.slice(PRINCIPAL_TAG.length))
      }
      extra ??= lowerCaseKeys<ContextValue | undefined>([
        ...Object.entries(sessionContext(facts.caller)),
        ...Object.entries(facts.extra),
      ])
      return extra.get(key)
    },
  }
}

/** The ARN of `aws:PrincipalArn`: for a session of a role, the role's own. */
export function principalArn(caller: Caller): string | undefined {
  if (caller.kind === 'anonymous') return undefined
  return caller.kind === 'assumed-role' ? caller.roleArn : caller.arn
}

export function sessionContext(caller: Caller | undefined): SessionFacts['federatedContext'] {
  return fromSession(caller, (session) => session.federatedContext) ?? {}
}

function fromSession<T>(caller: Caller | undefined, read: (session: SessionFacts) => T): T | undefined {
  if (caller === undefined || caller.kind === 'anonymous' || caller.session === undefined) return undefined
  return read(caller.session)
}

function lowerCaseKeys<V>(entries: Iterable<readonly [string, V]>): Map<string, V> {
  return new Map(Array.from(entries, ([key, value]) => [key.toLowerCase(), value]))
}

/** `2026-01-01T00:00:00Z`, as AWS writes times in keys and answers. */
function isoSeconds(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** A short stable name for a document that has none, for caches and matched statements. */
export function documentDigest(document: string): string {
  return createHash('sha256').update(document).digest('base64url').slice(0, 22)
}
