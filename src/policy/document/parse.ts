import {
  type ConditionBlock,
  DOCUMENT_ELEMENTS,
  type Effect,
  type Located,
  type MatchElement,
  POLICY_VERSIONS,
  type PolicyDocument,
  PRINCIPAL_TYPES,
  type PrincipalElement,
  type PrincipalEntry,
  type PrincipalType,
  STATEMENT_ELEMENTS,
  type Statement,
} from './document.ts'
import { type JsonMember, type JsonNode, type JsonObject, readJson, type Span } from './json.ts'

export interface ParsedPolicy {
  /** Absent where the text is not JSON or not an object. Beside problems it holds what could be read, for messages only: compile nothing that has problems. */
  readonly document: PolicyDocument | undefined
  /** Everything that breaks the grammar, in the order of the text. */
  readonly problems: readonly GrammarProblem[]
}

export interface GrammarProblem {
  readonly code: GrammarProblemCode
  readonly span: Span
  /** What is wrong, for people; AWS's own text for it is `validatePolicy`'s. */
  readonly message: string
}

export type GrammarProblemCode =
  | 'JSON_SYNTAX_ERROR'
  | 'DUPLICATE_KEY'
  | 'UNSUPPORTED_ELEMENT'
  | 'INVALID_TYPE'
  | 'INVALID_VERSION'
  | 'MISSING_STATEMENT'
  | 'EMPTY_STATEMENT'
  | 'MISSING_EFFECT'
  | 'INVALID_EFFECT'
  | 'BOTH_OF_A_PAIR'
  | 'INVALID_PRINCIPAL'

/**
 * Reads a policy. Never throws; work is linear in the text, which is bounded in length and depth (`json.ts`).
 *
 * Grammar only: what the words mean (operators, actions, ARNs) and what a kind of policy requires is `validatePolicy`'s.
 */
export function parsePolicy(text: string): ParsedPolicy {
  const json = readJson(text)
  if (!json.ok) {
    return { document: undefined, problems: [{ code: 'JSON_SYNTAX_ERROR', span: json.span, message: json.message }] }
  }
  const parser = new PolicyParser()
  const document = parser.document(json.root)
  return { document, problems: parser.problems.toSorted((a, b) => a.span.start.offset - b.span.start.offset) }
}

class PolicyParser {
  readonly problems: GrammarProblem[] = []

  document(root: JsonNode): PolicyDocument | undefined {
    if (root.kind !== 'object') {
      this.#report('INVALID_TYPE', root.span, 'a policy is an object')
      return undefined
    }
    const elements = this.#elements(root, DOCUMENT_ELEMENTS)
    const version = this.#string(elements.get('Version'))
    if (version && !POLICY_VERSIONS.includes(version.value)) {
      this.#report('INVALID_VERSION', version.span, `the version is one of ${POLICY_VERSIONS.join(', ')}`)
    }
    const id = this.#string(elements.get('Id'))
    return { version, id, statements: this.#statements(elements.get('Statement'), root.span), span: root.span }
  }

  #statements(member: JsonMember | undefined, documentSpan: Span): readonly Statement[] {
    if (!member) {
      this.#report('MISSING_STATEMENT', documentSpan, 'the policy has no Statement')
      return []
    }
    const nodes = member.value.kind === 'array' ? member.value.elements : [member.value]
    if (nodes.length === 0) this.#report('EMPTY_STATEMENT', member.value.span, 'Statement is an empty list')
    return nodes.flatMap((node) => {
      if (node.kind === 'object') return [this.#statement(node)]
      this.#report('INVALID_TYPE', node.span, 'a statement is an object')
      return []
    })
  }

  #statement(node: JsonObject): Statement {
    const elements = this.#elements(node, STATEMENT_ELEMENTS)
    return {
      sid: this.#string(elements.get('Sid')),
      effect: this.#effect(elements.get('Effect'), node.span),
      principal: this.#principal(...this.#oneOfPair(elements, 'Principal', 'NotPrincipal')),
      action: this.#matchElement(...this.#oneOfPair(elements, 'Action', 'NotAction')),
      resource: this.#matchElement(...this.#oneOfPair(elements, 'Resource', 'NotResource')),
      condition: this.#condition(elements.get('Condition')),
      span: node.span,
    }
  }

