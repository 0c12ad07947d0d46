import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { CreateClusterCommand } from '@aws-sdk/client-eks'
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  InvalidIdentityTokenException,
} from '@aws-sdk/client-sts'
import { fromTokenFile } from '@aws-sdk/credential-providers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../../support/server.ts'
import { run } from '../../support/shell.ts'
import { ACCOUNT, allow, type Clients, clients, refusal, unique } from './fixture.ts'

const PROGRAM = path.resolve(import.meta.dirname, '../../../bin/openirsa.js')
const POD = fileURLToPath(new URL('./pod.ts', import.meta.url))
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/pods/reader`
const BUCKET = unique('bucket')

describe('a pod with the AWS SDK for JavaScript', () => {
  let server: TestServer
  let admin: Clients
  let folder: string
  let tokenFile: string

  beforeAll(async () => {
    server = await startServer()
    admin = clients(server.url)
    folder = await mkdtemp(path.join(tmpdir(), 'openirsa-javascript-'))
    tokenFile = path.join(folder, 'token')
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/any`
    const network = { subnetIds: ['subnet-1', 'subnet-2'] }
    const made = await admin.eks.send(new CreateClusterCommand({ name: 'c', roleArn, resourcesVpcConfig: network }))
    const issuer = made.cluster?.identity?.oidc?.issuer ?? ''
    const provider = new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ['sts.amazonaws.com'] })
    const Statement = {
      Effect: 'Allow',
      Principal: { Federated: (await admin.iam.send(provider)).OpenIDConnectProviderArn },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { [`${issuer.slice('https://'.length)}:sub`]: 'system:serviceaccount:n:s' } },
    }
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [Statement] })
    await admin.iam.send(new CreateRoleCommand({ RoleName: 'reader', Path: '/pods/', AssumeRolePolicyDocument }))
    const PolicyDocument = allow('s3:GetObject', `arn:aws:s3:::${BUCKET}/*`)
    await admin.iam.send(new PutRolePolicyCommand({ RoleName: 'reader', PolicyName: 'read', PolicyDocument }))
    await admin.s3.send(new CreateBucketCommand({ Bucket: BUCKET }))
    await admin.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'config.json', Body: '{"answer":42}' }))
    await writeFile(tokenFile, await token())
  })
  afterAll(async () => {
    expect(await server.stop()).toBe(0)
    await rm(folder, { recursive: true, force: true })
  })

  test('is told nothing but its environment', async () => {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...keyless } = server.environment
    const ran = await run(process.execPath, [POD, BUCKET], {
      ...keyless,
      AWS_ROLE_ARN: ROLE_ARN,
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ROLE_SESSION_NAME: 'pod',
    })
    expect(ran.stderr).toBe('')
    expect(JSON.parse(ran.stdout)).toEqual({
      identity: `arn:aws:sts::${ACCOUNT}:assumed-role/reader/pod`,
      read: '{"answer":42}',
      write: 'AccessDenied',
      roles: 'AccessDenied',
    })
  })

  test('takes its credentials from the token file, and once for many calls', async () => {
    const credentials = fromTokenFile({
      roleArn: ROLE_ARN,
      webIdentityTokenFile: tokenFile,
      roleSessionName: 'once',
      clientConfig: { endpoint: server.url, region: 'us-east-1' },
    })
    const { sts, s3 } = clients(server.url, credentials)
    const identities = await Promise.all(Array.from({ length: 5 }, () => sts.send(new GetCallerIdentityCommand({}))))
    const arns = new Set(identities.map(({ Arn }) => Arn))
    expect(arns).toEqual(new Set([`arn:aws:sts::${ACCOUNT}:assumed-role/reader/once`]))
    const got = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'config.json' }))
    expect(await got.Body?.transformToString()).toBe('{"answer":42}')
    const assumed = server
      .log()
      .filter((line) => line.includes('"AssumeRoleWithWebIdentity"') && line.includes('"once"'))
    // One for each client.
    expect(assumed).toHaveLength(2)
  })

  test('has typed errors where its token is not accepted', async () => {
    const assume = async (WebIdentityToken: string) =>
      admin.sts.send(
        new AssumeRoleWithWebIdentityCommand({ RoleArn: ROLE_ARN, RoleSessionName: 'pod', WebIdentityToken }),
      )
    expect((await assume(await token())).SubjectFromWebIdentityToken).toBe('system:serviceaccount:n:s')
    expect(await refusal(assume('not-a-token'))).toBeInstanceOf(InvalidIdentityTokenException)
    expect(await refusal(assume(await token('--audience=other')))).toBeInstanceOf(InvalidIdentityTokenException)
    expect(await refusal(assume(await token('--service-account=other')))).toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(/^Not authorized to perform sts:AssumeRoleWithWebIdentity\. /),
      $metadata: { httpStatusCode: 403 },
    })
  })

  async function token(...more: string[]): Promise<string> {
    const flags = ['--cluster=c', '--namespace=n', '--service-account=s', ...more]
    const minted = await run(process.execPath, [PROGRAM, 'token', ...flags], server.environment)
    expect(minted.stderr).toBe('')
    return minted.stdout.trim()
  }
})
