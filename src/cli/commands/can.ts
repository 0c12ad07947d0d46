import { type Command, InvalidArgumentError } from 'commander'
import { OUTPUT_OPTION } from '../output.ts'

interface QuestionFlags {
  readonly context?: Context
  readonly output: string
}

type Context = Readonly<Record<string, string | readonly string[]>>

const CONTEXT_OPTION = [
  '--context <key=value>',
  'a condition key of the call, for example aws:SourceIp=192.0.2.1; can be given several times, also for one key',
] as const

export function addCanCommand(program: Command): void {
  program
    .command('can <principal> <action> <resource>')
    .description(
      'may this role, user or service account do this? yes or no, with the reason (a service account: system:serviceaccount:NAMESPACE:NAME@CLUSTER)',
    )
    .option(...CONTEXT_OPTION, readContextFlag)
    .option(OUTPUT_OPTION[0], `${OUTPUT_OPTION[1]}; name prints yes or no`, 'table')
    .action(async (principal: string, action: string, resource: string, flags: QuestionFlags) => {
      const [{ can }, { connect }] = await Promise.all([import('../live-access/can.ts'), import('../connection.ts')])
      const question = { action, resource, context: flags.context ?? {} }
      process.exitCode = await can(principal, question, connect(process.env), { ...flags, now: Date.now() })
    })
}

export function addWhoCanCommand(program: Command): void {
  program
    .command('who-can <action> <resource>')
    .description('which users, roles and service accounts may do this?')
    .option(...CONTEXT_OPTION, readContextFlag)
    .option(...OUTPUT_OPTION, 'table')
    .action(async (action: string, resource: string, flags: QuestionFlags) => {
      const [{ whoCan }, { connect }] = await Promise.all([
        import('../live-access/who-can.ts'),
        import('../connection.ts'),
      ])
      const question = { action, resource, context: flags.context ?? {} }
      process.exitCode = await whoCan(question, connect(process.env), { ...flags, now: Date.now() })
    })
}

function readContextFlag(text: string, before: Context = {}): Context {
  const place = text.indexOf('=')
  if (place < 1) throw new InvalidArgumentError('it must be key=value, such as aws:SourceIp=192.0.2.1')
  const key = text.slice(0, place)
  const value = text.slice(place + 1)
  const known = Object.hasOwn(before, key) ? before[key] : undefined
  return { ...before, [key]: known === undefined ? value : [known, value].flat() }
}