  #effect(member: JsonMember | undefined, statementSpan: Span): Located<Effect> | undefined {
    if (!member) {
      this.#report('MISSING_EFFECT', statementSpan, 'the statement has no Effect')
      return undefined
    }
    const effect = this.#string(member)
    if (effect?.value === 'Allow' || effect?.value === 'Deny') return { value: effect.value, span: effect.span }
    if (effect) this.#report('INVALID_EFFECT', effect.span, 'Effect is Allow or Deny')
    return undefined
  }

  #oneOfPair(
    elements: ReadonlyMap<string, JsonMember>,
    plain: string,
    negated: string,
  ): readonly [member: JsonMember | undefined, negated: boolean] {
    const one = elements.get(plain)
    const other = elements.get(negated)
    if (one && other) this.#report('BOTH_OF_A_PAIR', other.key.span, `${plain} and ${negated} exclude each other`)
    return other ? [other, true] : [one, false]
  }

  #matchElement(member: JsonMember | undefined, negated: boolean): MatchElement | undefined {
    if (!member) return undefined
    return { negated, values: this.#strings(member.value), span: member.value.span }
  }

  #principal(member: JsonMember | undefined, negated: boolean): PrincipalElement | undefined {
    if (!member) return undefined
    const { value } = member
    if (value.kind === 'string') {
      if (value.value !== '*') this.#report('INVALID_PRINCIPAL', value.span, 'a principal is "*" or an object')
      return { negated, isText: true, entries: [], span: value.span }
    }
    if (value.kind !== 'object') {
      this.#report('INVALID_TYPE', value.span, 'a principal is "*" or an object')
      return { negated, isText: false, entries: [], span: value.span }
    }
    const elements = this.#elements(value, PRINCIPAL_TYPES)
    const entries: PrincipalEntry[] = []
    for (const type of PRINCIPAL_TYPES) entries.push(...this.#principalEntries(type, elements.get(type)))
    return { negated, isText: false, entries, span: value.span }
  }

  #principalEntries(type: PrincipalType, member: JsonMember | undefined): readonly PrincipalEntry[] {
    return member ? this.#strings(member.value).map((text) => ({ type, ...text })) : []
  }

  #condition(member: JsonMember | undefined): readonly ConditionBlock[] {
    if (!member) return []
    return this.#allMembers(member.value).flatMap((operator) =>
      this.#allMembers(operator.value).map((key) => ({
        operator: { value: operator.key.value, span: operator.key.span },
        key: { value: key.key.value, span: key.key.span },
        values: this.#scalars(key.value),
        span: { start: operator.key.span.start, end: key.value.span.end },
      })),
    )
  }

  /** The members of an object by name; names that are not allowed or stand twice are problems. */
  #elements(node: JsonObject, allowed: readonly string[]): ReadonlyMap<string, JsonMember> {
    const elements = new Map<string, JsonMember>()
    for (const member of this.#allMembers(node)) {
      if (allowed.includes(member.key.value)) elements.set(member.key.value, member)
      else
        this.#report('UNSUPPORTED_ELEMENT', member.key.span, `unknown element, expected one of ${allowed.join(', ')}`)
    }
    return elements
  }

  /**
   * Readers of JSON differ in which of two equal keys they keep, so a document that has them means two things: refused.
   * @see https://www.rfc-editor.org/rfc/rfc8259#section-4
   */
  #allMembers(node: JsonNode): readonly JsonMember[] {
    if (node.kind !== 'object') {
      this.#report('INVALID_TYPE', node.span, 'an object was expected')
      return []
    }
    const seen = new Set<string>()
    for (const { key } of node.members) {
      if (seen.has(key.value)) this.#report('DUPLICATE_KEY', key.span, 'the key stands twice')
      seen.add(key.value)
    }
    return node.members
  }

  #string(member: JsonMember | undefined): Located<string> | undefined {
    if (!member) return undefined
    if (member.value.kind === 'string') return { value: member.value.value, span: member.value.span }
    this.#report('INVALID_TYPE', member.value.span, 'a string was expected')
    return undefined
  }

  #strings(node: JsonNode): readonly Located<string>[] {
    return this.#list(node, (element) => (element.kind === 'string' ? element.value : undefined), 'a string')
  }

  #scalars(node: JsonNode): readonly Located<string>[] {
    return this.#list(node, scalarText, 'a string, number or boolean')
  }

  #list(node: JsonNode, textOf: (node: JsonNode) => string | undefined, expected: string): readonly Located<string>[] {
    const elements = node.kind === 'array' ? node.elements : [node]
    return elements.flatMap((element) => {
      const value = textOf(element)
      if (value !== undefined) return [{ value, span: element.span }]
      this.#report('INVALID_TYPE', element.span, `${expected} was expected`)
      return []
    })
  }

  #report(code: GrammarProblemCode, span: Span, message: string): void {
    this.problems.push({ code, span, message })
  }
}

function scalarText(node: JsonNode): string | undefined {
  switch (node.kind) {
    case 'string':
      return node.value
    case 'number':
      return node.text
    case 'boolean':
      return String(node.value)
    default:
      return undefined
  }
}
