import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EKS } from '../../../src/services/eks/service.ts'
import { IAM } from '../../../src/services/iam/service.ts'
import { MARKETPLACE_METERING } from '../../../src/services/marketplace-metering/service.ts'
import { S3 } from '../../../src/services/s3/service.ts'
import { STS } from '../../../src/services/sts/service.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { run } from '../../support/shell.ts'

interface Case {
  readonly group: string
  readonly name: string
}

interface Outcome extends Case {
  /** The traceback of a case that failed. */
  readonly problem: string | null
}

const SUITE = path.join(import.meta.dirname, 'suite.py')
const PROGRAM = path.resolve(import.meta.dirname, '../../../bin/openirsa.js')
/** Nothing is called while cases are listed, but boto3 wants a region to make its clients. */
const listed = await python('list', { AWS_DEFAULT_REGION: 'us-east-1' }).catch(() => undefined)
/** Exit code of shims that find no program. */
const COMMAND_NOT_FOUND = 127
const MISSING = 'python3 with boto3 is not installed'

if (listed?.code === 0) describe('boto3', () => runCases(JSON.parse(listed.stdout)))
else if (listed === undefined || listed.code === COMMAND_NOT_FOUND || listed.stderr.includes('ModuleNotFoundError')) {
  test('boto3', ({ skip }) => skip(MISSING))
} else throw new Error(`The cases cannot be listed:\n${listed.stderr}`)

/** All cases run in one process, because boto3 takes longer to load than most of them. */
function runCases(cases: readonly Case[]): void {
  let server: TestServer
  let outcomes: readonly Outcome[]
  let called: Readonly<Record<string, readonly string[]>>

  beforeAll(async () => {
    server = await startServer()
    const ran = await python('run', {
      ...server.environment,
      OPENIRSA_TEST_NODE: process.execPath,
      OPENIRSA_TEST_PROGRAM: PROGRAM,
    })
    expect(ran.stderr).toBe('')
    const lines = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    called = lines.pop().called
    outcomes = lines
  })
  afterAll(async () => expect(await server.stop()).toBe(0))

  for (const [group, ofGroup] of Map.groupBy(cases, (each) => each.group)) {
    describe(group, () => {
      test.each(ofGroup)('$name', ({ name }) => {
        const outcome = outcomes.find((each) => each.group === group && each.name === name)
        expect(outcome, 'the case was run').toBeDefined()
        if (outcome?.problem) expect.fail(outcome.problem)
      })
    })
  }

  test.each([IAM, STS, EKS, S3, MARKETPLACE_METERING])('calls every operation of $protocol.name', (service) => {
    const built = service.operations.map(({ name }) => name)
    const { [service.protocol.name]: names = [] } = called
    expect(built.filter((name) => !names.includes(name))).toEqual([])
  })
}

function python(command: 'list' | 'run', environment: Readonly<Record<string, string>>) {
  return run('python3', [SUITE, command], { ...environment, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' })
}
