import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AccessLevel,
  type AuthorizedService,
  CONDITION_KEY_TYPES,
  type ConditionKey,
  type ServiceAuthorization,
} from '../../policy/index.ts'

/** First line of what scripts/build-service-authorization.ts writes; a line a service follows it. */
export interface ServiceAuthorizationIndex {
  readonly format: number
  /** The data package with its version. */
  readonly source: string
  /** Prefix, name, and where the service's line is: bytes after the first line. */
  readonly services: readonly (readonly [prefix: string, name: string, offset: number, length: number])[]
  readonly globalKeys: readonly CompactKey[]
  readonly keyPrefixes: Readonly<Record<string, readonly string[]>>
  readonly arnServices: Readonly<Record<string, readonly string[]>>
  readonly resourceControlServices: readonly string[]
}

/** A service's line. Numbers in lists of keys and resource types are places in `keys` and `resourceTypes`. */
export interface CompactService {
  readonly keys: readonly CompactKey[]
  readonly resourceTypes: readonly (readonly [name: string, arn: string, keys: readonly number[]])[]
  readonly actions: readonly CompactAction[]
}

/** Name, and place of the type in `CONDITION_KEY_TYPES`. */
export type CompactKey = readonly [name: string, type: number]

export type CompactAction = readonly [
  name: string,
  /** Place in `ACCESS_LEVELS`. */
  level: number,
  keys: readonly number[],
  /** Resource type (a place in the service's list, or the name of a type that is not in it) and the keys that come with it. */
  resources: readonly (readonly [type: number | string, keys: readonly number[]])[],
]

export const SERVICE_AUTHORIZATION_FORMAT = 2
export const SERVICE_AUTHORIZATION_FILE = 'service-authorization.jsonl'
export const ACCESS_LEVELS: readonly AccessLevel[] = ['List', 'Read', 'Write', 'Tagging', 'Permissions management']

const NEWLINE = 0x0a

/**
 * Opens what `npm run prepare` built: reads the file and its first line (a few ms). A service is parsed when it is asked for.
 *
 * @param folder  build/service-authorization of the project
 * @throws Error that says what to run where the build output is missing or of another format
 */
export function openServiceAuthorization(folder: string): ServiceAuthorization {
  const content = readBuilt(folder)
  const body = content.indexOf(NEWLINE) + 1
  const index: ServiceAuthorizationIndex = JSON.parse(content.toString('utf8', 0, body))
  if (index.format !== SERVICE_AUTHORIZATION_FORMAT) throw notBuilt(folder, `its format is ${index.format}`)
  const places = new Map(index.services.map((place) => [place[0], place]))
  const parsed = new Map<string, AuthorizedService>()

  function parse(prefix: string): AuthorizedService | undefined {
    const place = places.get(prefix)
    if (place === undefined) return undefined
    const [, name, offset, length] = place
    const compact: CompactService = JSON.parse(content.toString('utf8', body + offset, body + offset + length))
    return unfold(prefix, name, compact)
  }

  return {
    source: index.source,
    prefixes: new Set(places.keys()),
    globalKeys: keysByName(index.globalKeys.map(unfoldKey)),
    keyPrefixes: index.keyPrefixes,
    arnServices: index.arnServices,
    resourceControlServices: new Set(index.resourceControlServices),
    service(prefix) {
      const lower = prefix.toLowerCase()
      const known = parsed.get(lower)
      if (known) return known
      const service = parse(lower)
      if (service) parsed.set(lower, service)
      return service
    },
  }
}

function readBuilt(folder: string): Buffer {
  try {
    return readFileSync(join(folder, SERVICE_AUTHORIZATION_FILE))
  } catch (cause) {
    throw notBuilt(folder, `${SERVICE_AUTHORIZATION_FILE} cannot be read`, cause)
  }
}

function notBuilt(folder: string, reason: string, cause?: unknown): Error {
  return new Error(
    `The service authorization data in ${folder} is not usable: ${reason}. Run "npm run prepare" in the project's folder to build it.`,
    { cause },
  )
}

function unfold(prefix: string, name: string, compact: CompactService): AuthorizedService {
  const keys = compact.keys.map(unfoldKey)
  const namesAt = (places: readonly number[]): readonly string[] => places.map((place) => keys[place]?.name ?? '')
  const resourceTypes = compact.resourceTypes.map(([type, arn, places]) => ({
    name: type,
    arn,
    conditionKeys: namesAt(places),
  }))
  const actions = compact.actions.map(([action, level, places, resources]) => ({
    name: action,
    accessLevel: ACCESS_LEVELS[level] ?? 'Write',
    conditionKeys: namesAt(places),
    resourceTypes: resources.map(([type, resourceKeys]) => ({
      name: typeof type === 'string' ? type : (resourceTypes[type]?.name ?? ''),
      conditionKeys: namesAt(resourceKeys),
    })),
  }))
  return {
    prefix,
    name,
    actions: new Map(actions.map((action) => [action.name.toLowerCase(), action])),
    resourceTypes: new Map(resourceTypes.map((type) => [type.name, type])),
    conditionKeys: keysByName(keys),
  }
}

function unfoldKey([name, type]: CompactKey): ConditionKey {
  return { name, type: CONDITION_KEY_TYPES[type] ?? 'String' }
}

function keysByName(keys: readonly ConditionKey[]): ReadonlyMap<string, ConditionKey> {
  return new Map(keys.map((key) => [key.name.toLowerCase(), key]))
}
