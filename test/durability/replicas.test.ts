import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { findPostgres, type PostgresServer } from '../../src/store/testing/postgres-cluster.ts'
import {
  allow,
  assumeByToken,
  credentials,
  done,
  iam,
  outcome,
  policy,
  policyArn,
  providerArn,
  roleArn,
  trustOfPrincipal,
  trustOfServiceAccount,
} from '../support/account.ts'
import { type Key, queryCall, RawClient, restCall, type ServiceCall } from '../support/raw-request.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'

/** The published bound. */
const BOUND_MS = 1_000
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'
const OK = [undefined, 200] as const
const DENIED = ['AccessDenied', 403] as const
const TRUST_ROOT = trustOfPrincipal('arn:aws:iam::111122223333:root')
const listRoles = queryCall('iam', 'ListRoles')

/** Servers that share what they keep. */
interface Installation {
  readonly servers: readonly TestServer[]
  /** To each of the servers, in turn. */
  readonly clients: readonly RawClient[]
  stop(): Promise<void>
}

async function installation(servers: readonly TestServer[], end: () => Promise<unknown>): Promise<Installation> {
  return {
    servers,
    clients: servers.map((server) => new RawClient(server)),
    async stop() {
      for (const server of servers) expect(await server.stop()).toBe(0)
      await end()
    },
  }
}

const newFolder = () => mkdtemp(path.join(tmpdir(), 'openirsa-replicas-'))

async function twoOnSqlite(): Promise<Installation> {
  const dataDir = await newFolder()
  const servers = await Promise.all([startServer({ dataDir }), startServer({ dataDir })])
  return installation(servers, () => rm(dataDir, { recursive: true, force: true }))
}

async function twoWorkers(): Promise<Installation> {
  const dataDir = await newFolder()
  const server = await startServer({ dataDir, flags: ['--workers', '2'] })
  return installation([server], () => rm(dataDir, { recursive: true, force: true }))
}

const postgres = findPostgres()
let cluster: PostgresServer | undefined

async function twoOnPostgres(): Promise<Installation> {
  if (postgres.kind === 'missing') throw new Error(postgres.reason)
  cluster ??= await postgres.start()
  const dataDir = await newFolder()
  const options = { dataDir, flags: ['--database-url', await cluster.createDatabase()] }
  const servers = await Promise.all([startServer(options), startServer(options)])
  return installation(servers, () => rm(dataDir, { recursive: true, force: true }))
}

afterAll(() => cluster?.stop())

