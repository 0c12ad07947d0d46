import { parseArn } from '../../aws/arn.ts'
import { type CompiledPolicy, compilePolicyText } from '../../policy/compile.ts'
import { explain } from '../../policy/explain/explain.ts'
import type { Explanation } from '../../policy/explain/explanation.ts'
import type { PolicySets, RequestPrincipal } from '../../policy/request.ts'
import { readContext } from '../../policy/request-document.ts'
import { type Excerpt, excerptOf } from '../policy/excerpt.ts'
import { principalContext } from '../policy/principal-context.ts'
import { UsageError } from '../usage-error.ts'
import type { AccountReader, LiveIdentity, LivePolicy } from './account-reader.ts'

/** What is to be done to what. */
export interface Question {
  readonly action: string
  readonly resource: string
  /** Condition keys that the caller of the program knows; they win over what is assumed. */
  readonly context: Readonly<Record<string, string | readonly string[]>>
}

/** The circumstances of the call that is asked about: those of one made now, to this server. */
export interface Circumstances {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly region: string
  readonly isSecure: boolean
}

/** The policy of the resource itself, where it has one. */
export interface ResourceSide {
  readonly policy: LivePolicy | undefined
  readonly kind: PolicySets['resourceKind']
}

export interface Answer {
  readonly isAllowed: boolean
  readonly explanation: Explanation
  /** The statements that decided, else those that came nearest. */
  readonly excerpts: readonly Excerpt[]
}

const SESSION_NAME = 'openirsa-can'

/** May the user, or a session of the role, do it? */
export function askFor(
  identity: LiveIdentity,
  question: Question,
  resource: ResourceSide,
  circumstances: Circumstances,
): Answer {
  const principal = callerOf(identity)
  const policies = [...identity.identity, ...one(identity.boundary), ...one(resource.policy)]
  const sets: PolicySets = {
    identity: identity.identity.map(compile),
    boundary: identity.boundary && [compile(identity.boundary)],
    resource: resource.policy && compile(resource.policy),
    resourceKind: resource.kind,
  }
  const tags = Object.fromEntries(identity.tags.map(([key, value]) => [`aws:PrincipalTag/${key}`, value]))
  const session: Readonly<Record<string, string>> =
    identity.kind === 'role' ? { 'aws:TokenIssueTime': isoSeconds(circumstances.now) } : {}
  return ask(principal, question, { sets, policies }, { ...assumed(circumstances), ...session, ...tags })
}

/** May somebody without policies of an own, such as a web identity at a role's trust policy? */
export function askForStranger(
  principal: RequestPrincipal,
  question: Question,
  resource: ResourceSide,
  circumstances: Circumstances,
): Answer {
  const sets: PolicySets = {
    identity: [],
    resource: resource.policy && compile(resource.policy),
    resourceKind: resource.kind,
  }
  return ask(principal, question, { sets, policies: one(resource.policy) }, assumed(circumstances))
}

function ask(
  principal: RequestPrincipal,
  { action, resource, context }: Question,
  { sets, policies }: { readonly sets: PolicySets; readonly policies: readonly LivePolicy[] },
  known: Readonly<Record<string, string>>,
): Answer {
  const own = ('accountId' in principal ? principal.accountId : undefined) ?? ''
  const resourceAccount = /^\d{12}$/.exec(parseArn(resource)?.accountId ?? '')?.[0] ?? own
  const keys = { ...principalContext(principal), 'aws:ResourceAccount': resourceAccount, ...known }
  const request = { principal, action, resource, resourceAccount, context: mergedContext(keys, context) }
  const explanation = explain(request, sets)
  return { isAllowed: explanation.decision === 'allowed', explanation, excerpts: excerpts(explanation, policies) }
}

function mergedContext(known: Readonly<Record<string, string>>, given: Question['context']) {
  return new Map([...readContext(known), ...readContext(given)])
}

function callerOf({ kind, arn, id, name }: LiveIdentity): RequestPrincipal {
  const [, partition, , , accountId = ''] = arn.split(':')
  if (kind === 'user') return { type: 'user', accountId, arn, id }
  const session = `arn:${partition}:sts::${accountId}:assumed-role/${name}/${SESSION_NAME}`
  return { type: 'assumed-role', accountId, arn: session, roleArn: arn, id }
}

function assumed({ now, region, isSecure }: Circumstances): Readonly<Record<string, string>> {
  return {
    'aws:CurrentTime': isoSeconds(now),
    'aws:EpochTime': String(Math.floor(now / 1000)),
    'aws:RequestedRegion': region,
    'aws:SecureTransport': String(isSecure),
    'aws:ViaAWSService': 'false',
  }
}

function isoSeconds(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

function compile({ name, text }: LivePolicy): CompiledPolicy {
  return compilePolicyText(text, { source: name })
}

function one(policy: LivePolicy | undefined): readonly LivePolicy[] {
  return policy ? [policy] : []
}

function excerpts({ matchedStatements, statements, nearMisses }: Explanation, policies: readonly LivePolicy[]) {
  const deciding = matchedStatements.flatMap(({ layer, source, index }) =>
    statements.filter(
      (statement) => statement.layer === layer && statement.policy === source && statement.index === index,
    ),
  )
  const shown = [
    ...deciding.map((statement) => ({ ...statement, marked: [] })),
    ...nearMisses.map((near) => ({ ...near, marked: near.failed.map(({ range }) => range) })),
  ]
  return shown.flatMap(({ policy, range, marked }) => {
    const found = policies.find(({ name }) => name === policy)
    return found ? [excerptOf({ name: policy, file: policy, lines: found.text.split('\n') }, range, marked)] : []
  })
}

const ROLE = /^arn:[^:]+:iam::\d{12}:role\/(?:.*\/)?([^/]+)$/
const BUCKET = /^arn:[^:]+:s3:::([^/*?]+)/
const ASSUME_ROLE = /^sts:(?:AssumeRole(?:WithSAML|WithWebIdentity)?|TagSession|SetSourceIdentity)$/i

/**
 * Reads the policy of the resource: a role's trust policy, a bucket's.
 * @throws CommandError where it cannot be read; UsageError where the resource is no ARN
 */
export async function readResourceSide({ action, resource }: Question, reader: AccountReader): Promise<ResourceSide> {
  if (resource !== '*' && !resource.startsWith('arn:')) {
    throw new UsageError(`the resource ${resource} must be an ARN, such as arn:aws:s3:::my-bucket/my-key, or "*"`)
  }
  if (ASSUME_ROLE.test(action)) {
    const [, name] = ROLE.exec(resource) ?? []
    return { policy: name === undefined ? undefined : (await reader.role(name))?.trust, kind: 'trust' }
  }
  const [, bucket] = BUCKET.exec(resource) ?? []
  return { policy: bucket === undefined ? undefined : await reader.bucketPolicy(bucket), kind: 'resource' }
}
