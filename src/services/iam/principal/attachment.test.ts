import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPolicy } from '../policy/policy.ts'
import { createRole } from '../role/role.ts'
import { attachRolePolicy, detachRolePolicy, listAttachedRolePolicies } from '../role/role-attachment.ts'
import { deleteRolePolicy, getRolePolicy, listRolePolicies, putRolePolicy } from '../role/role-policy.ts'
import { ACCOUNT, type Iam, IRSA_TRUST, openIam, policyOfSize, READ_POLICY, refusalOf } from '../testing/iam-fixture.ts'
import { createUser } from '../user/user.ts'
import { attachUserPolicy, detachUserPolicy, listAttachedUserPolicies } from '../user/user-attachment.ts'
import { deleteUserPolicy, getUserPolicy, listUserPolicies, putUserPolicy } from '../user/user-policy.ts'

const RoleName = 'my-role'
const UserName = 'my-user'
const own = (name: string) => `arn:aws:iam::${ACCOUNT}:policy/${name}`
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
  await iam.call(createRole, { RoleName, AssumeRolePolicyDocument: IRSA_TRUST })
  await iam.call(createUser, { UserName })
})
afterEach(() => iam.close())

describe('AttachRolePolicy', () => {
  it('attaches a policy of the account or of AWS; twice is once', async () => {
    await iam.call(createPolicy, { PolicyName: 'p', Path: '/x/', PolicyDocument: READ_POLICY })
    iam.takeChanges()
    expect(await iam.call(attachRolePolicy, { RoleName, PolicyArn: own('x/p') })).toEqual({})
    expect(iam.takeChanges()).toEqual([expect.stringMatching(/^role\/AROA/)])
    await iam.call(attachRolePolicy, { RoleName, PolicyArn: own('x/p') })
    await iam.call(attachRolePolicy, { RoleName, PolicyArn: ADMINISTRATOR })
    expect(await iam.call(listAttachedRolePolicies, { RoleName })).toEqual({
      AttachedPolicies: [
        { PolicyName: 'AdministratorAccess', PolicyArn: ADMINISTRATOR },
        { PolicyName: 'p', PolicyArn: own('x/p') },
      ],
      IsTruncated: false,
    })
  })

  it.each([own('none'), 'arn:aws:iam::aws:policy/none', 'arn:aws:iam::444455556666:policy/foreign'])(
    'refuses %s',
    async (PolicyArn) => {
      expect(await refusalOf(iam.call(attachRolePolicy, { RoleName, PolicyArn }))).toBe(
        `NoSuchEntity 404: Policy ${PolicyArn} does not exist or is not attachable.`,
      )
    },
  )

  it('refuses what is no ARN, the policies of service-linked roles, and a role that is not there', async () => {
    expect(await refusalOf(iam.call(attachRolePolicy, { RoleName, PolicyArn: 'AdministratorAccess-' }))).toBe(
      'ValidationError 400: Invalid ARN:  Could not be parsed!',
    )
    const linked = 'arn:aws:iam::aws:policy/aws-service-role/ZooServiceRolePolicy'
    expect(await refusalOf(iam.call(attachRolePolicy, { RoleName, PolicyArn: linked }))).toBe(
      'PolicyNotAttachable 400: Cannot attach a Service Role Policy to a Customer Role.',
    )
    expect(await refusalOf(iam.call(attachRolePolicy, { RoleName: 'none', PolicyArn: ADMINISTRATOR }))).toBe(
      'NoSuchEntity 404: The role with name none cannot be found.',
    )
  })

  it('attaches as many as the quota says; what is attached already still succeeds', async () => {
    for (let number = 1; number <= 20; number++) {
      await iam.call(createPolicy, { PolicyName: `p${number}`, PolicyDocument: READ_POLICY })
      await iam.call(attachRolePolicy, { RoleName, PolicyArn: own(`p${number}`) })
    }
    expect(await refusalOf(iam.call(attachRolePolicy, { RoleName, PolicyArn: ADMINISTRATOR }))).toBe(
      'LimitExceeded 409: Cannot exceed quota for PoliciesPerRole: 20',
    )
    expect(await iam.call(attachRolePolicy, { RoleName, PolicyArn: own('p20') })).toEqual({})
  })

  it('needs its action on the role, with the policy as condition key', async () => {
    expect(await iam.requirements(attachRolePolicy, { RoleName, PolicyArn: ADMINISTRATOR })).toEqual([
      {
        action: 'iam:AttachRolePolicy',
        resource: `arn:aws:iam::${ACCOUNT}:role/my-role`,
        context: { 'iam:PolicyARN': ADMINISTRATOR },
      },
    ])
  })
})

describe('DetachRolePolicy', () => {
  it('detaches once', async () => {
    await iam.call(attachRolePolicy, { RoleName, PolicyArn: ADMINISTRATOR })
    iam.takeChanges()
    await iam.call(detachRolePolicy, { RoleName, PolicyArn: ADMINISTRATOR })
    expect(iam.takeChanges()).toEqual([expect.stringMatching(/^role\/AROA/)])
    expect(await refusalOf(iam.call(detachRolePolicy, { RoleName, PolicyArn: ADMINISTRATOR }))).toBe(
      `NoSuchEntity 404: Policy ${ADMINISTRATOR} was not found.`,
    )
  })
})