describe.each([
  { title: 'two servers on one SQLite file', start: twoOnSqlite, missing: undefined },
  { title: 'two workers on one SQLite file', start: twoWorkers, missing: undefined },
  {
    title: 'two servers on one PostgreSQL',
    start: twoOnPostgres,
    missing: postgres.kind === 'missing' ? postgres.reason : undefined,
  },
])('$title', ({ start, missing }) => {
  let shared: Installation
  let here: RawClient
  let there: RawClient
  let issuerUrl: string
  let slowestMs = 0

  beforeAll(async () => {
    if (missing !== undefined) return
    shared = await start()
    here = shared.clients[0] as RawClient
    there = shared.clients.at(-1) as RawClient
    await done(here, restCall('s3', 'PUT', '/shared'))
    await done(here, restCall('s3', 'PUT', '/shared/one', 'one'))
    const made = await done(
      here,
      restCall('eks', 'POST', '/clusters', {
        name: 'shared',
        roleArn: roleArn('any'),
        resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
      }),
    )
    issuerUrl = made.json.cluster.identity.oidc.issuer
    await iam(here, 'CreateOpenIDConnectProvider', { Url: issuerUrl, 'ClientIDList.member.1': 'sts.amazonaws.com' })
  })

  afterAll(() => shared?.stop())

  const step = (title: string, body: (context: TestContext) => Promise<void>) =>
    test(title, async (context) => {
      context.skip(missing !== undefined, missing)
      await body(context)
    })

  /** A role with a live session, known (and cached) at the other server. */
  async function knownSession(name: string): Promise<Key> {
    await iam(here, 'CreateRole', { RoleName: name, AssumeRolePolicyDocument: TRUST_ROOT })
    await iam(here, 'AttachRolePolicy', { RoleName: name, PolicyArn: ADMINISTRATOR })
    const assume = queryCall('sts', 'AssumeRole', { RoleArn: roleArn(name), RoleSessionName: 'known' })
    const key = credentials(here, await here.call(assume, ADMIN))
    for (let count = 0; count < 4; count++) expect(outcome(await there.call(listRoles, key))).toEqual(OK)
    return key
  }

  /**
   * Asks the other server until it answers as it should after a change that was just acknowledged here. With workers, any of
   * them may answer: the last answer of old counts.
   */
  async function inForceWithin(
    ask: () => Promise<readonly [string | undefined, number]>,
    expected: readonly [string | undefined, number],
  ) {
    const acknowledgedAt = performance.now()
    let lastOldMs = 0
    let newInARow = 0
    while (newInARow < 8) {
      const askedMs = performance.now() - acknowledgedAt
      const answer = await ask()
      if (String(answer) === String(expected)) {
        newInARow++
        continue
      }
      newInARow = 0
      lastOldMs = askedMs
      if (askedMs > 5 * BOUND_MS) expect(answer).toEqual(expected)
    }
    slowestMs = Math.max(slowestMs, lastOldMs)
    expect(lastOldMs).toBeLessThan(BOUND_MS)
  }

  const asked = (call: ServiceCall, key: Key) => async () => outcome(await there.call(call, key))

  step('enforces at the other a policy that denies', async () => {
    for (let round = 0; round < 5; round++) {
      const key = await knownSession(`denied-${round}`)
      await iam(here, 'PutRolePolicy', {
        RoleName: `denied-${round}`,
        PolicyName: 'deny',
        PolicyDocument: policy({ Effect: 'Deny', Action: '*', Resource: '*' }),
      })
      await inForceWithin(asked(listRoles, key), DENIED)
      await iam(here, 'DeleteRolePolicy', { RoleName: `denied-${round}`, PolicyName: 'deny' })
      await inForceWithin(asked(listRoles, key), OK)
    }
  })

  step('enforces at the other a policy that is detached, and another default version', async () => {
    const key = await knownSession('detached')
    await iam(here, 'DetachRolePolicy', { RoleName: 'detached', PolicyArn: ADMINISTRATOR })
    await inForceWithin(asked(listRoles, key), DENIED)
    await iam(here, 'CreatePolicy', { PolicyName: 'versions', PolicyDocument: policy(allow('iam:ListRoles')) })
    await iam(here, 'AttachRolePolicy', { RoleName: 'detached', PolicyArn: policyArn('versions') })
    await inForceWithin(asked(listRoles, key), OK)
    await iam(here, 'CreatePolicyVersion', {
      PolicyArn: policyArn('versions'),
      PolicyDocument: policy(allow('iam:ListUsers')),
      SetAsDefault: 'true',
    })
    await inForceWithin(asked(listRoles, key), DENIED)
  })

  step('enforces at the other a permissions boundary', async () => {
    const key = await knownSession('bounded')
    await iam(here, 'CreatePolicy', { PolicyName: 'boundary', PolicyDocument: policy(allow('iam:ListUsers')) })
    await iam(here, 'PutRolePermissionsBoundary', { RoleName: 'bounded', PermissionsBoundary: policyArn('boundary') })
    await inForceWithin(asked(listRoles, key), DENIED)
  })

  step('ends at the other the sessions of a role that is deleted', async () => {
    const key = await knownSession('mortal')
    await iam(here, 'DetachRolePolicy', { RoleName: 'mortal', PolicyArn: ADMINISTRATOR })
    await iam(here, 'DeleteRole', { RoleName: 'mortal' })
    await inForceWithin(asked(listRoles, key), ['InvalidClientTokenId', 403])
  })

  step('refuses at the other a key that is inactive, and one that is deleted', async () => {
    await iam(here, 'CreateUser', { UserName: 'someone' })
    await iam(here, 'AttachUserPolicy', { UserName: 'someone', PolicyArn: ADMINISTRATOR })
    const made = await iam(here, 'CreateAccessKey', { UserName: 'someone' })
    const key = { accessKeyId: made.xml('AccessKeyId'), secretAccessKey: made.xml('SecretAccessKey') }
    const named = { UserName: 'someone', AccessKeyId: key.accessKeyId }
    await inForceWithin(asked(listRoles, key), OK)
    await iam(here, 'UpdateAccessKey', { ...named, Status: 'Inactive' })
    await inForceWithin(asked(listRoles, key), ['InvalidClientTokenId', 403])
    await iam(here, 'UpdateAccessKey', { ...named, Status: 'Active' })
    await inForceWithin(asked(listRoles, key), OK)
    await iam(here, 'DeleteAccessKey', named)
    await inForceWithin(asked(listRoles, key), ['InvalidClientTokenId', 403])
  })

  step('enforces at the other a trust policy, a client id and a provider', async () => {
    await iam(here, 'CreateRole', { RoleName: 'pod', AssumeRolePolicyDocument: trustOfServiceAccount(issuerUrl) })
    const minting = restCall('openirsa', 'POST', '/openirsa/clusters/shared/tokens', {
      namespace: 'my-namespace',
      serviceAccount: 'my-service-account',
    })
    const { token } = (await done(here, minting)).json
    const ask = async () => outcome(await assumeByToken(there, roleArn('pod'), token))
    await inForceWithin(ask, OK)
    const strangers = trustOfServiceAccount(issuerUrl, 'system:serviceaccount:other:other')
    await iam(here, 'UpdateAssumeRolePolicy', { RoleName: 'pod', PolicyDocument: strangers })
    await inForceWithin(ask, DENIED)
    await iam(here, 'UpdateAssumeRolePolicy', {
      RoleName: 'pod',
      PolicyDocument: trustOfServiceAccount(issuerUrl),
    })
    await inForceWithin(ask, OK)
    const arn = { OpenIDConnectProviderArn: providerArn(issuerUrl) }
    await iam(here, 'RemoveClientIDFromOpenIDConnectProvider', { ...arn, ClientID: 'sts.amazonaws.com' })
    await inForceWithin(ask, ['InvalidIdentityToken', 400])
    await iam(here, 'AddClientIDToOpenIDConnectProvider', { ...arn, ClientID: 'sts.amazonaws.com' })
    await inForceWithin(ask, OK)
    await done(here, restCall('openirsa', 'POST', '/openirsa/clusters/shared/key-rotation', { step: 'PUBLISH' }))
    await done(here, restCall('openirsa', 'POST', '/openirsa/clusters/shared/key-rotation', { step: 'SIGN' }))
    const rotation = { step: 'REMOVE', force: true }
    await done(here, restCall('openirsa', 'POST', '/openirsa/clusters/shared/key-rotation', rotation))
    await inForceWithin(ask, ['InvalidIdentityToken', 400])
  })

  step("enforces at the other a bucket's policy, and shows it every object", async () => {
    await iam(here, 'CreateUser', { UserName: 'reader' })
    const made = await iam(here, 'CreateAccessKey', { UserName: 'reader' })
    const key = { accessKeyId: made.xml('AccessKeyId'), secretAccessKey: made.xml('SecretAccessKey') }
    const read = restCall('s3', 'GET', '/shared/one')
    await inForceWithin(asked(read, key), DENIED)
    const grant = {
      ...allow('s3:GetObject', 'arn:aws:s3:::shared/*'),
      Principal: { AWS: 'arn:aws:iam::111122223333:user/reader' },
    }
    await done(here, restCall('s3', 'PUT', '/shared?policy', policy(grant)))
    await inForceWithin(asked(read, key), OK)
    await done(here, restCall('s3', 'PUT', '/shared/one', 'another'))
    expect((await there.call(read, key)).text).toBe('another')
    await done(here, restCall('s3', 'DELETE', '/shared?policy'))
    await inForceWithin(asked(read, key), DENIED)
  })

  step('lets exactly one of many win who create the same name at once', async () => {
    const contests: readonly (readonly [ServiceCall, string])[] = [
      [
        queryCall('iam', 'CreateRole', { RoleName: 'contested', AssumeRolePolicyDocument: TRUST_ROOT }),
        'EntityAlreadyExists',
      ],
      [queryCall('iam', 'CreateUser', { UserName: 'Contested' }), 'EntityAlreadyExists'],
      [
        queryCall('iam', 'CreatePolicy', { PolicyName: 'contested', PolicyDocument: policy(allow('*')) }),
        'EntityAlreadyExists',
      ],
      [
        queryCall('iam', 'CreateOpenIDConnectProvider', {
          Url: 'https://contested.example',
          'ThumbprintList.member.1': 'a'.repeat(40),
        }),
        'EntityAlreadyExists',
      ],
      [
        restCall('eks', 'POST', '/clusters', {
          name: 'contested',
          roleArn: roleArn('any'),
          resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
        }),
        'ResourceInUseException',
      ],
      [
        restCall('openirsa', 'POST', '/openirsa/clusters', {
          name: 'contested-too',
          issuerUrl: 'https://192.0.2.1',
        }),
        'ResourceInUseException',
      ],
    ]
    for (const [call, code] of contests) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? here : there).call(call, ADMIN)),
      )
      const outcomes = answers.map((answer) => answer.code ?? 'made').toSorted()
      expect(outcomes).toEqual([...Array.from({ length: 19 }, () => code), 'made'].toSorted())
    }
  })

  step('has the slowest of all these changes in force everywhere within one second', async ({ annotate }) => {
    await annotate(`the slowest change was in force everywhere after ${slowestMs.toFixed(1)} ms`)
    expect(slowestMs).toBeLessThan(BOUND_MS)
    const errors = shared.servers.flatMap(({ log }) => log()).filter((line) => line.includes('"level":"error"'))
    expect(errors).toEqual([])
    for (const { client, log } of shared.servers.map((server, n) => ({
      client: shared.clients[n],
      log: server.log(),
    }))) {
      expect(client?.leaks(log)).toEqual([])
    }
  })
})
