import cluster from 'node:cluster'
import { Command, CommanderError } from 'commander'
import { plainText } from './plain-text.ts'
import { CommandError, EXIT, UsageError } from './usage-error.ts'

const FIRST_STEPS = `
To begin, in one shell:  openirsa serve
and in another:          eval "$(openirsa env)"
                         aws sts get-caller-identity`

/** Each command is loaded when it is named: `policy evaluate` starts many times in a build and waits for no server's code. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  serve: async () => (await import('./commands/serve.ts')).addServeCommand,
  env: async () => (await import('./commands/env.ts')).addEnvCommand,
  token: async () => (await import('./commands/token.ts')).addTokenCommand,
  cluster: async () => (await import('./commands/cluster.ts')).addClusterCommand,
  policy: async () => (await import('./commands/policy.ts')).addPolicyCommand,
  can: async () => (await import('./commands/can.ts')).addCanCommand,
  'who-can': async () => (await import('./commands/can.ts')).addWhoCanCommand,
  explain: async () => (await import('./commands/explain.ts')).addExplainCommand,
  tour: async () => (await import('./commands/tour.ts')).addTourCommand,
}

/** Runs the program: parses the command line, runs one command, sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('openirsa')
    .description("AWS's IAM roles for Kubernetes service accounts, self-hosted")
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'openirsa: ')) })
    .addHelpText('after', FIRST_STEPS)
  for (const load of namedCommand(args[0])) (await load())(program)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
    // The channel to the primary process would keep a worker alive that could not start.
    if (cluster.isWorker) process.exit()
  }
}

/** The command that is named; all of them where none is, for the help that follows. */
function namedCommand(name = ''): readonly (typeof COMMANDS)[string][] {
  const named = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  return named ? [named] : Object.values(COMMANDS)
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof UsageError) {
    console.error(`openirsa: ${shown(error.message)}`)
    return EXIT.usage
  }
  if (error instanceof CommandError) {
    console.error(`openirsa: ${shown(error.message)} [${error.code}]`)
    return error.exitCode
  }
  console.error(`openirsa: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return EXIT.failed
}

/** A message may have several lines, and repeat what a server or a file said. */
function shown(message: string): string {
  return message.split('\n').map(plainText).join('\n')
}
