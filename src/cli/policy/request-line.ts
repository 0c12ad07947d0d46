import type { CompiledPolicy, CompileOptions } from '../../policy/compile.ts'
import {
  type DocumentedRequest,
  REQUEST_MEMBERS,
  RequestDocumentError,
  readRequestDocument,
} from '../../policy/request-document.ts'
import { type PolicyCache, PolicyTextError } from './policy-cache.ts'
import { parseRaw, RawJsonError, type RawValue, splitArray, splitObject } from './raw-json.ts'

export type RequestLine =
  | ({ readonly kind: 'request'; readonly id: unknown } & DocumentedRequest)
  | { readonly kind: 'error'; readonly id: unknown; readonly error: LineError }

/** Why a line has no answer. */
export interface LineError {
  readonly code: 'InvalidJson' | 'InvalidRequest' | 'MalformedPolicyDocument' | 'LineTooLong' | 'InvalidEncoding'
  readonly message: string
  /** Counts from 1, in the file; of a policy that is given as text, in that text. */
  readonly line: number
  readonly column: number
  /** The policy that is malformed, for example `identityPolicies[0]`. */
  readonly policy?: string
}

/**
 * Reads a line of JSON as a request with its policies, each an object or a text of JSON.
 *
 * `id` is null where the line has none, or is broken before it.
 */
export function readRequestLine(text: string, lineNumber: number, cache: PolicyCache): RequestLine {
  const members = new Map<string, RawValue>()
  try {
    splitObject({ text: text.trimEnd(), offset: 0 }, members)
    refuseMisspelt(members)
    const read = readRequestDocument(documentOf(members), (policy, options) =>
      compileRaw(policy as RawValue, options, cache),
    )
    return { kind: 'request', id: idOf(members), ...read }
  } catch (error) {
    return { kind: 'error', id: idOf(members), error: lineError(error, lineNumber, members) }
  }
}

function idOf(members: ReadonlyMap<string, RawValue>): unknown {
  const id = members.get('id')
  try {
    return id === undefined ? null : parseRaw(id)
  } catch {
    return null
  }
}

const KNOWN_MEMBERS: readonly string[] = ['id', ...REQUEST_MEMBERS]
/** A member with such a name is meant to limit: passed over in silence, it could turn a denial into an allowance. */
const MEANT_TO_LIMIT = /polic|boundar|scp|rcp/i

/** Other members that are not known are the user's notes. */
function refuseMisspelt(members: ReadonlyMap<string, RawValue>): void {
  for (const name of members.keys()) {
    if (!KNOWN_MEMBERS.includes(name) && MEANT_TO_LIMIT.test(name)) {
      throw new RequestDocumentError(name, `${name} is no member of a request; they are ${KNOWN_MEMBERS.join(', ')}`)
    }
  }
}

const POLICY_MEMBERS = ['identityPolicies', 'resourcePolicy', 'boundary', 'sessionPolicies', 'endpointPolicies']
const LEVEL_MEMBERS = ['scps', 'rcps']

/** The request as the policy engine's reader takes it; policies stay as they are. */
function documentOf(members: ReadonlyMap<string, RawValue>): Readonly<Record<string, unknown>> {
  const document: Record<string, unknown> = {}
  for (const name of REQUEST_MEMBERS) {
    const value = members.get(name)
    if (value === undefined) continue
    if (POLICY_MEMBERS.includes(name)) document[name] = rawPolicies(value)
    else if (LEVEL_MEMBERS.includes(name)) document[name] = rawLevels(value)
    else document[name] = parseRaw(value)
  }
  return document
}

function rawPolicies(value: RawValue): RawValue | readonly RawValue[] | null {
  if (value.text === 'null') return null
  return value.text.startsWith('[') ? splitArray(value) : value
}

function rawLevels(value: RawValue): unknown {
  if (!value.text.startsWith('[')) return parseRaw(value)
  return splitArray(value).map((level) => {
    if (!level.text.startsWith('{')) return parseRaw(level)
    const policies = splitObject(level).get('policies')
    return { policies: policies && rawPolicies(policies) }
  })
}

/** Where in the line, or in its own text, a policy is malformed. */
class RawPolicyError extends Error {
  readonly raw: RawValue
  readonly problem: PolicyTextError

  constructor(raw: RawValue, problem: PolicyTextError) {
    super(problem.message)
    this.raw = raw
    this.problem = problem
  }
}

function compileRaw(raw: RawValue, options: CompileOptions, cache: PolicyCache): CompiledPolicy {
  try {
    return cache.compile(isText(raw) ? String(parseRaw(raw)) : raw.text, options)
  } catch (error) {
    throw error instanceof PolicyTextError ? new RawPolicyError(raw, error) : error
  }
}

function isText({ text }: RawValue): boolean {
  return text.startsWith('"')
}

function lineError(error: unknown, line: number, members: ReadonlyMap<string, RawValue>): LineError {
  if (error instanceof RawPolicyError) {
    const { raw, problem } = error
    const place = isText(raw)
      ? { line: problem.line, column: problem.column }
      : { line, column: raw.offset + problem.column }
    const message = `${problem.source}: ${problem.message}`
    return { code: 'MalformedPolicyDocument', message, ...place, policy: problem.source }
  }
  if (error instanceof RawJsonError) {
    return { code: 'InvalidJson', message: error.message, line, column: error.offset + 1 }
  }
  if (error instanceof RequestDocumentError) {
    const [name = ''] = error.member.split(/[.[]/, 1)
    const column = (members.get(name)?.offset ?? 0) + 1
    return { code: 'InvalidRequest', message: error.message, line, column }
  }
  throw error
}
