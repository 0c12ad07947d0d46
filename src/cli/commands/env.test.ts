import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { SETTINGS, type Settings } from '../settings/settings.ts'
import { clientVariables, environmentText } from './env.ts'

const HARD = 'a b\'c"d\\e\\\\f$HOME`id`!\n;|&*?[]{}~#%'

test('sh reads back what was meant, whatever the value', () => {
  const variables = { AWS_SECRET_ACCESS_KEY: HARD, AWS_REGION: 'us-east-1' }
  const script = `${environmentText(variables, 'sh')}\nprintf %s "$AWS_SECRET_ACCESS_KEY"`
  expect(execFileSync('sh', ['-euc', script], { encoding: 'utf8' })).toBe(HARD)
  const evaluated = `eval "$(cat)"; printf %s "$AWS_SECRET_ACCESS_KEY"`
  expect(execFileSync('sh', ['-euc', evaluated], { encoding: 'utf8', input: environmentText(variables, 'sh') })).toBe(
    HARD,
  )
})

test.each([
  ['sh', 'plain/+=@:.-', 'export NAME=plain/+=@:.-'],
  ['sh', "it's", "export NAME='it'\\''s'"],
  ['sh', '', "export NAME=''"],
  ['fish', 'plain', 'set -gx NAME plain'],
  ['fish', "it's a \\n", "set -gx NAME 'it\\'s a \\\\n'"],
  ['powershell', 'plain', "$Env:NAME = 'plain'"],
  ['powershell', "it's ’quoted‘ $x", "$Env:NAME = 'it''s ’’quoted‘‘ $x'"],
])('%s quotes %j', (shell, value, line) => {
  expect(environmentText({ NAME: value }, shell).split('\n').at(-2)).toBe(line)
})

test.each([
  ['sh', 'unset AWS_SESSION_TOKEN'],
  ['fish', 'set -e AWS_SESSION_TOKEN'],
  ['powershell', 'Remove-Item Env:AWS_SESSION_TOKEN -ErrorAction SilentlyContinue'],
])('%s first drops what would win over it', (shell, line) => {
  const lines = environmentText({ AWS_REGION: 'x' }, shell).split('\n')
  expect(lines[0]).toBe(line)
  for (const name of ['AWS_SECURITY_TOKEN', 'AWS_PROFILE', 'AWS_ENDPOINT_URL_STS']) {
    expect(lines.filter((one) => one.includes(name))).toHaveLength(1)
  }
})

test('json has the variables and nothing else', () => {
  expect(JSON.parse(environmentText({ AWS_REGION: HARD }, 'json'))).toEqual({ AWS_REGION: HARD })
})

describe('the variables', () => {
  const settings = (more: Partial<Settings>): Settings => {
    const defaults = Object.entries(SETTINGS).map(([name, setting]): [string, unknown] => [name, setting.default])
    const key = { adminAccessKeyId: 'AKIA', adminSecretAccessKey: 'secret' }
    return { ...(Object.fromEntries(defaults) as Partial<Settings> as Settings), ...key, ...more }
  }

  test('are those by which every AWS client finds the server', () => {
    expect(clientVariables(settings({ region: 'eu-west-1' }))).toEqual({
      ...{ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' },
      ...{ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret', AWS_EC2_METADATA_DISABLED: 'true' },
    })
  })

  test.each<[Partial<Settings>, string]>([
    [{ publicUrl: 'https://iam.example.com' }, 'https://iam.example.com'],
    [{ listen: { host: '0.0.0.0', port: 80 } }, 'http://127.0.0.1:80'],
    [{ listen: { host: '::', port: 80 } }, 'http://127.0.0.1:80'],
    [{ listen: { host: '::1', port: 80 } }, 'http://[::1]:80'],
    [{ listen: { host: 'localhost', port: 443 }, tlsCert: 'c' }, 'https://localhost:443'],
  ])('for %o lead to %s', (more, url) => {
    expect(clientVariables(settings(more)).AWS_ENDPOINT_URL).toBe(url)
  })

  test('need a key: without one it is told what to do', () => {
    const more = { adminAccessKeyId: undefined, dataDir: '/nonexistent' }
    expect(() => clientVariables(settings(more))).toThrow('there is no admin key in /nonexistent. Start the server')
  })
})
