import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ACCOUNT_ID,
  allow,
  assumeByToken,
  credentials,
  done,
  iam as iamOf,
  outcome,
  policy,
  policyArn,
  roleArn,
  SUBJECT,
  trustOfPrincipal,
  trustOfServiceAccount,
} from '../support/account.ts'
import { type Key, meteringCall, queryCall, RawClient, restCall, type ServiceCall } from '../support/raw-request.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'
import { newTestClock, type TestClock } from '../support/test-clock.ts'

const DENIED = ['AccessDenied', 403] as const
const DEAD = ['InvalidClientTokenId', 403] as const
const OK = [undefined, 200] as const
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'
const ROOT = `arn:aws:iam::${ACCOUNT_ID}:root`
const BUCKET_OBJECTS = 'arn:aws:s3:::sessions/*'

let server: TestServer
let client: RawClient
let clock: TestClock
let issuerUrl: string

beforeAll(async () => {
  clock = await newTestClock()
  server = await startServer({ environment: clock.environment })
  client = new RawClient(server)
  await done(client, restCall('s3', 'PUT', '/sessions'))
  await done(client, restCall('s3', 'PUT', '/sessions/one', 'one'))
  await done(client, restCall('s3', 'PUT', '/sessions/two', 'two'))
  const cluster = restCall('eks', 'POST', '/clusters', {
    name: 'own',
    roleArn: roleArn('any'),
    resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
  })
  issuerUrl = (await done(client, cluster)).json.cluster.identity.oidc.issuer
  await iam('CreateOpenIDConnectProvider', { Url: issuerUrl, 'ClientIDList.member.1': 'sts.amazonaws.com' })
})

afterAll(async () => {
  expect(client.leaks(server.log())).toEqual([])
  expect(server.log().filter((line) => line.includes('"level":"error"'))).toEqual([])
  expect(await server.stop()).toBe(0)
})

const iam = (action: string, parameters: Readonly<Record<string, string>>) =>
  iamOf(client, action, parameters, clock.now())
const call = async (one: ServiceCall, key: Key = ADMIN) => client.call(one, key, { now: clock.now() })
const result = async (one: ServiceCall, key: Key) => outcome(await call(one, key))

const getObject = (key = 'one') => restCall('s3', 'GET', `/sessions/${key}`)
const putObject = (key = 'new') => restCall('s3', 'PUT', `/sessions/${key}`, 'x')
const listRoles = queryCall('iam', 'ListRoles')
const whoAmI = queryCall('sts', 'GetCallerIdentity')

/** A role of the service account, that may do everything unless its policy is given. */
async function newRole(name: string, parameters: { readonly policy?: string; readonly boundary?: string } = {}) {
  await iam('CreateRole', {
    RoleName: name,
    AssumeRolePolicyDocument: trustOfServiceAccount(issuerUrl),
    ...(parameters.boundary === undefined ? {} : { PermissionsBoundary: parameters.boundary }),
  })
  if (parameters.policy === undefined) await iam('AttachRolePolicy', { RoleName: name, PolicyArn: ADMINISTRATOR })
  else await putPolicy(name, 'own', parameters.policy)
}

const putPolicy = (RoleName: string, PolicyName: string, PolicyDocument: string) =>
  iam('PutRolePolicy', { RoleName, PolicyName, PolicyDocument })

async function token(): Promise<string> {
  const [, , namespace = '', serviceAccount = ''] = SUBJECT.split(':')
  const minted = await call(
    restCall('openirsa', 'POST', '/openirsa/clusters/own/tokens', { namespace, serviceAccount }),
  )
  return minted.json.token
}

const assume = async (name: string, parameters: Readonly<Record<string, string>> = {}) =>
  assumeByToken(client, roleArn(name), await token(), parameters)

const session = async (name: string, parameters: Readonly<Record<string, string>> = {}): Promise<Key> =>
  credentials(client, await assume(name, parameters))

async function deleteRole(name: string): Promise<void> {
  const policies = await iam('ListAttachedRolePolicies', { RoleName: name })
  for (const [, arn = ''] of policies.text.matchAll(/<PolicyArn>([^<]*)</g)) {
    await iam('DetachRolePolicy', { RoleName: name, PolicyArn: arn })
  }
  const inline = await iam('ListRolePolicies', { RoleName: name })
  for (const [, policyName = ''] of inline.text.matchAll(/<member>([^<]*)</g)) {
    await iam('DeleteRolePolicy', { RoleName: name, PolicyName: policyName })
  }
  await iam('DeleteRole', { RoleName: name })
}

