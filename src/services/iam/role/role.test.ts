import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPolicy } from '../policy/policy.ts'
import { putRolePermissionsBoundary } from '../principal/permissions-boundary.ts'
import {
  ACCOUNT,
  type Iam,
  IRSA_TRUST,
  NOW_SHOWN,
  OTHER_ACCOUNT,
  openIam,
  READ_POLICY,
  refusalOf,
} from '../testing/iam-fixture.ts'
import { createRole, deleteRole, getRole, listRoles, updateRole, updateRoleDescription } from './role.ts'
import { attachRolePolicy, detachRolePolicy } from './role-attachment.ts'
import { deleteRolePolicy, putRolePolicy } from './role-policy.ts'

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
})
afterEach(() => iam.close())

function create(RoleName: string, more: object = {}) {
  return iam.call(createRole, { RoleName, AssumeRolePolicyDocument: IRSA_TRUST, ...more })
}

describe('CreateRole', () => {
  it('answers with the members that AWS answers with, and no others', async () => {
    const { Role } = await create('my-role', {
      Path: '/team/',
      Description: 'for the app',
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'team', Value: 'a' }],
    })
    expect(Role).toEqual({
      Path: '/team/',
      RoleName: 'my-role',
      RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
      Arn: `arn:aws:iam::${ACCOUNT}:role/team/my-role`,
      CreateDate: NOW_SHOWN,
      Description: 'for the app',
      AssumeRolePolicyDocument: expect.stringMatching(/^%7B%22Version%22%3A%222012-10-17%22/),
    })
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(IRSA_TRUST)
  })

  it('tells the change feed of the role and of its name', async () => {
    const { Role } = await create('My-Role')
    expect(iam.takeChanges()).toEqual([`role/${Role?.RoleId}`, `role-name/${ACCOUNT}/my-role`])
  })

  it('refuses a name that is taken, whatever its case and path, in the same account only', async () => {
    await create('my-role')
    expect(await refusalOf(create('My-Role', { Path: '/other/' }))).toBe(
      'EntityAlreadyExists 409: Role with name My-Role already exists.',
    )
    const input = { RoleName: 'my-role', AssumeRolePolicyDocument: IRSA_TRUST }
    const { Role } = await iam.call(createRole, input, { accountId: OTHER_ACCOUNT })
    expect(Role?.Arn).toBe(`arn:aws:iam::${OTHER_ACCOUNT}:role/my-role`)
  })

  it('refuses a trust policy that is none, before anything is written', async () => {
    expect(await refusalOf(create('my-role', { AssumeRolePolicyDocument: '{' }))).toBe(
      'MalformedPolicyDocument 400: This policy contains invalid Json',
    )
    expect(iam.takeChanges()).toEqual([])
  })

  it('makes as many roles as the quota says and not one more', async () => {
    const input = (RoleName: string) => ({ RoleName, AssumeRolePolicyDocument: IRSA_TRUST })
    const quotas = { RolesPerAccount: 2 }
    await iam.call(createRole, input('one'), { quotas })
    await iam.call(createRole, input('two'), { quotas })
    expect(await refusalOf(iam.call(createRole, input('three'), { quotas }))).toBe(
      'LimitExceeded 409: Cannot exceed quota for RolesPerAccount: 2',
    )
    await iam.call(createRole, input('three'), { quotas: { RolesPerAccount: Number.POSITIVE_INFINITY } })
  })

  it('refuses a boundary that does not exist, and one that is no policy', async () => {
    const missing = `arn:aws:iam::${ACCOUNT}:policy/none`
    expect(await refusalOf(create('my-role', { PermissionsBoundary: missing }))).toBe(
      `NoSuchEntity 404: Scope ARN: ${missing} does not exist or is not attachable.`,
    )
    expect(await refusalOf(create('my-role', { PermissionsBoundary: 'not-an-arn-of-anything' }))).toBe(
      'ValidationError 400: Invalid ARN:  Could not be parsed!',
    )
  })

  it('refuses bad tags with nothing written', async () => {
    const Tags = [
      { Key: 'Team', Value: 'a' },
      { Key: 'team', Value: 'b' },
    ]
    expect(await refusalOf(create('my-role', { Tags }))).toBe(
      'InvalidInput 400: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    )
    expect(await refusalOf(iam.call(getRole, { RoleName: 'my-role' }))).toContain('NoSuchEntity')
  })

  it('needs iam:TagRole as well where there are tags, on the ARN with the path', async () => {
    const Tags = [{ Key: 'team', Value: 'a' }]
    const input = {
      RoleName: 'r',
      Path: '/p/',
      AssumeRolePolicyDocument: IRSA_TRUST,
      PermissionsBoundary: ADMINISTRATOR,
      Tags,
    }
    const resource = `arn:aws:iam::${ACCOUNT}:role/p/r`
    const tagKeys = { 'aws:RequestTag/team': 'a', 'aws:TagKeys': ['team'] }
    expect(await iam.requirements(createRole, input)).toEqual([
      { action: 'iam:CreateRole', resource, context: { ...tagKeys, 'iam:PermissionsBoundary': ADMINISTRATOR } },
      { action: 'iam:TagRole', resource, context: tagKeys },
    ])
    expect(await iam.requirements(createRole, { ...input, Tags: [] })).toHaveLength(1)
  })
})

