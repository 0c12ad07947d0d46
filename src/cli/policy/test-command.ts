import { EXIT, UsageError } from '../usage-error.ts'
import { readTestFile } from './test-file.ts'
import { TEST_REPORTS } from './test-report.ts'
import { runTests } from './test-run.ts'

/**
 * Runs files of policy tests and prints a report.
 * @returns the exit code
 * @throws UsageError where a file cannot be read, with the place
 */
export function testPolicies(files: readonly string[], flags: { readonly output: string }): number {
  const { output } = flags
  if (!Object.hasOwn(TEST_REPORTS, output)) {
    throw new UsageError(`--output ${output} is none of ${Object.keys(TEST_REPORTS).join(', ')}`)
  }
  // All of them are read before any is run: a report of half the tests would look like one of all.
  const results = files.map(readTestFile).map(runTests)
  process.stdout.write(TEST_REPORTS[output as keyof typeof TEST_REPORTS](results))
  return results.some((one) => one.results.some(({ failure }) => failure)) ? EXIT.checks : EXIT.done
}
