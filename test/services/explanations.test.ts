import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ACCOUNT_ID,
  allow,
  assumeByToken,
  credentials,
  done,
  iam,
  outcome,
  policy,
  roleArn,
  SUBJECT,
  trustOfPrincipal,
  trustOfServiceAccount,
} from '../support/account.ts'
import { type Key, queryCall, type RawAnswer, RawClient, restCall } from '../support/raw-request.ts'
import { ADMIN, clientEnvironment, startServer, type TestServer } from '../support/server.ts'
import { run } from '../support/shell.ts'

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/openirsa.js')

let server: TestServer
let client: RawClient
let issuerUrl: string

beforeAll(async () => {
  server = await startServer()
  client = new RawClient(server)
  const cluster = {
    name: 'c',
    roleArn: roleArn('cluster'),
    resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
  }
  const { json } = await done(client, restCall('eks', 'POST', '/clusters', cluster))
  issuerUrl = json.cluster.identity.oidc.issuer
  await iam(client, 'CreateOpenIDConnectProvider', { Url: issuerUrl, 'ClientIDList.member.1': 'sts.amazonaws.com' })
  await iam(client, 'CreateRole', { RoleName: 'pod', AssumeRolePolicyDocument: trustOfServiceAccount(issuerUrl) })
  await iam(client, 'CreateRole', {
    RoleName: 'other',
    AssumeRolePolicyDocument: trustOfPrincipal(`arn:aws:iam::${ACCOUNT_ID}:root`),
  })
})
afterAll(async () => {
  expect(client.leaks(server.log())).toEqual([])
  await server.stop()
})

async function token(serviceAccount: string): Promise<string> {
  const input = { namespace: 'my-namespace', serviceAccount }
  const { json } = await done(client, restCall('openirsa', 'POST', '/openirsa/clusters/c/tokens', input))
  return json.token
}

/** The id in a denial's message. */
function idOf(answer: RawAnswer): string {
  expect(answer.status).toBe(403)
  const id = / with the following authorization id: ([0-9a-z]+)$/.exec(answer.xml('Message'))?.[1]
  if (id === undefined) throw new Error(`no authorization id in ${answer.text}`)
  return id
}

/** A call of IAM Toolbox, as a client of AWS makes it: a path, signed for `iam`. */
function details(id: string, key: Key = ADMIN, query = ''): Promise<RawAnswer> {
  const call = restCall('eks', 'GET', `/authorization-details/${id}${query}`)
  return client.call({ ...call, service: 'iam' }, key)
}

function explain(...args: readonly string[]) {
  return run(process.execPath, [PROGRAM, 'explain', ...args], server.environment)
}