describe('GetRole', () => {
  it('answers with everything that was set', async () => {
    await create('my-role', {
      PermissionsBoundary: ADMINISTRATOR,
      Tags: [{ Key: 'team', Value: 'a' }],
      Description: 'd',
    })
    const { Role } = await iam.call(getRole, { RoleName: 'my-role' })
    expect(Role).toEqual({
      Path: '/',
      RoleName: 'my-role',
      RoleId: expect.any(String),
      Arn: `arn:aws:iam::${ACCOUNT}:role/my-role`,
      CreateDate: NOW_SHOWN,
      Description: 'd',
      AssumeRolePolicyDocument: expect.any(String),
      MaxSessionDuration: 3600,
      PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: ADMINISTRATOR },
      Tags: [{ Key: 'team', Value: 'a' }],
      RoleLastUsed: {},
    })
  })

  it('has no member for what was not set', async () => {
    await create('my-role')
    const { Role } = await iam.call(getRole, { RoleName: 'my-role' })
    expect(Object.keys(Role ?? {})).toEqual(expect.not.arrayContaining(['Description', 'PermissionsBoundary', 'Tags']))
  })

  it('finds the name without case and shows it as it was made', async () => {
    await create('My-Role')
    const { Role } = await iam.call(getRole, { RoleName: 'my-rOLE' })
    expect(Role?.RoleName).toBe('My-Role')
  })

  it('refuses a role that is not there, also that of another account', async () => {
    const input = { RoleName: 'my-role', AssumeRolePolicyDocument: IRSA_TRUST }
    await iam.call(createRole, input, { accountId: OTHER_ACCOUNT })
    expect(await refusalOf(iam.call(getRole, { RoleName: 'my-role' }))).toBe(
      'NoSuchEntity 404: The role with name my-role cannot be found.',
    )
  })

  it('needs its action on the real ARN, with the tags of the role', async () => {
    await create('my-role', { Path: '/p/', Tags: [{ Key: 'team', Value: 'a' }], PermissionsBoundary: ADMINISTRATOR })
    expect(await iam.requirements(getRole, { RoleName: 'MY-role' })).toEqual([
      {
        action: 'iam:GetRole',
        resource: `arn:aws:iam::${ACCOUNT}:role/p/my-role`,
        context: {
          'iam:ResourceTag/team': 'a',
          'aws:ResourceTag/team': 'a',
          'iam:PermissionsBoundary': ADMINISTRATOR,
        },
      },
    ])
    expect(await iam.requirements(getRole, { RoleName: 'none' })).toEqual([
      { action: 'iam:GetRole', resource: `arn:aws:iam::${ACCOUNT}:role/none`, context: {} },
    ])
  })
})

