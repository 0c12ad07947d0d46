import { roleArn, userArn } from '../../aws/arn.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { MALFORMED_POLICY_DOCUMENT } from '../../aws/error-codes.ts'
import type { Reads } from '../../store/store.ts'

/** ARN of a user or role in a saved policy → unique id of the entity that bore it then. */
export type PrincipalIds = Readonly<Record<string, string>>

/**
 * Stands for an ARN of an account that we do not hold: no entity was there to be meant, so nobody matches it, until the
 * policy is saved again when there is one. It is no unique id, so it equals none.
 */
const UNRESOLVED_PRINCIPAL_ID = 'unresolved'

/**
 * Finds who the user and role ARNs under `Principal` and `NotPrincipal` are, at the time the policy is saved. AWS keeps their
 * unique ids, so that an entity deleted and made again under the same name is not the one that was trusted.
 *
 * ARNs of other kinds (root, sessions, providers) are not entities of their own and get no id.
 *
 * @param document   a valid trust or resource policy
 * @throws AwsError `MalformedPolicyDocument` for an ARN that nobody bears, path and case included
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export async function resolvePrincipalIds(document: string, accountId: string, reads: Reads): Promise<PrincipalIds> {
  const ids: Record<string, string> = {}
  for (const principal of new Set(awsPrincipals(JSON.parse(document)))) {
    const named = parseEntityArn(principal)
    if (named) ids[principal] = await idOf(principal, named, accountId, reads)
  }
  return ids
}

/**
 * Writes a saved document as AWS shows it: a principal that is gone (deleted, or made again) appears as its unique id.
 * @returns the text as it was saved, where every principal still lives
 */
export async function showPrincipals(document: string, ids: PrincipalIds, reads: Reads): Promise<string> {
  const gone = new Set<string>()
  for (const [arn, id] of Object.entries(ids)) {
    if (id !== UNRESOLVED_PRINCIPAL_ID && (await arnOf(id, reads)) !== arn) gone.add(arn)
  }
  if (gone.size === 0) return document
  const shown = (principal: string) => (gone.has(principal) ? (ids[principal] ?? principal) : principal)
  return JSON.stringify(withAwsPrincipals(JSON.parse(document), shown))
}

interface EntityName {
  readonly kind: 'user' | 'role'
  readonly accountId: string
  readonly name: string
}

const ENTITY_ARN = /^arn:aws:iam::(\d{12}):(user|role)\/(?:.*\/)?([^/]+)$/

function parseEntityArn(text: string): EntityName | undefined {
  const [, accountId, kind, name] = ENTITY_ARN.exec(text) ?? []
  if (!accountId || !name) return undefined
  return { kind: kind === 'user' ? 'user' : 'role', accountId, name }
}

async function idOf(arn: string, named: EntityName, accountId: string, reads: Reads): Promise<string> {
  const entity = await findEntity(named, reads)
  if (entity?.arn === arn) return entity.id
  if (await isHeld(named.accountId, accountId, reads)) throw invalidPrincipal(arn)
  return UNRESOLVED_PRINCIPAL_ID
}

async function findEntity({ kind, accountId, name }: EntityName, reads: Reads) {
  const key = name.toLowerCase()
  if (kind === 'role') {
    const role = await reads
      .selectFrom('roles')
      .select(['role_id', 'path', 'role_name'])
      .where('account_id', '=', accountId)
      .where('role_name_key', '=', key)
      .executeTakeFirst()
    return role && { id: role.role_id, arn: roleArn(accountId, role.path, role.role_name) }
  }
  const user = await reads
    .selectFrom('users')
    .select(['user_id', 'path', 'user_name'])
    .where('account_id', '=', accountId)
    .where('user_name_key', '=', key)
    .executeTakeFirst()
  return user && { id: user.user_id, arn: userArn(accountId, user.path, user.user_name) }
}

async function arnOf(id: string, reads: Reads): Promise<string | undefined> {
  if (id.startsWith('AROA')) {
    const role = await reads.selectFrom('roles').selectAll().where('role_id', '=', id).executeTakeFirst()
    return role && roleArn(role.account_id, role.path, role.role_name)
  }
  const user = await reads.selectFrom('users').selectAll().where('user_id', '=', id).executeTakeFirst()
  return user && userArn(user.account_id, user.path, user.user_name)
}

async function isHeld(accountId: string, ownAccountId: string, reads: Reads): Promise<boolean> {
  if (accountId === ownAccountId) return true
  const account = await reads
    .selectFrom('accounts')
    .select('account_id')
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return account !== undefined
}

function invalidPrincipal(principal: string): AwsError {
  return new AwsError(MALFORMED_POLICY_DOCUMENT, `Invalid principal in policy: "AWS":"${principal}"`)
}

/** The texts under `AWS` of every statement. */
function awsPrincipals(policy: unknown): readonly string[] {
  const found: string[] = []
  withAwsPrincipals(policy, (principal) => {
    found.push(principal)
    return principal
  })
  return found
}

/** Returns the policy with each text under `AWS` replaced. */
function withAwsPrincipals(policy: unknown, replace: (principal: string) => string): unknown {
  if (!isObject(policy)) return policy
  const statements = policy.Statement
  const replaced = Array.isArray(statements)
    ? statements.map((statement) => inStatement(statement, replace))
    : inStatement(statements, replace)
  return { ...policy, Statement: replaced }
}

function inStatement(statement: unknown, replace: (principal: string) => string): unknown {
  if (!isObject(statement)) return statement
  return Object.fromEntries(
    Object.entries(statement).map(([name, value]) =>
      name === 'Principal' || name === 'NotPrincipal' ? [name, inPrincipal(value, replace)] : [name, value],
    ),
  )
}

function inPrincipal(principal: unknown, replace: (principal: string) => string): unknown {
  if (!isObject(principal)) return principal
  const named = principal.AWS
  if (typeof named === 'string') return { ...principal, AWS: replace(named) }
  if (!Array.isArray(named)) return principal
  return { ...principal, AWS: named.map((entry) => (typeof entry === 'string' ? replace(entry) : entry)) }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
