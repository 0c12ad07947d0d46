import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

/** The policies that AWS manages, `arn:aws:iam::aws:policy/…`: readable and attachable, never writable. */
export interface ManagedPolicyCatalog {
  find(arn: string): ManagedPolicy | undefined
  /** @returns undefined where there is no such policy or version; a few old versions are not in the data */
  findVersion(arn: string, versionId: string): ManagedPolicyDocument | undefined
  /** The versions of a policy, newest first; empty where there is no such policy. */
  versions(arn: string): readonly ManagedPolicyVersion[]
  /** A page of the policies, ordered by lower-case name. */
  list(page: ManagedPolicyPage): readonly ManagedPolicy[]
}

export interface ManagedPolicy {
  readonly arn: string
  readonly policyName: string
  /** Starts and ends with a slash. */
  readonly path: string
  /** `ANPA…`, derived from the ARN: the same in every installation, but not the id that AWS gave the policy. */
  readonly policyId: string
  /** `v1`, `v2`, … */
  readonly defaultVersionId: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly updatedAt: number
}

export interface ManagedPolicyVersion {
  readonly versionId: string
  readonly isDefaultVersion: boolean
  readonly createdAt: number
}

export interface ManagedPolicyDocument extends ManagedPolicyVersion {
  /** JSON text. */
  readonly document: string
}

export interface ManagedPolicyPage {
  /** Only policies whose path starts with it. */
  readonly pathPrefix?: string
  /** The name of the last policy of the page before, in any case; need not exist any more. */
  readonly after?: string
  readonly limit: number
}

/** What scripts/build-managed-policies.ts writes as `index.json`. */
export interface ManagedPolicyIndex {
  readonly format: number
  /** The data package with its version. */
  readonly source: string
  /** Name of the file beside the index that holds the documents. */
  readonly documentsFile: string
  /** Ordered by lower-case name. */
  readonly policies: readonly IndexedPolicy[]
}

export interface IndexedPolicy extends ManagedPolicy {
  /** Where the policy's documents are in the documents file: one Brotli stream, a line a version, in the order of `versions`. */
  readonly offset: number
  readonly length: number
  /** Number and creation time of each version, oldest first. */
  readonly versions: readonly (readonly [number: number, createdAt: number])[]
}

export const MANAGED_POLICY_INDEX_FORMAT = 1
export const MANAGED_POLICY_INDEX_FILE = 'index.json'

/** Document text kept in memory; the default versions of all policies together are about 4 million characters. */
const CACHED_CHARACTERS_MAX = 4_000_000
const NEWLINE = 0x0a

/**
 * Opens what `npm run prepare` built: reads the index and the compressed documents (1.4 MB together, a few ms). Documents are
 * decompressed when they are asked for.
 *
 * @param folder  build/managed-policies of the project
 * @throws Error that says what to run where the build output is missing or of another format
 */
export function openManagedPolicyCatalog(folder: string): ManagedPolicyCatalog {
  const { policies, documentsFile } = readIndex(folder)
  const byArn = new Map(policies.map((policy) => [policy.arn, policy]))
  const sortKeys = policies.map((policy) => policy.policyName.toLowerCase())
  const cache = new DocumentCache(CACHED_CHARACTERS_MAX)
  const documents = readBuilt(folder, documentsFile)

  function readDocument(policy: IndexedPolicy, position: number): string {
    return decompressLine(documents.subarray(policy.offset, policy.offset + policy.length), position)
  }

  return {
    find: (arn) => byArn.get(arn),
    findVersion(arn, versionId) {
      const policy = byArn.get(arn)
      const position = policy?.versions.findIndex(([number]) => `v${number}` === versionId) ?? -1
      const version = policy?.versions[position]
      if (policy === undefined || version === undefined) return undefined
      const document = cache.load(`${arn} ${versionId}`, () => readDocument(policy, position))
      return { ...describeVersion(policy, version), document }
    },
    versions(arn) {
      const policy = byArn.get(arn)
      return policy === undefined ? [] : policy.versions.map((version) => describeVersion(policy, version)).reverse()
    },
    list: ({ pathPrefix = '/', after, limit }) =>
      policies
        .slice(after === undefined ? 0 : positionAfter(sortKeys, after.toLowerCase()))
        .filter((policy) => policy.path.startsWith(pathPrefix))
        .slice(0, limit),
  }
}

function readIndex(folder: string): ManagedPolicyIndex {
  const index: ManagedPolicyIndex = JSON.parse(readBuilt(folder, MANAGED_POLICY_INDEX_FILE).toString())
  if (index.format !== MANAGED_POLICY_INDEX_FORMAT) throw notBuilt(folder, `its format is ${index.format}`)
  return index
}

function readBuilt(folder: string, file: string): Buffer {
  try {
    return readFileSync(join(folder, file))
  } catch (cause) {
    throw notBuilt(folder, `${file} cannot be read`, cause)
  }
}

function notBuilt(folder: string, reason: string, cause?: unknown): Error {
  return new Error(
    `The AWS managed policies in ${folder} are not usable: ${reason}. Run "npm run prepare" in the project's folder to build them.`,
    { cause },
  )
}

/** Returns one line as a string of its own: a slice of the whole text would keep all of it (up to 5 MB) in memory. */
function decompressLine(stream: Uint8Array, position: number): string {
  const lines = brotliDecompressSync(stream)
  let start = 0
  for (let skipped = 0; skipped < position; skipped++) start = lines.indexOf(NEWLINE, start) + 1
  const end = lines.indexOf(NEWLINE, start)
  return lines.toString('utf8', start, end === -1 ? lines.length : end)
}

function describeVersion(
  policy: IndexedPolicy,
  [number, createdAt]: IndexedPolicy['versions'][number],
): ManagedPolicyVersion {
  const versionId = `v${number}`
  return { versionId, isDefaultVersion: versionId === policy.defaultVersionId, createdAt }
}

/** Binary search: the position of the first key that is greater than `key`. */
function positionAfter(sortKeys: readonly string[], key: string): number {
  let low = 0
  let high = sortKeys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sortKeys[middle] ?? '') <= key) low = middle + 1
    else high = middle
  }
  return low
}

/** Keeps the texts that were used last, up to a number of characters. */
class DocumentCache {
  readonly #texts = new Map<string, string>()
  readonly #charactersMax: number
  #characters = 0

  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax
  }

  load(key: string, read: () => string): string {
    const known = this.#texts.get(key)
    const text = known ?? read()
    if (known === undefined) this.#characters += text.length
    this.#texts.delete(key)
    this.#texts.set(key, text)
    this.#shrink()
    return text
  }

  #shrink(): void {
    for (const [key, text] of this.#texts) {
      if (this.#characters <= this.#charactersMax) return
      this.#texts.delete(key)
      this.#characters -= text.length
    }
  }
}
