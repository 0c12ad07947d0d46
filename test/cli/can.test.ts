import path from 'node:path'
import { CreateClusterCommand, EKSClient } from '@aws-sdk/client-eks'
import {
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  IAMClient,
  PutUserPolicyCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam'
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { policy, trustOfServiceAccount } from '../support/account.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'
import { run } from '../support/shell.ts'

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/openirsa.js')
const ROLE = 'arn:aws:iam::111122223333:role/team/app'
const OBJECT = 'arn:aws:s3:::my-pod-secrets-bucket/config.json'

let server: TestServer
let alicesKey: { accessKeyId: string; secretAccessKey: string }

beforeAll(async () => {
  server = await startServer()
  await furnish()
})

afterAll(async () => {
  expect(await server.stop()).toBe(0)
})

const clientOptions = (credentials: { accessKeyId: string; secretAccessKey: string } = ADMIN) => ({
  endpoint: server.url,
  region: 'us-east-1',
  credentials,
  forcePathStyle: true,
})

/** A cluster with a role for one of its service accounts, a bucket, and a user with a tag. */
async function furnish() {
  const [iam, eks, s3] = [new IAMClient(clientOptions()), new EKSClient(clientOptions()), new S3Client(clientOptions())]
  const cluster = {
    name: 'my-cluster',
    roleArn: 'arn:aws:iam::111122223333:role/any',
    resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
  }
  const url = (await eks.send(new CreateClusterCommand(cluster))).cluster?.identity?.oidc?.issuer ?? ''
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: url, ClientIDList: ['sts.amazonaws.com'] }))
  const trust = trustOfServiceAccount(url, 'system:serviceaccount:ns:sa')
  await iam.send(new CreateRoleCommand({ RoleName: 'app', Path: '/team/', AssumeRolePolicyDocument: trust }))
  const reads = policy({ Sid: 'Read', Effect: 'Allow', Action: 's3:GetObject', Resource: OBJECT })
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'reads', PolicyDocument: reads }))
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'app', PolicyArn: Policy?.Arn }))
  await s3.send(new CreateBucketCommand({ Bucket: 'my-pod-secrets-bucket' }))
  const forbidden = policy({
    Sid: 'No',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:DeleteObject',
    Resource: `${OBJECT}`,
  })
  await s3.send(new PutBucketPolicyCommand({ Bucket: 'my-pod-secrets-bucket', Policy: forbidden }))
  await iam.send(new CreateUserCommand({ UserName: 'alice' }))
  await iam.send(new TagUserCommand({ UserName: 'alice', Tags: [{ Key: 'team', Value: 'blue' }] }))
  const tagged = policy({
    Sid: 'Team',
    Effect: 'Allow',
    Action: 'iam:GetRole',
    Resource: ROLE,
    Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
  })
  await iam.send(new PutUserPolicyCommand({ UserName: 'alice', PolicyName: 'team', PolicyDocument: tagged }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }))
  alicesKey = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
}

const openirsa = (...args: string[]) => run(process.execPath, [PROGRAM, ...args], server.environment)

