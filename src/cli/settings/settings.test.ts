import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { UsageError } from '../usage-error.ts'
import { readServerSettings, readSettings, SETTINGS, type Settings } from './settings.ts'

type Environment = Readonly<Record<string, string>>

function configFile(text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'openirsa-settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'openirsa.yaml')
  writeFileSync(file, text)
  return file
}

const NO_FILE = '/dev/null'

function read(flags: Readonly<Record<string, unknown>>, environment: Environment = {}, file = NO_FILE): Settings {
  return readServerSettings(flags, environment, file)
}

function problem(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  throw new Error('It was accepted')
}

test('without anything, every setting has its default', () => {
  expect(read({})).toMatchObject({
    ...{ listen: { host: '127.0.0.1', port: 4566 }, publicUrl: undefined, tlsCert: undefined, tlsKey: undefined },
    ...{ insecureHttp: false, dataDir: '.openirsa', databaseUrl: undefined, region: 'us-east-1', dev: false },
    ...{ accountId: '111122223333', masterKeyFile: undefined, adminAccessKeyId: undefined, workers: 1, quotas: {} },
    denialRetentionHours: 24,
    ...{ adminSecretAccessKey: undefined, logLevel: 'info', allowPrivateIssuers: [], issuerCaFile: undefined },
  })
})

test('a flag wins over the environment, the environment over the config file', () => {
  const file = configFile('region: eu-west-1')
  expect(read({}, {}, file).region).toBe('eu-west-1')
  expect(read({}, { OPENIRSA_REGION: 'eu-west-2' }, file).region).toBe('eu-west-2')
  expect(read({ region: 'eu-west-3' }, { OPENIRSA_REGION: 'eu-west-2' }, file).region).toBe('eu-west-3')
  expect(read({}, { OPENIRSA_REGION: '' }, file).region).toBe('eu-west-1')
})

test('secrets have no flag: they would show in the list of processes', () => {
  expect(SETTINGS.adminSecretAccessKey.flag).toBeUndefined()
  const flags = { adminSecretAccessKey: 'x', adminAccessKeyId: 'AKIA' }
  expect(read(flags).adminSecretAccessKey).toBeUndefined()
})

test('every setting has names of its own', () => {
  const all = Object.values(SETTINGS)
  for (const name of ['environment', 'file'] as const) {
    expect(new Set(all.map((setting) => setting[name])).size).toBe(all.length)
  }
})

