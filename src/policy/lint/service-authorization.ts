import { compileGlob, type Glob, globMatches, globTokens } from '../match/glob.ts'

/**
 * What AWS's services authorize: actions, resource types and condition keys of the service authorization reference.
 * A value, so that the lint runs anywhere; `src/access/policies/service-authorization.ts` reads one from what the build made.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export interface ServiceAuthorization {
  /** The data package with its version. */
  readonly source: string
  /** Every service prefix, in lower case. */
  readonly prefixes: ReadonlySet<string>
  /** Keys that every service may have (`aws:…`, and a few that begin with a service). By lower-case name. */
  readonly globalKeys: ReadonlyMap<string, ConditionKey>
  /** Prefixes of keys that are no services (`saml`, `gitlab.com`, with `${…}`), and the services that read them. */
  readonly keyPrefixes: Readonly<Record<string, readonly string[]>>
  /** Services that resource control policies apply to, in lower case. */
  readonly resourceControlServices: ReadonlySet<string>
  /** Service fields of resource ARNs, and the services that define types with them (`sts` knows roles, of `iam`). */
  readonly arnServices: Readonly<Record<string, readonly string[]>>
  /** @param prefix in any case */
  service(prefix: string): AuthorizedService | undefined
}

export interface AuthorizedService {
  readonly prefix: string
  /** `Amazon S3` */
  readonly name: string
  /** By lower-case name without the prefix. */
  readonly actions: ReadonlyMap<string, AuthorizedAction>
  readonly resourceTypes: ReadonlyMap<string, ResourceType>
  /** By lower-case name. Names may have a variable part: `aws:ResourceTag/${TagKey}`. */
  readonly conditionKeys: ReadonlyMap<string, ConditionKey>
}

export type AccessLevel = 'List' | 'Read' | 'Write' | 'Tagging' | 'Permissions management'

export interface AuthorizedAction {
  /** Without the prefix, as AWS spells it. */
  readonly name: string
  readonly accessLevel: AccessLevel
  /** Empty for an action that is authorized on `*` only. */
  readonly resourceTypes: readonly ActionResource[]
  /** Keys of the action itself; those of a resource stand with the resource. */
  readonly conditionKeys: readonly string[]
}

export interface ActionResource {
  readonly name: string
  readonly conditionKeys: readonly string[]
}

export interface ResourceType {
  readonly name: string
  /** `arn:${Partition}:s3:::${BucketName}/${KeyName}` */
  readonly arn: string
  readonly conditionKeys: readonly string[]
}

export const CONDITION_KEY_TYPES = [
  'String',
  'ArrayOfString',
  'ARN',
  'ArrayOfARN',
  'Bool',
  'ArrayOfBool',
  'Numeric',
  'Date',
  'IPAddress',
] as const

export type ConditionKeyType = (typeof CONDITION_KEY_TYPES)[number]

export interface ConditionKey {
  readonly name: string
  readonly type: ConditionKeyType
}

/** Finds a key by its name in any case, also one with a variable part (`aws:ResourceTag/team`). */
export function findConditionKey(authorization: ServiceAuthorization, name: string): ConditionKey | undefined {
  const key = name.toLowerCase()
  const global = findIn(authorization.globalKeys, key)
  if (global || key.startsWith('aws:')) return global
  for (const service of servicesOfKey(authorization, key)) {
    const found = service && findIn(service.conditionKeys, key)
    if (found) return found
  }
  return undefined
}

/** Is the first part of a key a service, or a prefix that belongs to one? */
export function isKnownKeyPrefix(authorization: ServiceAuthorization, name: string): boolean {
  return servicesOfKey(authorization, name.toLowerCase()).length > 0
}

function servicesOfKey(authorization: ServiceAuthorization, key: string): readonly (AuthorizedService | undefined)[] {
  const colon = key.indexOf(':')
  const prefix = colon < 0 ? key : key.slice(0, colon)
  if (authorization.prefixes.has(prefix)) return [authorization.service(prefix)]
  const known = prefixTemplatesOf(authorization).find(({ glob }) => globMatches(glob, prefix))
  return (known?.services ?? []).map((service) => authorization.service(service))
}

interface PrefixTemplate {
  readonly glob: Glob
  readonly services: readonly string[]
}

const prefixTemplatesByData = new WeakMap<ServiceAuthorization, readonly PrefixTemplate[]>()

function prefixTemplatesOf(authorization: ServiceAuthorization): readonly PrefixTemplate[] {
  const known = prefixTemplatesByData.get(authorization)
  if (known) return known
  const templates = Object.entries(authorization.keyPrefixes).map(([pattern, services]) => ({
    glob: templateGlob(pattern),
    services,
  }))
  prefixTemplatesByData.set(authorization, templates)
  return templates
}

function findIn(keys: ReadonlyMap<string, ConditionKey>, key: string): ConditionKey | undefined {
  const exact = keys.get(key)
  if (exact) return exact
  const templates = templatesOf(keys)
  return templates.find(({ glob }) => globMatches(glob, key))?.key
}

interface KeyTemplate {
  readonly glob: Glob
  readonly key: ConditionKey
}

const templatesByKeys = new WeakMap<ReadonlyMap<string, ConditionKey>, readonly KeyTemplate[]>()

function templatesOf(keys: ReadonlyMap<string, ConditionKey>): readonly KeyTemplate[] {
  const known = templatesByKeys.get(keys)
  if (known) return known
  const templates = [...keys]
    .filter(([name]) => /\$\{|<key>$|\/tag-key$/.test(name))
    .map(([name, key]) => ({ glob: templateGlob(name), key }))
  templatesByKeys.set(keys, templates)
  return templates
}

/** A variable part stands for at least one character. */
function templateGlob(template: string): Glob {
  return compileGlob(globTokens(template.toLowerCase().replace(/\$\{[^}]*\}|<key>$|(?<=\/)tag-key$/g, '?*')))
}
