import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DescribeClusterCommand,
  ListTagsForResourceCommand,
  paginateListClusters,
  ResourceInUseException,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
  waitUntilClusterActive,
  waitUntilClusterDeleted,
} from '@aws-sdk/client-eks'
import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeleteConflictException,
  DeletePolicyCommand,
  DeleteRoleCommand,
  EntityAlreadyExistsException,
  GetPolicyVersionCommand,
  GetRoleCommand,
  MalformedPolicyDocumentException,
  NoSuchEntityException,
  paginateListPolicies,
  paginateListRoles,
  TagRoleCommand,
  UpdateRoleCommand,
  waitUntilPolicyExists,
  waitUntilRoleExists,
} from '@aws-sdk/client-iam'
import {
  BatchMeterUsageCommand,
  InvalidTokenException,
  MeterUsageCommand,
  RegisterUsageCommand,
  ResolveCustomerCommand,
} from '@aws-sdk/client-marketplace-metering'
import {
  AssumeRoleCommand,
  DecodeAuthorizationMessageCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  InvalidAuthorizationMessageException,
  STSClient,
} from '@aws-sdk/client-sts'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startServer, type TestServer } from '../../support/server.ts'
import { ACCOUNT, allow, type Clients, clients, collect, refusal, settings, unique } from './fixture.ts'

const TRUST_ACCOUNT = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' }],
}
const AssumeRolePolicyDocument = JSON.stringify(TRUST_ACCOUNT)
/** Seconds; nothing here takes time, so a waiter asks once. */
const WAIT = { maxWaitTime: 10, minDelay: 1, maxDelay: 1 }

