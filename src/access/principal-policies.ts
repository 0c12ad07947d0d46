import type { Caller, SessionPolicy } from '../aws/caller.ts'
import { type CompiledPolicy, compilePolicyText } from '../policy/index.ts'
import type { ChangeFeed, ChangeSubject, Reads } from '../store/store.ts'
import { SubjectCache } from '../store/subject-cache.ts'
import type { ManagedPolicyCatalog } from './managed-policy-catalog.ts'
import { documentDigest } from './request-context.ts'

/** What a principal's own policies say, ready to evaluate. An absent layer does not limit; an empty one allows nothing. */
export interface PrincipalPolicies {
  readonly identity: readonly CompiledPolicy[]
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
const CACHED_DOCUMENTS_MAX = 10_000

const NONE: PrincipalPolicies = { identity: [], boundary: undefined, session: undefined, tags: new Map() }
/** The root user is limited by no identity policy (the engine starts it as allowed). */
const AWS_MANAGED_PREFIX = 'arn:aws:iam::aws:policy/'

interface Stored {
  readonly identity: readonly CompiledPolicy[]
  readonly boundary: readonly CompiledPolicy[] | undefined
  readonly tags: ReadonlyMap<string, string>
}

/** Reads the policies of principals from the store and the catalog, and keeps them compiled until they change. */
export function openPrincipalPolicies(parts: {
  readonly reads: Reads
  readonly changes: ChangeFeed
  readonly catalog: ManagedPolicyCatalog
}): PrincipalPolicySource {
  const principals = new SubjectCache<string, Stored>(CACHED_PRINCIPALS_MAX, parts.changes)
  const managed = new SubjectCache<string, CompiledPolicy | undefined>(CACHED_POLICIES_MAX, parts.changes)
  const documents = new Map<string, CompiledPolicy>()

  function compiledOnce(source: string, document: string, principalIds: Readonly<Record<string, string>>) {
    const key = `${source}\n${JSON.stringify(principalIds)}\n${document}`
    const known = documents.get(key)
    if (known !== undefined) return known
    const compiled = compilePolicyText(document, { source, principalIds })
    if (documents.size >= CACHED_DOCUMENTS_MAX) documents.delete(documents.keys().next().value ?? key)
    documents.set(key, compiled)
    return compiled
  }

  async function managedPolicy(policyArn: string): Promise<CompiledPolicy | undefined> {
    return managed.load(policyArn, async () => {
      const document = await managedPolicyDocument(parts, policyArn)
      return {
        value: document === undefined ? undefined : compilePolicyText(document, { source: policyArn }),
        subjects: [`policy/${policyArn}`],
      }
    })
  }

  async function storedPolicies(kind: 'user' | 'role', id: string): Promise<Stored> {
    return principals.load(`${kind}/${id}`, async () => {
      const subjects: ChangeSubject[] = [`${kind}/${id}`]
      const [inline, attached, tags, boundaryArn] = await Promise.all([
        inlinePolicies(parts.reads, id),
        attachedPolicyArns(parts.reads, id),
        principalTags(parts.reads, id),
        permissionsBoundary(parts.reads, kind, id),
      ])
      const arns = boundaryArn === undefined ? attached : [...attached, boundaryArn]
      for (const arn of arns) subjects.push(`policy/${arn}`)
      const compiledAttached = await Promise.all(attached.map(managedPolicy))
      const boundary = boundaryArn === undefined ? undefined : await managedPolicy(boundaryArn)
      const value: Stored = {
        identity: [...inline, ...compiledAttached.filter((policy) => policy !== undefined)],
        // A boundary whose policy is gone allows nothing.
        boundary: boundaryArn === undefined ? undefined : boundary === undefined ? [] : [boundary],
        tags,
      }
      return { value, subjects }
    })
  }

  async function sessionPolicies(policies: readonly SessionPolicy[]): Promise<readonly CompiledPolicy[] | undefined> {
    if (policies.length === 0) return undefined
    const compiled = await Promise.all(
      policies.map((policy) =>
        policy.kind === 'inline'
          ? compiledOnce(`session-policy/${documentDigest(policy.document)}`, policy.document, {})
          : managedPolicy(policy.policyArn),
      ),
    )
    // A managed session policy that is gone allows nothing; the others still do, as a union.
    return compiled.filter((policy) => policy !== undefined)
  }

  return {
    managedPolicy,
    resourcePolicy: compiledOnce,
    async policiesOf(caller) {
      if (caller.kind === 'anonymous' || caller.kind === 'root') return NONE
      const stored =
        caller.kind === 'user'
          ? await storedPolicies('user', caller.uniqueId)
          : await storedPolicies('role', caller.roleId)
      const session = caller.session === undefined ? undefined : await sessionPolicies(caller.session.policies)
      return { ...stored, session, tags: withSessionTags(stored.tags, caller) }
    },
  }
}

/** The text of a managed policy's default version: AWS's from the catalog, a customer's from the store. */
async function managedPolicyDocument(
  parts: { readonly reads: Reads; readonly catalog: ManagedPolicyCatalog },
  policyArn: string,
): Promise<string | undefined> {
  if (policyArn.startsWith(AWS_MANAGED_PREFIX)) {
    const policy = await parts.catalog.find(policyArn)
    if (policy === undefined) return undefined
    return (await parts.catalog.findVersion(policyArn, policy.defaultVersionId))?.document
  }
  const row = await parts.reads
    .selectFrom('policies')
    .innerJoin('policy_versions', (join) =>
      join
        .onRef('policy_versions.policy_id', '=', 'policies.policy_id')
        .onRef('policy_versions.version_id', '=', 'policies.default_version_id'),
    )
    .select('policy_versions.document')
    .where('policies.policy_arn', '=', policyArn)
    .executeTakeFirst()
  return row?.document
}

async function inlinePolicies(reads: Reads, principalId: string): Promise<CompiledPolicy[]> {
  const rows = await reads
    .selectFrom('inline_policies')
    .select(['policy_name', 'document'])
    .where('principal_id', '=', principalId)
    .execute()
  return rows.map((row) => compilePolicyText(row.document, { source: row.policy_name }))
}

async function attachedPolicyArns(reads: Reads, principalId: string): Promise<string[]> {
  const rows = await reads
    .selectFrom('policy_attachments')
    .select('policy_arn')
    .where('principal_id', '=', principalId)
    .execute()
  return rows.map((row) => row.policy_arn)
}

async function principalTags(reads: Reads, principalId: string): Promise<Map<string, string>> {
  const rows = await reads
    .selectFrom('tags')
    .select(['tag_key', 'tag_value'])
    .where('resource_id', '=', principalId)
    .execute()
  return new Map(rows.map((row) => [row.tag_key, row.tag_value]))
}

async function permissionsBoundary(reads: Reads, kind: 'user' | 'role', id: string): Promise<string | undefined> {
  const row =
    kind === 'user'
      ? await reads.selectFrom('users').select('permissions_boundary').where('user_id', '=', id).executeTakeFirst()
      : await reads.selectFrom('roles').select('permissions_boundary').where('role_id', '=', id).executeTakeFirst()
  return row?.permissions_boundary ?? undefined
}

function withSessionTags(tags: ReadonlyMap<string, string>, caller: Caller): ReadonlyMap<string, string> {
  if (caller.kind === 'anonymous' || caller.session === undefined || caller.session.tags.length === 0) return tags
  const all = new Map(Array.from(tags, ([key, value]) => [key.toLowerCase(), { key, value }]))
  for (const { key, value } of caller.session.tags) all.set(key.toLowerCase(), { key, value })
  return new Map(Array.from(all.values(), ({ key, value }) => [key, value]))
}
