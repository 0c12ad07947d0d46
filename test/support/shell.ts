import { spawn } from 'node:child_process'
import { withoutAws } from './server.ts'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Longest that a client may take; a client that retries for ever is a failure. */
const TIMEOUT_MS = 120_000

/** Runs a program with only the given AWS environment. */
export function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  options: { readonly cwd?: string; readonly input?: string } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...withoutAws(process.env), ...environment },
      cwd: options.cwd,
      timeout: TIMEOUT_MS,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk) => stdout.push(chunk))
    child.stderr.on('data', (chunk) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    )
    // A program that ends without reading its input is none of ours to judge.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

/** Runs lines of bash as they stand in a document. */
export function bash(script: string, environment: Readonly<Record<string, string>>, cwd?: string): Promise<Ran> {
  return run('bash', ['-c', script], environment, cwd === undefined ? {} : { cwd })
}

/** The version that a program prints, or undefined where it is not installed. */
export async function versionOf(command: string, args: readonly string[] = ['--version']): Promise<string | undefined> {
  const ran = await run(command, args).catch(() => undefined)
  return ran?.code === 0 ? `${ran.stdout}${ran.stderr}`.trim() : undefined
}
