import { Command, CommanderError } from 'commander'
import { addClusterCommand } from './commands/cluster.ts'
import { addEnvCommand } from './commands/env.ts'
import { addServeCommand } from './commands/serve.ts'
import { addTokenCommand } from './commands/token.ts'
import { CommandError, EXIT, UsageError } from './usage-error.ts'

/** Runs the program: parses the command line, runs one command, sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('openirsa')
    .description("AWS's IAM roles for Kubernetes service accounts, self-hosted")
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
  for (const add of [addServeCommand, addEnvCommand, addTokenCommand, addClusterCommand]) add(program)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof UsageError) {
    console.error(`openirsa: ${error.message}`)
    return EXIT.usage
  }
  if (error instanceof CommandError) {
    console.error(`openirsa: ${error.message} [${error.code}]`)
    return error.exitCode
  }
  console.error(`openirsa: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return EXIT.failed
}