/** What a session with everything allowed gets from each service. */
const PROBES: readonly (readonly [string, ServiceCall, string])[] = [
  ['IAM', listRoles, 'InvalidClientTokenId'],
  ['STS', whoAmI, 'InvalidClientTokenId'],
  ['EKS', restCall('eks', 'GET', '/clusters'), 'UnrecognizedClientException'],
  ['S3', getObject(), 'InvalidAccessKeyId'],
  [
    'Metering',
    meteringCall('RegisterUsage', { ProductCode: 'abcdefghijklmnopqrstuvwxy', PublicKeyVersion: 1 }),
    'UnrecognizedClientException',
  ],
  ['OpenIRSA', restCall('openirsa', 'GET', '/openirsa/clusters'), 'UnrecognizedClientException'],
]

describe('a session', () => {
  test('dies with its role, on every service, and does not rise with a new role of the same name', async () => {
    await newRole('mortal')
    const old = await session('mortal')
    for (const [service, probe] of PROBES) expect([service, ...(await result(probe, old))]).toEqual([service, ...OK])
    await deleteRole('mortal')
    for (const [service, probe, code] of PROBES) {
      expect([service, ...(await result(probe, old))]).toEqual([service, code, 403])
    }
    expect(outcome(await assume('mortal'))).toEqual(DENIED)
    await newRole('mortal')
    for (const [service, probe, code] of PROBES) {
      expect([service, ...(await result(probe, old))]).toEqual([service, code, 403])
    }
    const fresh = await session('mortal')
    for (const [service, probe] of PROBES) expect([service, ...(await result(probe, fresh))]).toEqual([service, ...OK])
  })

  test('ends at its time, to the second, and not before', async () => {
    await newRole('timed')
    const key = await session('timed', { DurationSeconds: '900' })
    clock.setAhead(898_000)
    for (const [service, probe] of PROBES) expect([service, ...(await result(probe, key))]).toEqual([service, ...OK])
    clock.setAhead(901_000)
    for (const [service, probe] of PROBES) {
      const expired =
        service === 'IAM' || service === 'STS' || service === 'S3' ? 'ExpiredToken' : 'ExpiredTokenException'
      expect([service, ...(await result(probe, key))]).toEqual([service, expired, 403])
    }
    clock.setAhead(0)
  })

  test('that is alive feels each change of its policies at once', async () => {
    await newRole('changing', { policy: policy(allow('s3:GetObject', BUCKET_OBJECTS), allow('iam:ListRoles')) })
    const key = await session('changing')
    expect(await result(getObject(), key)).toEqual(OK)
    expect(await result(listRoles, key)).toEqual(OK)
    await putPolicy(
      'changing',
      'deny',
      policy({ Effect: 'Deny', Action: ['s3:GetObject', 'iam:ListRoles'], Resource: '*' }),
    )
    const denied = await call(listRoles, key)
    expect(outcome(denied)).toEqual(DENIED)
    expect(denied.xml('Message')).toContain('with an explicit deny in an identity-based policy')
    expect(await result(getObject(), key)).toEqual(DENIED)
    await iam('DeleteRolePolicy', { RoleName: 'changing', PolicyName: 'deny' })
    expect(await result(getObject(), key)).toEqual(OK)
    await iam('DeleteRolePolicy', { RoleName: 'changing', PolicyName: 'own' })
    expect(await result(getObject(), key)).toEqual(DENIED)
    expect(await result(listRoles, key)).toEqual(DENIED)
    expect(await result(whoAmI, key)).toEqual(OK)
  })

  test("feels each change of a managed policy's default version, and of its attachment, at once", async () => {
    await iam('CreatePolicy', { PolicyName: 'versions', PolicyDocument: policy(allow('iam:ListRoles')) })
    await newRole('managed', { policy: policy(allow('sts:GetSessionToken')) })
    const attachment = { RoleName: 'managed', PolicyArn: policyArn('versions') }
    await iam('AttachRolePolicy', attachment)
    const key = await session('managed')
    expect(await result(listRoles, key)).toEqual(OK)
    const version = { PolicyArn: policyArn('versions') }
    const narrower = { ...version, PolicyDocument: policy(allow('iam:ListUsers')) }
    await iam('CreatePolicyVersion', { ...narrower, SetAsDefault: 'true' })
    expect(await result(listRoles, key)).toEqual(DENIED)
    await iam('SetDefaultPolicyVersion', { ...version, VersionId: 'v1' })
    expect(await result(listRoles, key)).toEqual(OK)
    await iam('DetachRolePolicy', attachment)
    expect(await result(listRoles, key)).toEqual(DENIED)
  })

  test('goes on when the trust policy changes; new ones are judged by the new one', async () => {
    await newRole('trusting')
    const key = await session('trusting')
    const others = trustOfServiceAccount(issuerUrl, 'system:serviceaccount:other:other')
    await iam('UpdateAssumeRolePolicy', { RoleName: 'trusting', PolicyDocument: others })
    const refused = await assume('trusting')
    expect(outcome(refused)).toEqual(DENIED)
    expect(refused.xml('Message')).toMatch(/^Not authorized to perform sts:AssumeRoleWithWebIdentity\. /)
    expect(await result(listRoles, key)).toEqual(OK)
  })

  test('from before a revocation is denied everything, one from after it nothing', async () => {
    await newRole('revoked')
    const old = await session('revoked')
    expect(await result(listRoles, old)).toEqual(OK)
    await sleep(1_100)
    const revoke = {
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(clock.now()).toISOString() } },
    }
    await putPolicy('revoked', 'AWSRevokeOlderSessions', policy(revoke))
    expect(await result(listRoles, old)).toEqual(DENIED)
    expect(await result(getObject(), old)).toEqual(DENIED)
    await sleep(1_100)
    const fresh = await session('revoked')
    expect(await result(listRoles, fresh)).toEqual(OK)
    expect(await result(getObject(), fresh)).toEqual(OK)
  })
})

