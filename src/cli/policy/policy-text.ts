import path from 'node:path'
import type { ManagedPolicyCatalog } from '../../access/policies/managed-policy-catalog.ts'
import { loadManagedPolicies } from '../built-data.ts'
import { UsageError } from '../usage-error.ts'
import { type DocumentPath, type LocatedDocument, placeText, readTextFile } from './located-document.ts'
import { PolicyCache, PolicyTextError } from './policy-cache.ts'

/** A policy that a test names: its text, and where people find it. Lines of the text are lines of the file. */
export interface PolicyText {
  /** What decisions and explanations call it. */
  readonly name: string
  readonly file: string
  readonly text: string
  /** Of the file, for showing one. */
  readonly lines: readonly string[]
}

const MANAGED_POLICY = /^arn:[^:]+:iam::aws:policy\//

/** The policies of one test file: named in it, written in it, in files beside it, or AWS's own by ARN. */
export class PolicyShelf {
  readonly #document: LocatedDocument
  readonly #named: Readonly<Record<string, unknown>>
  readonly #texts = new Map<string, PolicyText>()
  readonly #cache = new PolicyCache()
  #catalog: ManagedPolicyCatalog | undefined

  /** @param named  the member `policies` of the document */
  constructor(document: LocatedDocument, named: Readonly<Record<string, unknown>>) {
    this.#document = document
    this.#named = named
  }

  get names(): readonly string[] {
    return Object.keys(this.#named)
  }

  /** A policy by its source, as decisions name it. */
  textOf(source: string): PolicyText | undefined {
    return this.#texts.get(source)
  }

  /**
   * Finds what a reference means and checks that it is a policy.
   *
   * @param reference  a name, a file, an ARN of AWS's policies, or a document
   * @throws UsageError with the place of the reference, or of what is wrong in the policy
   */
  find(reference: unknown, at: DocumentPath): PolicyText {
    const isNamed = typeof reference === 'string' && Object.hasOwn(this.#named, reference)
    const name = typeof reference === 'string' ? reference : at.join('.')
    const known = this.#texts.get(name)
    if (known) return known
    const found = isNamed ? this.#read(name, this.#named[name], ['policies', name]) : this.#read(name, reference, at)
    this.#check(found)
    this.#texts.set(name, found)
    return found
  }

  #read(name: string, reference: unknown, at: DocumentPath): PolicyText {
    if (typeof reference === 'string') {
      if (MANAGED_POLICY.test(reference)) return this.#managed(name, reference, at)
      return this.#fromFile(name, reference, at)
    }
    if (typeof reference !== 'object' || reference === null || Array.isArray(reference)) {
      throw this.#document.refuse(at, `a policy is a name of "policies", a file, or a document; this is none`)
    }
    const { file, text } = this.#document
    return { name, file, text: alignedText(reference, at, this.#document), lines: text.split('\n') }
  }

  #fromFile(name: string, reference: string, at: DocumentPath): PolicyText {
    if (!/[./]/.test(reference)) {
      const names = this.names.length === 0 ? 'there are none' : this.names.join(', ')
      throw this.#document.refuse(at, `there is no policy "${reference}" in "policies" (${names})`)
    }
    const file = path.join(path.dirname(this.#document.file), reference)
    try {
      const text = readTextFile(path.isAbsolute(reference) ? reference : file)
      return { name, file, text, lines: text.split('\n') }
    } catch (error) {
      throw error instanceof UsageError ? this.#document.refuse(at, error.message) : error
    }
  }

  #managed(name: string, arn: string, at: DocumentPath): PolicyText {
    this.#catalog ??= loadManagedPolicies()
    const policy = this.#catalog.find(arn)
    const version = policy && this.#catalog.findVersion(arn, policy.defaultVersionId)
    if (!version) throw this.#document.refuse(at, `AWS has no policy ${arn}, or it is newer than this program`)
    return { name, file: arn, text: version.document, lines: version.document.split('\n') }
  }

  #check({ name, file, text }: PolicyText): void {
    try {
      this.#cache.compile(text, { source: name })
    } catch (error) {
      if (!(error instanceof PolicyTextError)) throw error
      const { line, column, message } = error
      throw new UsageError(`${placeText({ file, line, column })}: ${message}`)
    }
  }

  /** The policy engine's form of a text that was found here. */
  compile({ name, text }: PolicyText) {
    return this.#cache.compile(text, { source: name })
  }
}

/**
 * Writes a document of a YAML file as JSON, each part on the line on which it stands in the file: so what the policy engine says about lines is true of
 * the file.
 */
function alignedText(policy: object, at: DocumentPath, document: LocatedDocument): string {
  let line = 1
  const moveTo = (path: DocumentPath): string => {
    const lines = Math.max(0, document.place(path).line - line)
    line += lines
    return '\n'.repeat(lines)
  }
  const write = (value: unknown, path: DocumentPath): string => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    if (Array.isArray(value)) {
      return `[${value.map((one, place) => moveTo([...path, place]) + write(one, [...path, place])).join(',')}]`
    }
    const members = Object.entries(value).map(
      ([name, one]) => `${moveTo([...path, name])}${JSON.stringify(name)}:${write(one, [...path, name])}`,
    )
    return `{${members.join(',')}}`
  }
  return moveTo(at) + write(policy, at)
}
