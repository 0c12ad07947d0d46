import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks'
import {
  GetGroupPolicyCommand,
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  IAMClient,
  paginateListAttachedGroupPolicies,
  paginateListAttachedRolePolicies,
  paginateListAttachedUserPolicies,
  paginateListGroupPolicies,
  paginateListGroupsForUser,
  paginateListRolePolicies,
  paginateListRoles,
  paginateListUserPolicies,
  paginateListUsers,
  type Role,
  type User,
} from '@aws-sdk/client-iam'
import { GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'
import type { Connection } from '../connection.ts'
import { CommandError } from '../usage-error.ts'

/** A policy as the server has it. */
export interface LivePolicy {
  /** Its ARN; of an inline policy, whose it is and its name. */
  readonly name: string
  readonly text: string
}

/** A user or role with all that its policies say. */
export interface LiveIdentity {
  readonly kind: 'user' | 'role'
  readonly name: string
  readonly arn: string
  readonly id: string
  readonly identity: readonly LivePolicy[]
  readonly boundary: LivePolicy | undefined
  readonly tags: readonly (readonly [key: string, value: string])[]
  /** Of roles. */
  readonly trust: LivePolicy | undefined
}

export interface ListedRole {
  readonly name: string
  readonly arn: string
  readonly trust: LivePolicy
}

/** Reads users, roles and policies through AWS's own API, as the caller may. */
export class AccountReader {
  readonly #connection: Connection
  readonly #iam: IAMClient
  readonly #s3: S3Client
  readonly #eks: EKSClient
  readonly #managed = new Map<string, Promise<LivePolicy>>()

  constructor(connection: Connection) {
    const { url, region, accessKeyId, secretAccessKey, sessionToken } = connection
    const options = {
      endpoint: url,
      region,
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    }
    this.#connection = connection
    this.#iam = new IAMClient(options)
    // Path style, because `<bucket>.127.0.0.1` is no name.
    this.#s3 = new S3Client({ ...options, forcePathStyle: true })
    this.#eks = new EKSClient(options)
  }

  /** @returns undefined where there is none */
  async role(name: string): Promise<LiveIdentity | undefined> {
    const answer = await this.#find(() => this.#iam.send(new GetRoleCommand({ RoleName: name })), 'NoSuchEntity')
    return answer?.Role && this.#roleWithPolicies(answer.Role)
  }

  /** @returns undefined where there is none */
  async user(name: string): Promise<LiveIdentity | undefined> {
    const answer = await this.#find(() => this.#iam.send(new GetUserCommand({ UserName: name })), 'NoSuchEntity')
    return answer?.User && this.#userWithPolicies(answer.User)
  }

  /** All roles, without what listing leaves out: policies, boundary and tags. */
  async *listedRoles(): AsyncGenerator<ListedRole> {
    for await (const page of this.#pages(paginateListRoles({ client: this.#iam }, {}))) {
      for (const role of page.Roles ?? []) {
        yield { name: role.RoleName ?? '', arn: role.Arn ?? '', trust: trustOf(role) }
      }
    }
  }

  async *userNames(): AsyncGenerator<string> {
    const pages = paginateListUsers({ client: this.#iam }, {})
    for await (const page of this.#pages(pages)) for (const user of page.Users ?? []) yield user.UserName ?? ''
  }

  /** @returns undefined where the bucket has none, or is not there */
  async bucketPolicy(bucket: string): Promise<LivePolicy | undefined> {
    const answer = await this.#find(
      () => this.#s3.send(new GetBucketPolicyCommand({ Bucket: bucket })),
      'NoSuchBucketPolicy',
      'NoSuchBucket',
    )
    return answer?.Policy === undefined ? undefined : { name: `policy of bucket ${bucket}`, text: answer.Policy }
  }

  /** The issuer of a cluster's tokens. @returns undefined where there is no such cluster */
  async issuerOf(cluster: string): Promise<string | undefined> {
    const answer = await this.#find(
      () => this.#eks.send(new DescribeClusterCommand({ name: cluster })),
      'ResourceNotFoundException',
    )
    return answer?.cluster?.identity?.oidc?.issuer
  }

  /** The audiences that an identity provider accepts. @returns undefined where there is no such provider */
  async audiencesOf(providerArn: string): Promise<readonly string[] | undefined> {
    const answer = await this.#find(
      () => this.#iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: providerArn })),
      'NoSuchEntity',
    )
    return answer && (answer.ClientIDList ?? [])
  }

  async #roleWithPolicies(role: Role): Promise<LiveIdentity> {
    const name = role.RoleName ?? ''
    const [attached, inline] = await Promise.all([
      this.#attached(paginateListAttachedRolePolicies({ client: this.#iam }, { RoleName: name })),
      this.#inline(
        paginateListRolePolicies({ client: this.#iam }, { RoleName: name }),
        async (policy) => {
          const input = { RoleName: name, PolicyName: policy }
          return (await this.#iam.send(new GetRolePolicyCommand(input))).PolicyDocument
        },
        `role ${name}`,
      ),
    ])
    return {
      kind: 'role',
      name,
      arn: role.Arn ?? '',
      id: role.RoleId ?? '',
      identity: [...inline, ...attached],
      ...(await this.#boundaryAndTags(role)),
      trust: trustOf(role),
    }
  }

  async #userWithPolicies(user: User): Promise<LiveIdentity> {
    const name = user.UserName ?? ''
    const [attached, inline, ofGroups] = await Promise.all([
      this.#attached(paginateListAttachedUserPolicies({ client: this.#iam }, { UserName: name })),
      this.#inline(
        paginateListUserPolicies({ client: this.#iam }, { UserName: name }),
        async (policy) => {
          const input = { UserName: name, PolicyName: policy }
          return (await this.#iam.send(new GetUserPolicyCommand(input))).PolicyDocument
        },
        `user ${name}`,
      ),
      this.#groupPolicies(name),
    ])
    return {
      kind: 'user',
      name,
      arn: user.Arn ?? '',
      id: user.UserId ?? '',
      identity: [...inline, ...attached, ...ofGroups],
      ...(await this.#boundaryAndTags(user)),
      trust: undefined,
    }
  }

  async #groupPolicies(userName: string): Promise<readonly LivePolicy[]> {
    const policies: LivePolicy[] = []
    const pages = paginateListGroupsForUser({ client: this.#iam }, { UserName: userName })
    for await (const page of this.#pages(pages)) {
      for (const { GroupName = '' } of page.Groups ?? []) {
        policies.push(
          ...(await this.#inline(
            paginateListGroupPolicies({ client: this.#iam }, { GroupName }),
            async (policy) => {
              return (await this.#iam.send(new GetGroupPolicyCommand({ GroupName, PolicyName: policy }))).PolicyDocument
            },
            `group ${GroupName}`,
          )),
          ...(await this.#attached(paginateListAttachedGroupPolicies({ client: this.#iam }, { GroupName }))),
        )
      }
    }
    return policies
  }

  async #boundaryAndTags({ PermissionsBoundary, Tags = [] }: Role | User) {
    const arn = PermissionsBoundary?.PermissionsBoundaryArn
    return {
      boundary: arn === undefined ? undefined : await this.#managedPolicy(arn),
      tags: Tags.map(({ Key = '', Value = '' }) => [Key, Value] as const),
    }
  }

  async #inline(
    pages: AsyncIterable<{ readonly PolicyNames?: string[] | undefined }>,
    read: (name: string) => Promise<string | undefined>,
    owner: string,
  ): Promise<readonly LivePolicy[]> {
    const names: string[] = []
    for await (const page of this.#pages(pages)) names.push(...(page.PolicyNames ?? []))
    return Promise.all(
      names.map(async (name) => ({
        name: `inline policy ${name} of ${owner}`,
        text: decoded(await this.#called(() => read(name))),
      })),
    )
  }

  async #attached(
    pages: AsyncIterable<{ readonly AttachedPolicies?: { readonly PolicyArn?: string }[] | undefined }>,
  ): Promise<readonly LivePolicy[]> {
    const arns: string[] = []
    for await (const page of this.#pages(pages)) {
      arns.push(...(page.AttachedPolicies ?? []).map(({ PolicyArn = '' }) => PolicyArn))
    }
    return Promise.all(arns.map((arn) => this.#managedPolicy(arn)))
  }

  /** The default version; read once, however many have it. */
  #managedPolicy(arn: string): Promise<LivePolicy> {
    const known = this.#managed.get(arn)
    if (known) return known
    const read = this.#called(async () => {
      const { Policy } = await this.#iam.send(new GetPolicyCommand({ PolicyArn: arn }))
      const input = { PolicyArn: arn, VersionId: Policy?.DefaultVersionId }
      const { PolicyVersion } = await this.#iam.send(new GetPolicyVersionCommand(input))
      return { name: arn, text: decoded(PolicyVersion?.Document) }
    })
    this.#managed.set(arn, read)
    return read
  }

  async *#pages<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
    try {
      yield* pages
    } catch (error) {
      throw this.#problem(error)
    }
  }

  /** @returns undefined where the service answers with one of the codes */
  async #find<Output>(call: () => Promise<Output>, ...absent: readonly string[]): Promise<Output | undefined> {
    try {
      return await call()
    } catch (error) {
      if (absent.includes(codeOf(error))) return undefined
      throw this.#problem(error)
    }
  }

  async #called<Output>(call: () => Promise<Output>): Promise<Output> {
    try {
      return await call()
    } catch (error) {
      throw this.#problem(error)
    }
  }

  /** Without the whole picture there is neither a yes nor a no. */
  #problem(error: unknown): unknown {
    if (error instanceof CommandError || !(error instanceof Error)) return error
    if ('$metadata' in error && '$fault' in error) {
      return new CommandError(codeOf(error), `the server does not tell what is needed for an answer: ${error.message}`)
    }
    return new CommandError(
      'UNREACHABLE',
      `no server answers at ${this.#connection.url} (${error.message}). Start it with "npm start", or set AWS_ENDPOINT_URL.`,
      { cause: error },
    )
  }
}

function trustOf(role: Role): LivePolicy {
  return { name: `trust policy of role ${role.RoleName}`, text: decoded(role.AssumeRolePolicyDocument) }
}

/** IAM answers documents percent-encoded (RFC 3986). */
function decoded(document: string | undefined): string {
  return decodeURIComponent(document ?? '')
}

/** Query services leave the word Exception away, or not, depending on the version of their model. */
function codeOf(error: unknown): string {
  return error instanceof Error ? error.name.replace(/^(NoSuchEntity)Exception$/, '$1') : ''
}
