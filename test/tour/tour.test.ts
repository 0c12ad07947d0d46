import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  ListOpenIDConnectProvidersCommand,
  ListPoliciesCommand,
  ListRolesCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StepResult } from '../../src/cli/tour/step.ts'
import { ADMIN, clientEnvironment, startServer, type TestServer } from '../support/server.ts'
import { run } from '../support/shell.ts'

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/openirsa.js')
const CHECKS_FAILED = 4

let server: TestServer
/** Without a server's data: what the tour finds there is nothing. */
let folder: string

beforeAll(async () => {
  server = await startServer()
  folder = await mkdtemp(path.join(tmpdir(), 'openirsa-tour-test-'))
})

afterAll(async () => {
  expect(await server.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

function tour(environment: Readonly<Record<string, string>>, ...flags: string[]) {
  return run(process.execPath, [PROGRAM, 'tour', ...flags], environment, { cwd: folder })
}

interface Report {
  readonly url: string
  readonly isPrivate: boolean
  readonly passed: boolean
  readonly steps: readonly StepResult[]
}

test('takes every step of the document against a running server, again and again', async () => {
  for (let time = 0; time < 2; time++) {
    const ran = await tour(server.environment, '--output', 'json')
    const report: Report = JSON.parse(ran.stdout)
    expect(report.steps.filter(({ isAsExpected }) => !isAsExpected)).toEqual([])
    expect(report).toMatchObject({ url: server.url, isPrivate: false, passed: true })
    expect(ran.code).toBe(0)
    expect(denials(report)).toEqual({
      'Write to the same bucket': 'AccessDenied',
      'Read the other bucket': 'AccessDenied',
      'List the roles of the account': 'AccessDenied',
      'Come from the wrong namespace': 'AccessDenied',
      'Come with the wrong audience': 'InvalidIdentityToken',
      'Come with an expired token of it': 'ExpiredTokenException',
      'Come with a token that somebody else signed': 'InvalidIdentityToken',
      'Register usage without the second policy': 'AccessDeniedException',
    })
  }
  expect(await whatIsThere()).toEqual([])
})

test('shows people a step a paragraph, within 80 columns and without colours where no terminal is', async () => {
  const { stdout, stderr, code } = await tour(server.environment)
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  expect(stdout).toMatch(/^OpenIRSA tour of a running server\n/)
  expect(stdout).toMatch(/\d+ steps: \d+ allowed and 8 denied as they should be\.\n$/)
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(stdout).not.toContain('\u001b')
})

test('starts a server of its own where none runs, and leaves nothing of it', async () => {
  const temporary = await mkdtemp(path.join(folder, 'temporary-'))
  const ran = await tour({ TMPDIR: temporary, OPENIRSA_LISTEN: '127.0.0.1:9' }, '--output', 'json')
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ran.stdout)).toMatchObject({ isPrivate: true, passed: true })
  expect(await readdir(temporary)).toEqual([])
})

test('says so and cleans up where an answer is not as it should be', async () => {
  const ran = await tour(await operatorWhoMayNotAttach(), '--output', 'json')
  expect(ran.code).toBe(CHECKS_FAILED)
  const report: Report = JSON.parse(ran.stdout)
  const byTitle = new Map(report.steps.map((step) => [step.title, step]))
  expect(report.passed).toBe(false)
  expect(byTitle.get('Attach the policy to the role')).toMatchObject({
    isAsExpected: false,
    answer: { kind: 'denied', code: 'AccessDenied' },
  })
  expect(byTitle.get('Read the object that the policy allows')).toMatchObject({
    isAsExpected: false,
    answer: { kind: 'denied' },
  })
  expect(report.steps.at(-1)?.isAsExpected).toBe(true)
  expect(await whatIsThere()).toEqual([])
})

test('refuses to start where AWS_ENDPOINT_URL names no server', async () => {
  const ran = await tour({ ...server.environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' })
  expect(ran).toMatchObject({ code: 1, stdout: '' })
  expect(ran.stderr).toContain('[UNREACHABLE]')
})

function denials({ steps }: Report): Record<string, string> {
  return Object.fromEntries(
    steps.flatMap(({ title, answer }) => (answer.kind === 'denied' ? [[title, answer.code]] : [])),
  )
}

function options() {
  return { endpoint: server.url, region: 'us-east-1', credentials: ADMIN, forcePathStyle: true }
}

async function whatIsThere(): Promise<readonly string[]> {
  const iam = new IAMClient(options())
  const [roles, policies, providers, buckets, clusters] = await Promise.all([
    iam.send(new ListRolesCommand()),
    iam.send(new ListPoliciesCommand({ Scope: 'Local' })),
    iam.send(new ListOpenIDConnectProvidersCommand()),
    new S3Client(options()).send(new ListBucketsCommand()),
    new EKSClient(options()).send(new ListClustersCommand()),
  ])
  return [
    ...(roles.Roles ?? []).map(({ RoleName }) => `role ${RoleName}`),
    ...(policies.Policies ?? []).map(({ PolicyName }) => `policy ${PolicyName}`),
    ...(providers.OpenIDConnectProviderList ?? []).map(({ Arn }) => `provider ${Arn}`),
    ...(buckets.Buckets ?? []).map(({ Name }) => `bucket ${Name}`),
    ...(clusters.clusters ?? []).map((name) => `cluster ${name}`),
  ]
}

/** A user who may do everything but attach a policy to a role. */
async function operatorWhoMayNotAttach(): Promise<Record<string, string>> {
  const iam = new IAMClient(options())
  const UserName = 'operator'
  await iam.send(new CreateUserCommand({ UserName }))
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'iam:AttachRolePolicy', Resource: '*' },
    ],
  })
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'all-but-attach', PolicyDocument }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  return clientEnvironment(server.url, {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  })
}
