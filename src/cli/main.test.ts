import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { main } from './main.ts'
import { SETTINGS } from './settings/settings.ts'

let output: string
let errors: string

beforeEach(() => {
  output = ''
  errors = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += text
    return true
  })
  vi.spyOn(console, 'error').mockImplementation((text) => {
    errors += `${text}\n`
  })
  for (const name of Object.keys(process.env)) if (/^(AWS|OPENIRSA)_/.test(name)) vi.stubEnv(name, undefined)
  vi.stubEnv('OPENIRSA_DATA_DIR', '/nonexistent')
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  process.exitCode = 0
})

async function run(...args: string[]) {
  process.exitCode = 0
  await main(args)
  const { exitCode } = process
  return { exitCode, output, errors }
}

test('--help shows the commands and how to begin', async () => {
  const { exitCode, output: shown } = await run('--help')
  expect(exitCode).toBe(0)
  for (const command of ['serve', 'env', 'token', 'cluster', 'tour'])
    expect(shown).toMatch(new RegExp(`^  ${command} `, 'm'))
  expect(shown).toContain('eval "$(openirsa env)"')
})

test('serve --help shows every flag with its environment variable and default', async () => {
  const { output: shown } = await run('serve', '--help')
  const text = shown.replace(/\s+/g, ' ')
  for (const { flag, environment } of Object.values(SETTINGS)) {
    if (flag !== undefined) expect(text).toMatch(new RegExp(`--${flag}( <[^>]+>)? [^[]*\\[${environment}\\]`))
  }
  expect(text).toContain('(default: 127.0.0.1:4566) [OPENIRSA_LISTEN]')
  expect(text).toContain('(default: us-east-1) [OPENIRSA_REGION]')
  expect(text).not.toContain('SECRET')
})

describe('what is wrong is told in a line, with an exit code', () => {
  test.each<[string[], number, string]>([
    [['frobnicate'], 2, "openirsa: unknown command 'frobnicate'\n(--help shows what there is)\n"],
    [
      ['token', '--service-account', 's'],
      2,
      "openirsa: required option '--cluster <name>' not specified\n(--help shows what there is)\n",
    ],
    [
      ['cluster', 'attach', 'x'],
      2,
      "openirsa: required option '--issuer <url>' not specified\n(--help shows what there is)\n",
    ],
    [['serve', '--region', 'x'], 2, 'openirsa: --region: "x" must be a region name such as us-east-1\n'],
    [['env', '--format', 'zsh'], 2, 'openirsa: --format zsh is none of sh, fish, powershell, json\n'],
    [['cluster', 'list', '--output', 'xml'], 2, 'openirsa: --output xml is none of table, json, yaml, name\n'],
    [
      ['token', '--cluster', 'c', '--service-account', 's', '--duration', 'abc'],
      ...([2, 'openirsa: --duration abc must be a number of seconds, 600 to 86400\n'] as const),
    ],
    [
      ['cluster', 'keys', 'c', '--upload', 'f', '--rotate', 'sign'],
      ...([2, 'openirsa: --upload is for attached clusters, --rotate for hosted issuers: give one of them\n'] as const),
    ],
  ])('%j', async (args, exitCode, errors) => {
    expect(await run(...args)).toEqual({ exitCode, output: '', errors })
  })

  test('what could not be done ends with its stable code', async () => {
    const { exitCode, errors: shown } = await run('env')
    expect(exitCode).toBe(1)
    expect(shown).toMatch(/^openirsa: there is no admin key in \/nonexistent\..* \[NO_ADMIN_CREDENTIALS\]\n$/)
  })
})

test('env prints the variables of the settings', async () => {
  vi.stubEnv('OPENIRSA_ADMIN_ACCESS_KEY_ID', 'AKIA')
  vi.stubEnv('OPENIRSA_ADMIN_SECRET_ACCESS_KEY', 'secret')
  const { output: shown } = await run('env', '--listen', '0.0.0.0:80', '--format', 'json')
  expect(JSON.parse(shown)).toMatchObject({ AWS_ENDPOINT_URL: 'http://127.0.0.1:80', AWS_ACCESS_KEY_ID: 'AKIA' })
})
