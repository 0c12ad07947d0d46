import type { CompiledPolicy, CompileOptions } from './compile.ts'
import type { AccessRequest, ContextValue, PolicySets, RequestPrincipal } from './request.ts'

/** The members of a request document: one request with all the policies that apply to it, as JSON. */
export const REQUEST_MEMBERS = [
  'principal',
  'action',
  'resource',
  'resourceAccount',
  'context',
  'identityPolicies',
  'resourcePolicy',
  'resourceKind',
  'boundary',
  'sessionPolicies',
  'scps',
  'rcps',
  'endpointPolicies',
  'principalIds',
] as const

export interface DocumentedRequest {
  readonly request: AccessRequest
  readonly sets: PolicySets
}

/** The document is not a request that could be judged. */
export class RequestDocumentError extends Error {
  /** The member that is wrong or missing, for example `principal.arn` or `scps[0].policies`. */
  readonly member: string

  constructor(member: string, message: string) {
    super(message)
    this.member = member
  }
}

type Json = Readonly<Record<string, unknown>>
type Compile = (policy: unknown, options: CompileOptions) => CompiledPolicy

/**
 * Reads a request and compiles its policies.
 *
 * What is absent or null: `resource` is `*`; `resourceAccount` is the account of the resource's ARN, else the principal's; the context is empty; a layer
 * of policies does not limit, and neither does an empty list, because that is how JSON has "none". Other members than `REQUEST_MEMBERS` are not looked at.
 *
 * @param compile  gets each policy as it stands in the document, with `source` saying where (`scps[0].policies[1]`)
 * @throws RequestDocumentError, and what `compile` throws
 */
export function readRequestDocument(document: Json, compile: Compile): DocumentedRequest {
  const principal = readPrincipal(document.principal)
  const action = requiredText(document.action, 'action')
  const resource = optionalText(document.resource, 'resource') ?? '*'
  const resourceAccount =
    optionalText(document.resourceAccount, 'resourceAccount') ?? accountOf(resource) ?? accountOfPrincipal(principal)
  const request = { principal, action, resource, resourceAccount, context: readContext(document.context) }
  return { request, sets: readPolicySets(document, request, compile) }
}

function readPolicySets(document: Json, request: AccessRequest, compile: Compile): PolicySets {
  const principalIds = readPrincipalIds(document.principalIds)
  const one = (policy: unknown, source: string): CompiledPolicy => compile(policy, { source, principalIds })
  const list = (value: unknown, member: string): readonly CompiledPolicy[] =>
    readList(value, member).map((policy, place) => one(policy, `${member}[${place}]`))
  const layer = (member: string): readonly CompiledPolicy[] | undefined => {
    const value = document[member]
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return undefined
    return Array.isArray(value) ? list(value, member) : [one(value, member)]
  }
  const levels = (member: string): PolicySets['serviceControl'] =>
    isNone(document[member])
      ? undefined
      : readList(document[member], member).map((level, place) =>
          list(readObject(level, `${member}[${place}]`).policies, `${member}[${place}].policies`),
        )
  const resource = isNone(document.resourcePolicy) ? undefined : one(document.resourcePolicy, 'resourcePolicy')
  return {
    identity: isNone(document.identityPolicies) ? [] : list(document.identityPolicies, 'identityPolicies'),
    resource,
    resourceKind: readResourceKind(document.resourceKind) ?? resourceKindOf(request, resource !== undefined),
    boundary: layer('boundary'),
    session: layer('sessionPolicies'),
    serviceControl: levels('scps'),
    resourceControl: levels('rcps'),
    endpoint: layer('endpointPolicies'),
  }
}

/** Actions that a role's trust policy has to allow, whoever asks. */
const TRUSTED_ACTION = /^sts:AssumeRole(?:With(?:SAML|WebIdentity))?$/i
/** What may come with them is judged by the same policy, where that is at hand. */
const ACCOMPANYING_ACTION = /^sts:(?:TagSession|SetSourceIdentity|SetContext)$/i
const KMS_KEY = /^arn:[^:]*:kms:[^:]*:[^:]*:key\//

/**
 * Whether the resource's policy must allow by itself: a role's trust policy always, a KMS key's where it is given.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
function resourceKindOf({ action, resource }: AccessRequest, hasPolicy: boolean): PolicySets['resourceKind'] {
  if (TRUSTED_ACTION.test(action)) return 'trust'
  if (!hasPolicy) return undefined
  return ACCOMPANYING_ACTION.test(action) || KMS_KEY.test(resource) ? 'trust' : 'resource'
}

function readResourceKind(value: unknown): PolicySets['resourceKind'] {
  if (isNone(value)) return undefined
  if (value === 'trust' || value === 'resource') return value
  throw new RequestDocumentError('resourceKind', 'resourceKind is "trust" or "resource"')
}

interface PrincipalArn {
  readonly arn: string
  readonly accountId: string
  readonly name: string
}

interface PrincipalDocument {
  readonly text: (member: string) => string
  readonly optional: (member: string) => string | undefined
  /** The member `arn`, which has to be of this kind; `name` is what stands behind the kind. */
  readonly arn: (service: string, kind: string) => PrincipalArn
}

