import { X509Certificate } from 'node:crypto'
import type { CreateClusterRequest } from '@aws-sdk/client-eks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import type { Operation, RequirementContext } from '../../access/operation.ts'
import type { Present } from '../../access/present.ts'
import { openIssuerRecords, openSigningKey } from '../../access/records/issuer-records.ts'
import { type KeyRing, openKeyRing } from '../../store/key-ring.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { deleteCluster, describeCluster, listClusters } from './cluster.ts'
import { describeClusterVersions } from './cluster-version.ts'
import { createCluster } from './create-cluster.ts'
import type { EksDependencies } from './dependencies.ts'
import { listTagsForResource, tagResource, untagResource } from './tags.ts'

const NOW = Date.UTC(2026, 8, 1, 12)
const ACCOUNT = '111122223333'
const ARN = `arn:aws:eks:us-east-1:${ACCOUNT}:cluster/demo`
const REQUEST: Present<CreateClusterRequest> = {
  name: 'demo',
  roleArn: `arn:aws:iam::${ACCOUNT}:role/cluster`,
  resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
}

let store: Store
let keyRing: KeyRing
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  keyRing = await openKeyRing(store, Buffer.alloc(32, 7), () => NOW)
})
afterEach(() => store.close())

async function run<Input, Output>(
  operation: Operation<Input, Output, EksDependencies>,
  input: Input,
  options: {
    readonly region?: string
    readonly accountId?: string
    readonly publicUrl?: string
    readonly now?: number
  } = {},
): Promise<Output> {
  const call = { accountId: ACCOUNT, region: 'us-east-1', now: NOW, input, ...options }
  const dependencies = { store, keyRing, publicUrl: options.publicUrl }
  return operation.handle(call as unknown as AuthorizedCall<Input>, dependencies)
}

async function requirementsOf<Input>(operation: Operation<Input, unknown, EksDependencies>, input: Input) {
  if (operation.requires.kind !== 'allowed') throw new Error('every operation of EKS is authorized')
  const context = { accountId: ACCOUNT, region: 'us-east-1', reads: store.reads } as unknown as RequirementContext
  return operation.requires.requirements(input, context)
}

