import { hash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { AwsError, type AwsErrorCode } from '../../aws/aws-error.ts'
import type { SessionFacts, SessionPolicy, SessionTag } from '../../aws/caller.ts'
import type { KeyRing } from '../../store/key-ring.ts'

/** Whose session it is to be, and what bounds it: everything but the key, the secret and the times. */
export type SessionGrant = SessionPrincipal & Omit<SessionFacts, 'issuedAt' | 'expiresAt'>

export type SessionPrincipal =
  | {
      readonly kind: 'assumed-role'
      readonly accountId: string
      readonly roleId: string
      readonly roleName: string
      readonly sessionName: string
    }
  | { readonly kind: 'user'; readonly accountId: string; readonly userId: string; readonly userName: string }

/** A session as a whole. It is kept nowhere but in its token. */
export type SessionRecord = SessionPrincipal &
  SessionFacts & {
    /** `ASIA…` */
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }

/**
 * Characters of a session token. AWS gives no limit; a common proxy allows 8 KiB for one header line, name included, so ours
 * stays below.
 */
export const SESSION_TOKEN_CHARACTERS_MAX = 8_000

const PACKED_POLICY_TOO_LARGE = { code: 'PackedPolicyTooLarge', status: 400 } satisfies AwsErrorCode

/**
 * Seals a session into the text that clients send back as `SessionToken`. The secret is inside and cannot be found from outside.
 *
 * @throws AwsError `PackedPolicyTooLarge` where policies and tags make it longer than `SESSION_TOKEN_CHARACTERS_MAX`
 */
export function sealSession(keyRing: KeyRing, session: SessionRecord): string {
  const token = keyRing.seal('session', pack(session), ASSOCIATED_DATA)
  if (token.length > SESSION_TOKEN_CHARACTERS_MAX) {
    const percent = Math.ceil((100 * token.length) / SESSION_TOKEN_CHARACTERS_MAX)
    throw new AwsError(
      PACKED_POLICY_TOO_LARGE,
      `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    )
  }
  return token
}

/**
 * Opens a session token. Whether the session has expired, and whether its role or user is still there, is not looked at.
 *
 * @returns undefined where the text is not a token of this installation, was changed, or its key was removed
 */
export function openSession(keyRing: KeyRing, token: string): SessionRecord | undefined {
  if (!TOKEN.test(token)) return undefined
  const packed = keyRing.open('session', token, ASSOCIATED_DATA)
  return packed === undefined ? undefined : unpack(packed)
}

/** A digest by which a token can be remembered without being kept. */
export function sessionTokenDigest(token: string): string {
  return hash('sha256', token, 'base64')
}

/** Other values sealed under the purpose `session` never open as a session. */
const ASSOCIATED_DATA = 'session-token'
const TOKEN = /^[\x21-\x7e]{1,8000}$/

/** First byte: how the rest is written. */
const PLAIN = 1
const DEFLATED = 2
/** Below this, deflating costs more time than the bytes are worth. */
const DEFLATE_FROM_BYTES = 1_024
const UNPACKED_BYTES_MAX = 256 * 1024

/**
 * What is sealed: a byte for the form, a byte for the secret's length, the secret, then the rest as JSON. The secret stays
 * out of the deflated part, so that the token's length tells nothing of it.
 */
function pack({ secretAccessKey, ...session }: SessionRecord): Buffer {
  const secret = Buffer.from(secretAccessKey, 'utf8')
  const facts = Buffer.from(JSON.stringify(toWritten(session)), 'utf8')
  const isDeflated = facts.length >= DEFLATE_FROM_BYTES
  const head = Buffer.from([isDeflated ? DEFLATED : PLAIN, secret.length])
  return Buffer.concat([head, secret, isDeflated ? deflateRawSync(facts) : facts])
}

function unpack(packed: Buffer): SessionRecord | undefined {
  const [form, secretBytes = 0] = packed
  // A form of a newer program that shares the database.
  if (form !== PLAIN && form !== DEFLATED) return undefined
  const secretAccessKey = packed.toString('utf8', 2, 2 + secretBytes)
  const rest = packed.subarray(2 + secretBytes)
  const facts = form === DEFLATED ? inflateRawSync(rest, { maxOutputLength: UNPACKED_BYTES_MAX }) : rest
  return { ...fromWritten(JSON.parse(facts.toString('utf8'))), secretAccessKey }
}

/** The members of a session under short names, those that say nothing left out. */
interface Written {
  /** `[roleId, roleName, sessionName]` */
  readonly r?: readonly [string, string, string]
  /** `[userId, userName]` */
  readonly u?: readonly [string, string]
  readonly a: string
  readonly k: string
  readonly i: number
  readonly e: number
  /** Inline session policies. */
  readonly p?: readonly string[]
  /** ARNs of managed session policies. */
  readonly m?: readonly string[]
  /** `[key, value, 1 where transitive]` */
  readonly t?: readonly (readonly [string, string, 0 | 1])[]
  readonly s?: string
  readonly f?: string
  readonly c?: SessionFacts['federatedContext']
  readonly n?: 1
}

type WithoutSecret<T> = T extends unknown ? Omit<T, 'secretAccessKey'> : never

function toWritten(session: WithoutSecret<SessionRecord>): Written {
  const inline = session.policies.flatMap((policy) => (policy.kind === 'inline' ? [policy.document] : []))
  const managed = session.policies.flatMap((policy) => (policy.kind === 'managed' ? [policy.policyArn] : []))
  return {
    ...(session.kind === 'user'
      ? { u: [session.userId, session.userName] }
      : { r: [session.roleId, session.roleName, session.sessionName] }),
    a: session.accountId,
    k: session.accessKeyId,
    i: session.issuedAt,
    e: session.expiresAt,
    p: inline.length > 0 ? inline : undefined,
    m: managed.length > 0 ? managed : undefined,
    t: session.tags.length > 0 ? session.tags.map((tag) => [tag.key, tag.value, tag.isTransitive ? 1 : 0]) : undefined,
    s: session.sourceIdentity,
    f: session.federatedProvider,
    c: Object.keys(session.federatedContext).length > 0 ? session.federatedContext : undefined,
    n: session.isChained ? 1 : undefined,
  }
}

function fromWritten(written: Written): WithoutSecret<SessionRecord> {
  const facts = {
    accountId: written.a,
    accessKeyId: written.k,
    issuedAt: written.i,
    expiresAt: written.e,
    policies: [
      ...(written.m ?? []).map((policyArn): SessionPolicy => ({ kind: 'managed', policyArn })),
      ...(written.p ?? []).map((document): SessionPolicy => ({ kind: 'inline', document })),
    ],
    tags: (written.t ?? []).map(([key, value, flag]): SessionTag => ({ key, value, isTransitive: flag === 1 })),
    sourceIdentity: written.s,
    federatedProvider: written.f,
    federatedContext: written.c ?? {},
    isChained: written.n === 1,
  }
  if (written.u !== undefined) {
    const [userId, userName] = written.u
    return { kind: 'user', userId, userName, ...facts }
  }
  const [roleId, roleName, sessionName] = written.r ?? ['', '', '']
  return { kind: 'assumed-role', roleId, roleName, sessionName, ...facts }
}
