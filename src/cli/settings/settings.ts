import { UsageError } from '../usage-error.ts'
import { readConfigFile } from './config-file.ts'
import {
  LOG_LEVELS,
  type LogLevel,
  matching,
  parseCidrs,
  parseDatabaseUrl,
  parseHours,
  parseListen,
  parseLogLevel,
  parsePath,
  parsePublicUrl,
  parseQuotas,
  parseText,
  parseToggle,
  parseWorkers,
} from './setting-value.ts'

/** Everything that `openirsa serve` can be told. */
export interface Settings {
  readonly listen: { readonly host: string; readonly port: number }
  readonly publicUrl: string | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly insecureHttp: boolean
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  readonly region: string
  readonly accountId: string
  readonly masterKeyFile: string | undefined
  readonly adminAccessKeyId: string | undefined
  readonly adminSecretAccessKey: string | undefined
  readonly dev: boolean
  readonly workers: number | 'auto'
  readonly logLevel: LogLevel
  readonly allowPrivateIssuers: readonly string[]
  readonly issuerCaFile: string | undefined
  /** AWS's quota names with values of one's own. */
  readonly quotas: Readonly<Record<string, number>>
  readonly denialRetentionHours: number
}

export type { LogLevel }

export interface Setting<T> {
  /** Long flag without dashes, or undefined for what must not stand on a command line (secrets). */
  readonly flag: string | undefined
  readonly environment: string
  /** Name in `openirsa.yaml`. */
  readonly file: string
  /** What the flag takes, for the help text; undefined for a switch. */
  readonly argument?: string
  readonly help: string
  readonly default: T
  /** @throws Error with what is wrong with the value, in a few words */
  parse(text: string): T
}

/** The name of a region in AWS's form: clients check it before they send anything. */
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/

export const SETTINGS: { readonly [Name in keyof Settings]: Setting<Settings[Name]> } = {
  listen: {
    flag: 'listen',
    environment: 'OPENIRSA_LISTEN',
    file: 'listen',
    argument: 'host:port',
    help: 'address to listen on',
    default: { host: '127.0.0.1', port: 4566 },
    parse: parseListen,
  },
  publicUrl: {
    flag: 'public-url',
    environment: 'OPENIRSA_PUBLIC_URL',
    file: 'publicUrl',
    argument: 'url',
    help: 'URL by which clients reach this server; hosted issuers are named after it',
    default: undefined,
    parse: parsePublicUrl,
  },
  tlsCert: text('tls-cert', 'OPENIRSA_TLS_CERT', 'tlsCert', 'file', 'certificate chain (PEM); needs --tls-key'),
  tlsKey: text('tls-key', 'OPENIRSA_TLS_KEY', 'tlsKey', 'file', 'private key (PEM)'),
  insecureHttp: toggle(
    'insecure-http',
    'OPENIRSA_INSECURE_HTTP',
    'insecureHttp',
    'listen without TLS beyond loopback, because a proxy in front ends TLS',
  ),
  dataDir: {
    flag: 'data-dir',
    environment: 'OPENIRSA_DATA_DIR',
    file: 'dataDir',
    argument: 'folder',
    help: 'database, master key, objects and admin credentials',
    default: '.openirsa',
    parse: parsePath,
  },
  databaseUrl: {
    flag: 'database-url',
    environment: 'OPENIRSA_DATABASE_URL',
    file: 'databaseUrl',
    argument: 'url',
    help: 'postgres://… for several replicas (default: SQLite in the data folder)',
    default: undefined,
    parse: parseDatabaseUrl,
  },
  region: {
    flag: 'region',
    environment: 'OPENIRSA_REGION',
    file: 'region',
    argument: 'name',
    help: "region of this server's regional resources",
    default: 'us-east-1',
    parse: (value) => matching(value, REGION, 'a region name such as us-east-1'),
  },
  accountId: {
    flag: 'account-id',
    environment: 'OPENIRSA_ACCOUNT_ID',
    file: 'accountId',
    argument: 'id',
    help: 'the first account',
    default: '111122223333',
    parse: (value) => matching(value, /^\d{12}$/, '12 digits'),
  },
  masterKeyFile: text(
    'master-key-file',
    'OPENIRSA_MASTER_KEY_FILE',
    'masterKeyFile',
    'file',
    '32 bytes in base64 that seal every secret at rest (default: made in the data folder)',
  ),
  adminAccessKeyId: {
    ...text(undefined, 'OPENIRSA_ADMIN_ACCESS_KEY_ID', 'adminAccessKeyId', 'id', 'access key of the user admin'),
    parse: (value) => matching(value, /^\w{1,128}$/, 'letters, digits and _, at most 128'),
  },
  adminSecretAccessKey: text(
    undefined,
    'OPENIRSA_ADMIN_SECRET_ACCESS_KEY',
    'adminSecretAccessKey',
    'secret',
    'secret of that access key',
  ),
  dev: toggle('dev', 'OPENIRSA_DEV', 'dev', 'allow the reset call and http:// issuers, both on loopback only'),
  workers: {
    flag: 'workers',
    environment: 'OPENIRSA_WORKERS',
    file: 'workers',
    argument: 'n|auto',
    help: 'processes that serve; auto is one a core',
    default: 1,
    parse: parseWorkers,
  },
  logLevel: {
    flag: 'log-level',
    environment: 'OPENIRSA_LOG_LEVEL',
    file: 'logLevel',
    argument: 'level',
    help: LOG_LEVELS.join(', '),
    default: 'info',
    parse: parseLogLevel,
  },
  allowPrivateIssuers: {
    flag: 'allow-private-issuers',
    environment: 'OPENIRSA_ALLOW_PRIVATE_ISSUERS',
    file: 'allowPrivateIssuers',
    argument: 'cidr,…',
    help: 'private address ranges in which issuers may be fetched',
    default: [],
    parse: parseCidrs,
  },
  issuerCaFile: text(
    'issuer-ca-file',
    'OPENIRSA_ISSUER_CA_FILE',
    'issuerCaFile',
    'file',
    'certificates (PEM) that issuers may chain to, besides the public ones',
  ),
  quotas: {
    flag: 'quotas',
    environment: 'OPENIRSA_QUOTAS',
    file: 'quotas',
    argument: 'name=n,…',
    help: "quotas by AWS's names, for example RolesPerAccount=1000",
    default: {},
    parse: parseQuotas,
  },
  denialRetentionHours: {
    flag: 'denial-retention',
    environment: 'OPENIRSA_DENIAL_RETENTION',
    file: 'denialRetention',
    argument: 'hours',
    help: 'hours for which openirsa explain can say why a call was denied',
    default: 24,
    parse: parseHours,
  },
}

