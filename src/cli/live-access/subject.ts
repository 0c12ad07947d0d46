import { CommandError, UsageError } from '../usage-error.ts'
import type { AccountReader, ListedRole, LiveIdentity } from './account-reader.ts'
import { type Answer, askForStranger, type Circumstances, type Question } from './question.ts'

/** Who is asked about: a user, a role, or a service account that becomes a role. */
export type Subject =
  | { readonly kind: 'identity'; readonly identity: LiveIdentity }
  | ({ readonly kind: 'service account' } & ServiceAccount)

export interface ServiceAccount {
  /** `system:serviceaccount:my-namespace:my-service-account` */
  readonly subject: string
  readonly issuer: string
}

const SERVICE_ACCOUNT = /^(system:serviceaccount:[^:@]+:[^:@]+)@(.+)$/
const IDENTITY_ARN = /^arn:[^:]+:iam::\d{12}:(user|role)\/(?:.*\/)?([^/]+)$/
const SESSION_ARN = /^arn:[^:]+:sts::\d{12}:assumed-role\/([^/]+)\/[^/]+$/
const NAME = /^(?:(user|role)\/)?([\w+=,.@-]+)$/

/**
 * Finds whom a text means.
 * @throws UsageError where it means nobody or two; CommandError where there is none of that name
 */
export async function findSubject(text: string, reader: AccountReader): Promise<Subject> {
  const [, subject, cluster] = SERVICE_ACCOUNT.exec(text) ?? []
  if (subject !== undefined && cluster !== undefined) {
    return { kind: 'service account', subject, issuer: await findIssuer(cluster, reader) }
  }
  const [, sessionRole] = SESSION_ARN.exec(text) ?? []
  const [, kind, name] =
    sessionRole !== undefined ? [text, 'role', sessionRole] : (IDENTITY_ARN.exec(text) ?? NAME.exec(text) ?? [])
  if (name === undefined) {
    throw new UsageError(
      `${text} is no principal: give the ARN or name of a role or user (role/NAME, user/NAME), or system:serviceaccount:NAMESPACE:NAME@CLUSTER`,
    )
  }
  const [role, user] = await Promise.all([
    kind === 'user' ? undefined : reader.role(name),
    kind === 'role' ? undefined : reader.user(name),
  ])
  if (role && user) throw new UsageError(`there is a role and a user ${name}: write role/${name} or user/${name}`)
  const identity = role ?? user
  if (!identity) {
    throw new CommandError('NO_SUCH_PRINCIPAL', `there is no ${kind ?? 'role or user'} ${name}`)
  }
  if (text.startsWith('arn:') && sessionRole === undefined && identity.arn !== text) {
    throw new CommandError('NO_SUCH_PRINCIPAL', `there is no ${text}; ${name} is ${identity.arn}`)
  }
  return { kind: 'identity', identity }
}

async function findIssuer(cluster: string, reader: AccountReader): Promise<string> {
  if (/^https?:\/\//.test(cluster)) return cluster
  const issuer = await reader.issuerOf(cluster)
  if (issuer === undefined) {
    throw new CommandError('NO_SUCH_CLUSTER', `there is no cluster ${cluster}, or it has no issuer`)
  }
  return issuer
}

/** Audience of the tokens that pods use at STS. */
const STS_AUDIENCE = 'sts.amazonaws.com'

/** A role at the gate of its trust policy. */
export interface TrustAnswer {
  readonly role: ListedRole
  /** Condition keys of the token, which its sessions keep. */
  readonly claims: Question['context']
  readonly answer: Answer
}

export interface TrustSearch {
  readonly trusting: readonly TrustAnswer[]
  /** Roles that would trust it if one thing were otherwise. */
  readonly near: readonly TrustAnswer[]
  /** Why no role can trust it, where that is so. */
  readonly obstacle: string | undefined
}

/** Which roles may the service account assume? */
export async function findTrustingRoles(
  { subject, issuer }: ServiceAccount,
  reader: AccountReader,
  circumstances: Circumstances,
): Promise<TrustSearch> {
  const host = issuer.replace(/^https?:\/\//, '')
  const obstacles = new Map<string, string | undefined>()
  const trusting: TrustAnswer[] = []
  const near: TrustAnswer[] = []
  for await (const role of reader.listedRoles()) {
    const [, partition, , , accountId = ''] = role.arn.split(':')
    const provider = `arn:${partition}:iam::${accountId}:oidc-provider/${host}`
    if (!obstacles.has(provider)) obstacles.set(provider, await obstacleOf(provider, reader))
    const claims = { 'aws:FederatedProvider': provider, [`${host}:sub`]: subject, [`${host}:aud`]: STS_AUDIENCE }
    const question = { action: 'sts:AssumeRoleWithWebIdentity', resource: role.arn, context: claims }
    const principal = { type: 'federated', provider, accountId } as const
    const answer = askForStranger(principal, question, { policy: role.trust, kind: 'trust' }, circumstances)
    if (answer.isAllowed && obstacles.get(provider) === undefined) trusting.push({ role, claims, answer })
    else if (answer.isAllowed || answer.explanation.nearMisses.some(isOnlyCondition))
      near.push({ role, claims, answer })
  }
  return { trusting, near, obstacle: [...obstacles.values()].find((one) => one !== undefined) }
}

function isOnlyCondition({ failed }: Answer['explanation']['nearMisses'][number]): boolean {
  return failed.every(({ element }) => element === 'Condition')
}

async function obstacleOf(provider: string, reader: AccountReader): Promise<string | undefined> {
  const audiences = await reader.audiencesOf(provider)
  if (audiences === undefined) return `the account has no identity provider ${provider}`
  return audiences.includes(STS_AUDIENCE) ? undefined : `${provider} does not accept the audience ${STS_AUDIENCE}`
}