describe('ListRoles', () => {
  it('lists by name, page by page, without tags, boundary and last use', async () => {
    for (const name of ['c', 'A', 'b']) await create(name, { Tags: [{ Key: 'k', Value: 'v' }] })
    const first = await iam.call(listRoles, { MaxItems: 2 })
    expect(first.Roles?.map((role) => role.RoleName)).toEqual(['A', 'b'])
    expect(first.IsTruncated).toBe(true)
    const second = await iam.call(listRoles, { MaxItems: 2, Marker: first.Marker })
    expect(second.Roles?.map((role) => role.RoleName)).toEqual(['c'])
    expect(second).not.toHaveProperty('Marker')
    expect(second.IsTruncated).toBe(false)
    expect(Object.keys(second.Roles?.[0] ?? {}).sort()).toEqual([
      'Arn',
      'AssumeRolePolicyDocument',
      'CreateDate',
      'MaxSessionDuration',
      'Path',
      'RoleId',
      'RoleName',
    ])
  })

  it('is not truncated where the last page is exactly full', async () => {
    for (const name of ['a', 'b']) await create(name)
    expect((await iam.call(listRoles, { MaxItems: 2 })).IsTruncated).toBe(false)
  })

  it('goes on after the marker even where the role at it is gone', async () => {
    for (const name of ['a', 'b', 'c']) await create(name)
    const { Marker } = await iam.call(listRoles, { MaxItems: 2 })
    await iam.call(deleteRole, { RoleName: 'b' })
    expect((await iam.call(listRoles, { Marker })).Roles?.map((role) => role.RoleName)).toEqual(['c'])
  })

  it.each([
    ['/team/', '/team/'],
    ['/t', '/t'],
    ['/', '/'],
  ])('lists what is under %s, page by page', async (_, PathPrefix) => {
    const roles = [
      ['z', '/team/'],
      ['y', '/team/a/'],
      ['x', '/teams/'],
      ['w', '/'],
      ['v', '/team/'],
    ]
    for (const [name, Path] of roles) await create(name ?? '', { Path })
    const found: (string | undefined)[] = []
    for (let Marker: string | undefined, isFirst = true; isFirst || Marker; isFirst = false) {
      const page = await iam.call(listRoles, { PathPrefix, MaxItems: 1, Marker })
      found.push(...(page.Roles ?? []).map((role) => role.RoleName))
      Marker = page.Marker
    }
    const expected = roles.filter(([, path]) => path?.startsWith(PathPrefix)).map(([name]) => name)
    expect(found.toSorted()).toEqual(expected.toSorted())
    expect(new Set(found).size).toBe(found.length)
  })

  it('goes on in paths that are too long for a marker, with a marker that a request may hold', async () => {
    const Path = `/${'p'.repeat(500)}/`
    for (const name of ['a', 'b']) await create(name, { Path })
    const { Marker } = await iam.call(listRoles, { PathPrefix: '/p', MaxItems: 1 })
    expect(Marker?.length).toBeLessThanOrEqual(320)
    const rest = await iam.call(listRoles, { PathPrefix: '/p', Marker })
    expect(rest.Roles?.map((role) => role.RoleName)).toEqual(['b'])
  })

  it.each(['x', Buffer.from('ListUsers\na').toString('base64url')])('refuses the marker %s', async (Marker) => {
    expect(await refusalOf(iam.call(listRoles, { Marker }))).toBe('ValidationError 400: Invalid Marker.')
  })

  it('needs its action on the path that is listed', async () => {
    expect(await iam.requirements(listRoles, { PathPrefix: '/p/' })).toEqual([
      { action: 'iam:ListRoles', resource: `arn:aws:iam::${ACCOUNT}:role/p/`, context: {} },
    ])
  })
})

