import { styleText } from 'node:util'
import type { Finding, FindingLocation, FindingType, LintPolicyType } from '../../policy/index.ts'
import { plainText } from '../plain-text.ts'
import { sarifLog } from './sarif.ts'

/** A policy that was validated, with what was found in it. */
export interface ValidatedFile {
  /** As it was named; `-` is standard input. */
  readonly file: string
  readonly type: LintPolicyType
  readonly text: string
  readonly findings: readonly Finding[]
}

export const FINDING_REPORTS: Readonly<Record<'text' | 'json' | 'sarif', (files: readonly ValidatedFile[]) => string>> =
  {
    text: textReport,
    json: (files) =>
      `${JSON.stringify(
        files.map(({ file, type, findings }) => ({ file, type, findings })),
        null,
        2,
      )}\n`,
    sarif: (files) => `${JSON.stringify(sarifLog(files), null, 2)}\n`,
  }

const COLORS = { ERROR: 'red', SECURITY_WARNING: 'magenta', WARNING: 'yellow', SUGGESTION: 'cyan' } as const

const NOUNS: Readonly<Record<FindingType, readonly [one: string, many: string]>> = {
  ERROR: ['error', 'errors'],
  SECURITY_WARNING: ['security warning', 'security warnings'],
  WARNING: ['warning', 'warnings'],
  SUGGESTION: ['suggestion', 'suggestions'],
}

function textReport(files: readonly ValidatedFile[]): string {
  const blocks = files.flatMap((validated) => {
    const lines = validated.text.split('\n')
    return validated.findings.map((finding) => findingBlock(validated.file, lines, finding))
  })
  return [...blocks, summary(files)].map((block) => `${block}\n`).join('')
}

function findingBlock(file: string, lines: readonly string[], finding: Finding): string {
  const { findingType, issueCode, findingDetails, locations } = finding
  const [first] = locations
  const place = first === undefined ? file : `${file}:${first.span.start.line}:${first.span.start.column + 1}`
  const head = `${styleText('bold', place)}: ${styleText(COLORS[findingType], `${NOUNS[findingType][0]} ${issueCode}`)}`
  return [head, `  ${plainText(findingDetails)}`, ...(first === undefined ? [] : excerpt(lines, first)), ''].join('\n')
}

/** Characters of a line that are shown; policies are often written on a single line. */
const SHOWN_CHARACTERS_MAX = 120
/** Shown in front of what is pointed at, where the line is cut. */
const LEAD_CHARACTERS = 40

/** The first line of a place with a caret under it. */
function excerpt(lines: readonly string[], { span }: FindingLocation): readonly string[] {
  const { start, end } = span
  const line = (lines[start.line - 1] ?? '').replace(/\r$/, '').replaceAll('\t', ' ')
  const from = line.length <= SHOWN_CHARACTERS_MAX ? 0 : Math.max(0, start.column - LEAD_CHARACTERS)
  const shown = line.slice(from, from + SHOWN_CHARACTERS_MAX)
  const ends = end.line === start.line ? end.column : line.length
  const width = Math.max(1, Math.min(ends, from + shown.length) - start.column)
  const number = String(start.line)
  const lead = from > 0 ? '…' : ''
  const rest = from + shown.length < line.length ? '…' : ''
  return [
    `  ${number} | ${lead}${plainText(shown)}${rest}`,
    `  ${' '.repeat(number.length)} | ${' '.repeat(lead.length + start.column - from)}${'^'.repeat(width)}`,
  ]
}

function summary(files: readonly ValidatedFile[]): string {
  const findings = files.flatMap((validated) => validated.findings)
  const counts = Object.entries(NOUNS).flatMap(([type, [one, many]]) => {
    const count = findings.filter(({ findingType }) => findingType === type).length
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]
  })
  const where = files.length === 1 ? '1 policy' : `${files.length} policies`
  return `${counts.length === 0 ? 'no findings' : counts.join(', ')} in ${where}`
}
