import type { Command } from 'commander'
import { stringify } from 'yaml'
import { callOpenIrsa, connect } from '../connection.ts'
import { explanationText, type ShownExplanation } from '../explanation-text.ts'
import { EXIT, UsageError } from '../usage-error.ts'

interface ExplainFlags {
  readonly last?: boolean
  readonly output: string
}

const FORMATS: Readonly<Record<string, (explanation: ShownExplanation) => string>> = {
  text: explanationText,
  json: (explanation) => `${JSON.stringify(explanation, null, 2)}\n`,
  yaml: (explanation) => stringify(explanation),
}

export function addExplainCommand(program: Command): void {
  program
    .command('explain [id]')
    .description("say why a call was denied; the id stands in the denial's message")
    .option('--last', 'the newest denial of the account')
    .option('--output <format>', Object.keys(FORMATS).join(', '), 'text')
    .action(async (id: string | undefined, flags: ExplainFlags) => {
      const format = Object.hasOwn(FORMATS, flags.output) ? FORMATS[flags.output] : undefined
      if (format === undefined) {
        throw new UsageError(`--output ${flags.output} is none of ${Object.keys(FORMATS).join(', ')}`)
      }
      const path = `/openirsa/authorization-explanations/${encodeURIComponent(chosen(id, flags))}`
      const answer = await callOpenIrsa<ShownExplanation & { readonly time: number }>(connect(process.env), 'GET', path)
      const time = new Date(answer.time * 1000).toISOString()
      process.stdout.write(format({ ...answer, time }))
      process.exitCode = EXIT.denied
    })
}

function chosen(id: string | undefined, { last = false }: ExplainFlags): string {
  if (last === (id !== undefined)) {
    throw new UsageError('explain needs either the authorization id of a denial or --last')
  }
  return id ?? 'last'
}
