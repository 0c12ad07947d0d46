import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cliHome, findAwsClis, placeAwsCli } from '../support/aws-cli.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'
import { bash } from '../support/shell.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
/** Lines for a machine that is not this one: a fresh clone, and a cluster. */
const ELSEWHERE = /git clone|kubectl/

const cli = (await findAwsClis()).find(({ readsEndpointUrl }) => readsEndpointUrl)
let server: TestServer
let folder: string

beforeAll(async () => {
  server = await startServer()
  folder = await mkdtemp(path.join(tmpdir(), 'openirsa-readme-'))
})

afterAll(async () => {
  expect(await server.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

test("the README's lines do what it says, pasted as they stand", async ({ skip }) => {
  if (cli === undefined) return skip('no aws command line here that reads AWS_ENDPOINT_URL')
  const lines = await shellLines()
  expect(lines).toContain('aws iam create-role')
  const { stdout, stderr } = await bash(lines, await newcomersEnvironment(cli), folder)
  expect(stdout).toContain('"Arn": "arn:aws:iam::111122223333:user/admin"')
  expect(stdout).toMatch(/"Arn": "arn:aws:sts::111122223333:assumed-role\/my-iam-role\//)
  expect(stdout).toMatch(/\{"answer":42\}\s*$/m)
  const refused = Array.from(stderr.matchAll(/\((\w+)\) when calling the (\w+) operation/g), (match) =>
    match.slice(1, 3),
  )
  expect(refused).toEqual([
    ['AccessDenied', 'PutObject'],
    ['AccessDenied', 'ListRoles'],
  ])
})

async function shellLines(): Promise<string> {
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8')
  const blocks = Array.from(readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, lines = '']) => lines)
  return blocks.filter((lines) => !ELSEWHERE.test(lines)).join('\n')
}

/** A shell in the server's folder: `npx openirsa` runs this program, `aws` the one that was found. */
async function newcomersEnvironment(found: NonNullable<typeof cli>): Promise<Record<string, string>> {
  const programs = path.join(folder, 'bin')
  await placeAwsCli(found, programs)
  const npx = `#!/bin/sh\nshift\nexec '${process.execPath}' '${path.join(ROOT, 'bin/openirsa.js')}' "$@"\n`
  await writeFile(path.join(programs, 'npx'), npx, { mode: 0o755 })
  return {
    ...cliHome(folder),
    PATH: `${programs}:${process.env.PATH}`,
    OPENIRSA_LISTEN: `127.0.0.1:${server.port}`,
    OPENIRSA_ADMIN_ACCESS_KEY_ID: ADMIN.accessKeyId,
    OPENIRSA_ADMIN_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
  }
}