describe('can', () => {
  test.each([
    ['a role by its name', 'app'],
    ['a role by its ARN', ROLE],
    ['a session', 'arn:aws:sts::111122223333:assumed-role/app/s'],
    ['a service account', 'system:serviceaccount:ns:sa@my-cluster'],
  ])('%s may what the policy allows, and nothing else', async (_, principal) => {
    const yes = await openirsa('can', principal, 's3:GetObject', OBJECT)
    expect(yes.stdout).toMatch(/^yes {2}.*is allowed by an identity-based policy: statement Read of /)
    expect(yes.stdout).toMatch(/^ {4} +1 \| .*"Sid":"Read"/m)
    expect(yes.code).toBe(0)
    const no = await openirsa('can', principal, 's3:PutObject', OBJECT)
    expect(no.stdout).toMatch(/^no {2}.*is denied: no identity-based policy allows it/)
    expect(no.code).toBe(5)
  })

  test('a service account that no role trusts is told what the nearest one wants', async () => {
    const { code, stdout } = await openirsa('can', 'system:serviceaccount:other:sa@my-cluster', 's3:GetObject', OBJECT)
    expect(code).toBe(5)
    expect(stdout).toMatch(/^no {2}there is no role that trusts system:serviceaccount:other:sa of https:/)
    expect(stdout).toMatch(/role app: .*:sub` were `system:serviceaccount:ns:sa`, not `system:serviceaccount:other:sa`/)
  })

  test("a bucket's policy counts", async () => {
    const { code, stdout } = await openirsa('can', 'user/admin', 's3:DeleteObject', OBJECT)
    expect(code).toBe(5)
    expect(stdout).toContain('explicitly denied by a resource-based policy: statement No of policy of bucket')
  })

  test('says of a user what the server answers to its key', async () => {
    const alice = new IAMClient(clientOptions(alicesKey))
    await expect(alice.send(new GetRoleCommand({ RoleName: 'app' }))).resolves.toBeDefined()
    expect((await openirsa('can', 'alice', 'iam:GetRole', ROLE, '--output', 'name')).stdout).toBe('yes\n')
    await expect(alice.send(new GetRoleCommand({ RoleName: 'other' }))).rejects.toThrow('not authorized')
    const other = 'arn:aws:iam::111122223333:role/other'
    expect((await openirsa('can', 'alice', 'iam:GetRole', other, '--output', 'name')).stdout).toBe('no\n')
    const red = await openirsa('can', 'alice', 'iam:GetRole', ROLE, '--context', 'aws:PrincipalTag/team=red')
    expect(red.stdout).toContain('if `aws:PrincipalTag/team` were `blue`, not `red`')
  })

  test.each([
    [['can', 'nobody', 'a:b', '*'], 1, 'there is no role or user nobody [NO_SUCH_PRINCIPAL]'],
    [['can', 'arn:aws:iam::111122223333:role/app', 'a:b', '*'], 1, `app is ${ROLE} [NO_SUCH_PRINCIPAL]`],
    [['can', 'system:serviceaccount:ns:sa@none', 'a:b', '*'], 1, 'there is no cluster none'],
    [['can', 'app', 's3:GetObject', 'bucket/key'], 2, 'must be an ARN'],
    [['can', 'app', 'a:b', '*', '--context', 'x'], 2, 'it must be key=value'],
  ])('%j ends with %i: %s', async (args, exitCode, message) => {
    const { code, stdout, stderr } = await openirsa(...args)
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' })
    expect(stderr).toContain(message)
  })

  test('who may not read policies gets no answer, neither yes nor no', async () => {
    const environment = {
      ...server.environment,
      AWS_ACCESS_KEY_ID: alicesKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: alicesKey.secretAccessKey,
    }
    const { code, stdout, stderr } = await run(process.execPath, [PROGRAM, 'can', 'role/app', 'a:b', '*'], environment)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('[AccessDenied]')
  })
})

test('who-can lists who may, by which statement, and the service accounts behind roles', async () => {
  const { code, stdout } = await openirsa('who-can', 's3:GetObject', OBJECT)
  expect(code).toBe(0)
  const [head, ...rows] = stdout
    .trim()
    .split('\n')
    .map((row) => row.split(/ {2,}/))
  expect(head).toEqual(['PRINCIPAL', 'ALLOWED BY', 'SERVICE ACCOUNTS'])
  expect(rows.map(([arn]) => arn)).toEqual(['arn:aws:iam::111122223333:user/admin', ROLE])
  expect(rows[1]?.[1]).toBe('statement Read of arn:aws:iam::111122223333:policy/reads')
  expect(rows[1]?.[2]).toMatch(/^ns:sa@/)
  const nobody = await openirsa('who-can', 's3:DeleteObject', OBJECT, '--output', 'json')
  expect(nobody.code).toBe(5)
  expect(JSON.parse(nobody.stdout)).toMatchObject({ asked: 3, principals: [] })
})
