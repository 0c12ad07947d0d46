import { styleText } from 'node:util'
import type { StepResult } from './step.ts'

/** How results become lines: width in columns, and whether the lines may be coloured. */
export interface ReportForm {
  readonly columns: number
  readonly isColoured: boolean
}

export interface TourHead {
  readonly url: string
  readonly isPrivate: boolean
}

const INDENT = '    '
const BLANK = '  '
/** Before what was answered. */
const ARROW = '→ '
/** Narrower than this, text is cut rather than folded into crumbs. */
const COLUMNS_MIN = 40

export function renderHead({ url, isPrivate }: TourHead, form: ReportForm): string {
  const what = isPrivate ? 'a private server, which ends with the tour' : 'a running server'
  return `${paint('bold', 'OpenIRSA tour', form)} of ${what}\n${paint('dim', url, form)}\n`
}

/** A step: its verdict and title, then what was asked and what was answered. */
export function renderStep(result: StepResult, before: StepResult | undefined, form: ReportForm): string {
  const heading = result.chapter === before?.chapter ? '' : `\n${paint('bold', result.chapter, form)}\n`
  const lines = [
    `  ${verdict(result, form)}${result.title}`,
    ...folded(result.asked, BLANK, form).map((line) => paint('dim', line, form)),
    ...folded(answerText(result), ARROW, form),
  ]
  return `${heading}${lines.join('\n')}\n`
}

export function renderSummary(results: readonly StepResult[], form: ReportForm): string {
  const wrong = results.filter(({ isAsExpected }) => !isAsExpected)
  const asExpected = results.filter(({ isAsExpected }) => isAsExpected)
  const count = (kind: string) => asExpected.filter(({ expected }) => expected.kind === kind).length
  const counts = `${results.length} steps: ${count('allowed')} allowed and ${count('denied')} denied as they should be`
  if (wrong.length === 0) return `\n${paint('green', `${counts}.`, form)}\n`
  const list = wrong.map(({ title }) => `${INDENT}${title}`).join('\n')
  return `\n${paint('red', `${counts}, ${wrong.length} not:`, form)}\n${list}\n`
}

function verdict({ answer, isAsExpected }: StepResult, form: ReportForm): string {
  const mark = isAsExpected ? '✓' : '✗'
  const colour = !isAsExpected ? 'red' : answer.kind === 'denied' ? 'yellow' : 'green'
  return paint(colour, `${mark} ${answer.kind.padEnd(9)}`, form)
}

function answerText({ answer, expected, isAsExpected }: StepResult): string {
  const must = expected.kind === 'denied' ? `denied with ${expected.code}` : 'allowed'
  const wrong = isAsExpected || answer.kind === 'skipped' ? '' : ` (must be ${must})`
  switch (answer.kind) {
    case 'allowed':
      return answer.shown + wrong
    case 'denied':
      return `${answer.code}: ${answer.message}${wrong}`
    default:
      return answer.message + wrong
  }
}

/** Folds at spaces, and words (ARNs) that are longer than a line after one of their slashes. */
function folded(text: string, before: string, { columns }: ReportForm): readonly string[] {
  const width = Math.max(columns, COLUMNS_MIN) - INDENT.length - before.length
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
    while (line.length > width) {
      const end = breakOf(line, width)
      lines.push(line.slice(0, end))
      line = line.slice(end)
    }
  }
  return [...lines, line]
    .filter((part) => part !== '')
    .map((part, index) => INDENT + (index === 0 ? before : BLANK) + part)
}

function breakOf(word: string, width: number): number {
  const afterSlash = word.lastIndexOf('/', width - 1) + 1
  return afterSlash > 0 ? afterSlash : width
}

function paint(style: Parameters<typeof styleText>[0], text: string, { isColoured }: ReportForm): string {
  return isColoured ? styleText(style, text, { validateStream: false }) : text
}