describe('ListAttachedRolePolicies', () => {
  it('filters by path and pages, also between two policies of one name', async () => {
    await iam.call(createPolicy, { PolicyName: 'Billing', Path: '/x/', PolicyDocument: READ_POLICY })
    for (const PolicyArn of [ADMINISTRATOR, 'arn:aws:iam::aws:policy/job-function/Billing', own('x/Billing')]) {
      await iam.call(attachRolePolicy, { RoleName, PolicyArn })
    }
    const arns: (string | undefined)[] = []
    for (let Marker: string | undefined, isFirst = true; isFirst || Marker; isFirst = false) {
      const page = await iam.call(listAttachedRolePolicies, { RoleName, MaxItems: 1, Marker })
      arns.push(...(page.AttachedPolicies ?? []).map((policy) => policy.PolicyArn))
      Marker = page.Marker
    }
    expect(arns).toEqual([ADMINISTRATOR, 'arn:aws:iam::aws:policy/job-function/Billing', own('x/Billing')])
    const { AttachedPolicies } = await iam.call(listAttachedRolePolicies, { RoleName, PathPrefix: '/x/' })
    expect(AttachedPolicies).toEqual([{ PolicyName: 'Billing', PolicyArn: own('x/Billing') }])
  })

  it('refuses a role that is not there', async () => {
    expect(await refusalOf(iam.call(listAttachedRolePolicies, { RoleName: 'none' }))).toContain('NoSuchEntity')
  })
})

describe('inline policies of a role', () => {
  const put = (PolicyName: string, PolicyDocument = READ_POLICY) =>
    iam.call(putRolePolicy, { RoleName, PolicyName, PolicyDocument })

  it('are put, read percent-encoded, replaced without case, listed and deleted', async () => {
    iam.takeChanges()
    expect(await put('Mine')).toEqual({})
    expect(iam.takeChanges()).toEqual([expect.stringMatching(/^role\/AROA/)])
    expect(await iam.call(getRolePolicy, { RoleName: 'MY-ROLE', PolicyName: 'mine' })).toEqual({
      RoleName,
      PolicyName: 'Mine',
      PolicyDocument: expect.stringMatching(/^%7B%22Version%22%3A%20%222012-10-17%22/),
    })
    await put('mine')
    await put('also')
    expect(await iam.call(listRolePolicies, { RoleName })).toEqual({
      PolicyNames: ['also', 'mine'],
      IsTruncated: false,
    })
    const page = await iam.call(listRolePolicies, { RoleName, MaxItems: 1 })
    expect(await iam.call(listRolePolicies, { RoleName, Marker: page.Marker })).toEqual({
      PolicyNames: ['mine'],
      IsTruncated: false,
    })
    await iam.call(deleteRolePolicy, { RoleName, PolicyName: 'MINE' })
    expect(await refusalOf(iam.call(getRolePolicy, { RoleName, PolicyName: 'mine' }))).toBe(
      'NoSuchEntity 404: The role policy with name mine cannot be found.',
    )
    expect(await refusalOf(iam.call(deleteRolePolicy, { RoleName, PolicyName: 'mine' }))).toBe(
      'NoSuchEntity 404: The role policy with name mine cannot be found.',
    )
  })

  it('have together 10,240 characters at most; replacing one counts it once', async () => {
    await put('one', policyOfSize(5_000))
    await put('two', policyOfSize(5_240))
    expect(await refusalOf(put('two', policyOfSize(5_241)))).toBe(
      'LimitExceeded 409: Maximum policy size of 10240 bytes exceeded for role my-role',
    )
    await put('two', policyOfSize(5_240))
  })

  it('may be of an old version, and may not name a principal', async () => {
    await put('old', READ_POLICY.replace('2012-10-17', '2008-10-17'))
    const document = READ_POLICY.replace('"Effect"', '"Principal": "*", "Effect"')
    expect(await refusalOf(put('bad', document))).toBe(
      'MalformedPolicyDocument 400: Policy document should not specify a principal.',
    )
  })
})

describe('policies of a user', () => {
  it('attach and detach as those of a role, with the quota of users', async () => {
    await iam.call(attachUserPolicy, { UserName, PolicyArn: ADMINISTRATOR })
    const more = { UserName, PolicyArn: 'arn:aws:iam::aws:policy/job-function/Billing' }
    expect(await refusalOf(iam.call(attachUserPolicy, more, { quotas: { PoliciesPerUser: 1 } }))).toBe(
      'LimitExceeded 409: Cannot exceed quota for PoliciesPerUser: 1',
    )
    expect((await iam.call(listAttachedUserPolicies, { UserName })).AttachedPolicies).toEqual([
      { PolicyName: 'AdministratorAccess', PolicyArn: ADMINISTRATOR },
    ])
    iam.takeChanges()
    await iam.call(detachUserPolicy, { UserName, PolicyArn: ADMINISTRATOR })
    expect(iam.takeChanges()).toEqual([expect.stringMatching(/^user\/AIDA/)])
    expect(await refusalOf(iam.call(detachUserPolicy, { UserName, PolicyArn: ADMINISTRATOR }))).toBe(
      `NoSuchEntity 404: Policy ${ADMINISTRATOR} was not found.`,
    )
  })

  it('are inline up to 2,048 characters', async () => {
    const put = (characters: number) =>
      iam.call(putUserPolicy, { UserName, PolicyName: 'p', PolicyDocument: policyOfSize(characters) })
    await put(2_048)
    expect(await refusalOf(put(2_049))).toBe(
      'LimitExceeded 409: Maximum policy size of 2048 bytes exceeded for user my-user',
    )
    expect(await iam.call(getUserPolicy, { UserName, PolicyName: 'p' })).toMatchObject({ UserName, PolicyName: 'p' })
    expect((await iam.call(listUserPolicies, { UserName })).PolicyNames).toEqual(['p'])
    await iam.call(deleteUserPolicy, { UserName, PolicyName: 'p' })
    expect(await refusalOf(iam.call(getUserPolicy, { UserName, PolicyName: 'p' }))).toBe(
      'NoSuchEntity 404: The user policy with name p cannot be found.',
    )
  })
})
