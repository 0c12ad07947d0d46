import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with the skipped tests by name and reason, and one plain line of counts. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => Array.from(module.children.allTests()))
    const byState = Map.groupBy(tests, (test) => test.result().state)
    const skipped = byState.get('skipped') ?? []
    for (const test of skipped) {
      const result = test.result()
      const reason = result.state === 'skipped' ? result.note : undefined
      console.log(`skipped: ${test.fullName}${reason === undefined ? '' : ` (${reason})`}`)
    }
    const count = (state: 'passed' | 'failed') => byState.get(state)?.length ?? 0
    console.log(`${count('passed')} passed, ${count('failed')} failed, ${skipped.length} skipped`)
  }
}