describe('CreateCluster', () => {
  it('answers an ACTIVE cluster with all that eksctl reads, and none of what stops it', async () => {
    const { cluster } = await run(createCluster, { ...REQUEST, tags: { team: 'a' } })
    expect(cluster).toMatchObject({
      name: 'demo',
      arn: ARN,
      status: 'ACTIVE',
      version: '1.34',
      roleArn: REQUEST.roleArn,
      tags: { team: 'a' },
      createdAt: new Date(NOW),
      resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'], endpointPublicAccess: true },
    })
    expect(cluster?.identity?.oidc?.issuer).toMatch(/^https:\/\/oidc\.us-east-1\.openirsa\.internal\/id\/[0-9A-F]{32}$/)
    expect(cluster?.endpoint).toMatch(/^https:\/\//)
    for (const absent of ['id', 'connectorConfig', 'outpostConfig']) expect(cluster).not.toHaveProperty(absent)
    expect((await run(describeCluster, { name: 'demo' })).cluster).toEqual(cluster)
  })

  it('puts a certificate that OpenSSL reads into certificateAuthority.data', async () => {
    const { cluster } = await run(createCluster, REQUEST)
    const certificate = new X509Certificate(Buffer.from(cluster?.certificateAuthority?.data ?? '', 'base64'))
    expect(certificate.subject).toBe('CN=kubernetes')
    expect(certificate.ca).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.checkIssued(certificate)).toBe(true)
    expect(certificate.validFromDate).toEqual(new Date(NOW))
    expect(certificate.validToDate).toEqual(new Date(Date.UTC(2036, 8, 1, 12)))
  })

  it('publishes the issuer under the public URL, with one key whose private half is sealed to it', async () => {
    const { cluster } = await run(createCluster, REQUEST, { publicUrl: 'https://irsa.example.org' })
    const issuerUrl = cluster?.identity?.oidc?.issuer ?? ''
    expect(issuerUrl).toMatch(/^https:\/\/irsa\.example\.org\/id\/[0-9A-F]{32}$/)
    const records = openIssuerRecords(store)
    const record = await records.findHostedIssuer(issuerUrl.slice(-32).toLowerCase())
    expect(record).toMatchObject({ issuerUrl, kind: 'hosted' })
    const { keys } = JSON.parse(record?.jwks ?? '')
    const signing = await openSigningKey(store.reads, keyRing, issuerUrl)
    expect(keys).toEqual([expect.objectContaining({ kid: signing?.keyId, kty: 'RSA' })])
    expect(signing?.privateKeyPem.toString()).toContain('BEGIN PRIVATE KEY')
    const rows = await store.reads.selectFrom('issuer_keys').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY')
  })

  it('refuses a second cluster of the name in the region, and takes it in another region or account', async () => {
    await run(createCluster, REQUEST)
    await expect(run(createCluster, REQUEST)).rejects.toMatchObject({
      code: 'ResourceInUseException',
      status: 409,
      message: 'Cluster already exists with name: demo',
      detail: { clusterName: 'demo' },
    })
    await expect(run(createCluster, REQUEST, { region: 'eu-west-1' })).resolves.toBeDefined()
    const other = { ...REQUEST, roleArn: 'arn:aws:iam::444455556666:role/cluster' }
    await expect(run(createCluster, other, { accountId: '444455556666' })).resolves.toBeDefined()
  })

  it('finds its cluster again for the same request with the same token, and only for that', async () => {
    const request = { ...REQUEST, clientRequestToken: 'token-1' }
    const made = await run(createCluster, request)
    expect(await run(createCluster, request)).toEqual(made)
    const refusal = { code: 'ResourceInUseException' }
    await expect(run(createCluster, { ...request, version: '1.33' })).rejects.toMatchObject(refusal)
    await expect(run(createCluster, { ...request, clientRequestToken: 'token-2' })).rejects.toMatchObject(refusal)
  })

  it('makes one cluster of many equal requests at the same time', async () => {
    const request = { ...REQUEST, clientRequestToken: 'token-1' }
    const made = await Promise.all(Array.from({ length: 4 }, () => run(createCluster, request)))
    expect(new Set(made.map(({ cluster }) => cluster?.identity?.oidc?.issuer)).size).toBe(1)
    expect(await store.reads.selectFrom('issuers').selectAll().execute()).toHaveLength(1)
  })

  it.each([
    [{ roleArn: 'arn:aws:iam::111122223333:user/x' }, /^Invalid role ARN/],
    [{ roleArn: 'cluster' }, /^Invalid role ARN/],
    [{ roleArn: 'arn:aws:iam::444455556666:role/x' }, /^Cross-account pass role is not allowed\.$/],
    [{ version: '1.10' }, /^unsupported Kubernetes version$/],
    [{ tags: { 'aws:x': 'y' } }, /reserved/],
    [{ outpostConfig: { outpostArns: [], controlPlaneInstanceType: 'x' } }, /Outposts/],
  ])('refuses %j and writes nothing', async (change, message) => {
    await expect(run(createCluster, { ...REQUEST, ...change })).rejects.toMatchObject({
      code: 'InvalidParameterException',
      status: 400,
      message: expect.stringMatching(message),
    })
    expect(await store.reads.selectFrom('issuers').selectAll().execute()).toEqual([])
  })

  it('asks for the cluster and for passing its role', async () => {
    const asked = await requirementsOf(createCluster, { ...REQUEST, tags: { team: 'a' } })
    expect(asked).toEqual([
      {
        action: 'eks:CreateCluster',
        resource: ARN,
        context: {
          'aws:RequestTag/team': 'a',
          'aws:TagKeys': ['team'],
          'eks:kubeApiServerConfig': 'false',
          'eks:kubeControllerManagerConfig': 'false',
          'eks:kubeSchedulerConfig': 'false',
        },
      },
      {
        action: 'iam:PassRole',
        resource: REQUEST.roleArn,
        resourceAccount: ACCOUNT,
        context: { 'iam:PassedToService': 'eks.amazonaws.com', 'iam:AssociatedResourceArn': ARN },
      },
    ])
  })

  it('makes condition keys of what the cluster is to be', async () => {
    const [create] = await requirementsOf(createCluster, {
      ...REQUEST,
      version: '1.34',
      resourcesVpcConfig: { ...REQUEST.resourcesVpcConfig, endpointPublicAccess: false, endpointPrivateAccess: true },
      deletionProtection: true,
      encryptionConfig: [{ resources: ['secrets'], provider: { keyArn: 'arn:aws:kms:us-east-1:111122223333:key/1' } }],
      logging: { clusterLogging: [{ types: ['audit', 'api'], enabled: true }] },
      kubeApiServerConfig: { eventTtl: '1h' },
    })
    expect(create?.context).toMatchObject({
      'eks:kubernetesVersion': '1.34',
      'eks:endpointPublicAccess': 'false',
      'eks:endpointPrivateAccess': 'true',
      'eks:deletionProtection': 'true',
      'eks:encryptionConfigProviderKeyArns': ['arn:aws:kms:us-east-1:111122223333:key/1'],
      'eks:loggingType/audit': 'true',
      'eks:loggingType/api': 'true',
      'eks:kubeApiServerConfig': 'true',
    })
    expect(create?.context?.['eks:loggingType/scheduler']).toBe(undefined)
  })

  it('gives back what it was asked to configure', async () => {
    const asked = {
      kubeApiServerConfig: { eventTtl: '1h' },
      controlPlaneScalingConfig: { tier: 'standard' },
      deletionProtection: true,
    } as const
    const resourcesVpcConfig = { subnetIds: [], controlPlaneEgressMode: 'CUSTOMER_ROUTED' } as const
    await run(createCluster, { ...REQUEST, ...asked, resourcesVpcConfig })
    const { cluster } = await run(describeCluster, { name: 'demo' })
    expect(cluster).toMatchObject({ ...asked, resourcesVpcConfig })
  })
})

