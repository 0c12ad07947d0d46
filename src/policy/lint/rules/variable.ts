import { VERSION_WITH_VARIABLES } from '../../document/document.ts'
import { parseTemplate } from '../../match/variable.ts'
import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import {
  type Element,
  type Place,
  type PlacedText,
  type PolicyTree,
  partsOf,
  type StatementTree,
  textsOf,
} from '../policy-tree.ts'
import type { LintContext, StatementRule } from '../rule.ts'
import { familyOf } from './condition-operator.ts'

export const VARIABLE_RULES: readonly StatementRule[] = [inOtherElements, inResources, inConditions]

function* inOtherElements({ elements, principal }: StatementTree, { tree }: LintContext): Iterable<Finding> {
  const texts = [
    ...elements
      .filter(({ name }) => /^(?:Sid|(?:Not)?Action)$/.test(name))
      .flatMap(({ value }: Element) => textsOf(value)),
    ...(principal?.bareText ? [principal.bareText] : []),
    ...(principal?.entries ?? []),
  ]
  for (const text of texts) {
    const part = partsOf(tree, text)
    for (const reference of referencesIn(text.text)) {
      const place = part(reference.start, reference.text.length)
      yield finding('VARIABLE_UNSUPPORTED_IN_ELEMENT', { variable: reference.text }, place)
    }
  }
}

function* inResources({ resource }: StatementTree, context: LintContext): Iterable<Finding> {
  for (const value of resource?.values ?? []) yield* variablesOf(value, context)
}

function* inConditions({ conditions }: StatementTree, context: LintContext): Iterable<Finding> {
  for (const condition of conditions) {
    const family = familyOf(condition)
    const takesVariables = family === undefined || family === 'String' || family === 'Arn'
    for (const value of condition.values) {
      if (takesVariables) yield* variablesOf(value, context)
      else if (value.text.includes('${')) yield finding('INVALID_VARIABLE_FOR_OPERATOR', {}, value)
    }
  }
}

function* variablesOf(value: PlacedText, { tree }: LintContext): Iterable<Finding> {
  const part = partsOf(tree, value)
  const isReplaced = hasVariables(tree)
  for (const reference of referencesIn(value.text)) {
    const place = part(reference.start, reference.text.length)
    if (!isReplaced) {
      // Escapes are variables too, but who writes them in an old policy may well mean the text.
      if (!/^\$\{[*?$]\}$/.test(reference.text)) yield finding('VARIABLE_UNSUPPORTED_IN_VERSION', {}, place)
    } else yield* formOf(reference, place)
  }
}

function hasVariables({ elements }: PolicyTree): boolean {
  const version = elements.find(({ name }) => name === 'Version')?.value.node
  return version?.kind === 'string' && version.value === VERSION_WITH_VARIABLES
}

interface Reference {
  readonly start: number
  /** From `${` to its brace, or to the end of the text where it has none. */
  readonly text: string
  readonly isClosed: boolean
}

function* referencesIn(text: string): Iterable<Reference> {
  let from = text.indexOf('${')
  let close = 0
  while (from >= 0) {
    // A text without another brace is not searched for one again and again.
    if (close >= 0 && close < from) close = text.indexOf('}', from)
    const next = text.indexOf('${', from + 2)
    const isClosed = close >= 0 && (next < 0 || close < next)
    const end = isClosed ? close + 1 : next < 0 ? text.length : next
    yield { start: from, text: text.slice(from, end), isClosed }
    from = next < 0 || next >= end ? next : text.indexOf('${', end)
  }
}

function* formOf({ text, isClosed }: Reference, place: Place): Iterable<Finding> {
  if (!isClosed) {
    yield finding('MISSING_BRACE_IN_VARIABLE', {}, place)
    return
  }
  if (!parseTemplate(text, { variables: true, wildcards: true }).malformed) return
  const inside = text.slice(2, -1)
  const comma = inside.indexOf(',')
  const name = comma < 0 ? inside : inside.slice(0, comma)
  if (inside.trim() === '' || name === '') yield finding('EMPTY_VARIABLE', {}, place)
  else if (/\s/.test(name)) yield finding('UNSUPPORTED_SPACE_IN_VARIABLE', {}, place)
  else if (comma >= 0) yield finding('MISSING_QUOTE_IN_VARIABLE', {}, place)
}
