import { createHash, randomBytes, randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { credentials, done, iam, roleArn, trustOfPrincipal } from '../support/account.ts'
import { type Key, queryCall, RawClient, restCall } from '../support/raw-request.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'

const ROUNDS = 5
/** Writers of each kind; each waits for its answer before it goes on. */
const WRITERS = 4
const TRUST = trustOfPrincipal('arn:aws:iam::111122223333:root')

/** What a writer asked for, and how far it was told that it was done. */
interface RoleWritten {
  readonly name: string
  created: boolean
  tagged: boolean
}

interface ObjectWritten {
  readonly key: string
  /** MD5 of the bodies that were sent, in order; the ETags that they would have. */
  readonly sent: string[]
  /** How many of them were acknowledged. */
  acknowledged: number
}

let dataDir: string
const roles: RoleWritten[] = []
const objects: ObjectWritten[] = []
/** Made before the first cut: its token must open after every one. */
let session: Key

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'openirsa-power-cut-'))
  const server = await startServer({ dataDir })
  const client = new RawClient(server)
  await done(client, restCall('s3', 'PUT', '/power-cut'))
  await iam(client, 'CreateRole', { RoleName: 'survivor', AssumeRolePolicyDocument: TRUST })
  const assumed = queryCall('sts', 'AssumeRole', { RoleArn: roleArn('survivor'), RoleSessionName: 'before' })
  session = credentials(client, await client.call(assumed, ADMIN))
  expect(await server.stop()).toBe(0)
})

afterAll(() => rm(dataDir, { recursive: true, force: true }))

test.for(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
  'kill -9 in the middle of writes, round %i: what was acknowledged is there, and nothing is there by half',
  async (round) => {
    const server = await startServer({ dataDir })
    const acknowledgedBefore = roles.filter(({ created }) => created).length
    const writers = startWriters(server, round)
    // Not before there is something to lose, and each time elsewhere in the stream.
    while (roles.filter(({ created }) => created).length < acknowledgedBefore + 10) await sleep(5)
    await sleep(randomInt(400))
    await server.kill()
    await writers

    const again = await startServer({ dataDir })
    const client = new RawClient(again)
    for (const role of roles) await checkRole(client, role)
    for (const object of objects) await checkObject(client, object)
    checkAuditEvents()
    const identity = await client.call(queryCall('sts', 'GetCallerIdentity'), session)
    expect(identity.xml('Arn')).toBe('arn:aws:sts::111122223333:assumed-role/survivor/before')
    expect(await again.stop()).toBe(0)
  },
)

/** Writes until the server is gone; resolves when all writers have noticed. */
async function startWriters(server: TestServer, round: number): Promise<void> {
  const client = new RawClient(server)
  const ofEachKind = Array.from({ length: WRITERS }, (_, writer) => `${round}-${writer}`)
  await Promise.all([
    ...ofEachKind.map((name) => untilGone((count) => writeRole(client, `role-${name}-${count}`))),
    ...ofEachKind.map((name) => untilGone((count) => writeObject(client, `object-${name}-${count % 5}`))),
  ])
}

/** A connection that ends is the power cut; an answer that refuses is a failure. */
async function untilGone(write: (count: number) => Promise<void>): Promise<void> {
  for (let count = 0; ; count++) {
    try {
      await write(count)
    } catch (error) {
      if (/ECONN|EPIPE|socket hang up|aborted/.test(String(error) + String((error as { code?: string }).code))) return
      throw error
    }
  }
}

async function writeRole(client: RawClient, name: string): Promise<void> {
  const role: RoleWritten = { name, created: false, tagged: false }
  roles.push(role)
  await iam(client, 'CreateRole', {
    RoleName: name,
    AssumeRolePolicyDocument: TRUST,
    'Tags.member.1.Key': 'first',
    'Tags.member.1.Value': name,
    'Tags.member.2.Key': 'second',
    'Tags.member.2.Value': name,
  })
  role.created = true
  await iam(client, 'TagRole', {
    RoleName: name,
    'Tags.member.1.Key': 'third',
    'Tags.member.1.Value': name,
    'Tags.member.2.Key': 'fourth',
    'Tags.member.2.Value': name,
  })
  role.tagged = true
}

async function writeObject(client: RawClient, key: string): Promise<void> {
  const known = objects.find((object) => object.key === key)
  const object = known ?? { key, sent: [], acknowledged: 0 }
  if (known === undefined) objects.push(object)
  const body = randomBytes(randomInt(1, 300_000))
  object.sent.push(createHash('md5').update(body).digest('hex'))
  const written = await done(client, restCall('s3', 'PUT', `/power-cut/${key}`, body))
  expect(written.headers.etag).toBe(`"${object.sent.at(-1)}"`)
  object.acknowledged = object.sent.length
}

async function checkRole(client: RawClient, { name, created, tagged }: RoleWritten): Promise<void> {
  const answer = await client.call(queryCall('iam', 'GetRole', { RoleName: name }), ADMIN)
  if (answer.status === 404) return expect([name, created]).toEqual([name, false])
  expect([name, answer.status]).toEqual([name, 200])
  const tags = Array.from(answer.text.matchAll(/<Key>(\w+)<\/Key><Value>([^<]*)<\/Value>/g), ([, key]) => key)
  const isWhole = [
    ['first', 'second'],
    ['first', 'fourth', 'second', 'third'],
  ].some((keys) => keys.join() === tags.toSorted().join())
  expect([name, tags, isWhole]).toEqual([name, tags, true])
  if (tagged) expect([name, tags.length]).toEqual([name, 4])
}

async function checkObject(client: RawClient, { key, sent, acknowledged }: ObjectWritten): Promise<void> {
  const answer = await rawObject(client, key)
  if (answer.status === 404) return expect([key, acknowledged]).toEqual([key, 0])
  expect([key, answer.status]).toEqual([key, 200])
  // The last one that was acknowledged, or one that was on its way at a cut.
  const possible = sent.slice(Math.max(0, acknowledged - 1))
  expect([key, possible]).toEqual([key, expect.arrayContaining([answer.md5])])
  expect([key, answer.etag]).toEqual([key, `"${answer.md5}"`])
}

async function rawObject(client: RawClient, key: string) {
  const { path, headers } = client.sign(restCall('s3', 'GET', `/power-cut/${key}`), ADMIN)
  const { host = '', ...sent } = headers
  const response = await fetch(`http://${host}${path}`, { headers: sent })
  const bytes = new Uint8Array(await response.arrayBuffer())
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    md5: createHash('md5').update(bytes).digest('hex'),
  }
}

/** A change and the event that tells of it are one transaction: as many of the one as of the other. */
function checkAuditEvents(): void {
  const database = new DatabaseSync(path.join(dataDir, 'openirsa.sqlite'), { readOnly: true })
  const count = (sql: string) => database.prepare(sql).get()?.n
  const created = count("select count(*) n from audit_events where event_name = 'CreateRole' and error_code is null")
  const stored = count('select count(*) n from roles')
  database.close()
  expect(created).toBe(stored)
}
