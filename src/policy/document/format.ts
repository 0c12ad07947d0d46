import type { ConditionBlock, Located, MatchElement, PolicyDocument, PrincipalElement, Statement } from './document.ts'
import { PRINCIPAL_TYPES } from './document.ts'

/**
 * Writes a policy in one form: two spaces, elements in the order of AWS's documentation, a list only where there is not exactly one value. Reading
 * what was written gives the same document again, but for the places where things stand.
 */
export function formatPolicy({ version, id, statements }: PolicyDocument): string {
  const text = object([
    ...member('Version', version),
    ...member('Id', id),
    ['Statement', list(statements.map(statementText))],
  ])
  return `${text}\n`
}

function statementText({ sid, effect, principal, action, resource, condition }: Statement): string {
  return object([
    ...member('Sid', sid),
    ...member('Effect', effect),
    ...(principal ? [[principal.negated ? 'NotPrincipal' : 'Principal', principalText(principal)] as const] : []),
    ...matchMember('Action', action),
    ...matchMember('Resource', resource),
    ...(condition.length === 0 ? [] : [['Condition', conditionText(condition)] as const]),
  ])
}

/** A member of an object: its name and its value as text. */
type Member = readonly [name: string, value: string]

function member(name: string, value: Located<string> | undefined): readonly Member[] {
  return value ? [[name, JSON.stringify(value.value)]] : []
}

function matchMember(name: string, element: MatchElement | undefined): readonly Member[] {
  return element ? [[element.negated ? `Not${name}` : name, values(element.values)]] : []
}

function principalText({ isText, entries }: PrincipalElement): string {
  if (isText) return '"*"'
  return object(
    PRINCIPAL_TYPES.flatMap((type): readonly Member[] => {
      const ofType = entries.filter((entry) => entry.type === type)
      return ofType.length === 0 ? [] : [[type, values(ofType)]]
    }),
  )
}

/** The blocks of an operator stand together in a document. */
function conditionText(blocks: readonly ConditionBlock[]): string {
  const operators = new Map<string, Member[]>()
  for (const { operator, key, values: given } of blocks) {
    const members = operators.get(operator.value) ?? []
    operators.set(operator.value, members)
    members.push([key.value, values(given)])
  }
  return object(Array.from(operators, ([operator, members]) => [operator, object(members)]))
}

function values(given: readonly { readonly value: string }[]): string {
  const [only] = given
  return given.length === 1 && only ? JSON.stringify(only.value) : list(given.map(({ value }) => JSON.stringify(value)))
}

function list(elements: readonly string[]): string {
  return elements.length === 0 ? '[]' : `[\n${indented(elements.join(',\n'))}\n]`
}

function object(members: readonly Member[]): string {
  if (members.length === 0) return '{}'
  return `{\n${indented(members.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join(',\n'))}\n}`
}

/** No string in JSON has a line feed in it, so every one is ours. (To a regular expression U+2028, which a string may have, is a line break too.) */
function indented(text: string): string {
  return text.replaceAll('\n', '\n  ').replace(/^/, '  ')
}
