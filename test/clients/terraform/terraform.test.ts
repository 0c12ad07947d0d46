import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CreateClusterCommand, DescribeClusterCommand, EKSClient, ListClustersCommand } from '@aws-sdk/client-eks'
import {
  AttachRolePolicyCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  IAMClient,
  ListOpenIDConnectProvidersCommand,
  ListPoliciesCommand,
  ListRolesCommand,
  ListUsersCommand,
} from '@aws-sdk/client-iam'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, startServer, type TestServer } from '../../support/server.ts'
import { run } from '../../support/shell.ts'
import { initTerraform, type ShownResource, type Terraform } from './terraform.ts'

const ACCOUNT = '111122223333'
const MODULE = path.join(import.meta.dirname, 'irsa')
const PROGRAM = path.resolve(import.meta.dirname, '../../../bin/openirsa.js')

/** What `terraform import` takes where it is not the resource's id in the state. */
const IMPORT_IDS: Readonly<Record<string, (values: ShownResource['values']) => string>> = {
  aws_iam_role_policy_attachment: ({ role, policy_arn }) => `${role}/${policy_arn}`,
  aws_iam_user_policy_attachment: ({ user, policy_arn }) => `${user}/${policy_arn}`,
}

/** Terraform asks GetAccessKeyLastUsed whose key it is, which is not supported. */
const NOT_IMPORTED = 'aws_iam_access_key'