describe('values', () => {
  test.each<[keyof Settings, string, unknown]>([
    ['listen', '127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['listen', 'localhost:65535', { host: 'localhost', port: 65_535 }],
    ['listen', '[::1]:80', { host: '::1', port: 80 }],
    ['publicUrl', 'https://iam.example.com/base//', 'https://iam.example.com/base'],
    ['dataDir', '~/x', path.join(homedir(), 'x')],
    ['databaseUrl', 'postgresql://u:p@host/db', 'postgresql://u:p@host/db'],
    ['region', 'us-gov-west-1', 'us-gov-west-1'],
    ['accountId', '000000000001', '000000000001'],
    ['workers', 'auto', 'auto'],
    ['workers', '256', 256],
    ['logLevel', 'silent', 'silent'],
    ['allowPrivateIssuers', '10.0.0.0/8, 192.168.1.1/32,fd00::/128', ['10.0.0.0/8', '192.168.1.1/32', 'fd00::/128']],
    ['quotas', 'RolesPerAccount=10, PoliciesPerRole=0', { RolesPerAccount: 10, PoliciesPerRole: 0 }],
    ['dev', 'Yes', true],
    ['dev', 'off', false],
  ])('%s takes %s', (name, text, value) => {
    expect(read({}, { [SETTINGS[name].environment]: text })[name]).toEqual(value)
  })

  test.each<[keyof Settings, string, string]>([
    ['listen', '4566', '"4566" must be host:port, for example 127.0.0.1:4566'],
    ['listen', '127.0.0.1:65536', '"127.0.0.1:65536" must be host:port, for example 127.0.0.1:4566'],
    ['listen', '::1:80', '"::1:80" must be host:port, for example 127.0.0.1:4566'],
    ['publicUrl', 'iam.example.com', 'must be an http(s) URL without query and fragment'],
    ['publicUrl', 'ftp://iam.example.com', 'must be an http(s) URL without query and fragment'],
    ['publicUrl', 'https://iam.example.com/?a', 'must be an http(s) URL without query and fragment'],
    ['publicUrl', 'https://u:secret@iam.example.com', 'must not hold a user name or password: it is public'],
    ['databaseUrl', 'mysql://u:secret@host/db', 'must be a URL such as postgres://user:password@host:5432/database'],
    ['region', 'nowhere', '"nowhere" must be a region name such as us-east-1'],
    ['accountId', '11112222333', '"11112222333" must be 12 digits'],
    ['accountId', '1111222233334', '"1111222233334" must be 12 digits'],
    ['adminAccessKeyId', 'no-dashes', '"no-dashes" must be letters, digits and _, at most 128'],
    ['workers', '0', '"0" must be auto or a number from 1 to 256'],
    ['workers', '257', '"257" must be auto or a number from 1 to 256'],
    ['workers', '1.5', '"1.5" must be auto or a number from 1 to 256'],
    ['workers', '0x2', '"0x2" must be auto or a number from 1 to 256'],
    ['logLevel', 'loud', '"loud" is none of silent, error, warn, info, debug, trace'],
    ['allowPrivateIssuers', '10.0.0.0', '"10.0.0.0" must be an address range such as 10.0.0.0/8'],
    ['allowPrivateIssuers', '10.0.0.0/33', '"10.0.0.0/33" must be an address range such as 10.0.0.0/8'],
    ['allowPrivateIssuers', 'fd00::/129', '"fd00::/129" must be an address range such as 10.0.0.0/8'],
    ['allowPrivateIssuers', 'host/8', '"host/8" must be an address range such as 10.0.0.0/8'],
    ['quotas', 'RolesPerAccount', '"RolesPerAccount" must be a quota such as RolesPerAccount=1000'],
    ['dev', 'maybe', '"maybe" is neither true nor false'],
  ])('%s refuses %s', (name, text, message) => {
    const { environment } = SETTINGS[name]
    expect(problem(() => read({}, { [environment]: text }))).toBe(`${environment}: ${message}`)
  })

  test('a quota that does not exist is a typing error', () => {
    expect(problem(() => read({ quotas: 'RolsPerAccount=1' }))).toMatch(
      /^--quotas: there is no quota "RolsPerAccount"\. Known: RolesPerAccount, /,
    )
  })

  test('the message names where the value came from', () => {
    const says = '"x" must be 12 digits'
    expect(problem(() => read({ accountId: 'x' }))).toBe(`--account-id: ${says}`)
    expect(problem(() => read({}, {}, configFile('accountId: x')))).toBe(`accountId in the config file: ${says}`)
  })
})

describe('settings that contradict each other', () => {
  const secret = { OPENIRSA_ADMIN_SECRET_ACCESS_KEY: 's' }
  test.each<[string, Readonly<Record<string, unknown>>, Environment]>([
    ['--tls-cert and --tls-key go together: give both or neither', { tlsCert: 'a' }, {}],
    ['--tls-cert and --tls-key go together: give both or neither', { tlsKey: 'a' }, {}],
    ['OPENIRSA_ADMIN_ACCESS_KEY_ID and OPENIRSA_ADMIN_SECRET_ACCESS_KEY go together', {}, secret],
    ['--listen 0.0.0.0 is not loopback, and credentials', { listen: ':80' }, {}],
    ['--listen 127.0.0.1.example is not loopback, and credentials', { listen: '127.0.0.1.example:80' }, {}],
    ['--dev is for loopback only', { listen: '0.0.0.0:80', dev: true, insecureHttp: true }, {}],
  ])('stop a server: %s', (message, flags, environment) => {
    expect(problem(() => read(flags, environment))).toContain(message)
    expect(() => readSettings(flags, environment, NO_FILE)).not.toThrow()
  })

  test.each<Readonly<Record<string, unknown>>>([
    { listen: '0.0.0.0:443', tlsCert: 'a', tlsKey: 'b' },
    { listen: '0.0.0.0:80', insecureHttp: true },
    { listen: '[::1]:80', dev: true },
    { listen: 'localhost:80', dev: true },
    { listen: '127.8.8.8:80' },
  ])('do not: %o', (flags) => {
    expect(() => read(flags)).not.toThrow()
  })
})

describe('the config file', () => {
  test('may be empty, or all comments', () => {
    for (const text of ['', '# nothing\n', '---\n']) expect(read({}, {}, configFile(text))).toEqual(read({}))
  })

  test('keeps values as they are written, and takes lists and maps', () => {
    const text = [
      'accountId: 000011112222',
      'dev: on',
      'workers: 2',
      'allowPrivateIssuers: [10.0.0.0/8, fd00::/8]',
      'quotas:',
      '  RolesPerAccount: 5',
      '  PoliciesPerRole: 6',
    ]
    expect(read({}, {}, configFile(text.join('\n')))).toMatchObject({
      ...{ accountId: '000011112222', dev: true, workers: 2, allowPrivateIssuers: ['10.0.0.0/8', 'fd00::/8'] },
      quotas: { RolesPerAccount: 5, PoliciesPerRole: 6 },
    })
  })

  test('that is named must exist; the one of the folder may', () => {
    expect(problem(() => read({}, {}, '/nonexistent.yaml'))).toMatch('cannot read the config file /nonexistent.yaml')
    expect(readSettings({}, {}, undefined).region).toBe('us-east-1')
  })

  test.each([
    ['regoin: eu-west-1', ': there is no setting "regoin". Known: listen, publicUrl, '],
    ['- region', ': must be a map of settings, such as "region: eu-west-1"'],
    ['just text', ': must be a map of settings'],
    ['region: eu-west-1\nregion: eu-west-2', ': Map keys must be unique at line 2, column 1'],
    ['region: [a, [b]]', ': region must be one value, a list, or a map of values'],
    ['region:', 'region in the config file: "" must be a region name'],
  ])('%j is refused', (text, message) => {
    expect(problem(() => read({}, {}, configFile(text)))).toContain(message)
  })

  test('shows nothing of what stands in it when it cannot be parsed', () => {
    const text = 'adminSecretAccessKey: "hunter2\nregion: x'
    const message = problem(() => read({}, {}, configFile(text)))
    expect(message).toMatch(/openirsa\.yaml: .* at line \d+, column \d+$/)
    expect(message).not.toContain('hunter2')
  })
})
