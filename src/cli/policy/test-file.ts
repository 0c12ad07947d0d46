import type { Decision, PolicyLayer } from '../../policy/request.ts'
import type { DocumentedRequest } from '../../policy/request-document.ts'
import {
  REQUEST_MEMBERS,
  RequestDocumentError,
  readContext,
  readPrincipal,
  readRequestDocument,
} from '../../policy/request-document.ts'
import { type DocumentPath, LocatedDocument, type Place } from './located-document.ts'
import { PolicyShelf, type PolicyText } from './policy-text.ts'
import { principalContext } from './principal-context.ts'
import { PRINCIPAL_FORMS, parsePrincipalText } from './principal-text.ts'

/** A file of policy tests, read and checked. */
export interface TestFile {
  readonly file: string
  readonly policies: PolicyShelf
  readonly cases: readonly TestCase[]
}

/** One question of a test; a test with several actions or resources asks several. */
export interface TestCase extends DocumentedRequest {
  readonly name: string
  readonly place: Place
  readonly expected: Expectation
}

export interface Expectation {
  readonly decision: (typeof EXPECTATIONS)[number]
  /** Sid of a statement that decided. */
  readonly sid?: string
  readonly layer?: PolicyLayer
  readonly policy?: string
}

/** `denied` is either kind of denial. */
const EXPECTATIONS = ['allowed', 'denied', 'explicitDeny', 'implicitDeny'] as const satisfies readonly (
  | Decision['decision']
  | 'denied'
)[]

const LAYERS: readonly PolicyLayer[] = [
  'identity',
  'resource',
  'boundary',
  'session',
  'service-control',
  'resource-control',
  'endpoint',
]

const FILE_MEMBERS = ['policies', 'defaults', 'tests']
/** A test names principals by ARN: ids that entities had when a policy was saved are a server's matter. */
const QUESTION_MEMBERS: readonly string[] = REQUEST_MEMBERS.filter((name) => name !== 'principalIds')
const TEST_MEMBERS = ['name', 'expect', 'by', ...QUESTION_MEMBERS]
const POLICY_LIST_MEMBERS = ['identityPolicies', 'boundary', 'sessionPolicies', 'endpointPolicies']

/** Who asks where a test does not say: somebody with no name in any policy. */
const DEFAULT_ACCOUNT = '111122223333'
const DEFAULT_PRINCIPAL = `arn:aws:sts::${DEFAULT_ACCOUNT}:assumed-role/policy-test/session`

/** Questions of one file; own limit, so that lists of actions and resources cannot multiply without end. */
const CASES_MAX = 100_000

type Json = Readonly<Record<string, unknown>>

/**
 * Reads a file of policy tests (docs/policy-testing.md).
 * @throws UsageError with file, line and column of the first thing that is wrong
 */
export function readTestFile(file: string): TestFile {
  const reader = new TestFileReader(new LocatedDocument(file))
  return reader.read()
}

class TestFileReader {
  readonly #document: LocatedDocument
  readonly #root: Json
  readonly #policies: PolicyShelf
  readonly #defaults: Json

  constructor(document: LocatedDocument) {
    this.#document = document
    this.#root = this.#map(document.value, [], FILE_MEMBERS)
    this.#policies = new PolicyShelf(document, this.#map(this.#root.policies ?? {}, ['policies']))
    this.#defaults = this.#map(this.#root.defaults ?? {}, ['defaults'], QUESTION_MEMBERS)
  }

  read(): TestFile {
    const { tests } = this.#root
    if (!Array.isArray(tests) || tests.length === 0) {
      throw this.#document.refuse(['tests'], '"tests" is a list of at least one test')
    }
    for (const name of this.#policies.names) this.#policies.find(name, ['policies', name])
    const cases = tests.flatMap((test, place) => this.#cases(test, ['tests', place]))
    if (cases.length > CASES_MAX) throw this.#document.refuse(['tests'], `more than ${CASES_MAX} questions`)
    return { file: this.#document.file, policies: this.#policies, cases }
  }

  #cases(value: unknown, at: DocumentPath): readonly TestCase[] {
    const test = this.#map(value, at, TEST_MEMBERS)
    const expected = this.#expectation(test, at)
    const actions = this.#texts(test, 'action', at)
    if (actions.length === 0) throw this.#document.refuse(at, 'the test has no "action"')
    const resources = this.#texts(test, 'resource', at)
    const name = this.#optionalText(test.name, [...at, 'name'])
    const questions = actions.flatMap((action) =>
      (resources.length === 0 ? ['*'] : resources).map((resource) => ({ action, resource })),
    )
    return questions.map((question) => ({
      name: caseName(name, question, questions.length),
      place: this.#document.place(at),
      expected,
      ...this.#request(test, question, at),
    }))
  }

  #request(test: Json, question: { readonly action: string; readonly resource: string }, at: DocumentPath) {
    const given = (member: string): { readonly value: unknown; readonly at: DocumentPath } =>
      Object.hasOwn(test, member)
        ? { value: test[member], at: [...at, member] }
        : { value: this.#defaults[member], at: ['defaults', member] }
    const written = this.#principal(given('principal'))
    const document: Record<string, unknown> = { ...question, principal: written.principal }
    for (const member of ['resourceAccount', 'resourceKind']) document[member] = given(member).value
    for (const member of POLICY_LIST_MEMBERS) document[member] = this.#policyList(given(member))
    document.identityPolicies ??= this.#mentionsPolicies(test) ? undefined : this.#allPolicies()
    for (const member of ['scps', 'rcps']) document[member] = this.#levels(given(member))
    const resourcePolicy = given('resourcePolicy')
    document.resourcePolicy = isNone(resourcePolicy.value)
      ? undefined
      : this.#policies.find(resourcePolicy.value, resourcePolicy.at)
    return this.#located(at, () => {
      const read = readRequestDocument(document, (policy) => this.#policies.compile(policy as PolicyText))
      return { ...read, request: { ...read.request, context: this.#context(test, written.context, read) } }
    })
  }

  /** The caller's keys, then those of the principal's text, the defaults and the test; a later one wins, and null takes a key away. */
  #context(test: Json, ofText: Json, { request }: DocumentedRequest) {
    const known = { ...principalContext(request.principal), 'aws:ResourceAccount': request.resourceAccount }
    const merged = new Map<string, readonly [key: string, value: unknown]>()
    for (const keys of [known, ofText, this.#defaults.context ?? {}, test.context ?? {}]) {
      readContext(keys)
      for (const [key, value] of Object.entries(keys)) merged.set(key.toLowerCase(), [key, value])
    }
    return readContext(Object.fromEntries(merged.values()))
  }

  #principal({ value, at }: { readonly value: unknown; readonly at: DocumentPath }) {
    if (value !== null && typeof value === 'object') {
      return this.#located(at.slice(0, -1), () => {
        readPrincipal(value)
        return { principal: value, context: {} }
      })
    }
    const text = isNone(value) ? DEFAULT_PRINCIPAL : value
    const written = typeof text === 'string' ? parsePrincipalText(text, DEFAULT_ACCOUNT) : undefined
    if (!written) throw this.#document.refuse(at, `a principal is ${PRINCIPAL_FORMS}, or an object with a type`)
    return written
  }

