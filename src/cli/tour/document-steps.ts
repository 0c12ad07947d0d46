import { CreateClusterCommand, DeleteClusterCommand } from '@aws-sdk/client-eks'
import {
  AttachRolePolicyCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  ListRolesCommand,
} from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { readPolicy, trustPolicy } from './documents.ts'
import { assumeRole, mintToken, pod } from './pod.ts'
import type { Step } from './step.ts'
import { made, type Tour } from './tour.ts'

const ALLOWED = { kind: 'allowed' } as const
const ACCESS_DENIED = { kind: 'denied', code: 'AccessDenied' } as const

const BEFORE = 'What must be there before'
const DOCUMENT = "The document's procedure"
const POD = 'The pod: no key, but a role and a token'
const REFUSED = 'What its policy does not allow'

/** The procedure of AWS's document, from an empty account to a pod that reads its one object and nothing else. */
export const DOCUMENT_STEPS: readonly Step[] = [
  {
    chapter: BEFORE,
    title: 'Ask who we are',
    asked: () => 'sts:GetCallerIdentity',
    expected: ALLOWED,
    async run(tour) {
      const { Account, Arn } = await tour.admin.sts.send(new GetCallerIdentityCommand())
      tour.made.accountId = Account
      return Arn ?? ''
    },
  },
  {
    chapter: BEFORE,
    title: 'Create a cluster',
    asked: ({ names }) => `eks:CreateCluster ${names.cluster}`,
    expected: ALLOWED,
    async run(tour) {
      const { eks } = tour.admin
      const { cluster: name } = tour.names
      const { cluster } = await eks.send(
        new CreateClusterCommand({
          name,
          roleArn: `arn:aws:iam::${made(tour, 'accountId')}:role/cluster`,
          resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
        }),
      )
      tour.undo(`cluster ${name}`, () => eks.send(new DeleteClusterCommand({ name })))
      tour.made.issuerUrl = cluster?.identity?.oidc?.issuer
      return `issuer ${made(tour, 'issuerUrl')}`
    },
  },
  {
    chapter: BEFORE,
    title: "Register the cluster's issuer as an IAM OIDC provider",
    asked: () => 'iam:CreateOpenIDConnectProvider, client id sts.amazonaws.com',
    expected: ALLOWED,
    async run(tour) {
      tour.made.providerArn = await createProvider(tour, made(tour, 'issuerUrl'))
      return tour.made.providerArn
    },
  },
  ...(['bucket', 'otherBucket'] as const).map(
    (name): Step => ({
      chapter: BEFORE,
      title: name === 'bucket' ? 'Create a bucket with an object' : 'Create another one',
      asked: ({ names }) => `s3:PutObject ${names[name]}/${names.key}`,
      expected: ALLOWED,
      async run(tour) {
        const { s3 } = tour.admin
        const [Bucket, Key] = [tour.names[name], tour.names.key]
        await s3.send(new CreateBucketCommand({ Bucket }))
        tour.undo(`bucket ${Bucket}`, () => s3.send(new DeleteBucketCommand({ Bucket })))
        await s3.send(new PutObjectCommand({ Bucket, Key, Body: '{"answer":42}' }))
        tour.undo(`object ${Bucket}/${Key}`, () => s3.send(new DeleteObjectCommand({ Bucket, Key })))
        return '{"answer":42}'
      },
    }),
  ),
  {
    chapter: DOCUMENT,
    title: 'Create an IAM policy that reads one bucket',
    asked: ({ names }) => `iam:CreatePolicy ${names.policy}`,
    expected: ALLOWED,
    async run(tour) {
      const { policy, bucket } = tour.names
      tour.made.policyArn = await createPolicy(tour, policy, readPolicy(bucket))
      return tour.made.policyArn
    },
  },
  {
    chapter: DOCUMENT,
    title: 'Create a role that trusts one service account',
    asked: ({ names }) => `iam:CreateRole ${names.role}`,
    expected: ALLOWED,
    async run(tour) {
      const { iam } = tour.admin
      const { role: RoleName } = tour.names
      const { Role } = await iam.send(
        new CreateRoleCommand({
          RoleName,
          AssumeRolePolicyDocument: trustPolicy([{ ...tour.names, providerArn: made(tour, 'providerArn') }]),
          Description: 'my-role-description',
        }),
      )
      tour.undo(`role ${RoleName}`, () => iam.send(new DeleteRoleCommand({ RoleName })))
      tour.made.roleArn = Role?.Arn
      return made(tour, 'roleArn')
    },
  },
  {
    chapter: DOCUMENT,
    title: 'Attach the policy to the role',
    asked: ({ names }) => `iam:AttachRolePolicy ${names.policy} to ${names.role}`,
    expected: ALLOWED,
    async run(tour) {
      await attachPolicy(tour, made(tour, 'policyArn'))
      return 'attached'
    },
  },
  {
    chapter: POD,
    title: "Mint the service account's token",
    asked: ({ names }) => `openirsa:CreateServiceAccountToken ${names.namespace}/${names.serviceAccount}`,
    expected: ALLOWED,
    async run(tour) {
      const { token, subject, expiration } = await mintToken(tour)
      tour.made.token = token
      return `${subject}, until ${timeOf(new Date(expiration * 1000))}`
    },
  },
  {
    chapter: POD,
    title: 'Exchange the token for credentials',
    asked: ({ names }) => `sts:AssumeRoleWithWebIdentity ${names.role}`,
    expected: ALLOWED,
    async run(tour) {
      const credentials = await assumeRole(tour, made(tour, 'token'))
      tour.made.podCredentials = credentials
      return `${credentials.accessKeyId}, until ${timeOf(credentials.expiration)}`
    },
  },
  {
    chapter: POD,
    title: 'Ask who the pod is',
    asked: () => 'sts:GetCallerIdentity',
    expected: ALLOWED,
    async run(tour) {
      const { Arn } = await pod(tour).sts.send(new GetCallerIdentityCommand())
      return Arn ?? ''
    },
  },
  {
    chapter: POD,
    title: 'Read the object that the policy allows',
    asked: ({ names }) => `s3:GetObject ${names.bucket}/${names.key}`,
    expected: ALLOWED,
    run: (tour) => readObject(tour, tour.names.bucket),
  },
  {
    chapter: REFUSED,
    title: 'Write to the same bucket',
    asked: ({ names }) => `s3:PutObject ${names.bucket}/${names.key}`,
    expected: ACCESS_DENIED,
    async run(tour) {
      const { bucket: Bucket, key: Key } = tour.names
      await pod(tour).s3.send(new PutObjectCommand({ Bucket, Key, Body: '{}' }))
      return 'written'
    },
  },
  {
    chapter: REFUSED,
    title: 'Read the other bucket',
    asked: ({ names }) => `s3:GetObject ${names.otherBucket}/${names.key}`,
    expected: ACCESS_DENIED,
    run: (tour) => readObject(tour, tour.names.otherBucket),
  },
  {
    chapter: REFUSED,
    title: 'List the roles of the account',
    asked: () => 'iam:ListRoles',
    expected: ACCESS_DENIED,
    async run(tour) {
      const { Roles = [] } = await pod(tour).iam.send(new ListRolesCommand())
      return `${Roles.length} roles`
    },
  },
]