describe('a token that the trust policy does not let in', () => {
  let refused: RawAnswer

  beforeAll(async () => {
    refused = await assumeByToken(client, roleArn('pod'), await token('stranger'))
  })

  test("has AWS's sentence, its own claims and an id in its message", () => {
    const issuer = JSON.stringify(issuerUrl)
    expect(refused.xml('Message')).toContain(
      `Not authorized to perform sts:AssumeRoleWithWebIdentity. The token has issuer ${issuer}, subject "system:serviceaccount:my-namespace:stranger", audience "sts.amazonaws.com". `,
    )
    expect(idOf(refused).length).toBeGreaterThanOrEqual(26)
  })

  test('is explained by IAM Toolbox in its form', async () => {
    const { status, json } = await details(idOf(refused))
    expect(status).toBe(200)
    const provider = issuerUrl.replace('https://', '')
    expect(json).toEqual({
      requestContext: expect.objectContaining({
        ...{ [`${provider}:sub`]: 'system:serviceaccount:my-namespace:stranger', 'sts:RoleSessionName': 'pod' },
        'aws:SourceIp': '127.0.0.1',
      }),
      evaluations: [
        {
          ...{ action: 'sts:AssumeRoleWithWebIdentity', resource: roleArn('pod') },
          ...{ evaluatedEffect: 'IMPLICIT_DENY', matchedPolicies: [] },
        },
      ],
      policies: [
        {
          ...{ type: 'RESOURCE_BASED_POLICY', inline: true, uri: expect.any(String) },
          attachedTo: [{ arn: roleArn('pod') }],
        },
      ],
    })
  })

  test('is explained by our own command: the near miss first, then the line', async () => {
    const { code, stdout, stderr } = await explain(idOf(refused))
    expect([code, stderr]).toEqual([5, ''])
    const [first = ''] = stdout.split('\n')
    expect(first).toMatch(
      new RegExp(`^sts:AssumeRoleWithWebIdentity would be allowed if .*:sub. were .${SUBJECT}., not .*:stranger`),
    )
    expect(stdout).toContain('CLOSED  trust')
    expect(stdout).toMatch(/presented +system:serviceaccount:my-namespace:stranger\n/)
    expect(stdout).toMatch(/\n +1 \| .*:sub": ?"system:serviceaccount:my-namespace:my-service-account"/)
  })

  test('as JSON it has the gates in order and wanted and presented values side by side', async () => {
    const { code, stdout } = await explain('--last', '--output', 'json')
    expect(code).toBe(5)
    const explanation = JSON.parse(stdout)
    expect(explanation).toMatchObject({
      ...{ id: idOf(refused), decision: 'implicitDeny', firstClosedGate: 'trust' },
      caller: {
        issuer: issuerUrl,
        subject: 'system:serviceaccount:my-namespace:stranger',
        audience: 'sts.amazonaws.com',
      },
      gates: [
        { name: 'token', status: 'OPEN' },
        { name: 'provider', status: 'OPEN' },
        { name: 'trust', status: 'CLOSED', reason: 'NOT_TRUSTED' },
        { name: 'permissions', status: 'NOT_REACHED' },
      ],
      evaluations: [
        {
          ...{ policy: roleArn('pod'), index: 0, effect: 'Allow', matched: false },
          failed: [
            {
              ...{ element: 'Condition', operator: 'StringEquals', expected: [SUBJECT] },
              presented: ['system:serviceaccount:my-namespace:stranger'],
            },
          ],
        },
      ],
    })
  })

  test('keeps its explanation when the policy has changed since', async () => {
    await iam(client, 'UpdateAssumeRolePolicy', {
      RoleName: 'pod',
      PolicyDocument: trustOfPrincipal(`arn:aws:iam::${ACCOUNT_ID}:root`),
    })
    const { stdout } = await explain(idOf(refused), '--output', 'yaml')
    expect(stdout).toContain(SUBJECT)
    await iam(client, 'UpdateAssumeRolePolicy', { RoleName: 'pod', PolicyDocument: trustOfServiceAccount(issuerUrl) })
  })
})

test('a role that does not exist has the same message, and an explanation that says so', async () => {
  const refused = await assumeByToken(client, roleArn('none'), await token('my-service-account'))
  const { stdout } = await explain(idOf(refused), '--output', 'json')
  expect(JSON.parse(stdout).gates).toContainEqual({
    ...{ name: 'trust', status: 'CLOSED', reason: 'NO_SUCH_ROLE' },
    detail: `there is no role ${roleArn('none')}`,
  })
})

describe('a session without permission', () => {
  let key: Key

  beforeAll(async () => {
    const statements = [{ Sid: 'NoKeys', ...allow('iam:CreateAccessKey'), Effect: 'Deny' }, allow('iam:GetUser')]
    await iam(client, 'PutRolePolicy', { RoleName: 'other', PolicyName: 'own', PolicyDocument: policy(...statements) })
    const assume = queryCall('sts', 'AssumeRole', { RoleArn: roleArn('other'), RoleSessionName: 'session' })
    key = credentials(client, await done(client, assume))
  })

  test('is told which statement denied, to who may know', async () => {
    const refused = await client.call(queryCall('iam', 'CreateAccessKey', { UserName: 'admin' }), key)
    const { json } = await details(idOf(refused))
    const [{ uri }] = json.policies
    expect(json).toMatchObject({
      evaluations: [
        {
          evaluatedEffect: 'EXPLICIT_DENY',
          matchedPolicies: [{ uri, matchedStatements: [{ sid: 'NoKeys', evaluatedEffect: 'DENY' }] }],
        },
      ],
      policies: [{ type: 'IDENTITY_BASED_POLICY', inline: true, attachedTo: [{ arn: roleArn('other') }] }],
    })
    expect(outcome(await details(idOf(refused), key))).toEqual(['AccessDeniedException', 403])
    const environment = clientEnvironment(server.url, { ...key, sessionToken: key.sessionToken ?? '' })
    const asked = await run(process.execPath, [PROGRAM, 'explain', idOf(refused)], environment)
    expect([asked.code, asked.stdout]).toEqual([5, ''])
    expect(asked.stderr).toContain('AccessDeniedException')
  })

  test('has a message for DecodeAuthorizationMessage with the explanation in it', async () => {
    const refused = await client.call(queryCall('iam', 'ListUsers'), key)
    await details(idOf(refused))
    const message = String(refused.headers['x-openirsa-authorization-message'])
    const decoded = await done(client, queryCall('sts', 'DecodeAuthorizationMessage', { EncodedMessage: message }))
    expect(JSON.parse(decoded.xml('DecodedMessage'))).toMatchObject({
      ...{ allowed: false, explicitDeny: false, explanation: expect.stringContaining('iam:ListUsers') },
      context: { action: 'iam:ListUsers', principal: { arn: roleArn('other') } },
    })
  })
})

test('an id that is not known, and one that is none, are told apart', async () => {
  expect(outcome(await details('0123456789abcdef'))).toEqual(['ResourceNotFoundException', 404])
  expect(outcome(await details('ABC'))).toEqual(['ValidationException', 400])
  expect(outcome(await details('abc', ADMIN, '?nextToken=x'))).toEqual(['ValidationException', 400])
  const { code, stderr } = await explain('0123456789abcdef')
  expect([code, stderr]).toEqual([1, expect.stringContaining('ResourceNotFoundException')])
})

test('wrong usage is told', async () => {
  for (const args of [[], ['abc', '--last'], ['--last', '--output', 'xml']]) {
    expect((await explain(...args)).code).toBe(2)
  }
})

test('strangers have no id, and nothing of theirs is kept', async () => {
  const before = (await explain('--last', '--output', 'json')).stdout
  const refused = await client.send({ ...restCall('s3', 'GET', '/no-such-bucket/key'), headers: { host: client.host } })
  expect(refused.text).not.toContain('authorization id')
  const after = (await explain('--last', '--output', 'json')).stdout
  expect(JSON.parse(after).id).toBe(JSON.parse(before).id)
})