describe('the AWS SDK for JavaScript', () => {
  let server: TestServer
  let admin: Clients

  beforeAll(async () => {
    server = await startServer()
    admin = clients(server.url)
  })
  afterAll(async () => expect(await server.stop()).toBe(0))

  describe('IAM', () => {
    test('a role comes back as it was given, found by its waiter', async () => {
      const RoleName = unique('role')
      const Tags = [{ Key: 'équipe', Value: 'zwölf + 1' }]
      const given = { RoleName, Path: '/a/b/', Description: '<für> & "alle"', MaxSessionDuration: 7200, Tags }
      const { Role: made } = await admin.iam.send(new CreateRoleCommand({ ...given, AssumeRolePolicyDocument }))
      await waitUntilRoleExists({ client: admin.iam, ...WAIT }, { RoleName })
      const { Role } = await admin.iam.send(new GetRoleCommand({ RoleName }))
      expect(Role).toMatchObject({ ...given, RoleId: made?.RoleId, CreateDate: made?.CreateDate })
      expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toEqual(TRUST_ACCOUNT)
      expect(Role?.CreateDate?.getMilliseconds()).toBe(0)
      expect(await admin.iam.send(new UpdateRoleCommand({ RoleName, Description: '' }))).toMatchObject({})
      const { Role: updated } = await admin.iam.send(new GetRoleCommand({ RoleName }))
      expect(updated?.Description ?? '').toBe('')
    })

    test('a policy document comes back with every character', async () => {
      const PolicyDocument = allow(['s3:Get*'], 'arn:aws:s3:::ü %25+&<>"/*')
      const { Policy } = await admin.iam.send(new CreatePolicyCommand({ PolicyName: unique('p'), PolicyDocument }))
      const PolicyArn = Policy?.Arn ?? ''
      await waitUntilPolicyExists({ client: admin.iam, ...WAIT }, { PolicyArn })
      const { PolicyVersion } = await admin.iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))
      expect(decodeURIComponent(PolicyVersion?.Document ?? '')).toBe(PolicyDocument)
    })

    test('mistakes are instances of the typed exceptions', async () => {
      const RoleName = unique('role')
      const create = (document: string) =>
        admin.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document }))
      expect(await refusal(create('{}'))).toBeInstanceOf(MalformedPolicyDocumentException)
      await create(AssumeRolePolicyDocument)
      const exists = await refusal(create(AssumeRolePolicyDocument))
      expect(exists).toBeInstanceOf(EntityAlreadyExistsException)
      expect(exists).toMatchObject({
        message: `Role with name ${RoleName} already exists.`,
        $fault: 'client',
        $metadata: { httpStatusCode: 409, requestId: expect.stringMatching(/^[\da-f-]{36}$/) },
      })
      await admin.iam.send(new DeleteRoleCommand({ RoleName }))
      const gone = await refusal(admin.iam.send(new TagRoleCommand({ RoleName, Tags: [] })))
      expect(gone).toBeInstanceOf(NoSuchEntityException)
      const PolicyDocument = allow('s3:*', '*')
      const { Policy } = await admin.iam.send(new CreatePolicyCommand({ PolicyName: unique('p'), PolicyDocument }))
      const PolicyArn = Policy?.Arn ?? ''
      await admin.iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument }))
      expect(await refusal(admin.iam.send(new DeletePolicyCommand({ PolicyArn })))).toBeInstanceOf(
        DeleteConflictException,
      )
    })

    test('paginators see every role of a path once, and all of AWS’s policies', async () => {
      const PathPrefix = `/${unique('page')}/`
      const names = Array.from({ length: 5 }, (_, number) => `${PathPrefix.slice(1, -1)}-${number}`)
      for (const RoleName of names) {
        await admin.iam.send(new CreateRoleCommand({ RoleName, Path: PathPrefix, AssumeRolePolicyDocument }))
      }
      const pages = await collect(paginateListRoles({ client: admin.iam, pageSize: 2 }, { PathPrefix }))
      expect(pages.map(({ Roles }) => Roles?.length)).toEqual([2, 2, 1])
      expect(pages.flatMap(({ Roles }) => Roles?.map(({ RoleName }) => RoleName))).toEqual(names)
      const policies = await collect(paginateListPolicies({ client: admin.iam, pageSize: 1000 }, { Scope: 'AWS' }))
      const arns = policies.flatMap(({ Policies }) => Policies?.map(({ Arn }) => Arn) ?? [])
      expect(arns.length).toBeGreaterThan(1000)
      expect(new Set(arns).size).toBe(arns.length)
    })
  })

  describe('STS', () => {
    test('a session does what its role may do, and tells why not otherwise', async () => {
      const RoleName = unique('role')
      const { Role } = await admin.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
      const assume = new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'session' })
      const { Credentials } = await admin.sts.send(assume)
      const key = {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      }
      const session = clients(server.url, key)
      const identity = await session.sts.send(new GetCallerIdentityCommand({}))
      expect(identity.Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/${RoleName}/session`)
      const info = await admin.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: key.accessKeyId }))
      expect(info.Account).toBe(ACCOUNT)
      const denied = await refusal(session.iam.send(new GetRoleCommand({ RoleName })))
      expect(denied).toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } })
      const sentence = `User: ${identity.Arn} is not authorized to perform: iam:GetRole on resource: ${Role?.Arn} because no identity-based policy allows the iam:GetRole action`
      expect(denied).toHaveProperty('message', expect.stringContaining(`${sentence}. `))
    })

    test('DecodeAuthorizationMessage has a typed exception', async () => {
      const decode = new DecodeAuthorizationMessageCommand({ EncodedMessage: 'nothing' })
      expect(await refusal(admin.sts.send(decode))).toBeInstanceOf(InvalidAuthorizationMessageException)
    })

    test('GetSessionToken gives credentials with an expiration in whole seconds', async () => {
      const before = Date.now()
      const { Credentials } = await admin.sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
      const expiration = Credentials?.Expiration?.getTime() ?? 0
      expect(expiration % 1000).toBe(0)
      expect(Math.abs(expiration - before - 900_000)).toBeLessThan(5_000)
    })

    test('a client whose clock is 20 minutes ahead corrects it by the answer', async () => {
      const systemTime = Date.now
      vi.spyOn(Date, 'now').mockImplementation(() => systemTime() + 20 * 60_000)
      const sts = new STSClient(settings(server.url))
      expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
        Account: ACCOUNT,
        $metadata: { attempts: 2 },
      })
      vi.restoreAllMocks()
    })
  })

  describe('EKS', () => {
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/any`
    const resourcesVpcConfig = { subnetIds: ['subnet-1', 'subnet-2'] }
    const create = (name: string) =>
      admin.eks.send(new CreateClusterCommand({ name, roleArn, resourcesVpcConfig, tags: { a: '1' } }))

    test('a cluster is created, waited for, tagged and deleted, with typed exceptions', async () => {
      const name = unique('cluster')
      const { cluster } = await create(name)
      await waitUntilClusterActive({ client: admin.eks, ...WAIT }, { name })
      expect(await refusal(create(name))).toBeInstanceOf(ResourceInUseException)
      const resourceArn = cluster?.arn ?? ''
      await admin.eks.send(new TagResourceCommand({ resourceArn, tags: { 'ключ/+': 'ö' } }))
      await admin.eks.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }))
      const { tags } = await admin.eks.send(new ListTagsForResourceCommand({ resourceArn }))
      expect(tags).toEqual({ 'ключ/+': 'ö' })
      const { cluster: got } = await admin.eks.send(new DescribeClusterCommand({ name }))
      expect(got).toMatchObject({ name, arn: resourceArn, status: 'ACTIVE', createdAt: cluster?.createdAt, tags })
      await admin.eks.send(new DeleteClusterCommand({ name }))
      await waitUntilClusterDeleted({ client: admin.eks, ...WAIT }, { name })
      const gone = await refusal(admin.eks.send(new DescribeClusterCommand({ name })))
      expect(gone).toBeInstanceOf(ResourceNotFoundException)
      expect(gone).toMatchObject({ message: `No cluster found for name: ${name}.` })
    })

    test('the paginator sees every cluster once', async () => {
      const names = [unique('cluster'), unique('cluster'), unique('cluster')]
      for (const name of names) await create(name)
      const pages = await collect(paginateListClusters({ client: admin.eks, pageSize: 2 }, {}))
      expect(pages.map((page) => page.clusters?.length)).toEqual([2, 1])
      expect(pages.flatMap((page) => page.clusters).sort()).toEqual(names.sort())
    })
  })

  describe('Marketplace Metering', () => {
    test('RegisterUsage answers with a token that verifies by the published key', async () => {
      const register = new RegisterUsageCommand({ ProductCode: 'abc', PublicKeyVersion: 1, Nonce: 'n' })
      const { Signature } = await admin.metering.send(register)
      const keys = createRemoteJWKSet(new URL(`${server.url}/_openirsa/marketplace/keys`))
      const { payload } = await jwtVerify(Signature ?? '', keys)
      expect(payload).toMatchObject({ productCode: 'abc', publicKeyVersion: 1, nonce: 'n' })
    })

    test('usage is recorded, alone and in batches', async () => {
      const usage = { ProductCode: unique('product'), Timestamp: new Date(), UsageDimension: 'd', UsageQuantity: 2 }
      const metered = await admin.metering.send(new MeterUsageCommand(usage))
      expect(await admin.metering.send(new MeterUsageCommand(usage))).toMatchObject({
        MeteringRecordId: metered.MeteringRecordId,
      })
      const UsageRecords = [{ Timestamp: new Date(), CustomerAWSAccountId: ACCOUNT, Dimension: 'd', Quantity: 1 }]
      const batch = new BatchMeterUsageCommand({ ProductCode: unique('product'), UsageRecords })
      const { Results, UnprocessedRecords } = await admin.metering.send(batch)
      expect(Results?.map(({ Status }) => Status)).toEqual(['Success'])
      expect(UnprocessedRecords).toEqual([])
    })

    test('a strange registration token has a typed exception', async () => {
      const resolve = new ResolveCustomerCommand({ RegistrationToken: 'nothing' })
      expect(await refusal(admin.metering.send(resolve))).toBeInstanceOf(InvalidTokenException)
    })
  })
})
