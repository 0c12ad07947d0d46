import { evaluate } from '../../policy/evaluate.ts'
import { explain } from '../../policy/explain/explain.ts'
import type { Explanation } from '../../policy/explain/explanation.ts'
import type { Decision, MatchedStatement } from '../../policy/request.ts'
import { type Excerpt, excerptOf } from './excerpt.ts'
import type { PolicyText } from './policy-text.ts'
import type { Expectation, TestCase, TestFile } from './test-file.ts'

export interface FileResult {
  readonly file: string
  readonly results: readonly TestResult[]
}

export interface TestResult {
  readonly test: TestCase
  readonly decision: Decision
  /** Absent where the test passed. */
  readonly failure?: TestFailure
}

export interface TestFailure {
  readonly explanation: Explanation
  /** The statements to look at: those that decided, else those that came nearest. */
  readonly statements: readonly Excerpt[]
}

export function runTests({ file, policies, cases }: TestFile): FileResult {
  return { file, results: cases.map((test) => runTest(test, (source) => policies.textOf(source))) }
}

function runTest(test: TestCase, policyOf: (source: string) => PolicyText | undefined): TestResult {
  const decision = evaluate(test.request, test.sets)
  if (isAsExpected(test.expected, decision)) return { test, decision }
  const explanation = explain(test.request, test.sets)
  return { test, decision, failure: { explanation, statements: shownStatements(explanation, policyOf) } }
}

function isAsExpected(expected: Expectation, actual: Decision): boolean {
  const isDecision =
    expected.decision === 'denied' ? actual.decision !== 'allowed' : expected.decision === actual.decision
  return isDecision && isDecidedBy(expected, actual)
}

function isDecidedBy({ sid, layer, policy }: Expectation, { layer: deciding, matchedStatements }: Decision): boolean {
  if (sid === undefined && policy === undefined) return layer === undefined || layer === deciding
  return matchedStatements.some(
    (statement) =>
      (sid === undefined || statement.sid === sid) &&
      (policy === undefined || statement.source === policy) &&
      (layer === undefined || statement.layer === layer),
  )
}

function shownStatements(
  { matchedStatements, statements, nearMisses }: Explanation,
  policyOf: (source: string) => PolicyText | undefined,
): readonly Excerpt[] {
  const isDeciding = (one: Explanation['statements'][number], { layer, source, index }: MatchedStatement): boolean =>
    one.matched && one.layer === layer && one.policy === source && one.index === index
  const deciding = matchedStatements.flatMap((matched) => statements.find((one) => isDeciding(one, matched)) ?? [])
  const failed = nearMisses.map((near) => ({ ...near, marked: near.failed.map(({ range }) => range) }))
  return [...deciding.map((one) => ({ ...one, marked: [] })), ...failed].flatMap(
    ({ policy: source, range, marked }) => {
      const policy = policyOf(source)
      return policy ? [excerptOf(policy, range, marked)] : []
    },
  )
}
