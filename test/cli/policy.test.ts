import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bash, run } from '../support/shell.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const PROGRAM = path.join(ROOT, 'bin/openirsa.js')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'openirsa-policy-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

function openirsa(args: readonly string[], input = '') {
  return run(process.execPath, [PROGRAM, ...args], {}, { cwd: folder, input })
}

const place = (name: string) => path.join(folder, name)
const parsedLines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const ALICE = { type: 'user', arn: 'arn:aws:iam::111122223333:user/alice' }
const READ = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:Get*', Resource: '*' } }
const request = (members: object) =>
  JSON.stringify({ principal: ALICE, action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', ...members })

/** The engine's own cases as lines. Conditions have a form of their own there. */
async function engineCases(): Promise<readonly (readonly [line: string, expected: string])[]> {
  const names = ['decision-order', 'implicit-deny', 'trust', 'principals', 'resources', 'actions', 'known-mistakes']
  const files = await Promise.all(
    names.map((name) => readFile(path.join(ROOT, `src/policy/cases/${name}.json`), 'utf8')),
  )
  return files.flatMap((text) => {
    const { base, cases } = JSON.parse(text) as { base: object; cases: { name: string; decision: string }[] }
    return cases.map((one) => [JSON.stringify({ ...base, ...one, id: one.name }), one.decision] as const)
  })
}

describe('policy evaluate', () => {
  test('answers the cases of the engine as the engine does, in order', async () => {
    const cases = await engineCases()
    expect(cases.length).toBeGreaterThan(200)
    const { code, stdout } = await openirsa(['policy', 'evaluate'], cases.map(([line]) => line).join('\n'))
    expect(parsedLines(stdout).map(({ id, decision }) => [id, decision])).toEqual(
      cases.map(([line, decision]) => [JSON.parse(line).id, decision]),
    )
    expect(code).toBe(0)
  })

  test('a line that cannot be read is answered as such, and the rest goes on', async () => {
    const lines = [
      request({ id: 'first', identityPolicies: [READ] }),
      '{"id":"broken","action":',
      '',
      request({ id: 'malformed', identityPolicies: [{ Version: '2012-10-17', Statement: { Efect: 'Allow' } }] }),
      request({ id: 'as text', identityPolicies: ['{\n  "Statement": {"Effect": "Maybe"}}'] }),
      request({ id: 'last', identityPolicies: [JSON.stringify(READ)] }),
    ]
    const { code, stdout } = await openirsa(['policy', 'evaluate'], lines.join('\n'))
    expect(code).toBe(1)
    const answers = parsedLines(stdout)
    expect(answers).toMatchObject([
      { id: 'first', decision: 'allowed' },
      { id: 'broken', error: { code: 'InvalidJson', line: 2, column: 25 } },
      { id: 'malformed', error: { code: 'MalformedPolicyDocument', line: 4, policy: 'identityPolicies[0]' } },
      { id: 'as text', error: { code: 'MalformedPolicyDocument', line: 2, column: 27 } },
      { id: 'last', decision: 'allowed' },
    ])
    expect(lines[3]?.slice(answers[2].error.column - 1)).toMatch(/^\{"Efect"/)
  })

  test('reads files, and says why', async () => {
    await writeFile(place('one.jsonl'), request({ id: 1 }))
    const { code, stdout } = await openirsa(['policy', 'evaluate', '--explain', 'one.jsonl', 'one.jsonl'])
    const [answer, again] = parsedLines(stdout)
    expect(answer).toEqual(again)
    expect(answer.explanation.sentence).toContain('there is no identity-based policy that could allow it')
    expect(code).toBe(0)
  })

  test('a file that is not there stops it before the first answer', async () => {
    const { code, stdout, stderr } = await openirsa(['policy', 'evaluate', 'one.jsonl', 'nope.jsonl'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('nope.jsonl')
  })

  test('answers each line as it comes, and ends quietly when nobody reads on', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'policy', 'evaluate'], { stdio: ['pipe', 'pipe', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.stdin.on('error', () => undefined)
    const exit = new Promise<number | null>((resolve) => child.on('exit', resolve))
    child.stdin.write(`${request({ id: 1 })}\n`)
    const first = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve))
    expect(JSON.parse(first.toString()).id).toBe(1)
    child.stdout.destroy()
    for (let id = 0; id < 2_000; id++) child.stdin.write(`${request({ id })}\n`)
    child.stdin.end()
    expect(await exit).toBe(0)
    expect(errors).toBe('')
  })
})

test('docs/policy-testing.md does what it says, pasted as it stands', async () => {
  const text = await readFile(path.join(ROOT, 'docs/policy-testing.md'), 'utf8')
  const blocks = Array.from(text.matchAll(/^```(sh|text)\n([\s\S]*?)^```$/gm), ([, kind, lines = '']) => ({
    kind,
    lines,
  }))
  expect(blocks.filter(({ kind }) => kind === 'text').length).toBeGreaterThanOrEqual(5)
  const npx = `#!/bin/sh\nshift\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`
  await writeFile(place('npx'), npx, { mode: 0o755 })
  const environment = { PATH: `${folder}:${process.env.PATH}` }
  let output = ''
  for (const { kind, lines } of blocks) {
    if (kind === 'text') {
      expect(output).toContain(lines.trimEnd())
      continue
    }
    const { code, stdout, stderr } = await bash(`set -e\n${lines}`, environment, folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    output = stdout
  }
})

describe('policy test', () => {
  const file = (tests: string) =>
    `policies:\n  app: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}\n${tests}`

  test.each([
    ['tests:\n  - action: s3:GetObject\n    expct: allowed\n', 'wrong.yaml:5:5: there is no member "expct" here'],
    ['tests:\n  - action: s3:GetObject\n    expect: maybe\n', 'wrong.yaml:5:5: "expect" is one of'],
    ['tests:\n  - action: a:b\n    expect: denied\n    boundary: nope\n', 'wrong.yaml:6:5: there is no policy "nope"'],
    ['tests:\n  - action: a:b\n    expect: denied\n    principal: bob\n', 'wrong.yaml:6:5: a principal is'],
    ['tests:\n  - action: [\n', 'wrong.yaml:5:1: '],
    ['tests: []\n', 'wrong.yaml:3:1: "tests" is a list'],
  ])('%j is refused with its place', async (tests, message) => {
    await writeFile(place('wrong.yaml'), file(tests))
    const { code, stdout, stderr } = await openirsa(['policy', 'test', 'wrong.yaml'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`openirsa: ${message}`)
  })

  test('a malformed policy is told with its own place', async () => {
    await writeFile(place('bad.json'), '{\n  "Version": "2012-10-17",\n  "Statement": [{"Effect": "Allw"}]\n}')
    await writeFile(place('wrong.yaml'), 'policies: {bad: bad.json}\ntests: [{action: a:b, expect: denied}]\n')
    const { code, stderr } = await openirsa(['policy', 'test', 'wrong.yaml'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^openirsa: bad\.json:3:\d+: /)
  })

  test('a failure counts, in every form of the report', async () => {
    const tests = 'tests:\n  - name: <"nothing">\n    action: s3:GetObject\n    expect: denied\n'
    await writeFile(place('fails.yaml'), file(tests))
    const { code, stdout } = await openirsa(['policy', 'test', 'fails.yaml'])
    expect(code).toBe(4)
    expect(stdout).toContain('expected  denied')
    expect(stdout).toContain('statement number 1 of app, line 2.')
    const json = JSON.parse((await openirsa(['policy', 'test', 'fails.yaml', '--output', 'json'])).stdout)
    expect(json).toMatchObject({ passed: 0, failed: 1, files: [{ tests: [{ passed: false, line: 4 }] }] })
    const { stdout: junit } = await openirsa(['policy', 'test', 'fails.yaml', '--output', 'junit'])
    expect(junit).toContain('<testsuite name="fails.yaml" tests="1" failures="1">')
    expect(junit).toContain('<testcase name="&lt;&quot;nothing&quot;&gt;"')
  })
})

describe('policy diff', () => {
  test('with requests, shows exactly those that are decided differently', async () => {
    const narrower = { ...READ, Statement: { ...READ.Statement, Action: 's3:GetObject' } }
    await writeFile(place('old.json'), JSON.stringify(READ))
    await writeFile(place('new.json'), JSON.stringify(narrower))
    const lines = [request({ id: 'stays' }), request({ id: 'goes', action: 's3:GetObjectAcl' })]
    await writeFile(place('asked.jsonl'), lines.join('\n'))
    const args = ['policy', 'diff', 'old.json', 'new.json', '--requests', 'asked.jsonl', '--output', 'json']
    const { code, stdout } = await openirsa(args)
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      requests: 2,
      becomeAllowed: [],
      stopBeingAllowed: [{ id: 'goes', line: 2, before: 'allowed', after: 'implicitDeny' }],
    })
  })

  test('a policy does not differ from itself', async () => {
    await writeFile(place('same.json'), JSON.stringify(READ, null, 2))
    await writeFile(place('old.json'), JSON.stringify(READ))
    const { code, stdout } = await openirsa(['policy', 'diff', 'old.json', 'same.json'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Nothing changes: each of the two allows and denies all that the other one does.\n',
    })
  })
})