describe('clusters by name', () => {
  it('DescribeCluster and DeleteCluster say when there is none, also in another region and account', async () => {
    await run(createCluster, REQUEST)
    const none = {
      code: 'ResourceNotFoundException',
      status: 404,
      message: 'No cluster found for name: demo.',
      detail: { clusterName: 'demo' },
    }
    await expect(run(describeCluster, { name: 'demo' }, { region: 'eu-west-1' })).rejects.toMatchObject(none)
    await expect(run(describeCluster, { name: 'demo' }, { accountId: '444455556666' })).rejects.toMatchObject(none)
    await expect(run(deleteCluster, { name: 'demo' }, { region: 'eu-west-1' })).rejects.toMatchObject(none)
  })

  it('ListClusters pages in the order of names', async () => {
    for (const name of ['c', 'a', 'b']) await run(createCluster, { ...REQUEST, name })
    const first = await run(listClusters, { maxResults: 2 })
    expect(first.clusters).toEqual(['a', 'b'])
    expect(await run(listClusters, { maxResults: 2, nextToken: first.nextToken })).toEqual({ clusters: ['c'] })
    expect((await run(listClusters, {}, { region: 'eu-west-1' })).clusters).toEqual([])
    expect((await run(listClusters, { include: ['all'] })).clusters).toEqual(['a', 'b', 'c'])
    await expect(run(listClusters, { include: ['ALL'] })).rejects.toMatchObject({ code: 'InvalidParameterException' })
    await expect(run(listClusters, { nextToken: 'garbage' })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    })
  })

  it('DeleteCluster removes record, tags and issuer keys, and the name is free', async () => {
    const { cluster } = await run(createCluster, { ...REQUEST, tags: { team: 'a' } })
    const issuerUrl = cluster?.identity?.oidc?.issuer ?? ''
    const records = openIssuerRecords(store)
    expect(await records.findIssuer(issuerUrl, ACCOUNT)).toBeDefined()
    expect((await run(deleteCluster, { name: 'demo' })).cluster).toMatchObject({ name: 'demo', status: 'DELETING' })
    await expect(run(describeCluster, { name: 'demo' })).rejects.toMatchObject({ status: 404 })
    expect(await records.findIssuer(issuerUrl, ACCOUNT)).toBeUndefined()
    for (const table of ['issuers', 'issuer_keys', 'tags', 'clusters'] as const) {
      expect(await store.reads.selectFrom(table).selectAll().execute()).toEqual([])
    }
    const again = await run(createCluster, REQUEST)
    expect(again.cluster?.identity?.oidc?.issuer).not.toBe(issuerUrl)
  })

  it('DeleteCluster leaves a protected cluster alone', async () => {
    await run(createCluster, { ...REQUEST, deletionProtection: true })
    await expect(run(deleteCluster, { name: 'demo' })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      status: 400,
    })
    await expect(run(describeCluster, { name: 'demo' })).resolves.toBeDefined()
  })

  it('an operation on a cluster is asked for by ARN, with the tags of the cluster', async () => {
    await run(createCluster, { ...REQUEST, tags: { team: 'a' } })
    expect(await requirementsOf(describeCluster, { name: 'demo' })).toEqual([
      { action: 'eks:DescribeCluster', resource: ARN, context: { 'aws:ResourceTag/team': 'a' } },
    ])
  })
})

