import type { Command } from 'commander'
import { adminKey, serverUrl } from '../server-address.ts'
import { readSettings, type Settings } from '../settings/settings.ts'
import { UsageError } from '../usage-error.ts'

/** How a shell spells a variable that is set, and one that is removed. */
interface Shell {
  set(name: string, value: string): string
  unset(name: string): string
}

const SHELLS = {
  sh: { set: (name, value) => `export ${name}=${quotedForSh(value)}`, unset: (name) => `unset ${name}` },
  fish: { set: (name, value) => `set -gx ${name} ${quotedForFish(value)}`, unset: (name) => `set -e ${name}` },
  powershell: {
    set: (name, value) => `$Env:${name} = ${quotedForPowerShell(value)}`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
} as const satisfies Record<string, Shell>

const FORMATS = [...Object.keys(SHELLS), 'json']

/**
 * Left over from other work in the same shell, these would win over what is set here, or contradict it: another session's
 * token (botocore reads both names), a profile, endpoints of single services.
 */
const FOREIGN_VARIABLES = [
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_ENDPOINT_URL_IAM',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL_EKS',
]

interface EnvFlags {
  readonly config?: string
  readonly format: string
}

export function addEnvCommand(program: Command): void {
  program
    .command('env')
    .description('print what a shell needs to reach the server as its admin: eval "$(npx openirsa env)"')
    .option('--config <file>', 'config file of the server (default: openirsa.yaml, where there is one)')
    .option('--listen <host:port>', 'address of the server (default: 127.0.0.1:4566)')
    .option('--public-url <url>', 'URL of the server, where it is not its address')
    .option('--data-dir <folder>', "the server's data folder, where the admin's key is (default: .openirsa)")
    .option('--region <name>', 'region (default: us-east-1)')
    .option('--format <shell>', FORMATS.join(', '), 'sh')
    .action((flags: EnvFlags) => {
      if (!FORMATS.includes(flags.format))
        throw new UsageError(`--format ${flags.format} is none of ${FORMATS.join(', ')}`)
      const settings = readSettings({ ...flags }, process.env, flags.config ?? process.env.OPENIRSA_CONFIG)
      process.stdout.write(environmentText(clientVariables(settings), flags.format))
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

/** @param format  a shell, or `json` */
export function environmentText(variables: Readonly<Record<string, string>>, format: string): string {
  const shell: Shell | undefined = Object.hasOwn(SHELLS, format) ? SHELLS[format as keyof typeof SHELLS] : undefined
  if (shell === undefined) return `${JSON.stringify(variables, null, 2)}\n`
  const lines = [
    ...FOREIGN_VARIABLES.map((name) => shell.unset(name)),
    ...Object.entries(variables).map(([name, value]) => shell.set(name, value)),
  ]
  return `${lines.join('\n')}\n`
}

/** Text that means itself in each of the shells. */
const PLAIN = /^[\w:/.+=@-]+$/

function quotedForSh(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}

/** Unlike in sh, a backslash escapes inside of single quotes. */
function quotedForFish(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replace(/['\\]/g, '\\$&')}'`
}

/** PowerShell takes typographic quotes for straight ones; each is doubled. */
function quotedForPowerShell(value: string): string {
  return `'${value.replace(/['\u2018-\u201b]/g, '$&$&')}'`
}