describe('Terraform', () => {
  let server: TestServer
  let folder: string
  let prepared: Terraform | string

  beforeAll(async () => {
    server = await startServer()
    folder = await mkdtemp(path.join(tmpdir(), 'openirsa-terraform-'))
    await cp(MODULE, folder, { recursive: true })
    prepared = await initTerraform(folder, server.environment)
  })
  afterAll(async () => {
    expect(await server.stop()).toBe(0)
    await rm(folder, { recursive: true, force: true })
  })

  const step = (title: string, body: (terraform: Terraform) => Promise<void>) =>
    test(title, async ({ skip }) => {
      if (typeof prepared === 'string') return skip(prepared)
      await body(prepared)
    })

  const FIRST = { name: 'tf', generation: 1 }
  const SECOND = { name: 'tf', generation: 2 }
  const NOTHING = { added: 0, changed: 0, destroyed: 0 }
  const RESOURCES = 11

  step(
    'creates a cluster, its provider, policies, a role, a user with a key, and finds them again',
    async (terraform) => {
      expect(await terraform.apply('state', FIRST)).toEqual({ ...NOTHING, added: RESOURCES })
      const { outputs } = await terraform.show('state')
      expect(outputs.caller?.value).toBe(`arn:aws:iam::${ACCOUNT}:user/admin`)
      expect(outputs.found?.value).toMatchObject({
        clusters: ['tf'],
        policy: `arn:aws:iam::${ACCOUNT}:policy/terraform/tf-read`,
        roles: ['tf-role'],
        role: expect.stringMatching(/^AROA/),
        user: expect.stringMatching(/^AIDA/),
      })
    },
  )

  step('plans nothing after that', async (terraform) => {
    expect(await terraform.plan('state', FIRST)).toEqual([])
  })

  step('changes everything that can be changed, and plans nothing after that', async (terraform) => {
    // The attachment of another policy is another attachment.
    expect(await terraform.apply('state', SECOND)).toEqual({ ...NOTHING, added: 1, changed: 8, destroyed: 1 })
    expect(await terraform.plan('state', SECOND)).toEqual([])
  })

  step('imports what is there into an empty state without a difference', async (terraform) => {
    const { resources } = await terraform.show('state')
    const managed = resources.filter(({ mode }) => mode === 'managed')
    expect(managed).toHaveLength(RESOURCES)
    const imports = path.join(folder, 'imports.tf')
    const blocks = managed.filter(({ type }) => type !== NOT_IMPORTED).map(importBlock)
    await writeFile(imports, blocks.join('\n'))
    const actions = await terraform.plan('empty', SECOND).finally(() => rm(imports))
    const notImported = actions.filter((action) => !action.endsWith('will be imported'))
    expect(notImported).toEqual(['aws_iam_access_key.operator will be created'])
    expect(actions).toHaveLength(RESOURCES)
  })

  step('takes every change back: tags, boundaries and client ids go', async (terraform) => {
    expect(await terraform.apply('state', FIRST)).toEqual({ ...NOTHING, added: 1, changed: 8, destroyed: 1 })
    expect(await terraform.plan('state', FIRST)).toEqual([])
  })

  step('destroys everything, and leaves nothing', async (terraform) => {
    expect(await terraform.destroy('state', FIRST)).toEqual({ ...NOTHING, destroyed: RESOURCES })
    expect(await whatIsThere()).toEqual({ roles: [], policies: [], providers: [], clusters: [], users: ['admin'] })
  })

  step('does it all with the credentials of a role for a service account', async (terraform) => {
    const deployer = await makeDeployer()
    const before = await whatIsThere()
    const variables = { name: 'by-role', cluster: await makeCluster('workloads'), deployer }
    const added = RESOURCES - 1
    expect(await terraform.apply('by-role', variables)).toEqual({ ...NOTHING, added })
    const { outputs } = await terraform.show('by-role')
    expect(outputs.caller?.value).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/deployer/terraform`)
    expect(await terraform.plan('by-role', variables)).toEqual([])
    expect(await terraform.destroy('by-role', variables)).toEqual({ ...NOTHING, destroyed: added })
    expect(await whatIsThere()).toEqual({ ...before, clusters: ['ci', 'workloads'] })
  })

  function clients() {
    const settings = { endpoint: server.url, region: 'us-east-1', credentials: ADMIN }
    return { iam: new IAMClient(settings), eks: new EKSClient(settings) }
  }

  async function whatIsThere() {
    const { iam, eks } = clients()
    const { Roles } = await iam.send(new ListRolesCommand({}))
    const { Policies } = await iam.send(new ListPoliciesCommand({ Scope: 'Local' }))
    const { OpenIDConnectProviderList } = await iam.send(new ListOpenIDConnectProvidersCommand({}))
    const { Users } = await iam.send(new ListUsersCommand({}))
    const { clusters } = await eks.send(new ListClustersCommand({}))
    return {
      roles: Roles?.map(({ RoleName }) => RoleName),
      policies: Policies?.map(({ PolicyName }) => PolicyName),
      providers: OpenIDConnectProviderList?.map(({ Arn }) => Arn),
      clusters,
      users: Users?.map(({ UserName }) => UserName),
    }
  }

  async function makeCluster(name: string): Promise<string> {
    const network = { subnetIds: ['subnet-1', 'subnet-2'] }
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/any`
    await clients().eks.send(new CreateClusterCommand({ name, roleArn, resourcesVpcConfig: network }))
    return name
  }

  /** A role for the pod in which a pipeline runs Terraform, and the pod's token file. */
  async function makeDeployer() {
    const { iam, eks } = clients()
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: await makeCluster('ci') }))
    const Url = cluster?.identity?.oidc?.issuer ?? ''
    const made = await iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['sts.amazonaws.com'] }))
    const Statement = {
      Effect: 'Allow',
      Principal: { Federated: made.OpenIDConnectProviderArn },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { [`${Url.slice('https://'.length)}:sub`]: 'system:serviceaccount:ci:terraform' } },
    }
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'deployer', AssumeRolePolicyDocument }))
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'deployer', PolicyArn }))
    const flags = ['--cluster=ci', '--namespace=ci', '--service-account=terraform']
    const minted = await run(process.execPath, [PROGRAM, 'token', ...flags], server.environment)
    const tokenFile = path.join(folder, 'token')
    await writeFile(tokenFile, minted.stdout.trim())
    return { role_arn: Role?.Arn, token_file: tokenFile }
  }
})

function importBlock({ address, type, values }: ShownResource): string {
  const id = IMPORT_IDS[type]?.(values) ?? values.id
  return `import {\n  to = ${address}\n  id = ${JSON.stringify(id)}\n}\n`
}
