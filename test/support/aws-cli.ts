import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { run, versionOf } from './shell.ts'

/** An aws command line that is installed here. */
export interface AwsCli {
  readonly name: 'aws CLI v1' | 'aws CLI v2'
  /** Absolute path of the program. */
  readonly command: string
  readonly version: string
  /** Whether `AWS_ENDPOINT_URL` reaches everything it does. Older ones need a flag, and their credential providers AWS itself. */
  readonly readsEndpointUrl: boolean
}

/** Where the two majors may be: v1 usually comes from PyPI, v2 from Debian's `awscli` or AWS's installer. */
const CANDIDATES = [
  'aws',
  '/usr/bin/aws',
  '/usr/local/bin/aws',
  process.env.OPENIRSA_TEST_AWS_V1,
  process.env.OPENIRSA_TEST_AWS_V2,
]

/**
 * The first minor version of each major that reads `AWS_ENDPOINT_URL`.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
const READS_ENDPOINT_URL_FROM_MINOR: Readonly<Record<string, number>> = { '1': 29, '2': 13 }

/** Finds one command line of each major version. */
export async function findAwsClis(): Promise<readonly AwsCli[]> {
  const found = new Map<string, AwsCli>()
  for (const candidate of CANDIDATES) {
    if (candidate === undefined || candidate === '') continue
    const [, version = '', major = '', minor = ''] =
      /aws-cli\/((\d)\.(\d+)[.\d]*)/.exec((await versionOf(candidate)) ?? '') ?? []
    const oldest = READS_ENDPOINT_URL_FROM_MINOR[major]
    if (oldest === undefined || found.has(major)) continue
    found.set(major, {
      name: major === '1' ? 'aws CLI v1' : 'aws CLI v2',
      command: await absolutePath(candidate),
      version,
      readsEndpointUrl: Number(minor) >= oldest,
    })
  }
  return Array.from(found.values())
}

/**
 * Puts a command line into a folder under the name `aws`, for a document's lines to find.
 * One that is too old for `AWS_ENDPOINT_URL` gets the flag instead; nothing else is changed.
 */
export async function placeAwsCli(cli: AwsCli, folder: string): Promise<AwsCli> {
  const command = path.join(folder, 'aws')
  await mkdir(folder, { recursive: true })
  if (cli.readsEndpointUrl) await symlink(cli.command, command)
  else await writeFile(command, endpointWrapper(cli.command), { mode: 0o755 })
  return { ...cli, command }
}

/**
 * A home folder of its own: the command line keeps role sessions in `~/.aws/cli/cache` under role and session name, and would
 * use those of another server again.
 */
export function cliHome(folder: string): Record<string, string> {
  return { HOME: folder, PYTHONUSERBASE: process.env.PYTHONUSERBASE ?? path.join(homedir(), '.local') }
}

/** Runs one command and reads its JSON answer; `code` is the error code that the command line reports. */
export async function aws(
  cli: AwsCli,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<AwsAnswer> {
  const ran = await run(cli.command, [...args, '--output', 'json'], environment, cwd === undefined ? {} : { cwd })
  const error = /An error occurred \(([^)]+)\)[^:]*: ([^\n]*)/.exec(ran.stderr)
  return { ok: ran.code === 0, json: json(ran.stdout), code: error?.[1], message: error?.[2] ?? ran.stderr.trim() }
}

export interface AwsAnswer {
  readonly ok: boolean
  // biome-ignore lint/suspicious/noExplicitAny: what a command prints is as the test expects, or the test fails
  readonly json: any
  readonly code: string | undefined
  readonly message: string
}

async function absolutePath(command: string): Promise<string> {
  return path.isAbsolute(command) ? command : (await run('which', [command])).stdout.trim()
}

function endpointWrapper(command: string): string {
  return `#!/bin/sh\nexec '${command}' --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n`
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