describe('a session can never do more than what bounds it', () => {
  /** What somebody tries who wants out. */
  const ESCAPES: readonly ServiceCall[] = [
    listRoles,
    queryCall('iam', 'CreateUser', { UserName: 'escaped' }),
    queryCall('iam', 'CreateAccessKey', { UserName: 'admin' }),
    queryCall('iam', 'AttachRolePolicy', { RoleName: 'bounded', PolicyArn: ADMINISTRATOR }),
    queryCall('iam', 'PutRolePolicy', { RoleName: 'bounded', PolicyName: 'more', PolicyDocument: policy(allow('*')) }),
    queryCall('iam', 'DeleteRolePermissionsBoundary', { RoleName: 'bounded' }),
    queryCall('iam', 'UpdateAssumeRolePolicy', { RoleName: 'open', PolicyDocument: trustOfPrincipal(ROOT) }),
    queryCall('sts', 'AssumeRole', { RoleArn: roleArn('open'), RoleSessionName: 'escape' }),
    getObject('two'),
    putObject('one'),
    restCall('s3', 'DELETE', '/sessions/one'),
    restCall('s3', 'GET', '/sessions?list-type=2'),
    { ...putObject('copy'), body: new Uint8Array(), headers: { 'x-amz-copy-source': '/sessions/two' } },
    restCall('eks', 'DELETE', '/clusters/own'),
    restCall('openirsa', 'POST', '/openirsa/clusters/own/tokens', { namespace: 'x', serviceAccount: 'x' }),
  ]
  const ONLY_ONE = policy(allow('s3:GetObject', 'arn:aws:s3:::sessions/one'))

  beforeAll(async () => {
    await iam('CreateRole', { RoleName: 'open', AssumeRolePolicyDocument: trustOfPrincipal(ROOT) })
    await iam('AttachRolePolicy', { RoleName: 'open', PolicyArn: ADMINISTRATOR })
    await iam('CreatePolicy', { PolicyName: 'only-one', PolicyDocument: ONLY_ONE })
    await newRole('wide')
    await newRole('bounded', { boundary: policyArn('only-one') })
  })

  async function refusesAllEscapes(key: Key, layer: string) {
    expect(await result(getObject('one'), key)).toEqual(OK)
    for (const attempt of ESCAPES) {
      const { status, code, text } = await call(attempt, key)
      const what = `${attempt.method} ${attempt.path} ${Buffer.from(attempt.body).toString().slice(0, 60)}`
      expect([what, status, code?.replace('Exception', '')]).toEqual([what, 403, 'AccessDenied'])
      expect([what, text]).toEqual([what, expect.stringContaining(`because no ${layer} allows`)])
    }
    expect((await call(getObject('one'))).text).toBe('one')
  }

  test('an inline session policy of a web identity', async () => {
    await refusesAllEscapes(await session('wide', { Policy: ONLY_ONE }), 'session policy')
  })

  test('a managed session policy of a web identity', async () => {
    const arn = { 'PolicyArns.member.1.arn': policyArn('only-one') }
    await refusesAllEscapes(await session('wide', arn), 'session policy')
  })

  test('a session policy of AssumeRole', async () => {
    const parameters = { RoleArn: roleArn('open'), RoleSessionName: 'narrow', Policy: ONLY_ONE }
    const key = credentials(client, await call(queryCall('sts', 'AssumeRole', parameters)))
    await refusesAllEscapes(key, 'session policy')
  })

  test("a role's permissions boundary", async () => {
    await refusesAllEscapes(await session('bounded'), 'permissions boundary')
  })

  test('a boundary that is put on while the session lives, and a session policy that allows more', async () => {
    await newRole('late')
    const key = await session('late', { Policy: policy(allow('*')) })
    expect(await result(listRoles, key)).toEqual(OK)
    await iam('PutRolePermissionsBoundary', { RoleName: 'late', PermissionsBoundary: policyArn('only-one') })
    await refusesAllEscapes(key, 'permissions boundary')
  })

  test('a session policy gives nothing that the role does not have', async () => {
    await newRole('poor', { policy: ONLY_ONE })
    const key = await session('poor', { Policy: policy(allow('*')) })
    await refusesAllEscapes(key, 'identity-based policy')
  })

  test('a session policy whose managed policy is gone allows nothing', async () => {
    await iam('CreatePolicy', { PolicyName: 'going', PolicyDocument: policy(allow('*')) })
    const key = await session('wide', { 'PolicyArns.member.1.arn': policyArn('going') })
    expect(await result(listRoles, key)).toEqual(OK)
    await iam('DeletePolicy', { PolicyArn: policyArn('going') })
    expect(await result(listRoles, key)).toEqual(DENIED)
    expect(await result(getObject(), key)).toEqual(DENIED)
  })

  test('session policies that are none are refused', async () => {
    for (const document of ['{', '{"Version":"2012-10-17","Statement":[]}', policy({ Effect: 'Allow', Action: '*' })]) {
      expect(outcome(await assume('wide', { Policy: document }))).toEqual(['MalformedPolicyDocument', 400])
    }
    const missing = await assume('wide', { 'PolicyArns.member.1.arn': policyArn('no-such-policy') })
    expect(missing.status).toBe(400)
  })

  test("a bucket's policy that denies wins over everything, for live sessions too", async () => {
    const key = await session('wide')
    expect(await result(getObject(), key)).toEqual(OK)
    const deny = {
      Effect: 'Deny',
      Principal: { AWS: roleArn('wide') },
      Action: 's3:GetObject',
      Resource: BUCKET_OBJECTS,
    }
    await done(client, restCall('s3', 'PUT', '/sessions?policy', policy(deny)))
    expect(await result(getObject(), key)).toEqual(DENIED)
    await done(client, restCall('s3', 'DELETE', '/sessions?policy'))
    expect(await result(getObject(), key)).toEqual(OK)
  })
})

