import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AwsCli, aws, cliHome, findAwsClis, placeAwsCli } from '../support/aws-cli.ts'
import { clientEnvironment, startServer, type TestServer } from '../support/server.ts'
import { bash, run } from '../support/shell.ts'

/** The shell lines of AWS's document "Creating an IAM role and policy for your service account", as they stand there. */
const DOCUMENT_LINES = `
set -u
ACCOUNT_ID=$(aws sts get-caller-identity --query "Account" --output text)
OIDC_PROVIDER=$(aws eks describe-cluster --name my-cluster --query "cluster.identity.oidc.issuer" --output text | sed -e "s/^https:\\/\\///")
read -r -d '' TRUST_RELATIONSHIP <<EOF
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::\${ACCOUNT_ID}:oidc-provider/\${OIDC_PROVIDER}"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "\${OIDC_PROVIDER}:aud": "sts.amazonaws.com",
          "\${OIDC_PROVIDER}:sub": "system:serviceaccount:my-namespace:my-service-account"
        }
      }
    }
  ]
}
EOF
echo "\${TRUST_RELATIONSHIP}" > trust.json
set -e
aws iam create-role --role-name my-iam-role --assume-role-policy-document file://trust.json --description "my-role-description"
aws iam attach-role-policy --role-name my-iam-role --policy-arn=arn:aws:iam::\${ACCOUNT_ID}:policy/my-iam-policy
`

