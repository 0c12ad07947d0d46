import type { Command } from 'commander'
import { adminKey, serverUrl } from '../server-address.ts'
import { readSettings, type Settings } from '../settings.ts'
import { UsageError } from '../usage-error.ts'

interface Shell {
  set(name: string, value: string): string
  unset(name: string): string
}

const SHELLS: Readonly<Record<string, Shell | undefined>> = {
  sh: { set: (name, value) => `export ${name}=${quoted(value)}`, unset: (name) => `unset ${name}` },
  fish: { set: (name, value) => `set -gx ${name} ${quoted(value)}`, unset: (name) => `set -e ${name}` },
  powershell: {
    set: (name, value) => `$Env:${name} = '${value.replaceAll("'", "''")}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
  json: undefined,
}

/** Left over from other work in the same shell, these would win over the admin's key or contradict it. */
const FOREIGN_VARIABLES = ['AWS_SESSION_TOKEN', 'AWS_PROFILE']

export function addEnvCommand(program: Command): void {
  program
    .command('env')
    .description('print what a shell needs to reach the server: eval "$(npx openirsa env)"')
    .option('--config <file>', 'config file of the server')
    .option('--listen <host:port>', 'address of the server')
    .option('--public-url <url>', 'URL of the server, where it is not its address')
    .option('--data-dir <folder>', "the server's data folder")
    .option('--region <name>', 'region')
    .option('--format <shell>', Object.keys(SHELLS).join(', '), 'sh')
    .action((flags: Record<string, string>) => {
      const settings = readSettings(flags, process.env, flags.config ?? process.env.OPENIRSA_CONFIG)
      const { format = 'sh' } = flags
      if (!Object.hasOwn(SHELLS, format))
        throw new UsageError(`--format ${format} is none of ${Object.keys(SHELLS).join(', ')}`)
      const variables = clientVariables(settings)
      const shell = SHELLS[format]
      if (shell === undefined) return void process.stdout.write(`${JSON.stringify(variables, null, 2)}\n`)
      const lines = [
        ...FOREIGN_VARIABLES.map((name) => shell.unset(name)),
        ...Object.entries(variables).map(([name, value]) => shell.set(name, value)),
      ]
      process.stdout.write(`${lines.join('\n')}\n`)
    })
}

/** The variables by which every AWS client finds the server and the admin's key. */
export function clientVariables(settings: Settings): Record<string, string> {
  const key = adminKey(settings)
  return {
    AWS_ENDPOINT_URL: serverUrl(settings),
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

function quoted(value: string): string {
  return /^[\w:/.+=@-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}