/** Registers an issuer. No thumbprint is needed: the server has the keys of both issuers of the tour. */
export async function createProvider(tour: Tour, issuerUrl: string): Promise<string> {
  const { iam } = tour.admin
  const { OpenIDConnectProviderArn = '' } = await iam.send(
    new CreateOpenIDConnectProviderCommand({ Url: issuerUrl, ClientIDList: ['sts.amazonaws.com'] }),
  )
  tour.undo(`provider ${OpenIDConnectProviderArn}`, () =>
    iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn })),
  )
  return OpenIDConnectProviderArn
}

export async function createPolicy(tour: Tour, PolicyName: string, PolicyDocument: string): Promise<string> {
  const { iam } = tour.admin
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }))
  const PolicyArn = Policy?.Arn ?? ''
  tour.undo(`policy ${PolicyName}`, () => iam.send(new DeletePolicyCommand({ PolicyArn })))
  return PolicyArn
}

export async function attachPolicy(tour: Tour, PolicyArn: string): Promise<void> {
  const { iam } = tour.admin
  made(tour, 'roleArn')
  const attachment = { RoleName: tour.names.role, PolicyArn }
  await iam.send(new AttachRolePolicyCommand(attachment))
  tour.undo(`attachment of ${PolicyArn}`, () => iam.send(new DetachRolePolicyCommand(attachment)))
}

async function readObject(tour: Tour, Bucket: string): Promise<string> {
  const { Body } = await pod(tour).s3.send(new GetObjectCommand({ Bucket, Key: tour.names.key }))
  return (await Body?.transformToString()) ?? ''
}

function timeOf(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}
