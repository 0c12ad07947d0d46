import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { callOpenIrsa, connect } from '../connection.ts'
import { OUTPUT_OPTION, parseOutputFormat, print } from '../output.ts'
import { UsageError } from '../usage-error.ts'

interface Cluster {
  readonly name: string
  readonly arn: string
  readonly kind: string
  readonly issuerUrl: string
  readonly keySource: string
}

interface ClusterKeys {
  readonly issuerUrl: string
  readonly keySource: string
  readonly keys: readonly {
    readonly keyId: string
    readonly algorithm?: string
    readonly isSigning?: boolean
    readonly createdAt?: number
  }[]
  readonly lastError?: string
}

interface Attached {
  readonly cluster: Cluster
  readonly keys: ClusterKeys
}

interface AttachFlags {
  readonly issuer: string
  readonly jwks?: string
  readonly endpoint?: string
  readonly certificateAuthority?: string
  readonly output: string
}

export function addClusterCommand(program: Command): void {
  const cluster = program.command('cluster').description('clusters and the keys of their issuers')
  cluster
    .command('attach <name>')
    .description('let the service accounts of an existing cluster in: registers its issuer')
    .requiredOption(
      '--issuer <url>',
      "the issuer as it stands in the cluster's tokens (kubectl get --raw /.well-known/openid-configuration)",
    )
    .option(
      '--jwks <file>',
      "the issuer's public keys, where the server cannot fetch them (kubectl get --raw /openid/v1/jwks); - reads standard input",
    )
    .option('--endpoint <url>', "the API server's address, for clients that ask DescribeCluster for it")
    .option('--certificate-authority <file>', "the API server's CA certificate (PEM), for the same clients")
    .option(...OUTPUT_OPTION, 'table')
    .action((name: string, flags: AttachFlags) => attach(name, flags))
  cluster
    .command('list')
    .description('list the clusters')
    .option(...OUTPUT_OPTION, 'table')
    .action(list)
  cluster
    .command('keys <name>')
    .description("show the public keys of a cluster's issuer, or give it new ones")
    .option('--upload <file>', 'a JWKS that replaces the uploaded one; - reads standard input')
    .option(
      '--rotate <step>',
      'hosted issuers: publish (a new key), sign (with it, once verifiers have it), remove (the old ones, a day later)',
    )
    .option('--force', 'take the step although tokens of the old key may still be around')
    .option(...OUTPUT_OPTION, 'table')
    .action(keys)
}

async function attach(name: string, flags: AttachFlags): Promise<void> {
  const format = parseOutputFormat(flags.output)
  const answer = await callOpenIrsa<Attached>(connect(process.env), 'POST', '/openirsa/clusters', {
    name,
    issuerUrl: flags.issuer,
    ...(flags.jwks === undefined ? {} : { jwks: readText(flags.jwks) }),
    ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }),
    ...(flags.certificateAuthority === undefined
      ? {}
      : { certificateAuthorityData: Buffer.from(readText(flags.certificateAuthority)).toString('base64') }),
  })
  print(printableClusters([answer.cluster], answer), format)
  const { lastError } = answer.keys
  if (lastError !== undefined) console.error(`\nIts keys cannot be fetched yet: ${lastError}`)
  if (format !== 'table') return
  console.error(
    `\nNext, so that roles can trust its service accounts:\n  aws iam create-open-id-connect-provider --client-id-list sts.amazonaws.com --url ${answer.cluster.issuerUrl}`,
  )
}

async function list(flags: { readonly output: string }): Promise<void> {
  const format = parseOutputFormat(flags.output)
  const connection = connect(process.env)
  const clusters: Cluster[] = []
  let nextToken: string | undefined
  do {
    const query: string = nextToken === undefined ? '' : `?nextToken=${encodeURIComponent(nextToken)}`
    const page = await callOpenIrsa<{ readonly clusters?: readonly Cluster[]; readonly nextToken?: string }>(
      connection,
      'GET',
      `/openirsa/clusters${query}`,
    )
    clusters.push(...(page.clusters ?? []))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  print(printableClusters(clusters, { clusters }), format)
}

async function keys(
  name: string,
  flags: { readonly upload?: string; readonly rotate?: string; readonly force?: boolean; readonly output: string },
): Promise<void> {
  if (flags.upload !== undefined && flags.rotate !== undefined) {
    throw new UsageError('--upload is for attached clusters, --rotate for hosted issuers: give one of them')
  }
  const format = parseOutputFormat(flags.output)
  const connection = connect(process.env)
  const path = `/openirsa/clusters/${encodeURIComponent(name)}`
  const answer =
    flags.upload !== undefined
      ? await callOpenIrsa<{ readonly keys: ClusterKeys }>(connection, 'PUT', `${path}/keys`, {
          jwks: readText(flags.upload),
        })
      : flags.rotate !== undefined
        ? await callOpenIrsa<{ readonly keys: ClusterKeys }>(connection, 'POST', `${path}/key-rotation`, {
            step: flags.rotate.toUpperCase(),
            force: flags.force ?? false,
          })
        : await callOpenIrsa<{ readonly keys: ClusterKeys }>(connection, 'GET', `${path}/keys`)
  print(printableKeys(answer.keys), format)
  if (answer.keys.lastError !== undefined) console.error(`\nlast fetch: ${answer.keys.lastError}`)
}

function printableClusters(clusters: readonly Cluster[], value: unknown) {
  return {
    value,
    table: [
      ['NAME', 'KIND', 'KEYS', 'ISSUER'],
      ...clusters.map(({ name, kind, keySource, issuerUrl }) => [name, kind, keySource, issuerUrl]),
    ],
    names: clusters.map(({ name }) => name),
  }
}

function printableKeys(value: ClusterKeys) {
  return {
    value,
    table: [
      ['KEY ID', 'ALGORITHM', 'SIGNS', 'MADE'],
      ...(value.keys ?? []).map(({ keyId, algorithm, isSigning, createdAt }) => [
        keyId,
        algorithm ?? '',
        isSigning === undefined ? '' : isSigning ? 'yes' : 'no',
        createdAt === undefined ? '' : new Date(createdAt * 1000).toISOString(),
      ]),
    ],
    names: (value.keys ?? []).map(({ keyId }) => keyId),
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`)
  }
}
