import type { Caller, SessionPolicy } from '../../aws/caller.ts'
import { type CompiledPolicy, compilePolicySet, type Policies } from '../../policy/index.ts'
import type { ChangeFeed, ChangeSubject, Reads } from '../../store/store.ts'
import { type Loaded, SubjectCache } from '../../store/subject-cache.ts'
import { documentDigest } from '../context/request-context.ts'
import { CompiledDocuments } from './compiled-documents.ts'
import type { ManagedPolicyCatalog } from './managed-policy-catalog.ts'
import { compileWithText } from './policy-text.ts'
import { findManagedPolicyText, readStoredPolicies } from './stored-policies.ts'

/** What a principal's own policies say, ready to evaluate. An absent layer does not limit; an empty one allows nothing. */
export interface PrincipalPolicies {
  readonly identity: Policies
  readonly boundary: readonly CompiledPolicy[] | undefined
  readonly session: readonly CompiledPolicy[] | undefined
  /** `aws:PrincipalTag/…`: the user's or role's tags, covered by those of the session. */
  readonly tags: ReadonlyMap<string, string>
}

export interface PrincipalPolicySource {
  policiesOf(caller: Caller): Promise<PrincipalPolicies>
  /** A managed policy's default version, compiled; undefined where there is no such policy. */
  managedPolicy(policyArn: string): Promise<CompiledPolicy | undefined>
  /** A resource or trust policy, compiled once per text and principal ids. */
  resourcePolicy(source: string, document: string, principalIds: Readonly<Record<string, string>>): CompiledPolicy
}

/** Entries kept; an entry holds an identity's compiled policies, in the order of 10 KB. */
const CACHED_PRINCIPALS_MAX = 20_000
const CACHED_POLICIES_MAX = 10_000

/** Anonymous callers have no policies, and the root user is limited by none: the engine starts it as allowed. */
const NONE: PrincipalPolicies = { identity: [], boundary: undefined, session: undefined, tags: new Map() }

type StandingPolicies = Omit<PrincipalPolicies, 'session'>

/** Reads the policies of principals from the store and the catalog, and keeps them compiled until they change. */
export function openPrincipalPolicies(parts: {
  readonly reads: Reads
  readonly changes: Pick<ChangeFeed, 'onChange'>
  readonly catalog: ManagedPolicyCatalog
}): PrincipalPolicySource {
  const principals = new SubjectCache<string, StandingPolicies>(CACHED_PRINCIPALS_MAX, parts.changes)
  const managed = new SubjectCache<string, CompiledPolicy | undefined>(CACHED_POLICIES_MAX, parts.changes)
  const documents = new CompiledDocuments()

  function managedPolicy(policyArn: string): Promise<CompiledPolicy | undefined> {
    return managed.load(policyArn, async () => {
      const text = await findManagedPolicyText(parts, policyArn)
      return {
        value: text && compileWithText(policyArn, { ...text, kind: 'managed' }),
        subjects: [`policy/${policyArn}`],
      }
    })
  }

  async function standingManagedPolicy(policyArn: string): Promise<CompiledPolicy> {
    return (await managedPolicy(policyArn)) ?? missingPolicy(policyArn)
  }

  async function loadStanding(kind: 'user' | 'role', id: string): Promise<Loaded<StandingPolicies>> {
    const { inline, attached, boundary, tags } = await readStoredPolicies(parts.reads, kind, id)
    const arns = boundary === undefined ? attached : [...attached, boundary]
    const value: StandingPolicies = {
      identity: [
        compilePolicySet([
          ...inline.map(({ name, document }) => compileWithText(name, { document, kind: 'inline' })),
          ...(await Promise.all(attached.map(standingManagedPolicy))),
        ]),
      ],
      boundary: boundary === undefined ? undefined : [await standingManagedPolicy(boundary)],
      tags,
    }
    const subjects: ChangeSubject[] = [`${kind}/${id}`, ...arns.map((arn): ChangeSubject => `policy/${arn}`)]
    return { value, subjects }
  }

  async function sessionPolicies(policies: readonly SessionPolicy[]): Promise<readonly CompiledPolicy[] | undefined> {
    if (policies.length === 0) return undefined
    return Promise.all(
      policies.map((policy) =>
        policy.kind === 'inline'
          ? documents.compile(`session-policy/${documentDigest(policy.document)}`, policy.document, {}, 'inline')
          : standingManagedPolicy(policy.policyArn),
      ),
    )
  }

  return {
    managedPolicy,
    resourcePolicy: (source, document, principalIds) => documents.compile(source, document, principalIds),
    async policiesOf(caller) {
      if (caller.kind === 'anonymous' || caller.kind === 'root') return NONE
      const [kind, id] =
        caller.kind === 'user' ? (['user', caller.uniqueId] as const) : (['role', caller.roleId] as const)
      const standing = await principals.load(`${kind}/${id}`, () => loadStanding(kind, id))
      if (caller.session === undefined) return { ...standing, session: undefined }
      const session = await sessionPolicies(caller.session.policies)
      return { ...standing, session, tags: withSessionTags(standing.tags, caller.session.tags) }
    },
  }
}

/**
 * Stands for a policy that is attached, bounds something, or was passed to a session, and is not there: it may have denied
 * anything, so it denies everything. (A policy that is in use cannot be deleted; one that was passed to a session can, and one
 * of AWS's may leave the catalog.)
 */
function missingPolicy(policyArn: string): CompiledPolicy {
  const document = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
  return compileWithText(`${policyArn} (missing)`, { document, kind: 'managed' })
}

/** A session's tag covers the role's of the same key, which compares without case. */
function withSessionTags(
  tags: ReadonlyMap<string, string>,
  sessionTags: readonly { readonly key: string; readonly value: string }[],
): ReadonlyMap<string, string> {
  if (sessionTags.length === 0) return tags
  const all = new Map(Array.from(tags, ([key, value]) => [key.toLowerCase(), { key, value }]))
  for (const { key, value } of sessionTags) all.set(key.toLowerCase(), { key, value })
  return new Map(Array.from(all.values(), ({ key, value }) => [key, value]))
}