const PRINCIPALS: Readonly<Record<RequestPrincipal['type'], (document: PrincipalDocument) => RequestPrincipal>> = {
  root: (document) => ({ type: 'root', accountId: document.arn('iam', 'root').accountId }),
  user: (document) => ({ type: 'user', ...identity(document, 'user/') }),
  role: (document) => ({ type: 'role', ...identity(document, 'role/') }),
  'assumed-role': (document) => {
    const { arn, accountId, name } = document.arn('sts', 'assumed-role/')
    const [, partition] = arn.split(':')
    const roleArn = document.optional('roleArn') ?? `arn:${partition}:iam::${accountId}:role/${name.split('/')[0]}`
    // `aws:userid` and the console show the id with the session's name behind it.
    return { type: 'assumed-role', arn, accountId, roleArn, id: document.optional('id')?.split(':')[0] }
  },
  'federated-user': (document) => {
    const { arn, accountId } = document.arn('sts', 'federated-user/')
    return { type: 'federated-user', arn, accountId, userArn: document.optional('userArn') }
  },
  federated: (document) => {
    const provider = document.optional('provider') ?? document.optional('arn') ?? document.text('provider')
    return { type: 'federated', provider, accountId: accountOf(provider) }
  },
  service: (document) => ({ type: 'service', service: document.text('service') }),
  canonical: (document) => ({ type: 'canonical', id: document.text('id') }),
  anonymous: () => ({ type: 'anonymous' }),
}

/**
 * Reads a principal: `type` and what belongs to it.
 * @throws RequestDocumentError
 */
export function readPrincipal(value: unknown): RequestPrincipal {
  const given = readObject(value, 'principal')
  const type = requiredText(given.type, 'principal.type')
  if (!isPrincipalType(type)) {
    throw new RequestDocumentError('principal.type', `principal.type is one of ${Object.keys(PRINCIPALS).join(', ')}`)
  }
  const document: PrincipalDocument = {
    text: (member) => requiredText(given[member], `principal.${member}`),
    optional: (member) => optionalText(given[member], `principal.${member}`),
    arn: (service, kind) => {
      const arn = requiredText(given.arn, 'principal.arn')
      const [prefix, , arnService, , accountId, ...rest] = arn.split(':')
      const resource = rest.join(':')
      const isMeant = kind.endsWith('/')
        ? resource.length > kind.length && resource.startsWith(kind)
        : resource === kind
      if (prefix !== 'arn' || arnService !== service || !accountId || !isMeant) {
        const example = `arn:aws:${service}::111122223333:${kind}${kind.endsWith('/') ? '…' : ''}`
        throw new RequestDocumentError(
          'principal.arn',
          `principal.arn of a principal of type ${type} is like ${example}`,
        )
      }
      return { arn, accountId, name: resource.slice(kind.length) }
    },
  }
  return PRINCIPALS[type](document)
}

function isPrincipalType(type: string): type is RequestPrincipal['type'] {
  return Object.hasOwn(PRINCIPALS, type)
}

function identity(document: PrincipalDocument, kind: string) {
  const { arn, accountId } = document.arn('iam', kind)
  return { arn, accountId, id: document.optional('id') }
}

function accountOf(arn: string): string | undefined {
  const account = arn.split(':', 5)[4]
  return account !== undefined && /^\d{12}$/.test(account) ? account : undefined
}

function accountOfPrincipal(principal: RequestPrincipal): string {
  return ('accountId' in principal ? principal.accountId : undefined) ?? ''
}

/**
 * Reads condition keys and their values; numbers and booleans become their text, a key that is null is absent.
 * @throws RequestDocumentError
 */
export function readContext(value: unknown): ReadonlyMap<string, ContextValue> {
  const context = new Map<string, ContextValue>()
  if (isNone(value)) return context
  for (const [key, given] of Object.entries(readObject(value, 'context'))) {
    if (given === null) continue
    const member = `context.${key}`
    const name = key.toLowerCase()
    if (context.has(name)) {
      throw new RequestDocumentError(member, `${member} stands twice: keys compare without case`)
    }
    context.set(name, Array.isArray(given) ? given.map((one) => contextText(one, member)) : contextText(given, member))
  }
  return context
}

function contextText(value: unknown, member: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'number') {
    throw new RequestDocumentError(member, `${member} is a text, number or boolean, or a list of them`)
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RequestDocumentError(member, `${member} is too large a number to be exact: write it as a text`)
  }
  return String(value)
}

function readPrincipalIds(value: unknown): Readonly<Record<string, string>> | undefined {
  if (isNone(value)) return undefined
  const given = Object.entries(readObject(value, 'principalIds'))
  return Object.fromEntries(given.map(([arn, id]) => [arn, requiredText(id, `principalIds.${arn}`)]))
}

function isNone(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

function readObject(value: unknown, member: string): Json {
  if (isNone(value)) throw new RequestDocumentError(member, `${member} is missing`)
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new RequestDocumentError(member, `${member} is an object`)
  }
  return value as Json
}

function readList(value: unknown, member: string): readonly unknown[] {
  if (isNone(value)) throw new RequestDocumentError(member, `${member} is missing`)
  if (!Array.isArray(value)) throw new RequestDocumentError(member, `${member} is a list`)
  return value
}

function requiredText(value: unknown, member: string): string {
  const text = optionalText(value, member)
  if (text === undefined) throw new RequestDocumentError(member, `${member} is missing`)
  return text
}

function optionalText(value: unknown, member: string): string | undefined {
  if (isNone(value)) return undefined
  if (typeof value !== 'string') throw new RequestDocumentError(member, `${member} is a text`)
  return value
}