const READ_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::my-pod-secrets-bucket/*'] }],
}
const MARKETPLACE_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Action: ['aws-marketplace:RegisterUsage'], Effect: 'Allow', Resource: '*' }],
}

const clis = await findAwsClis()
const PROGRAM = path.resolve(import.meta.dirname, '../../bin/openirsa.js')

describe.each(['aws CLI v1', 'aws CLI v2'] as const)("the document's procedure with %s", (name) => {
  const found = clis.find((cli) => cli.name === name)
  let server: TestServer
  let folder: string
  let cli: AwsCli
  /** As a pod has it: no key, but a role and a token file. */
  let pod: Record<string, string>

  const admin = (...args: string[]) => aws(cli, args, server.environment, folder)
  const asPod = (...args: string[]) => aws(cli, args, pod, folder)

  beforeAll(async () => {
    if (found === undefined) return
    server = await startServer()
    folder = await mkdtemp(path.join(tmpdir(), 'openirsa-document-'))
    cli = await placeAwsCli(found, path.join(folder, 'bin'))
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...keyless } = server.environment
    pod = {
      ...keyless,
      ...cliHome(folder),
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/my-iam-role',
      AWS_WEB_IDENTITY_TOKEN_FILE: path.join(folder, 'token'),
      AWS_ROLE_SESSION_NAME: 'pod',
    }
  })

  afterAll(async () => {
    if (found === undefined) return
    expect(await server.stop()).toBe(0)
    await rm(folder, { recursive: true, force: true })
  })

  const step = (title: string, body: () => Promise<void>) =>
    test(title, async ({ skip }) => {
      skip(found === undefined, `${name} is not installed`)
      await body()
    })

  step(
    'prepares what the document expects to be there: a cluster, its OIDC provider, a bucket with an object',
    async () => {
      const cluster = await admin(
        'eks',
        'create-cluster',
        '--name=my-cluster',
        '--role-arn=arn:aws:iam::111122223333:role/cluster',
        '--resources-vpc-config=subnetIds=subnet-1,subnet-2',
      )
      expect(cluster.message).toBe('')
      const issuer = cluster.json.cluster.identity.oidc.issuer
      const provider = await admin(
        'iam',
        'create-open-id-connect-provider',
        `--url=${issuer}`,
        '--client-id-list=sts.amazonaws.com',
        '--thumbprint-list=9e99a48a9960b14926bb7f3b02e22da2b0ab7280',
      )
      expect(provider.message).toBe('')
      expect((await admin('s3', 'mb', 's3://my-pod-secrets-bucket')).message).toBe('')
      await writeFile(path.join(folder, 'config.json'), '{"answer":42}')
      expect((await admin('s3', 'cp', 'config.json', 's3://my-pod-secrets-bucket/config.json')).message).toBe('')
    },
  )

  step('creates the IAM policy', async () => {
    await writeFile(path.join(folder, 'policy.json'), JSON.stringify(READ_POLICY, null, 2))
    const created = await admin(
      'iam',
      'create-policy',
      '--policy-name=my-iam-policy',
      '--policy-document=file://policy.json',
    )
    expect(created.json?.Policy.Arn).toBe('arn:aws:iam::111122223333:policy/my-iam-policy')
  })

  step("creates the role by the document's own lines", async () => {
    const ran = await bash(
      DOCUMENT_LINES,
      { ...server.environment, PATH: `${path.dirname(cli.command)}:${process.env.PATH}` },
      folder,
    )
    expect(ran.stderr).toBe('')
    expect(ran.code).toBe(0)
    const role = await admin('iam', 'get-role', '--role-name=my-iam-role')
    expect(role.json.Role).toMatchObject({ Description: 'my-role-description', MaxSessionDuration: 3600 })
    expect(role.json.Role.AssumeRolePolicyDocument).toEqual(
      JSON.parse(await readFile(path.join(folder, 'trust.json'), 'utf8')),
    )
  })

  step("mints a token for the service account, and gets the role's credentials for it", async () => {
    await mintToken('my-namespace', 'my-service-account')
    // An old one would take the token to AWS itself, whatever the endpoint.
    if (!cli.readsEndpointUrl) pod = await exportedCredentials()
    const identity = await asPod('sts', 'get-caller-identity')
    expect(identity.message).toBe('')
    expect(identity.json.Arn).toBe('arn:aws:sts::111122223333:assumed-role/my-iam-role/pod')
  })

  step('reads the object that the policy allows', async () => {
    const copied = await asPod('s3', 'cp', 's3://my-pod-secrets-bucket/config.json', 'copy.json')
    expect(copied.message).toBe('')
    expect(await readFile(path.join(folder, 'copy.json'), 'utf8')).toBe('{"answer":42}')
  })

  step('is refused everything else', async () => {
    const write = await asPod('s3api', 'put-object', '--bucket=my-pod-secrets-bucket', '--key=x', '--body=config.json')
    expect(write.code).toBe('AccessDenied')
    expect(write.message).toContain('is not authorized to perform: s3:PutObject on resource')
    expect((await asPod('s3api', 'list-objects-v2', '--bucket=my-pod-secrets-bucket')).code).toBe('AccessDenied')
    expect((await asPod('s3api', 'get-object', '--bucket=other-bucket', '--key=config.json', 'x')).code).toMatch(
      /AccessDenied|NoSuchBucket/,
    )
    const iam = await asPod('iam', 'list-roles')
    expect(iam.code).toBe('AccessDenied')
    expect(iam.message).toContain('because no identity-based policy allows the iam:ListRoles action')
    expect((await asPod('eks', 'describe-cluster', '--name=my-cluster')).code).toBe('AccessDeniedException')
  })

  step("refuses another service account's token", async () => {
    await mintToken('other-namespace', 'my-service-account')
    const refused = await assumeByToken()
    expect(refused.code).toBe('AccessDenied')
    expect(refused.message).toMatch(/^Not authorized to perform sts:AssumeRoleWithWebIdentity\. /)
    await mintToken('my-namespace', 'my-service-account')
    expect((await assumeByToken()).ok).toBe(true)
  })

  step('registers usage of a paid container image with the second policy, and not without it', async () => {
    const register = () =>
      asPod(
        'meteringmarketplace',
        'register-usage',
        '--product-code=abcdefghijklmnopqrstuvwxy',
        '--public-key-version=1',
      )
    expect((await register()).code).toBe('AccessDeniedException')
    await writeFile(path.join(folder, 'marketplace.json'), JSON.stringify(MARKETPLACE_POLICY))
    const put = await admin(
      'iam',
      'put-role-policy',
      '--role-name=my-iam-role',
      '--policy-name=marketplace',
      '--policy-document=file://marketplace.json',
    )
    expect(put.message).toBe('')
    expect((await register()).json?.Signature).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })

  async function mintToken(namespace: string, serviceAccount: string): Promise<void> {
    const minted = await run(
      process.execPath,
      [PROGRAM, 'token', '--cluster=my-cluster', `--namespace=${namespace}`, `--service-account=${serviceAccount}`],
      server.environment,
    )
    expect(minted.stderr).toBe('')
    await writeFile(path.join(folder, 'token'), minted.stdout.trim())
  }

  /** What a shell exports of `assume-role-with-web-identity`'s answer. */
  async function exportedCredentials(): Promise<Record<string, string>> {
    const { Credentials: made } = (await assumeByToken()).json
    const key = {
      accessKeyId: made.AccessKeyId,
      secretAccessKey: made.SecretAccessKey,
      sessionToken: made.SessionToken,
    }
    return clientEnvironment(server.url, key)
  }

  async function assumeByToken() {
    const token = await readFile(path.join(folder, 'token'), 'utf8')
    return aws(
      cli,
      [
        'sts',
        'assume-role-with-web-identity',
        '--role-arn=arn:aws:iam::111122223333:role/my-iam-role',
        '--role-session-name=pod',
        `--web-identity-token=${token}`,
      ],
      pod,
    )
  }
})
