import type { Command } from 'commander'
import { callOpenIrsa, connect } from '../connection.ts'
import { OUTPUT_OPTION, parseOutputFormat, print } from '../output.ts'
import { writeSecretFile } from '../server/secret-file.ts'
import { UsageError } from '../usage-error.ts'

interface TokenFlags {
  readonly cluster: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly audience?: readonly string[]
  readonly duration?: string
  readonly outFile?: string
  readonly output: string
}

interface MintedToken {
  readonly token: string
  /** Seconds since the epoch. */
  readonly expiration: number
  readonly subject: string
  readonly issuerUrl: string
  readonly audiences: readonly string[]
}

export function addTokenCommand(program: Command): void {
  program
    .command('token')
    .description("mint a service account's token, signed by the cluster's hosted issuer")
    .requiredOption('--cluster <name>', 'cluster that was made here (aws eks create-cluster)')
    .option('--namespace <name>', 'namespace', 'default')
    .requiredOption('--service-account <name>', 'service account')
    .option('--audience <text>', 'audience; can be given several times (default: sts.amazonaws.com)', collect)
    .option('--duration <seconds>', 'lifetime, 600 to 86400')
    .option('--out-file <file>', 'write the token to a file (mode 0600) instead of standard output')
    .option(OUTPUT_OPTION[0], `${OUTPUT_OPTION[1]}; name prints the bare token`, 'name')
    .action(async (flags: TokenFlags) => {
      const format = parseOutputFormat(flags.output)
      const input = {
        namespace: flags.namespace,
        serviceAccount: flags.serviceAccount,
        ...(flags.audience === undefined ? {} : { audiences: flags.audience }),
        ...(flags.duration === undefined ? {} : { durationSeconds: seconds(flags.duration) }),
      }
      const path = `/openirsa/clusters/${encodeURIComponent(flags.cluster)}/tokens`
      const minted = await callOpenIrsa<MintedToken>(connect(process.env), 'POST', path, input)
      if (flags.outFile !== undefined) writeSecretFile(flags.outFile, minted.token)
      else print(printable(minted), format)
    })
}

function printable(minted: MintedToken) {
  return {
    value: minted,
    table: [
      ['SUBJECT', 'ISSUER', 'AUDIENCES', 'EXPIRES'],
      [minted.subject, minted.issuerUrl, minted.audiences.join(','), new Date(minted.expiration * 1000).toISOString()],
    ],
    names: [minted.token],
  }
}

function seconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--duration ${text} must be a number of seconds, 600 to 86400`)
  return Number(text)
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
