import { run, versionOf } from './shell.ts'

/** An aws command line that is installed here. */
export interface AwsCli {
  readonly name: 'aws CLI v1' | 'aws CLI v2'
  /** First word of the command lines of a document: `aws` runs this one. */
  readonly command: string
  readonly version: string
}

/** Where the two majors may be: v1 usually comes from PyPI, v2 from Debian's `awscli` or AWS's installer. */
const CANDIDATES = [
  'aws',
  '/usr/bin/aws',
  '/usr/local/bin/aws',
  process.env.OPENIRSA_TEST_AWS_V1,
  process.env.OPENIRSA_TEST_AWS_V2,
]

/** Finds one command line of each major version. */
export async function findAwsClis(): Promise<readonly AwsCli[]> {
  const found = new Map<string, AwsCli>()
  for (const command of CANDIDATES) {
    if (command === undefined || command === '') continue
    const version = /aws-cli\/((\d)[.\d]*)/.exec((await versionOf(command)) ?? '')
    if (version?.[2] === undefined || found.has(version[2])) continue
    found.set(version[2], {
      name: version[2] === '1' ? 'aws CLI v1' : 'aws CLI v2',
      command,
      version: version[1] ?? '',
    })
  }
  return Array.from(found.values())
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

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