export type FlagValues = Readonly<Record<string, unknown>>

/**
 * Joins flags, environment and config file, in this order of strength. Whether the values fit each other matters to a server
 * only: `readServerSettings`.
 *
 * @param flags       by camel-case name, as the command line library gives them
 * @param configFile  undefined for `openirsa.yaml`, where there is one
 * @throws UsageError that names the setting, where it came from and what it must be
 */
export function readSettings(
  flags: FlagValues,
  environment: Readonly<Record<string, string | undefined>>,
  configFile: string | undefined,
): Settings {
  const all: readonly Setting<unknown>[] = Object.values(SETTINGS)
  const file = readConfigFile(
    configFile,
    all.map((setting) => setting.file),
  )
  const entries = Object.entries(SETTINGS).map(([name, setting]) => [
    name,
    readSetting(setting as Setting<unknown>, flags, environment, file),
  ])
  return Object.fromEntries(entries) as Settings
}

/** As `readSettings`, for a server. @throws UsageError also where settings contradict each other */
export function readServerSettings(...sources: Parameters<typeof readSettings>): Settings {
  const settings = readSettings(...sources)
  refuseContradictions(settings)
  return settings
}

function readSetting(
  setting: Setting<unknown>,
  flags: FlagValues,
  environment: Readonly<Record<string, string | undefined>>,
  file: Readonly<Record<string, string>>,
): unknown {
  const fromFlag = setting.flag === undefined ? undefined : flags[camelCase(setting.flag)]
  const sources = [
    [`--${setting.flag}`, fromFlag],
    [setting.environment, environment[setting.environment] || undefined],
    [`${setting.file} in the config file`, file[setting.file]],
  ] as const
  const found = sources.find(([, value]) => value !== undefined)
  if (found === undefined) return setting.default
  const [source, value] = found
  try {
    return setting.parse(String(value))
  } catch (error) {
    throw new UsageError(`${source}: ${(error as Error).message}`)
  }
}

const LOOPBACK_HOSTS = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

export function isLoopbackHost(host: string): boolean {
  return LOOPBACK_HOSTS.test(host)
}

function refuseContradictions(settings: Settings): void {
  if ((settings.tlsCert === undefined) !== (settings.tlsKey === undefined)) {
    throw new UsageError('--tls-cert and --tls-key go together: give both or neither')
  }
  if ((settings.adminAccessKeyId === undefined) !== (settings.adminSecretAccessKey === undefined)) {
    throw new UsageError('OPENIRSA_ADMIN_ACCESS_KEY_ID and OPENIRSA_ADMIN_SECRET_ACCESS_KEY go together')
  }
  const isPlain = settings.tlsCert === undefined
  if (isPlain && !isLoopbackHost(settings.listen.host) && !settings.insecureHttp) {
    throw new UsageError(
      `--listen ${settings.listen.host} is not loopback, and credentials must not travel in clear. Give --tls-cert and --tls-key, or --insecure-http if a proxy in front ends TLS.`,
    )
  }
  if (settings.dev && !isLoopbackHost(settings.listen.host)) {
    throw new UsageError('--dev is for loopback only: listen on 127.0.0.1 or leave --dev out')
  }
}

function text(
  flag: string | undefined,
  environment: string,
  file: string,
  argument: string,
  help: string,
): Setting<string | undefined> {
  return { flag, environment, file, argument, help, default: undefined, parse: parseText }
}

function toggle(flag: string, environment: string, file: string, help: string): Setting<boolean> {
  return { flag, environment, file, help, default: false, parse: parseToggle }
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
