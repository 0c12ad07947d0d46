import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { putRolePermissionsBoundary } from '../principal/permissions-boundary.ts'
import { createRole } from '../role/role.ts'
import { attachRolePolicy, detachRolePolicy } from '../role/role-attachment.ts'
import { tagPolicy } from '../tag/tag-operations.ts'
import {
  ACCOUNT,
  type Iam,
  IRSA_TRUST,
  NOW,
  NOW_SHOWN,
  OTHER_ACCOUNT,
  openIam,
  policyOfSize,
  READ_POLICY,
  refusalOf,
} from '../testing/iam-fixture.ts'
import { createPolicy, deletePolicy, getPolicy } from './policy.ts'
import { listPolicies } from './policy-listing.ts'
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from './policy-version.ts'

const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/my-policy`
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'
const LATER = NOW + 60_000

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
})
afterEach(() => iam.close())

function create(PolicyName = 'my-policy', more: object = {}) {
  return iam.call(createPolicy, { PolicyName, PolicyDocument: READ_POLICY, ...more })
}

async function useIn(role: string, arn: string, as: 'attachment' | 'boundary'): Promise<void> {
  await iam.call(createRole, { RoleName: role, AssumeRolePolicyDocument: IRSA_TRUST })
  if (as === 'attachment') await iam.call(attachRolePolicy, { RoleName: role, PolicyArn: arn })
  else await iam.call(putRolePermissionsBoundary, { RoleName: role, PermissionsBoundary: arn })
}

describe('CreatePolicy', () => {
  it('answers with the policy, its tags and description', async () => {
    const Tags = [{ Key: 'team', Value: 'a' }]
    const { Policy } = await create('my-policy', { Path: '/team/', Description: 'reads', Tags })
    expect(Policy).toEqual({
      PolicyName: 'my-policy',
      PolicyId: expect.stringMatching(/^ANPA[A-Z2-7]{17}$/),
      Arn: `arn:aws:iam::${ACCOUNT}:policy/team/my-policy`,
      Path: '/team/',
      DefaultVersionId: 'v1',
      AttachmentCount: 0,
      PermissionsBoundaryUsageCount: 0,
      IsAttachable: true,
      Description: 'reads',
      CreateDate: NOW_SHOWN,
      UpdateDate: NOW_SHOWN,
      Tags,
    })
    expect(iam.takeChanges()).toEqual([`policy/arn:aws:iam::${ACCOUNT}:policy/team/my-policy`])
  })

  it('refuses a name that is taken, whatever its case and path', async () => {
    await create()
    expect(await refusalOf(create('MY-policy', { Path: '/other/' }))).toBe(
      'EntityAlreadyExists 409: A policy called MY-policy already exists. Duplicate names are not allowed.',
    )
  })

  it.each([
    ['{', 'Syntax errors in policy.'],
    ['{"Statement":[]}', 'Syntax errors in policy.'],
    [READ_POLICY.replace('2012-10-17', '2008-10-17'), 'Policy document must be version 2012-10-17 or greater.'],
    [
      READ_POLICY.replace('s3:GetObject', 'GetObject'),
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
  ])('refuses the document %s', async (PolicyDocument, text) => {
    expect(await refusalOf(create('my-policy', { PolicyDocument }))).toBe(`MalformedPolicyDocument 400: ${text}`)
  })

  it('takes a document of 6,144 characters without white space, and none of 6,145', async () => {
    await create('just-fits', { PolicyDocument: policyOfSize(6_144) })
    expect(await refusalOf(create('too-long', { PolicyDocument: policyOfSize(6_145) }))).toBe(
      'LimitExceeded 409: Cannot exceed quota for PolicySize: 6144',
    )
  })

  it('makes as many policies as the quota says', async () => {
    const input = (PolicyName: string) => ({ PolicyName, PolicyDocument: READ_POLICY })
    const quotas = { PoliciesPerAccount: 1 }
    await iam.call(createPolicy, input('one'), { quotas })
    expect(await refusalOf(iam.call(createPolicy, input('two'), { quotas }))).toBe(
      'LimitExceeded 409: Cannot exceed quota for PoliciesPerAccount: 1',
    )
  })
})

describe('GetPolicy', () => {
  it('counts what uses the policy, in the account only', async () => {
    await create()
    await useIn('one', PolicyArn, 'attachment')
    await useIn('two', PolicyArn, 'boundary')
    await useIn('three', PolicyArn, 'boundary')
    expect((await iam.call(getPolicy, { PolicyArn })).Policy).toMatchObject({
      AttachmentCount: 1,
      PermissionsBoundaryUsageCount: 2,
      Tags: [],
    })
    await iam.call(attachRolePolicy, { RoleName: 'one', PolicyArn: ADMINISTRATOR })
    const elsewhere = await iam.call(getPolicy, { PolicyArn: ADMINISTRATOR }, { accountId: OTHER_ACCOUNT })
    expect(elsewhere.Policy?.AttachmentCount).toBe(0)
  })

  it('reads the policies of AWS', async () => {
    const { Policy } = await iam.call(getPolicy, { PolicyArn: ADMINISTRATOR })
    expect(Policy).toEqual({
      PolicyName: 'AdministratorAccess',
      PolicyId: expect.stringMatching(/^ANPA/),
      Arn: ADMINISTRATOR,
      Path: '/',
      DefaultVersionId: 'v2',
      AttachmentCount: 0,
      PermissionsBoundaryUsageCount: 0,
      IsAttachable: true,
      CreateDate: NOW_SHOWN,
      UpdateDate: NOW_SHOWN,
      Tags: [],
    })
    const linked = await iam.call(getPolicy, {
      PolicyArn: 'arn:aws:iam::aws:policy/aws-service-role/ZooServiceRolePolicy',
    })
    expect(linked.Policy?.IsAttachable).toBe(false)
  })

  it.each([PolicyArn, 'arn:aws:iam::aws:policy/none'])('refuses %s, which is not there', async (missing) => {
    expect(await refusalOf(iam.call(getPolicy, { PolicyArn: missing }))).toBe(
      `NoSuchEntity 404: Policy ${missing} was not found.`,
    )
  })

  it('finds no policy of another account', async () => {
    await create()
    expect(await refusalOf(iam.call(getPolicy, { PolicyArn }, { accountId: OTHER_ACCOUNT }))).toContain('NoSuchEntity')
  })

  it.each([
    ['no-arn-but-long-enough', 'Invalid ARN:  Could not be parsed!'],
    [`arn:aws:iam::${ACCOUNT}:role/my-role`, `ARN arn:aws:iam::${ACCOUNT}:role/my-role is not valid.`],
    [`arn:aws:s3::${ACCOUNT}:policy/x`, `ARN arn:aws:s3::${ACCOUNT}:policy/x is not valid.`],
    ['arn:aws:iam::1234:policy/x', 'ARN arn:aws:iam::1234:policy/x is not valid.'],
  ])('refuses %s as no policy ARN', async (wrong, text) => {
    expect(await refusalOf(iam.call(getPolicy, { PolicyArn: wrong }))).toBe(`ValidationError 400: ${text}`)
  })
})

describe('policy versions', () => {
  beforeEach(() => create())

  it('are created, read, listed newest first, and made the default', async () => {
    const second = READ_POLICY.replace('GetObject', 'PutObject')
    const { PolicyVersion } = await iam.call(createPolicyVersion, { PolicyArn, PolicyDocument: second }, { now: LATER })
    expect(PolicyVersion).toEqual({
      VersionId: 'v2',
      IsDefaultVersion: false,
      CreateDate: new Date('2025-06-01T12:01:00Z'),
    })
    expect((await iam.call(getPolicyVersion, { PolicyArn, VersionId: 'v2' })).PolicyVersion).toEqual({
      ...PolicyVersion,
      Document: expect.stringMatching(/^%7B%22Version%22%3A%20%222012-10-17%22.*s3%3APutObject.*%22%2A%22/),
    })
    expect((await iam.call(listPolicyVersions, { PolicyArn })).Versions).toEqual([
      PolicyVersion,
      { VersionId: 'v1', IsDefaultVersion: true, CreateDate: NOW_SHOWN },
    ])
    iam.takeChanges()
    await iam.call(setDefaultPolicyVersion, { PolicyArn, VersionId: 'v2' })
    expect(iam.takeChanges()).toEqual([`policy/${PolicyArn}`])
    expect((await iam.call(getPolicy, { PolicyArn })).Policy).toMatchObject({
      DefaultVersionId: 'v2',
      CreateDate: NOW_SHOWN,
    })
  })

  it('can be the default from the start', async () => {
    const input = { PolicyArn, PolicyDocument: READ_POLICY, SetAsDefault: true }
    const { PolicyVersion } = await iam.call(createPolicyVersion, input, { now: LATER })
    expect(PolicyVersion?.IsDefaultVersion).toBe(true)
    expect((await iam.call(getPolicy, { PolicyArn })).Policy).toMatchObject({
      DefaultVersionId: 'v2',
      UpdateDate: new Date('2025-06-01T12:01:00Z'),
    })
  })

  it('are five at most, and their ids never come twice', async () => {
    const input = { PolicyArn, PolicyDocument: READ_POLICY }
    for (let version = 2; version <= 5; version++) await iam.call(createPolicyVersion, input)
    expect(await refusalOf(iam.call(createPolicyVersion, input))).toBe(
      'LimitExceeded 409: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
    )
    await iam.call(deletePolicyVersion, { PolicyArn, VersionId: 'v5' })
    const { PolicyVersion } = await iam.call(createPolicyVersion, input)
    expect(PolicyVersion?.VersionId).toBe('v6')
  })

  it('cannot be deleted while they are the default', async () => {
    expect(await refusalOf(iam.call(deletePolicyVersion, { PolicyArn, VersionId: 'v1' }))).toBe(
      'DeleteConflict 409: Cannot delete the default version of a policy.',
    )
  })

  it('are refused where they are not there', async () => {
    const text = `NoSuchEntity 404: Policy ${PolicyArn} version v7 does not exist or is not attachable.`
    expect(await refusalOf(iam.call(getPolicyVersion, { PolicyArn, VersionId: 'v7' }))).toBe(text)
    expect(await refusalOf(iam.call(setDefaultPolicyVersion, { PolicyArn, VersionId: 'v7' }))).toBe(text)
    expect(await refusalOf(iam.call(deletePolicyVersion, { PolicyArn, VersionId: 'v7' }))).toBe(text)
  })

  it('are paged', async () => {
    await iam.call(createPolicyVersion, { PolicyArn, PolicyDocument: READ_POLICY })
    const first = await iam.call(listPolicyVersions, { PolicyArn, MaxItems: 1 })
    expect(first.IsTruncated).toBe(true)
    const second = await iam.call(listPolicyVersions, { PolicyArn, MaxItems: 1, Marker: first.Marker })
    expect([first, second].map((page) => page.Versions?.[0]?.VersionId)).toEqual(['v2', 'v1'])
    expect(second.IsTruncated).toBe(false)
  })

  it('are held to the same size as the first', async () => {
    const input = { PolicyArn, PolicyDocument: policyOfSize(6_145) }
    expect(await refusalOf(iam.call(createPolicyVersion, input))).toContain('LimitExceeded')
  })

  it('of the policies of AWS can be read', async () => {
    const { PolicyVersion } = await iam.call(getPolicyVersion, { PolicyArn: ADMINISTRATOR, VersionId: 'v1' })
    expect(PolicyVersion).toEqual({
      Document: expect.stringMatching(/^%7B/),
      VersionId: 'v1',
      IsDefaultVersion: false,
      CreateDate: NOW_SHOWN,
    })
    const { Versions } = await iam.call(listPolicyVersions, { PolicyArn: ADMINISTRATOR })
    expect(Versions?.map((version) => [version.VersionId, version.IsDefaultVersion])).toEqual([
      ['v2', true],
      ['v1', false],
    ])
  })
})

describe('DeletePolicy', () => {
  beforeEach(() => create())

  it('refuses while the policy is attached', async () => {
    await useIn('my-role', PolicyArn, 'attachment')
    expect(await refusalOf(iam.call(deletePolicy, { PolicyArn }))).toBe(
      'DeleteConflict 409: Cannot delete a policy attached to entities.',
    )
    await iam.call(detachRolePolicy, { RoleName: 'my-role', PolicyArn })
    expect(await iam.call(deletePolicy, { PolicyArn })).toEqual({})
  })

  it('refuses while the policy is a boundary: without it the role could do nothing', async () => {
    await useIn('my-role', PolicyArn, 'boundary')
    expect(await refusalOf(iam.call(deletePolicy, { PolicyArn }))).toContain('DeleteConflict')
  })

  it('refuses while there is another version than the default one', async () => {
    await iam.call(createPolicyVersion, { PolicyArn, PolicyDocument: READ_POLICY })
    expect(await refusalOf(iam.call(deletePolicy, { PolicyArn }))).toBe(
      "DeleteConflict 409: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    )
  })

  it('deletes once, with versions and tags', async () => {
    await iam.call(tagPolicy, { PolicyArn, Tags: [{ Key: 'k', Value: 'v' }] })
    iam.takeChanges()
    await iam.call(deletePolicy, { PolicyArn })
    expect(iam.takeChanges()).toEqual([`policy/${PolicyArn}`])
    for (const table of ['tags', 'policy_versions'] as const) {
      expect(await iam.dependencies.store.reads.selectFrom(table).selectAll().execute(), table).toEqual([])
    }
    expect(await refusalOf(iam.call(deletePolicy, { PolicyArn }))).toBe(
      `NoSuchEntity 404: Policy ${PolicyArn} was not found.`,
    )
  })
})

describe('policies of AWS and of other accounts', () => {
  it('can be changed by nobody: the action is asked of the account that owns them', async () => {
    const document = { PolicyDocument: READ_POLICY }
    expect(await iam.requirements(createPolicyVersion, { PolicyArn: ADMINISTRATOR, ...document })).toEqual([
      { action: 'iam:CreatePolicyVersion', resource: ADMINISTRATOR, resourceAccount: 'aws', context: {} },
    ])
    for (const [operation, input] of [
      [deletePolicy, {}],
      [setDefaultPolicyVersion, { VersionId: 'v1' }],
      [deletePolicyVersion, { VersionId: 'v1' }],
      [tagPolicy, { Tags: [] }],
    ] as const) {
      const [needed] = await iam.requirements<typeof input & { PolicyArn: string }, object>(operation as never, {
        PolicyArn: ADMINISTRATOR,
        ...input,
      })
      expect(needed?.resourceAccount, operation.name).toBe('aws')
    }
  })

  it('are not written even by a call that was let through', async () => {
    expect(
      await refusalOf(iam.call(createPolicyVersion, { PolicyArn: ADMINISTRATOR, PolicyDocument: READ_POLICY })),
    ).toContain('NoSuchEntity')
    expect(await refusalOf(iam.call(deletePolicy, { PolicyArn: ADMINISTRATOR }))).toContain('NoSuchEntity')
  })

  it('can be read where they are of AWS, and only asked of their account where not', async () => {
    const [own] = await iam.requirements(getPolicy, { PolicyArn: ADMINISTRATOR })
    expect(own).toEqual({ action: 'iam:GetPolicy', resource: ADMINISTRATOR, context: {} })
    const foreign = `arn:aws:iam::${OTHER_ACCOUNT}:policy/x`
    const [other] = await iam.requirements(getPolicy, { PolicyArn: foreign })
    expect(other?.resourceAccount).toBe(OTHER_ACCOUNT)
  })
})

describe('ListPolicies', () => {
  async function names(input: Parameters<typeof listAll>[0]): Promise<readonly (string | undefined)[]> {
    return (await listAll(input)).map((policy) => policy.PolicyName)
  }

  /** Page by page, of one entry each. */
  async function listAll(input: Omit<Parameters<typeof listPolicies.handle>[0]['input'], 'Marker'>) {
    const found = []
    for (let Marker: string | undefined, isFirst = true; isFirst || Marker; isFirst = false) {
      const page = await iam.call(listPolicies, { ...input, MaxItems: 1, Marker })
      found.push(...(page.Policies ?? []))
      expect(page.IsTruncated).toBe(page.Marker !== undefined)
      Marker = page.Marker
    }
    return found
  }

  beforeEach(async () => {
    await create('b')
    await create('A', { Path: '/team/', Description: 'not listed', Tags: [{ Key: 'k', Value: 'v' }] })
    await useIn('one', ADMINISTRATOR, 'attachment')
    await useIn('two', `arn:aws:iam::${ACCOUNT}:policy/b`, 'attachment')
    await useIn('three', 'arn:aws:iam::aws:policy/job-function/Billing', 'boundary')
    await useIn('four', `arn:aws:iam::${ACCOUNT}:policy/team/A`, 'boundary')
  })

  it.each([
    [{}, ['A', 'b', 'AdministratorAccess', 'Billing', 'ZooServiceRolePolicy']],
    [{ Scope: 'Local' }, ['A', 'b']],
    [{ Scope: 'AWS' }, ['AdministratorAccess', 'Billing', 'ZooServiceRolePolicy']],
    [{ PathPrefix: '/team/' }, ['A']],
    [{ PathPrefix: '/job-function/' }, ['Billing']],
    [{ OnlyAttached: true }, ['b', 'AdministratorAccess']],
    [{ PolicyUsageFilter: 'PermissionsPolicy' }, ['b', 'AdministratorAccess']],
    [{ PolicyUsageFilter: 'PermissionsBoundary' }, ['A', 'Billing']],
    [{ PolicyUsageFilter: 'PermissionsBoundary', Scope: 'AWS' }, ['Billing']],
    [{ OnlyAttached: true, PolicyUsageFilter: 'PermissionsBoundary' }, []],
  ] as const)('with %j lists %j', async (input, expected) => {
    expect(await names(input)).toEqual(expected)
    const whole = await iam.call(listPolicies, input)
    expect(whole.Policies?.map((policy) => policy.PolicyName)).toEqual(expected)
    expect(whole.IsTruncated).toBe(false)
  })

  it('shows the usage, and neither description nor tags', async () => {
    const [first, , administrator] = await listAll({})
    expect(first).toMatchObject({ PolicyName: 'A', AttachmentCount: 0, PermissionsBoundaryUsageCount: 1 })
    expect(first).not.toHaveProperty('Description')
    expect(first).not.toHaveProperty('Tags')
    expect(administrator).toMatchObject({ PolicyName: 'AdministratorAccess', AttachmentCount: 1 })
  })
})
