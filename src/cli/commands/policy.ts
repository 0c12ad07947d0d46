import type { Command } from 'commander'
import type { DiffFlags } from '../policy/diff-command.ts'
import type { ValidateFlags } from '../policy/validate.ts'

/** What works on policies alone and needs no server. Each command loads what it needs when it runs, so that none waits for the others. */
export function addPolicyCommand(program: Command): void {
  const policy = program.command('policy').description('evaluate, validate, test and compare policies; needs no server')
  policy
    .command('evaluate [files...]')
    .description(
      'answer requests with their policies: JSON Lines in (standard input without files), one answer a line out',
    )
    .option('--explain', 'add why: every statement with what matched and what did not')
    .action(async (files: readonly string[], flags: { readonly explain?: boolean }) => {
      const { evaluateLines } = await import('../policy/evaluate.ts')
      process.exitCode = await evaluateLines(files, flags)
    })
  policy
    .command('validate [files...]')
    .description(
      "find what is wrong, unsafe or better written otherwise, as Access Analyzer's ValidatePolicy does (standard input without files, or with -)",
    )
    .option(
      '--type <type>',
      'identity, resource, trust, scp, rcp, session; without it resource or trust where principals are named, else identity',
    )
    .option('--resource-type <type>', 'of a resource policy: AWS::S3::Bucket, AWS::DynamoDB::Table and others')
    .option('--output <format>', 'text, json, sarif', 'text')
    .addHelpText(
      'after',
      '\nExit code: 0 without errors, 1 with errors, 2 for wrong usage or a file that cannot be read.',
    )
    .action(async (files: readonly string[], flags: ValidateFlags) => {
      const { validatePolicies } = await import('../policy/validate.ts')
      process.exitCode = validatePolicies(files, flags)
    })
  policy
    .command('test <files...>')
    .description('run unit tests of policies: what is allowed, what is denied, and by which statement (YAML or JSON)')
    .option('--output <format>', 'text, json, junit', 'text')
    .action(async (files: readonly string[], flags: { readonly output: string }) => {
      const { testPolicies } = await import('../policy/test-command.ts')
      process.exitCode = testPolicies(files, flags)
    })
  policy
    .command('diff <old> <new>')
    .description('say what a change of a policy allows anew and what it takes away')
    .option('--requests <file>', 'decide these requests (JSON Lines as for evaluate) with both, and show which differ')
    .option(
      '--type <type>',
      'how the policy is used in those requests: identity, resource, trust, boundary, session, scp, rcp, endpoint (default: by what it says)',
    )
    .option('--output <format>', 'text, json', 'text')
    .action(async (oldFile: string, newFile: string, flags: DiffFlags) => {
      const { diffPolicies } = await import('../policy/diff-command.ts')
      process.exitCode = await diffPolicies(oldFile, newFile, flags)
    })
}
