import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT, type Iam, IRSA_TRUST, OTHER_ACCOUNT, openIam, refusalOf } from '../testing/iam-fixture.ts'
import { createUser, deleteUser } from '../user/user.ts'
import { createRole, deleteRole, getRole, listRoles } from './role.ts'
import { updateAssumeRolePolicy } from './trust-policy.ts'

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
})
afterEach(() => iam.close())

function trusting(...principals: string[]): string {
  const AWS = principals.length === 1 ? principals[0] : principals
  return `{"Version": "2012-10-17", "Statement": ${JSON.stringify([{ Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' }])}}`
}

function create(RoleName: string, AssumeRolePolicyDocument: string, Path = '/') {
  return iam.call(createRole, { RoleName, AssumeRolePolicyDocument, Path })
}

async function trustPolicyOf(RoleName: string): Promise<string> {
  const { Role } = await iam.call(getRole, { RoleName })
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')
}

const roleArn = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`

describe('the principals of a trust policy', () => {
  it('are kept by unique id, and shown as ARN in the text as it was given', async () => {
    const { Role } = await create('trusted', IRSA_TRUST, '/p/')
    const { User } = await iam.call(createUser, { UserName: 'ann' })
    const document = trusting(roleArn('p/trusted'), `arn:aws:iam::${ACCOUNT}:user/ann`)
    await create('my-role', document)
    expect(await trustPolicyOf('my-role')).toBe(document)
    const row = await iam.dependencies.store.reads
      .selectFrom('roles')
      .select('trust_principal_ids')
      .where('role_name_key', '=', 'my-role')
      .executeTakeFirstOrThrow()
    expect(JSON.parse(row.trust_principal_ids)).toEqual({
      [roleArn('p/trusted')]: Role?.RoleId,
      [`arn:aws:iam::${ACCOUNT}:user/ann`]: User?.UserId,
    })
  })

  it('are shown as unique id once the entity is gone, also where another bears its name', async () => {
    const { Role } = await create('trusted', IRSA_TRUST)
    await create('my-role', trusting(roleArn('trusted'), `arn:aws:iam::${ACCOUNT}:root`))
    await iam.call(deleteRole, { RoleName: 'trusted' })
    const shown = [Role?.RoleId, `arn:aws:iam::${ACCOUNT}:root`]
    expect(JSON.parse(await trustPolicyOf('my-role')).Statement[0].Principal.AWS).toEqual(shown)
    await create('trusted', IRSA_TRUST)
    expect(JSON.parse(await trustPolicyOf('my-role')).Statement[0].Principal.AWS).toEqual(shown)
    const { Roles } = await iam.call(listRoles, {})
    expect(decodeURIComponent(Roles?.[0]?.AssumeRolePolicyDocument ?? '')).toContain(Role?.RoleId)
  })

  it('are shown as unique id for a user too, where it was one text', async () => {
    const { User } = await iam.call(createUser, { UserName: 'ann' })
    await create('my-role', trusting(`arn:aws:iam::${ACCOUNT}:user/ann`))
    await iam.call(deleteUser, { UserName: 'ann' })
    expect(JSON.parse(await trustPolicyOf('my-role')).Statement[0].Principal).toEqual({ AWS: User?.UserId })
  })

  it.each([
    roleArn('none'),
    roleArn('none', OTHER_ACCOUNT),
    `arn:aws:iam::${ACCOUNT}:user/none`,
    roleArn('Trusted'),
    roleArn('other-path/trusted'),
  ])('must exist in the accounts that are held here, path and case included: %s', async (arn) => {
    await create('trusted', IRSA_TRUST)
    expect(await refusalOf(create('my-role', trusting(arn)))).toBe(
      `MalformedPolicyDocument 400: Invalid principal in policy: "AWS":"${arn}"`,
    )
    expect(await refusalOf(iam.call(getRole, { RoleName: 'my-role' }))).toContain('NoSuchEntity')
  })

  it('may be of an account that is not held here, and then are nobody', async () => {
    const arn = 'arn:aws:iam::999999999999:role/elsewhere'
    await create('my-role', trusting(arn))
    expect(await trustPolicyOf('my-role')).toBe(trusting(arn))
    const row = await iam.dependencies.store.reads
      .selectFrom('roles')
      .select('trust_principal_ids')
      .executeTakeFirstOrThrow()
    expect(JSON.parse(row.trust_principal_ids)).toEqual({ [arn]: 'unresolved' })
  })
})

describe('the size of a trust policy', () => {
  const ofSize = (characters: number) => {
    const text = (sid: string) => IRSA_TRUST.replace('"Effect"', `"Sid": "${sid}", "Effect"`)
    return text('a'.repeat(characters - text('').replace(/\s/g, '').length))
  }

  it('is 2,048 characters without white space, or what the quota is raised to', async () => {
    await create('just-fits', ofSize(2_048))
    expect(await refusalOf(create('too-long', ofSize(2_049)))).toBe(
      'LimitExceeded 409: Cannot exceed quota for ACLSizePerRole: 2048',
    )
    const input = { RoleName: 'raised', AssumeRolePolicyDocument: ofSize(8_192) }
    await iam.call(createRole, input, { quotas: { ACLSizePerRole: 8_192 } })
  })
})

describe('UpdateAssumeRolePolicy', () => {
  it('replaces the policy and its principals, and tells the change feed', async () => {
    const { Role } = await create('trusted', IRSA_TRUST)
    await create('my-role', trusting(roleArn('trusted')))
    await iam.call(deleteRole, { RoleName: 'trusted' })
    iam.takeChanges()
    expect(await iam.call(updateAssumeRolePolicy, { RoleName: 'MY-role', PolicyDocument: IRSA_TRUST })).toEqual({})
    expect(iam.takeChanges()).toEqual([expect.stringMatching(/^role\/AROA/)])
    expect(await trustPolicyOf('my-role')).toBe(IRSA_TRUST)
    expect(Role?.RoleId).not.toBe(undefined)
  })

  it('refuses what CreateRole refuses, and leaves the policy as it was', async () => {
    await create('my-role', IRSA_TRUST)
    const update = (PolicyDocument: string) => iam.call(updateAssumeRolePolicy, { RoleName: 'my-role', PolicyDocument })
    expect(await refusalOf(update('not json'))).toBe('MalformedPolicyDocument 400: This policy contains invalid Json')
    expect(await refusalOf(update(trusting(roleArn('none'))))).toBe(
      `MalformedPolicyDocument 400: Invalid principal in policy: "AWS":"${roleArn('none')}"`,
    )
    expect(await trustPolicyOf('my-role')).toBe(IRSA_TRUST)
    expect(await refusalOf(iam.call(updateAssumeRolePolicy, { RoleName: 'none', PolicyDocument: IRSA_TRUST }))).toBe(
      'NoSuchEntity 404: The role with name none cannot be found.',
    )
  })

  it('lets a role trust itself', async () => {
    await create('my-role', IRSA_TRUST)
    await iam.call(updateAssumeRolePolicy, { RoleName: 'my-role', PolicyDocument: trusting(roleArn('my-role')) })
  })
})