describe('a user', () => {
  async function newUser(name: string, document = policy(allow('*'))): Promise<Key> {
    await iam('CreateUser', { UserName: name })
    await iam('PutUserPolicy', { UserName: name, PolicyName: 'own', PolicyDocument: document })
    const made = await iam('CreateAccessKey', { UserName: name })
    return { accessKeyId: made.xml('AccessKeyId'), secretAccessKey: made.xml('SecretAccessKey') }
  }

  async function deleteUser(name: string, { accessKeyId }: Key): Promise<void> {
    await iam('DeleteAccessKey', { UserName: name, AccessKeyId: accessKeyId })
    await iam('DeleteUserPolicy', { UserName: name, PolicyName: 'own' })
    await iam('DeleteUser', { UserName: name })
  }

  const userArn = (name: string) => `arn:aws:iam::${ACCOUNT_ID}:user/${name}`

  test('who is deleted and made again is not the one that a trust policy means', async () => {
    const first = await newUser('heir', policy(allow('iam:ListUsers')))
    await iam('CreateRole', { RoleName: 'inherited', AssumeRolePolicyDocument: trustOfPrincipal(userArn('heir')) })
    const assumeRole = queryCall('sts', 'AssumeRole', { RoleArn: roleArn('inherited'), RoleSessionName: 'heir' })
    expect(await result(assumeRole, first)).toEqual(OK)
    await deleteUser('heir', first)
    expect(await result(assumeRole, first)).toEqual(DEAD)
    const second = await newUser('heir', policy(allow('iam:ListUsers')))
    expect(await result(whoAmI, second)).toEqual(OK)
    expect(await result(assumeRole, second)).toEqual(DENIED)
    const shown = await iam('GetRole', { RoleName: 'inherited' })
    expect(decodeURIComponent(shown.xml('AssumeRolePolicyDocument'))).toMatch(/"AWS":\s*"AIDA\w{17}"/)
    await iam('UpdateAssumeRolePolicy', {
      RoleName: 'inherited',
      PolicyDocument: trustOfPrincipal(userArn('heir')),
    })
    expect(await result(assumeRole, second)).toEqual(OK)
  })

  test('who is deleted and made again is not the one that a bucket policy means', async () => {
    const first = await newUser('reader', policy(allow('iam:ListUsers')))
    await done(client, restCall('s3', 'PUT', '/readers'))
    await done(client, restCall('s3', 'PUT', '/readers/book', 'book'))
    const grant = { ...allow('s3:GetObject', 'arn:aws:s3:::readers/*'), Principal: { AWS: userArn('reader') } }
    await done(client, restCall('s3', 'PUT', '/readers?policy', policy(grant)))
    const read = restCall('s3', 'GET', '/readers/book')
    expect(await result(read, first)).toEqual(OK)
    await deleteUser('reader', first)
    const second = await newUser('reader', policy(allow('iam:ListUsers')))
    expect(await result(read, second)).toEqual(DENIED)
  })

  test('has sessions that die with the user, and do no IAM', async () => {
    const user = await newUser('short')
    const key = credentials(client, await call(queryCall('sts', 'GetSessionToken'), user))
    expect(await result(getObject(), key)).toEqual(OK)
    expect(await result(listRoles, key)).toEqual(DEAD)
    expect(await result(queryCall('sts', 'GetSessionToken'), key)).toEqual(DENIED)
    await deleteUser('short', user)
    expect(await result(getObject(), key)).toEqual(['InvalidAccessKeyId', 403])
    const again = await newUser('short')
    expect(await result(whoAmI, again)).toEqual(OK)
    expect(await result(whoAmI, key)).toEqual(DEAD)
  })

  test('with an inactive key is nobody, and somebody again when it is active', async () => {
    const key = await newUser('sleeper')
    const status = (Status: string) =>
      iam('UpdateAccessKey', { UserName: 'sleeper', AccessKeyId: key.accessKeyId, Status })
    await status('Inactive')
    expect(await result(whoAmI, key)).toEqual(DEAD)
    expect(await result(getObject(), key)).toEqual(['InvalidAccessKeyId', 403])
    await status('Active')
    expect(await result(whoAmI, key)).toEqual(OK)
  })

  test('cannot assume a role that does not exist, nor learn that it does not', async () => {
    const user = await newUser('curious')
    const roles = ['no-such-role', 'trusts-another']
    await iam('CreateRole', { RoleName: 'trusts-another', AssumeRolePolicyDocument: trustOfServiceAccount(issuerUrl) })
    const answers = await Promise.all(
      roles.map(async (name) => {
        const one = queryCall('sts', 'AssumeRole', { RoleArn: roleArn(name), RoleSessionName: 'curious' })
        const { status, code, text } = await call(one, user)
        // The id under which the denial is explained is another each time.
        const said = text.replaceAll(name, 'NAME').replace(/<RequestId>.*/, '')
        return [status, code, said.replaceAll(/\b[0-9a-z]{20,}\b/g, 'ID')]
      }),
    )
    expect(answers[0]?.slice(0, 2)).toEqual([403, 'AccessDenied'])
    expect(answers[1]).toEqual(answers[0])
  })
})