describe('tags', () => {
  it('are added, replaced, listed and removed, with case', async () => {
    await run(createCluster, { ...REQUEST, tags: { team: 'a' } })
    await run(tagResource, {
      resourceArn: ARN,
      tags: { team: 'b', Team: 'c', 'alpha.eksctl.io/cluster-oidc-enabled': 'true' },
    })
    expect((await run(listTagsForResource, { resourceArn: ARN })).tags).toEqual({
      team: 'b',
      Team: 'c',
      'alpha.eksctl.io/cluster-oidc-enabled': 'true',
    })
    await run(untagResource, { resourceArn: ARN, tagKeys: ['team', 'never there'] })
    expect(Object.keys((await run(describeCluster, { name: 'demo' })).cluster?.tags ?? {})).toEqual([
      'Team',
      'alpha.eksctl.io/cluster-oidc-enabled',
    ])
  })

  it('are fifty at most', async () => {
    const tags = (count: number, prefix: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`${prefix}${at}`, 'x']))
    await run(createCluster, { ...REQUEST, tags: tags(49, 'a') })
    await run(tagResource, { resourceArn: ARN, tags: tags(1, 'b') })
    await expect(run(tagResource, { resourceArn: ARN, tags: { c: 'x' } })).rejects.toMatchObject({
      code: 'BadRequestException',
    })
    await expect(run(tagResource, { resourceArn: ARN, tags: tags(1, 'b') })).resolves.toBeDefined()
  })

  it.each([
    [`arn:aws:eks:us-east-1:${ACCOUNT}:cluster/other`, 'NotFoundException'],
    [`arn:aws:eks:us-east-1:444455556666:cluster/demo`, 'NotFoundException'],
    [`arn:aws:eks:eu-west-1:${ACCOUNT}:cluster/demo`, 'BadRequestException'],
    [`arn:aws:iam::${ACCOUNT}:role/demo`, 'BadRequestException'],
    ['demo', 'BadRequestException'],
  ])('of %s are refused with %s', async (resourceArn, code) => {
    await run(createCluster, REQUEST)
    await expect(run(tagResource, { resourceArn, tags: { a: 'b' } })).rejects.toMatchObject({ code })
    await expect(run(listTagsForResource, { resourceArn })).rejects.toMatchObject({ code })
  })
})

describe('DescribeClusterVersions', () => {
  it('gives at least one version, and one default', async () => {
    const { clusterVersions = [] } = await run(describeClusterVersions, {})
    expect(
      clusterVersions.filter((version) => version.defaultVersion).map((version) => version.clusterVersion),
    ).toEqual(['1.34'])
    expect(clusterVersions.find((version) => version.clusterVersion === '1.33')?.versionStatus).toBe('EXTENDED_SUPPORT')
    expect((await run(describeClusterVersions, { defaultOnly: true })).clusterVersions).toHaveLength(1)
    expect((await run(describeClusterVersions, { clusterVersions: ['1.35'] })).clusterVersions).toHaveLength(1)
  })

  it('filters by type and by status, the unsupported ones only where they are asked for', async () => {
    const shown = async (input: Parameters<typeof describeClusterVersions.handle>[0]['input']) =>
      (await run(describeClusterVersions, input, { now: Date.UTC(2026, 11, 1) })).clusterVersions ?? []
    expect((await shown({})).map((version) => version.clusterVersion)).not.toContain('1.31')
    expect((await shown({ includeAll: true })).map((version) => version.clusterVersion)).toContain('1.31')
    expect((await shown({ versionStatus: 'UNSUPPORTED' })).map((version) => version.clusterVersion)).toEqual(['1.31'])
    expect(await shown({ clusterType: 'eks' })).toEqual(await shown({}))
    expect(await shown({ clusterType: 'eks-anywhere' })).toEqual([])
  })

  it('pages, and refuses tokens that are none', async () => {
    const all = (await run(describeClusterVersions, {})).clusterVersions ?? []
    const paged: typeof all = []
    let nextToken: string | undefined
    do {
      const page = await run(describeClusterVersions, { maxResults: 2, nextToken })
      expect(page.clusterVersions?.length).toBeLessThanOrEqual(2)
      paged.push(...(page.clusterVersions ?? []))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    expect(paged).toEqual(all)
    const refused = run(describeClusterVersions, { nextToken: 'x' })
    await expect(refused).rejects.toMatchObject({ code: 'InvalidParameterException' })
  })
})