  #policyList({ value, at }: { readonly value: unknown; readonly at: DocumentPath }) {
    if (isNone(value)) return undefined
    return Array.isArray(value)
      ? value.map((one, place) => this.#policies.find(one, [...at, place]))
      : [this.#policies.find(value, at)]
  }

  #levels({ value, at }: { readonly value: unknown; readonly at: DocumentPath }) {
    if (isNone(value)) return undefined
    if (!Array.isArray(value)) throw this.#document.refuse(at, 'levels are a list, from the root to the account')
    return value.map((level, place) => {
      const { policies } = this.#map(level, [...at, place], ['target', 'policies'])
      return { policies: this.#policyList({ value: policies, at: [...at, place, 'policies'] }) ?? [] }
    })
  }

  /** Where nothing says which policies apply, all that the file names are the caller's. */
  #mentionsPolicies(test: Json): boolean {
    const layers = [...POLICY_LIST_MEMBERS, 'resourcePolicy', 'scps', 'rcps']
    return layers.some((member) => !isNone(test[member]) || !isNone(this.#defaults[member]))
  }

  #allPolicies(): readonly PolicyText[] {
    return this.#policies.names.map((name) => this.#policies.find(name, ['policies', name]))
  }

  #expectation(test: Json, at: DocumentPath): Expectation {
    const decision = EXPECTATIONS.find((known) => known === test.expect)
    if (decision === undefined) {
      throw this.#document.refuse([...at, 'expect'], `"expect" is one of ${EXPECTATIONS.join(', ')}`)
    }
    const by = typeof test.by === 'string' ? { sid: test.by } : (test.by ?? {})
    const { sid, layer, policy } = this.#map(by, [...at, 'by'], ['sid', 'layer', 'policy'])
    const known = LAYERS.find((one) => one === layer)
    if (layer !== undefined && known === undefined) {
      throw this.#document.refuse([...at, 'by', 'layer'], `"layer" is one of ${LAYERS.join(', ')}`)
    }
    return {
      decision,
      sid: this.#optionalText(sid, [...at, 'by', 'sid']),
      layer: known,
      policy: this.#optionalText(policy, [...at, 'by', 'policy']),
    }
  }

  #texts(test: Json, member: string, at: DocumentPath): readonly string[] {
    const [value, place] = Object.hasOwn(test, member)
      ? [test[member], [...at, member]]
      : [this.#defaults[member], ['defaults', member]]
    if (isNone(value)) return []
    return (Array.isArray(value) ? value : [value]).map((one) => {
      if (typeof one === 'string') return one
      throw this.#document.refuse(place, `"${member}" is a text or a list of texts`)
    })
  }

  #optionalText(value: unknown, at: DocumentPath): string | undefined {
    if (value === undefined || typeof value === 'string') return value
    throw this.#document.refuse(at, `"${at.at(-1)}" is a text`)
  }

  /** @param known  members that there may be; any where absent */
  #map(value: unknown, at: DocumentPath, known?: readonly string[]): Json {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      const name = at.length === 0 ? 'the file' : `"${at.findLast((step) => typeof step === 'string')}"`
      throw this.#document.refuse(at, `${name} is a map${known ? ` of ${known.join(', ')}` : ''}`)
    }
    const unknown = known && Object.keys(value).find((member) => !known.includes(member))
    if (unknown !== undefined) {
      throw this.#document.refuse(
        [...at, unknown],
        `there is no member "${unknown}" here; there are ${known?.join(', ')}`,
      )
    }
    return value as Json
  }

  #located<T>(at: DocumentPath, read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof RequestDocumentError)) throw error
      const [member = ''] = error.member.split(/[.[]/, 1)
      throw this.#document.refuse([...at, member], error.message)
    }
  }
}

function caseName(name: string | undefined, { action, resource }: { action: string; resource: string }, count: number) {
  const question = `${action} on ${resource}`
  if (name === undefined) return question
  return count === 1 ? name : `${name}: ${question}`
}

function isNone(value: unknown): value is null | undefined {
  return value === undefined || value === null
}
