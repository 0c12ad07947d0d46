import { LINT_RESOURCE_TYPES, type LintPolicyType, lintPolicy, parsePolicy } from '../../policy/index.ts'
import { loadServiceAuthorization } from '../built-data.ts'
import { EXIT, UsageError } from '../usage-error.ts'
import { FINDING_REPORTS, type ValidatedFile } from './finding-report.ts'
import { readTextFile } from './located-document.ts'

export interface ValidateFlags {
  readonly type?: string
  readonly resourceType?: string
  readonly output: string
}

export const VALIDATE_TYPES: readonly LintPolicyType[] = ['identity', 'resource', 'trust', 'scp', 'rcp', 'session']

const STANDARD_INPUT = '-'

/**
 * Finds what is wrong in policies and prints a report.
 *
 * @param files  none, or `-`, for standard input
 * @returns the exit code: 1 where there are errors. Not 4, which checks answer elsewhere: the issue that asked for the command says 1
 * @throws UsageError for a wrong flag, or a file that cannot be read
 */
export function validatePolicies(files: readonly string[], flags: ValidateFlags): number {
  const report = FINDING_REPORTS[outputOf(flags.output)]
  const type = flags.type === undefined ? undefined : oneOf('--type', flags.type, VALIDATE_TYPES)
  const resourceType =
    flags.resourceType === undefined ? undefined : oneOf('--resource-type', flags.resourceType, LINT_RESOURCE_TYPES)
  const authorization = loadServiceAuthorization()
  const validated = (files.length === 0 ? [STANDARD_INPUT] : files).map((file): ValidatedFile => {
    const text = readTextFile(file)
    const kind = type ?? (resourceType === undefined ? typeOf(text) : 'resource')
    return { file, type: kind, text, findings: lintPolicy(text, { type: kind, resourceType, authorization }) }
  })
  process.stdout.write(report(validated))
  const isWrong = validated.some(({ findings }) => findings.some(({ findingType }) => findingType === 'ERROR'))
  return isWrong ? EXIT.failed : EXIT.done
}

function outputOf(text: string): keyof typeof FINDING_REPORTS {
  return oneOf('--output', text, Object.keys(FINDING_REPORTS) as (keyof typeof FINDING_REPORTS)[])
}

function oneOf<Value extends string>(flag: string, text: string, known: readonly Value[]): Value {
  const found = known.find((value) => value === text)
  if (found === undefined) throw new UsageError(`${flag} ${text} is none of ${known.join(', ')}`)
  return found
}

/** A policy that names principals stands on a resource, or on a role (which the lint tells apart); any other is an identity's. */
function typeOf(text: string): LintPolicyType {
  const { document } = parsePolicy(text)
  return document?.statements.some(({ principal }) => principal !== undefined) ? 'resource' : 'identity'
}
