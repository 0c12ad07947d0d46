import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { accountOfAccessKeyId } from '../../aws/access-key-id.ts'
import {
  offeredAdminKey,
  prepareDataFolder,
  readAdminCredentials,
  readMasterKey,
  settleAdminKey,
} from './data-folder.ts'
import { writeSecretFile } from './secret-file.ts'

const ACCOUNT = '111122223333'
let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'openirsa-data-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

const modeOf = (...names: string[]) => statSync(path.join(folder, ...names)).mode & 0o777

describe('the folder', () => {
  test('is made for its owner only, parents and all', () => {
    prepareDataFolder(path.join(folder, 'a', 'b'))
    expect(modeOf('a', 'b')).toBe(0o700)
  })

  test('that others could read is closed', () => {
    mkdirSync(path.join(folder, 'open'))
    chmodSync(path.join(folder, 'open'), 0o755)
    prepareDataFolder(path.join(folder, 'open'))
    expect(modeOf('open')).toBe(0o700)
  })

  test('that cannot be made is told with what to do', () => {
    writeFileSync(path.join(folder, 'file'), '')
    expect(() => prepareDataFolder(path.join(folder, 'file'))).toThrow('Choose another one by --data-dir.')
  })
})

describe('the master key', () => {
  test('is made once, and read again', () => {
    const key = readMasterKey(folder, undefined)
    expect(key).toHaveLength(32)
    expect(readMasterKey(folder, undefined)).toEqual(key)
    expect(modeOf('master-key')).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['master-key'])
  })

  test('that is given is read, and never made', () => {
    const file = path.join(folder, 'given')
    expect(() => readMasterKey(folder, file)).toThrow(`cannot read ${file}`)
    writeFileSync(file, `${Buffer.alloc(32, 7).toString('base64')}\n`)
    expect(readMasterKey(folder, file)).toEqual(Buffer.alloc(32, 7))
    expect(readdirSync(folder)).toEqual(['given'])
  })

  test.each([
    ['31 bytes', Buffer.alloc(31).toString('base64')],
    ['33 bytes', Buffer.alloc(33).toString('base64')],
    ['hexadecimal digits', Buffer.alloc(32).toString('hex')],
    ['32 bytes with dirt between', Buffer.alloc(32).toString('base64').replace('AAAA', 'AA!!AA')],
    ['nothing', ''],
  ])('of %s is refused, and not shown', (_, text) => {
    const file = path.join(folder, 'given')
    writeFileSync(file, text)
    expect(() => readMasterKey(folder, file)).toThrow('must be 32 bytes in base64')
  })
})

describe("the admin's key", () => {
  const credentials = () => path.join(folder, 'admin-credentials')

  test('is saved before anybody has taken it, and is what the folder says once it was taken', () => {
    const offered = offeredAdminKey(folder, ACCOUNT)
    expect(accountOfAccessKeyId(offered?.accessKeyId ?? '')).toBe(ACCOUNT)
    expect(offered?.secretAccessKey).toHaveLength(40)
    expect(readAdminCredentials(folder)).toBeUndefined()
    settleAdminKey(folder, true)
    expect(readAdminCredentials(folder)).toEqual(offered)
    expect(modeOf('admin-credentials')).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['admin-credentials'])
    expect(readFileSync(credentials(), 'utf8')).toMatch(/^\[default\]\naws_access_key_id = AKIA/)
  })

  test('of a start that was cut off is offered again', () => {
    expect(offeredAdminKey(folder, ACCOUNT)).toEqual(offeredAdminKey(folder, ACCOUNT))
  })

  test('that was not taken leaves nothing behind', () => {
    offeredAdminKey(folder, ACCOUNT)
    settleAdminKey(folder, false)
    expect(readdirSync(folder)).toEqual([])
  })

  test('that two processes settle stays', () => {
    const offered = offeredAdminKey(folder, ACCOUNT)
    settleAdminKey(folder, true)
    settleAdminKey(folder, true)
    expect(readAdminCredentials(folder)).toEqual(offered)
  })

  test('is offered no more once the folder has one', () => {
    offeredAdminKey(folder, ACCOUNT)
    settleAdminKey(folder, true)
    expect(offeredAdminKey(folder, ACCOUNT)).toBeUndefined()
  })

  test('of a broken file is told, without what stands there', () => {
    writeFileSync(credentials(), 'aws_secret_access_key = hunter2\n')
    expect(() => readAdminCredentials(folder)).toThrow('it lacks a key id or a secret')
  })
})

describe('a secret file', () => {
  test('is for its owner only, also where it was open to others before', () => {
    const file = path.join(folder, 'token')
    writeFileSync(file, 'an older and longer text', { mode: 0o644 })
    writeSecretFile(file, 'secret')
    expect([readFileSync(file, 'utf8'), modeOf('token')]).toEqual(['secret', 0o600])
  })

  test('that cannot be written is told', () => {
    const file = path.join(folder, 'none', 'token')
    expect(() => writeSecretFile(file, 'secret')).toThrow(`cannot write ${file}: ENOENT`)
    expect(existsSync(file)).toBe(false)
  })
})