describe('UpdateRole and UpdateRoleDescription', () => {
  it('sets what is given; a duration that is left out becomes the default', async () => {
    await create('my-role', { Description: 'before', MaxSessionDuration: 7200 })
    expect(await iam.call(updateRole, { RoleName: 'my-role', MaxSessionDuration: 43_200 })).toEqual({})
    expect((await iam.call(getRole, { RoleName: 'my-role' })).Role).toMatchObject({
      Description: 'before',
      MaxSessionDuration: 43_200,
    })
    await iam.call(updateRole, { RoleName: 'my-role', Description: '' })
    expect((await iam.call(getRole, { RoleName: 'my-role' })).Role).toMatchObject({
      Description: '',
      MaxSessionDuration: 3600,
    })
  })

  it('answers a new description with the role', async () => {
    await create('my-role')
    const { Role } = await iam.call(updateRoleDescription, { RoleName: 'my-role', Description: 'after' })
    expect(Role).toMatchObject({ RoleName: 'my-role', Description: 'after' })
  })

  it('refuses a role that is not there', async () => {
    const text = 'NoSuchEntity 404: The role with name none cannot be found.'
    expect(await refusalOf(iam.call(updateRole, { RoleName: 'none' }))).toBe(text)
    expect(await refusalOf(iam.call(updateRoleDescription, { RoleName: 'none', Description: '' }))).toBe(text)
  })
})

describe('DeleteRole', () => {
  it('refuses while policies are attached, then while there are inline ones, then deletes', async () => {
    await create('my-role')
    await iam.call(attachRolePolicy, { RoleName: 'my-role', PolicyArn: ADMINISTRATOR })
    await iam.call(putRolePolicy, { RoleName: 'my-role', PolicyName: 'p', PolicyDocument: READ_POLICY })
    expect(await refusalOf(iam.call(deleteRole, { RoleName: 'my-role' }))).toBe(
      'DeleteConflict 409: Cannot delete entity, must detach all policies first.',
    )
    await iam.call(detachRolePolicy, { RoleName: 'my-role', PolicyArn: ADMINISTRATOR })
    expect(await refusalOf(iam.call(deleteRole, { RoleName: 'my-role' }))).toBe(
      'DeleteConflict 409: Cannot delete entity, must delete policies first.',
    )
    await iam.call(deleteRolePolicy, { RoleName: 'my-role', PolicyName: 'p' })
    iam.takeChanges()
    expect(await iam.call(deleteRole, { RoleName: 'My-Role' })).toEqual({})
    expect(iam.takeChanges()).toEqual([expect.stringMatching(/^role\/AROA/), `role-name/${ACCOUNT}/my-role`])
    expect(await refusalOf(iam.call(deleteRole, { RoleName: 'my-role' }))).toBe(
      'NoSuchEntity 404: The role with name my-role cannot be found.',
    )
  })

  it('takes tags and boundary with it: a role made again has neither', async () => {
    await iam.call(createPolicy, { PolicyName: 'b', PolicyDocument: READ_POLICY })
    await create('my-role', { Tags: [{ Key: 'k', Value: 'v' }] })
    await iam.call(putRolePermissionsBoundary, {
      RoleName: 'my-role',
      PermissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/b`,
    })
    const before = await iam.call(getRole, { RoleName: 'my-role' })
    await iam.call(deleteRole, { RoleName: 'my-role' })
    expect(await iam.dependencies.store.reads.selectFrom('tags').selectAll().execute()).toEqual([])
    await create('my-role')
    const after = await iam.call(getRole, { RoleName: 'my-role' })
    expect(after.Role?.RoleId).not.toBe(before.Role?.RoleId)
    expect(after.Role).not.toHaveProperty('PermissionsBoundary')
    expect(after.Role).not.toHaveProperty('Tags')
  })
})
