import { styleText } from 'node:util'
import type { Decision } from '../../policy/request.ts'
import { plainText } from '../plain-text.ts'
import { excerptLines } from './excerpt.ts'
import { placeText } from './located-document.ts'
import type { Expectation } from './test-file.ts'
import type { FileResult, TestFailure, TestResult } from './test-run.ts'

export const TEST_REPORTS = {
  text: textReport,
  json: jsonReport,
  junit: junitReport,
} as const satisfies Record<string, (files: readonly FileResult[]) => string>

/** Tests that are listed by name although they passed; beyond it, only their number is told. */
const LISTED_PASSES_MAX = 100

function textReport(files: readonly FileResult[]): string {
  const all = files.flatMap(({ results }) => results)
  const failed = all.filter(({ failure }) => failure).length
  const listsPasses = all.length <= LISTED_PASSES_MAX
  const blocks = files.map(({ file, results }) => {
    const lines = results.flatMap((result) =>
      result.failure ? failureLines(result, result.failure) : listsPasses ? [passLine(result)] : [],
    )
    return `${[styleText('bold', file), ...lines].join('\n')}\n`
  })
  const passed = `${all.length - failed} passed`
  const counts = failed === 0 ? styleText('green', passed) : `${passed}, ${styleText('red', `${failed} failed`)}`
  return `${blocks.join('\n')}\n${counts}\n`
}

function passLine({ test }: TestResult): string {
  return `  ${styleText('green', '✓')} ${plainText(test.name)}`
}

function failureLines({ test, decision }: TestResult, failure: TestFailure): readonly string[] {
  const { action, resource } = test.request
  const detail = [
    ...(test.name.includes(action) && test.name.includes(resource) ? [] : [plainText(`${action} on ${resource}`)]),
    `${styleText('green', 'expected')}  ${plainText(expectedText(test.expected))}`,
    `${styleText('red', 'actual  ')}  ${plainText(actualText(decision))}`,
    `why       ${plainText(failure.explanation.sentence)}`,
    ...failure.statements.flatMap(({ file, line, lines }) => [
      styleText('cyan', `${file}:${line}`),
      ...excerptLines(lines).map(([text, isMarked]) => (isMarked ? text : styleText('dim', text))),
    ]),
  ]
  const place = styleText('dim', placeText(test.place))
  return [`  ${styleText('red', '✗')} ${plainText(test.name)}  ${place}`, ...detail.map((line) => `      ${line}`)]
}

function expectedText({ decision, sid, layer, policy }: Expectation): string {
  const by = [
    ...(sid === undefined ? [] : [`statement ${sid}`]),
    ...(policy === undefined ? [] : [`policy ${policy}`]),
    ...(layer === undefined ? [] : [`layer ${layer}`]),
  ]
  return by.length === 0 ? decision : `${decision} by ${by.join(', ')}`
}

function actualText({ decision, layer, matchedStatements }: Decision): string {
  const by = matchedStatements.map(
    ({ source, sid, index }) => `${sid ? `statement ${sid}` : `statement number ${index + 1}`} of ${source}`,
  )
  return by.length === 0 ? `${decision}, layer ${layer}` : `${decision} by ${by.join(', ')}, layer ${layer}`
}

function jsonReport(files: readonly FileResult[]): string {
  const failed = files.flatMap(({ results }) => results).filter(({ failure }) => failure).length
  const report = {
    passed: files.reduce((sum, { results }) => sum + results.length, 0) - failed,
    failed,
    files: files.map(({ file, results }) => ({ file, tests: results.map(jsonResult) })),
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

function jsonResult({ test, decision, failure }: TestResult) {
  const { name, place, expected, request } = test
  return {
    name,
    line: place.line,
    action: request.action,
    resource: request.resource,
    passed: failure === undefined,
    expected,
    actual: decision,
    ...(failure && {
      sentence: failure.explanation.sentence,
      nearMisses: failure.explanation.nearMisses,
      statements: failure.statements,
    }),
  }
}

/** The form that build servers read; there is no one definition of it, so only what all of them know is used. */
function junitReport(files: readonly FileResult[]): string {
  const suites = files.map(({ file, results }) => {
    const failures = results.filter(({ failure }) => failure).length
    const cases = results.map((result) => junitCase(file, result)).join('')
    return `  <testsuite name="${xml(file)}" tests="${results.length}" failures="${failures}">\n${cases}  </testsuite>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`
}

function junitCase(file: string, { test, decision, failure }: TestResult): string {
  const attributes = `name="${xml(test.name)}" classname="${xml(file)}" file="${xml(file)}" line="${test.place.line}"`
  if (!failure) return `    <testcase ${attributes}/>\n`
  const message = `expected ${expectedText(test.expected)}, got ${actualText(decision)}`
  const statements = failure.statements.flatMap(({ file: policy, line, lines }) => [
    `${policy}:${line}`,
    ...excerptLines(lines).map(([text]) => text),
  ])
  const body = [failure.explanation.sentence, ...statements].join('\n')
  return `    <testcase ${attributes}>\n      <failure message="${xml(message)}">${xml(body)}</failure>\n    </testcase>\n`
}

const XML_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function xml(text: string): string {
  return (
    text
      // What XML 1.0 cannot have at all.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/gu, '\ufffd')
      .replace(/[&<>"]/g, (character) => XML_ESCAPES[character] ?? character)
  )
}
