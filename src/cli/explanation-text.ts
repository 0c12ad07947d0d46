import { plainText } from './plain-text.ts'

/** An explanation as the server answers it, its lists left out where they are empty. */
export interface ShownExplanation {
  readonly id: string
  readonly time: unknown
  readonly decision: string
  readonly sentence: string
  readonly nearMisses?: readonly (StatementName & { readonly sentence: string })[]
  readonly request: {
    readonly id: string
    readonly operation: string
    readonly action: string
    readonly resource: string
    readonly context?: Readonly<Record<string, unknown>>
  }
  readonly caller: {
    readonly arn?: string
    readonly issuer?: string
    readonly subject?: string
    readonly audience?: string
    readonly pod?: string
  }
  readonly gates?: readonly {
    readonly name: string
    readonly status: 'OPEN' | 'CLOSED' | 'NOT_REACHED'
    readonly reason?: string
    readonly detail: string
  }[]
  readonly evaluations?: readonly ShownEvaluation[]
  readonly missingContextKeys?: readonly string[]
  readonly unknown?: readonly string[]
}

interface StatementName {
  readonly policy: string
  readonly sid?: string
  readonly range: { readonly line: number; readonly column: number }
}

interface ShownEvaluation extends StatementName {
  readonly layer: string
  readonly version?: string
  readonly index: number
  readonly effect: 'Allow' | 'Deny'
  readonly matched: boolean
  readonly failed?: readonly ShownElement[]
}

interface ShownElement {
  readonly element: string
  readonly operator?: string
  readonly key?: string
  readonly expected?: readonly string[]
  readonly presented?: readonly string[]
  readonly hint?: string
  readonly fix?: { readonly change: string; readonly from?: string; readonly to: string }
  readonly range: { readonly line: number; readonly column: number }
  readonly text?: string
}

/** An explanation for people: what would have to be otherwise first, then who asked for what, the gates, the statements. */
export function explanationText(explanation: ShownExplanation): string {
  const { nearMisses = [], unknown = [], missingContextKeys = [] } = explanation
  const [near] = nearMisses
  const others = nearMisses.slice(1).map(({ sentence }) => `Or: ${sentence}`)
  return lines(
    near?.sentence ?? explanation.sentence,
    ...others,
    '',
    ...table([
      ['denied', `${explanation.request.action} on ${explanation.request.resource}`],
      ['caller', callerText(explanation)],
      ['time', String(explanation.time)],
      ['id', explanation.id],
      ['request', explanation.request.id],
    ]),
    '',
    ...gateLines(explanation),
    ...telling(explanation).flatMap(statementLines),
    ...(missingContextKeys.length === 0 ? [] : ['', `Not in the request: ${missingContextKeys.join(', ')}`]),
    ...(unknown.length === 0 ? [] : ['', ...unknown.map((sentence) => `Unknown: ${sentence}`)]),
  )
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${plainText(line.trimEnd())}\n`).join('')
}

function callerText({ caller: { arn, issuer, subject, audience, pod } }: ShownExplanation): string {
  if (subject === undefined) return arn ?? 'unknown'
  return `${subject} of ${issuer}, audience ${audience}${pod === undefined ? '' : `, pod ${pod}`}`
}

const GATE_MARKS = { OPEN: 'open', CLOSED: 'CLOSED', NOT_REACHED: '-' } as const

function gateLines({ gates = [] }: ShownExplanation): readonly string[] {
  return table(
    gates.map(({ name, status, reason, detail }) => [
      GATE_MARKS[status],
      name,
      reason === undefined ? detail : `${reason}: ${detail}`,
    ]),
  )
}

/** The statements that denied and those that nearly allowed. */
function telling({ evaluations = [], nearMisses = [] }: ShownExplanation): readonly ShownEvaluation[] {
  const isNear = (one: ShownEvaluation) =>
    nearMisses.some(
      ({ policy, range }) =>
        policy === one.policy && range.line === one.range.line && range.column === one.range.column,
    )
  return evaluations.filter((one) => (one.matched && one.effect === 'Deny') || isNear(one))
}

function statementLines(evaluation: ShownEvaluation): readonly string[] {
  const { policy, version, sid, index, range, effect, matched, failed = [] } = evaluation
  const name = sid === undefined ? `statement ${index + 1}` : `statement ${sid}`
  const head = `${policy}${version === undefined ? '' : ` (${version})`}, ${name}, ${effect}, line ${range.line}`
  return ['', matched ? `${head}: matches` : `${head}: does not match`, ...failed.flatMap(elementLines)]
}

function elementLines(element: ShownElement): readonly string[] {
  const { operator, key, expected = [], presented = [], hint, fix, range, text = '' } = element
  const what = [element.element, operator, key].filter((part) => part !== undefined).join(' ')
  const source = text === '' ? [] : text.split('\n').map((line, place) => `  ${range.line + place} | ${line}`)
  const facts = [
    ['wanted', valuesText(expected)],
    ['presented', presented.length === 0 ? '(nothing)' : valuesText(presented)],
    ...(hint === undefined ? [] : [['why', hint]]),
    ...(fix === undefined ? [] : [['change', fixText(fix)]]),
  ]
  return [`  ${what}`, ...source.map((line) => `  ${line}`), ...table(facts).map((line) => `    ${line}`)]
}

/** Values shown of one element. */
const VALUES_MAX = 5

function valuesText(values: readonly string[]): string {
  const shown = values.slice(0, VALUES_MAX).join(', ')
  return values.length > VALUES_MAX ? `${shown} and ${values.length - VALUES_MAX} more` : shown
}

function fixText({ change, from, to }: NonNullable<ShownElement['fix']>): string {
  return from === undefined ? `add the value ${to}` : `the ${change} ${from} to ${to}`
}

/** Rows with their columns lined up. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(width(column))).join('  '))
}
