import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACCOUNT_ID, credentials, done, iam, outcome, roleArn, trustOfPrincipal } from '../support/account.ts'
import { queryCall, RawClient, restCall } from '../support/raw-request.ts'
import { ADMIN, startServer, withoutAws } from '../support/server.ts'
import { run } from '../support/shell.ts'
import { snapshot } from '../support/state.ts'

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/openirsa.js')
const whoAmI = queryCall('sts', 'GetCallerIdentity')
const TRUST_ROOT = trustOfPrincipal(`arn:aws:iam::${ACCOUNT_ID}:root`)
/** No key is given: the server makes the admin's. */
const WITHOUT_KEY = { OPENIRSA_ADMIN_ACCESS_KEY_ID: '', OPENIRSA_ADMIN_SECRET_ACCESS_KEY: '' }

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'openirsa-life-'))
  folders.push(folder)
  return folder
}

describe('a server that is told to stop', () => {
  /** An upload that has begun: its head is sent, its body only when `finish` is called. */
  async function beginUpload(client: RawClient, key: string) {
    const body = randomBytes(100_000)
    const { path: target, headers } = client.sign(restCall('s3', 'PUT', `/slow/${key}`, body), ADMIN)
    const [host = '', port = ''] = client.host.split(':')
    const socket = connect(Number(port), host)
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(Buffer.concat(chunks).toString())))
    const lines = Object.entries({ ...headers, 'content-length': body.length }).map((line) => line.join(': '))
    socket.write(`PUT ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    socket.write(body.subarray(0, 1_000))
    await sleep(200)
    return {
      finish: () => socket.write(body.subarray(1_000)),
      ended,
    }
  }

  test.for([1, 2])('finishes what is running, takes nothing new, and exits with 0 (%i workers)', async (workers) => {
    const dataDir = await newFolder()
    const server = await startServer({ dataDir, flags: ['--workers', String(workers)] })
    const client = new RawClient(server)
    await done(client, restCall('s3', 'PUT', '/slow'))
    const uploads = await Promise.all([beginUpload(client, 'one'), beginUpload(client, 'two')])
    const idle: Socket = connect(server.port, '127.0.0.1')
    await sleep(100)
    let isStopped = false
    const exitCode = server.stop().then((code) => {
      isStopped = true
      return code
    })
    await sleep(1_000)
    expect(isStopped).toBe(false)
    await expect(client.call(whoAmI, ADMIN)).rejects.toThrow(/ECONNREFUSED|ECONNRESET|socket hang up/)
    for (const { finish } of uploads) finish()
    for (const { ended } of uploads) expect(await ended).toMatch(/^HTTP\/1\.1 200 /)
    expect(await exitCode).toBe(0)
    idle.destroy()
    const again = await startServer({ dataDir })
    const after = new RawClient(again)
    for (const key of ['one', 'two']) await done(after, restCall('s3', 'HEAD', `/slow/${key}`))
    expect(await again.stop()).toBe(0)
  })

  test('has no object of an upload that never ended', async () => {
    const dataDir = await newFolder()
    const server = await startServer({ dataDir })
    const client = new RawClient(server)
    await done(client, restCall('s3', 'PUT', '/slow'))
    await beginUpload(client, 'never')
    process.kill(server.pid, 'SIGTERM')
    await sleep(300)
    await server.kill()
    const again = await startServer({ dataDir })
    const missing = await new RawClient(again).call(restCall('s3', 'GET', '/slow/never'), ADMIN)
    expect(outcome(missing)).toEqual(['NoSuchKey', 404])
    expect(await again.stop()).toBe(0)
    const { objects, multipart_uploads: uploads } = snapshot(dataDir)
    expect([objects, uploads]).toEqual([[], []])
  })
})

describe('reset', () => {
  const reset = (client: RawClient, headers: Readonly<Record<string, string>> = {}) =>
    client.send({ ...restCall('s3', 'POST', '/_openirsa/reset'), headers: { host: client.host, ...headers } })

  test('with --dev empties everything but the admin', async () => {
    const server = await startServer({ flags: ['--dev'] })
    const client = new RawClient(server)
    await iam(client, 'CreateRole', { RoleName: 'gone', AssumeRolePolicyDocument: TRUST_ROOT })
    await iam(client, 'CreateUser', { UserName: 'gone' })
    await iam(client, 'AttachUserPolicy', {
      UserName: 'admin',
      PolicyArn: 'arn:aws:iam::aws:policy/AWSDenyAll',
    }).catch(() => undefined)
    await done(client, restCall('s3', 'PUT', '/gone')).catch(() => undefined)
    expect(outcome(await reset(client))).toEqual([undefined, 200])
    expect((await iam(client, 'ListRoles', {})).text).not.toContain('gone')
    expect((await iam(client, 'ListUsers', {})).text).not.toContain('gone')
    expect((await done(client, restCall('s3', 'GET', '/'))).text).not.toContain('gone')
    await iam(client, 'CreateRole', { RoleName: 'gone', AssumeRolePolicyDocument: TRUST_ROOT })
    expect(await server.stop()).toBe(0)
  })

  test('ends the sessions of all roles', async () => {
    const server = await startServer({ flags: ['--dev'] })
    const client = new RawClient(server)
    const role = { RoleName: 'gone', AssumeRolePolicyDocument: TRUST_ROOT }
    await iam(client, 'CreateRole', role)
    const assume = queryCall('sts', 'AssumeRole', { RoleArn: roleArn('gone'), RoleSessionName: 'gone' })
    const session = credentials(client, await client.call(assume, ADMIN))
    expect((await client.call(whoAmI, session)).status).toBe(200)
    await reset(client)
    await iam(client, 'CreateRole', role)
    expect(outcome(await client.call(whoAmI, session))).toEqual(['InvalidClientTokenId', 403])
    expect(await server.stop()).toBe(0)
  })

  test('is refused to browsers, to other names of this machine, and without --dev', async () => {
    const dev = await startServer({ flags: ['--dev'] })
    const client = new RawClient(dev)
    await iam(client, 'CreateRole', { RoleName: 'kept', AssumeRolePolicyDocument: TRUST_ROOT })
    const refused: readonly Readonly<Record<string, string>>[] = [
      { origin: 'http://127.0.0.1' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-origin' },
      { host: 'rebound.example' },
      { host: `rebound.example:${dev.port}` },
    ]
    for (const headers of refused) {
      expect([headers, (await reset(client, headers)).status]).toEqual([headers, 403])
    }
    const plain = await startServer()
    expect((await reset(new RawClient(plain))).status).toBe(403)
    for (const path of ['/_openirsa/reset/', '/_openirsa//reset', '/_openirsa/%72eset']) {
      const odd = { ...restCall('s3', 'POST', path), headers: { host: client.host } }
      expect((await client.send(odd)).status).toBeGreaterThanOrEqual(400)
    }
    await iam(client, 'GetRole', { RoleName: 'kept' })
    expect(await plain.stop()).toBe(0)
    expect(await dev.stop()).toBe(0)
  })
})

describe('the first start', () => {
  test.for([1, 2, 3])('of two servers at once on an empty folder makes one installation (round %i)', async () => {
    const dataDir = await newFolder()
    const options = { dataDir, environment: WITHOUT_KEY }
    const servers = await Promise.all([startServer(options), startServer(options)])
    const { stdout } = await run(process.execPath, [PROGRAM, 'env', '--data-dir', dataDir, '--format', 'json'])
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = JSON.parse(stdout)
    for (const server of servers) {
      const client = new RawClient(server)
      const answer = await client.call(whoAmI, { accessKeyId, secretAccessKey })
      expect(answer.xml('Arn')).toBe(`arn:aws:iam::${ACCOUNT_ID}:user/admin`)
      expect(client.leaks(server.log())).toEqual([])
    }
    for (const server of servers) expect(await server.stop()).toBe(0)
    const { users, access_keys: keys, settings } = snapshot(dataDir) as Record<string, readonly unknown[]>
    expect([users?.length, keys?.length]).toEqual([1, 1])
    expect(settings?.length).toBeGreaterThan(0)
  })

  test('leaves nothing in the folder that others may read, whatever the umask', async () => {
    const dataDir = path.join(await newFolder(), 'data')
    const umask = process.umask(0)
    const server = await startServer({ dataDir, environment: WITHOUT_KEY }).finally(() => process.umask(umask))
    const { stdout } = await run(process.execPath, [PROGRAM, 'env', '--data-dir', dataDir, '--format', 'json'])
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = JSON.parse(stdout)
    const key = { accessKeyId, secretAccessKey }
    const client = new RawClient(server)
    await done(client, restCall('s3', 'PUT', '/modes'), key)
    await done(client, restCall('s3', 'PUT', '/modes/object', 'x'), key)
    const names = await readdir(dataDir, { recursive: true })
    const modes = await Promise.all(
      ['', ...names].map(async (name) => {
        const entry = await stat(path.join(dataDir, name))
        return [name, (entry.mode & 0o777).toString(8), entry.isDirectory() ? '700' : '600'] as const
      }),
    )
    expect(modes.filter(([, mode, wanted]) => mode !== wanted)).toEqual([])
    expect(names).toEqual(
      expect.arrayContaining(['openirsa.sqlite', 'openirsa.sqlite-wal', 'master-key', 'admin-credentials']),
    )
    expect(modes.filter(([name]) => name.startsWith('objects/')).length).toBeGreaterThan(2)
    expect(await server.stop()).toBe(0)
  })

  test('closes a folder that was open to others', async () => {
    const dataDir = await newFolder()
    await chmod(dataDir, 0o777)
    const server = await startServer({ dataDir })
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
    expect(await server.stop()).toBe(0)
  })
})

describe('a start that cannot be', () => {
  let taken: ReturnType<typeof createServer>
  let takenPort: number
  /** Of an installation that was started once. */
  let usedFolder: string

  beforeAll(async () => {
    taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    takenPort = (taken.address() as AddressInfo).port
    usedFolder = await newFolder()
    const server = await startServer({ dataDir: usedFolder })
    expect(await server.stop()).toBe(0)
  })

  afterAll(() => taken.close())

  /** Starts the server with settings that must stop it, and returns its exit code and what it said. */
  async function failedStart(flags: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--listen', '127.0.0.1:0', ...flags], {
      env: { ...withoutAws(process.env), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    })
    let said = ''
    let printed = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    child.stdout.on('data', (chunk) => {
      printed += chunk
    })
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    return { code, lines: said.trimEnd().split('\n'), printed }
  }

  const WRONG: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>, RegExp])[] = [
    ['an address without a port', ['--listen', 'localhost'], {}, /--listen/],
    ['a port that is none', ['--listen', '127.0.0.1:99999'], {}, /--listen/],
    ['every address without TLS', ['--listen', '0.0.0.0:0'], {}, /--listen .*--tls-cert/],
    ['--dev beyond loopback', ['--listen', '0.0.0.0:0', '--insecure-http', '--dev'], {}, /--dev/],
    ['a region that is none', ['--region', 'mars'], {}, /--region/],
    ['an account id that is none', ['--account-id', '1234'], {}, /--account-id/],
    ['no workers', ['--workers', '0'], {}, /--workers/],
    ['a log level that is none', ['--log-level', 'loud'], {}, /--log-level/],
    ['a database of another kind', ['--database-url', 'mysql://geheim@localhost/x'], {}, /--database-url/],
    ['a database URL that is none', ['--database-url', 'postgres://u:geheim@h:port/x'], {}, /--database-url/],
    ['a public URL that is none', ['--public-url', 'example.com'], {}, /--public-url/],
    ['a range that is none', ['--allow-private-issuers', '300.0.0.0/8'], {}, /--allow-private-issuers/],
    ['a range that is too long', ['--allow-private-issuers', '10.0.0.0/33'], {}, /--allow-private-issuers/],
    ['a quota that is none', ['--quotas', 'NoSuchQuota=1'], {}, /--quotas/],
    ['a certificate without its key', ['--tls-cert', '/x.pem'], {}, /--tls-key/],
    ['a certificate that is not there', ['--tls-cert', '/x.pem', '--tls-key', '/x.key'], {}, /--tls-cert.*\/x\.pem/],
    ['an authority that is not there', ['--issuer-ca-file', '/x.pem'], {}, /--issuer-ca-file.*\/x\.pem/],
    ['a config file that is not there', ['--config', '/x.yaml'], {}, /\/x\.yaml/],
    ['a switch that says neither', [], { OPENIRSA_DEV: 'maybe' }, /OPENIRSA_DEV/],
    [
      'half of a key',
      [],
      { OPENIRSA_ADMIN_ACCESS_KEY_ID: 'AKIA', OPENIRSA_ADMIN_SECRET_ACCESS_KEY: '' },
      /OPENIRSA_ADMIN/,
    ],
  ]

  test.for(WRONG)('%s: one line that names the setting, and exit code 2', async ([, flags, environment, names]) => {
    const dataDir = await newFolder()
    const { code, lines, printed } = await failedStart(['--data-dir', dataDir, ...flags], environment)
    expect([lines, code]).toEqual([[expect.stringMatching(names)], 2])
    expect(lines[0]).toMatch(/^openirsa: /)
    expect([printed, lines.join()]).toEqual(['', expect.not.stringContaining('geheim')])
  })

  test('a setting that there is not, and exit code 2', async () => {
    const { code, lines } = await failedStart(['--no-such-setting'])
    expect([lines[0], code]).toEqual([expect.stringContaining('--no-such-setting'), 2])
  })

  const IMPOSSIBLE: readonly (readonly [string, () => Promise<readonly string[]>, RegExp])[] = [
    [
      'an address that is taken',
      async () => ['--data-dir', await newFolder(), '--listen', `127.0.0.1:${takenPort}`],
      /something else listens on 127\.0\.0\.1:\d+.*\[ADDRESS_IN_USE\]/,
    ],
    [
      'an address of another machine',
      async () => ['--data-dir', await newFolder(), '--listen', '192.0.2.1:0', '--insecure-http'],
      /192\.0\.2\.1.*\[ADDRESS\]/,
    ],
    [
      'a master key that is not there',
      async () => ['--data-dir', await newFolder(), '--master-key-file', '/no/such/key'],
      /\/no\/such\/key.*\[MASTER_KEY\]/,
    ],
    [
      'a master key that cannot be read',
      async () => ['--data-dir', await newFolder(), '--master-key-file', await newFolder()],
      /cannot read .*\[MASTER_KEY\]/,
    ],
    [
      'a master key that is too short',
      async () => ['--data-dir', usedFolder, '--master-key-file', await fileOf('c2hvcnQ=')],
      /32 bytes.*\[MASTER_KEY\]/,
    ],
    [
      'another master key than the database was made with',
      async () => ['--data-dir', usedFolder, '--master-key-file', await fileOf(randomBytes(32).toString('base64'))],
      /master key.*\[\w+\]/,
    ],
    [
      'a database of a newer version',
      async () => ['--data-dir', await folderOfVersion(999)],
      /schema version 999.*newer OpenIRSA.*\[DATABASE\]/,
    ],
    ['a database that is none', async () => ['--data-dir', await folderWithGarbage()], /not a database.*\[DATABASE\]/],
    [
      'a database that does not answer',
      async () => ['--data-dir', await newFolder(), '--database-url', 'postgres://u:geheim@127.0.0.1:1/x'],
      /postgres:\/\/127\.0\.0\.1:1\/x.*ECONNREFUSED.*\[DATABASE\]/,
    ],
    ['a data folder that is a file', async () => ['--data-dir', await fileOf('')], /data folder.*\[DATA_FOLDER\]/],
    [
      'a data folder that leads nowhere',
      async () => ['--data-dir', await danglingLink()],
      /data folder.*\[DATA_FOLDER\]/,
    ],
  ]

  test.for(IMPOSSIBLE)('%s: one line that says so, and exit code 1', async ([, flags, says]) => {
    const { code, lines, printed } = await failedStart(await flags())
    expect([lines, code]).toEqual([[expect.stringMatching(says)], 1])
    expect([printed, lines.join()]).toEqual(['', expect.not.stringContaining('geheim')])
  })

  test('another master key has changed nothing: with the right one all is there', async () => {
    const server = await startServer({ dataDir: usedFolder })
    expect((await new RawClient(server).call(whoAmI, ADMIN)).status).toBe(200)
    expect(await server.stop()).toBe(0)
  })

  async function fileOf(text: string): Promise<string> {
    const file = path.join(await newFolder(), 'file')
    await writeFile(file, text)
    return file
  }

  async function folderOfVersion(version: number): Promise<string> {
    const dataDir = await newFolder()
    const server = await startServer({ dataDir })
    expect(await server.stop()).toBe(0)
    const database = new DatabaseSync(path.join(dataDir, 'openirsa.sqlite'))
    database.prepare("update settings set value = ? where name = 'schema_version'").run(String(version))
    database.close()
    return dataDir
  }

  async function folderWithGarbage(): Promise<string> {
    const dataDir = await newFolder()
    await writeFile(path.join(dataDir, 'openirsa.sqlite'), randomBytes(8_192))
    return dataDir
  }

  async function danglingLink(): Promise<string> {
    const link = path.join(await newFolder(), 'link')
    await symlink('/no/such/folder', link)
    return link
  }
})
