import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../../aws/caller.ts'
import {
  ACCOUNT,
  ADMIN,
  type Iam,
  NOW,
  NOW_SHOWN,
  OTHER_ACCOUNT,
  openIam,
  READ_POLICY,
  refusalOf,
} from '../testing/iam-fixture.ts'
import { createAccessKey, deleteAccessKey, listAccessKeys, updateAccessKey } from './access-key.ts'
import { listGroupsForUser } from './group.ts'
import { createUser, deleteUser, getUser, listUsers } from './user.ts'
import { attachUserPolicy, detachUserPolicy } from './user-attachment.ts'
import { deleteUserPolicy, putUserPolicy } from './user-policy.ts'

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'
const ROLE_SESSION: Caller = {
  kind: 'assumed-role',
  accountId: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/s`,
  userId: 'AROAEXAMPLE:s',
  accessKeyId: 'ASIAEXAMPLE',
  roleName: 'r',
  roleArn: `arn:aws:iam::${ACCOUNT}:role/r`,
  roleId: 'AROAEXAMPLE',
  sessionName: 's',
  session: {
    issuedAt: NOW,
    expiresAt: NOW,
    policies: [],
    tags: [],
    sourceIdentity: undefined,
    federatedProvider: undefined,
    federatedContext: {},
    isChained: false,
  },
}
const ROOT: Caller = {
  kind: 'root',
  accountId: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:root`,
  userId: ACCOUNT,
  accessKeyId: 'AKIAROOT',
  session: undefined,
}

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
})
afterEach(() => iam.close())

const create = (UserName: string, more: object = {}) => iam.call(createUser, { UserName, ...more })

describe('CreateUser', () => {
  it('answers with the user', async () => {
    const Tags = [{ Key: 'k', Value: 'v' }]
    const { User } = await create('ann', { Path: '/ops/', PermissionsBoundary: ADMINISTRATOR, Tags })
    expect(User).toEqual({
      Path: '/ops/',
      UserName: 'ann',
      UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
      Arn: `arn:aws:iam::${ACCOUNT}:user/ops/ann`,
      CreateDate: NOW_SHOWN,
      PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: ADMINISTRATOR },
      Tags,
    })
    expect(iam.takeChanges()).toEqual([`user/${User?.UserId}`])
    expect((await iam.call(getUser, { UserName: 'ANN' })).User).toEqual(User)
  })

  it('refuses a name that is taken, whatever its case', async () => {
    await create('ann')
    expect(await refusalOf(create('Ann'))).toBe('EntityAlreadyExists 409: User with name Ann already exists.')
  })

  it('makes as many users as the quota says', async () => {
    const quotas = { UsersPerAccount: 1 }
    await iam.call(createUser, { UserName: 'one' }, { quotas })
    expect(await refusalOf(iam.call(createUser, { UserName: 'two' }, { quotas }))).toBe(
      'LimitExceeded 409: Cannot exceed quota for UsersPerAccount: 1',
    )
  })

  it('needs iam:TagUser as well where there are tags', async () => {
    const needed = await iam.requirements(createUser, {
      UserName: 'ann',
      Path: '/ops/',
      Tags: [{ Key: 'k', Value: 'v' }],
    })
    expect(needed.map(({ action, resource }) => [action, resource])).toEqual([
      ['iam:CreateUser', `arn:aws:iam::${ACCOUNT}:user/ops/ann`],
      ['iam:TagUser', `arn:aws:iam::${ACCOUNT}:user/ops/ann`],
    ])
  })
})

describe('GetUser without a name', () => {
  it('answers for the user that calls', async () => {
    await create('admin')
    expect((await iam.call(getUser, {})).User?.UserName).toBe('admin')
    expect(await iam.requirements(getUser, {}, ADMIN)).toEqual([
      { action: 'iam:GetUser', resource: `arn:aws:iam::${ACCOUNT}:user/admin`, context: {} },
    ])
  })

  it('answers for the root user', async () => {
    expect(await iam.call(getUser, {}, { caller: ROOT })).toEqual({
      User: { UserId: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:root`, CreateDate: NOW_SHOWN },
    })
  })

  it('refuses a session of a role, before any policy is asked', async () => {
    const text = 'ValidationError 400: Must specify userName when calling with non-User credentials'
    expect(await refusalOf(iam.requirements(getUser, {}, ROLE_SESSION))).toBe(text)
    expect(await refusalOf(iam.call(getUser, {}, { caller: ROLE_SESSION }))).toBe(text)
  })
})

describe('ListUsers', () => {
  it('lists by name, filtered by path, page by page, without tags and boundary', async () => {
    await create('c', { Path: '/ops/' })
    await create('B')
    await create('a', { Path: '/ops/', Tags: [{ Key: 'k', Value: 'v' }], PermissionsBoundary: ADMINISTRATOR })
    const first = await iam.call(listUsers, { MaxItems: 2 })
    expect(first.Users?.map((user) => user.UserName)).toEqual(['a', 'B'])
    expect(Object.keys(first.Users?.[0] ?? {}).sort()).toEqual(['Arn', 'CreateDate', 'Path', 'UserId', 'UserName'])
    const second = await iam.call(listUsers, { MaxItems: 2, Marker: first.Marker })
    expect(second).toMatchObject({ Users: [{ UserName: 'c' }], IsTruncated: false })
    const ops = await iam.call(listUsers, { PathPrefix: '/ops/' })
    expect(ops.Users?.map((user) => user.UserName)).toEqual(['a', 'c'])
  })
})

describe('DeleteUser', () => {
  it('refuses while there are keys, attached policies or inline policies', async () => {
    const UserName = 'ann'
    await create(UserName, { Tags: [{ Key: 'k', Value: 'v' }] })
    const { AccessKey } = await iam.call(createAccessKey, { UserName })
    await iam.call(attachUserPolicy, { UserName, PolicyArn: ADMINISTRATOR })
    await iam.call(putUserPolicy, { UserName, PolicyName: 'p', PolicyDocument: READ_POLICY })
    const remove = () => iam.call(deleteUser, { UserName })
    expect(await refusalOf(remove())).toBe('DeleteConflict 409: Cannot delete entity, must delete access keys first.')
    await iam.call(deleteAccessKey, { UserName, AccessKeyId: AccessKey?.AccessKeyId ?? '' })
    expect(await refusalOf(remove())).toBe('DeleteConflict 409: Cannot delete entity, must detach all policies first.')
    await iam.call(detachUserPolicy, { UserName, PolicyArn: ADMINISTRATOR })
    expect(await refusalOf(remove())).toBe('DeleteConflict 409: Cannot delete entity, must delete policies first.')
    await iam.call(deleteUserPolicy, { UserName, PolicyName: 'p' })
    iam.takeChanges()
    expect(await remove()).toEqual({})
    expect(await iam.dependencies.store.reads.selectFrom('tags').selectAll().execute()).toEqual([])
    expect(iam.takeChanges()).toEqual([expect.stringMatching(/^user\/AIDA/)])
    expect(await refusalOf(remove())).toBe('NoSuchEntity 404: The user with name ann cannot be found.')
  })
})

describe('access keys', () => {
  beforeEach(async () => {
    await create('admin')
    await create('ann')
    iam.takeChanges()
  })

  it('show their secret once; the store has it sealed to the key id', async () => {
    const { AccessKey } = await iam.call(createAccessKey, { UserName: 'ANN' })
    expect(AccessKey).toEqual({
      UserName: 'ann',
      AccessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
      Status: 'Active',
      SecretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/),
      CreateDate: NOW_SHOWN,
    })
    const id = AccessKey?.AccessKeyId ?? ''
    expect(iam.takeChanges()).toEqual([`access-key/${id}`])
    const row = await iam.dependencies.store.reads.selectFrom('access_keys').selectAll().executeTakeFirstOrThrow()
    expect(row.sealed_secret).not.toContain(AccessKey?.SecretAccessKey)
    expect(iam.dependencies.keyRing.open('column', row.sealed_secret, id)?.toString()).toBe(AccessKey?.SecretAccessKey)
    expect(iam.dependencies.keyRing.open('column', row.sealed_secret, 'another')).toBe(undefined)
    expect((await iam.call(listAccessKeys, { UserName: 'ann' })).AccessKeyMetadata).toEqual([
      { UserName: 'ann', AccessKeyId: id, Status: 'Active', CreateDate: NOW_SHOWN },
    ])
  })

  it('are two for a user at most, inactive ones included', async () => {
    const { AccessKey } = await iam.call(createAccessKey, { UserName: 'ann' })
    await iam.call(updateAccessKey, { UserName: 'ann', AccessKeyId: AccessKey?.AccessKeyId ?? '', Status: 'Inactive' })
    await iam.call(createAccessKey, { UserName: 'ann' })
    expect(await refusalOf(iam.call(createAccessKey, { UserName: 'ann' }))).toBe(
      'LimitExceeded 409: Cannot exceed quota for AccessKeysPerUser: 2',
    )
  })

  it('are those of the caller where no user is named', async () => {
    const { AccessKey } = await iam.call(createAccessKey, {})
    const AccessKeyId = AccessKey?.AccessKeyId ?? ''
    expect(AccessKey?.UserName).toBe('admin')
    await iam.call(updateAccessKey, { AccessKeyId, Status: 'Inactive' })
    expect((await iam.call(listAccessKeys, {})).AccessKeyMetadata).toMatchObject([{ AccessKeyId, Status: 'Inactive' }])
    await iam.call(deleteAccessKey, { AccessKeyId })
    expect(iam.takeChanges()).toEqual(Array(3).fill(`access-key/${AccessKeyId}`))
    expect((await iam.call(listAccessKeys, {})).AccessKeyMetadata).toEqual([])
    expect(await refusalOf(iam.call(createAccessKey, {}, { caller: ROLE_SESSION }))).toContain('Must specify userName')
  })

  it('of another user are not found under a name', async () => {
    const { AccessKey } = await iam.call(createAccessKey, { UserName: 'ann' })
    const AccessKeyId = AccessKey?.AccessKeyId ?? ''
    const text = `NoSuchEntity 404: The Access Key with id ${AccessKeyId} cannot be found.`
    expect(await refusalOf(iam.call(deleteAccessKey, { UserName: 'admin', AccessKeyId }))).toBe(text)
    expect(await refusalOf(iam.call(updateAccessKey, { UserName: 'admin', AccessKeyId, Status: 'Inactive' }))).toBe(
      text,
    )
  })

  it('cannot be set to expired', async () => {
    const { AccessKey } = await iam.call(createAccessKey, { UserName: 'ann' })
    const input = { UserName: 'ann', AccessKeyId: AccessKey?.AccessKeyId ?? '', Status: 'Expired' } as const
    expect(await refusalOf(iam.call(updateAccessKey, input))).toContain('ValidationError')
  })

  it('need a user that is there', async () => {
    const text = 'NoSuchEntity 404: The user with name none cannot be found.'
    for (const operation of [createAccessKey, listAccessKeys]) {
      expect(await refusalOf(iam.call<{ UserName: string }, object>(operation, { UserName: 'none' }))).toBe(text)
    }
  })
})

describe('ListGroupsForUser', () => {
  it('finds no groups, and no user that is not there', async () => {
    await create('ann')
    expect(await iam.call(listGroupsForUser, { UserName: 'ann' })).toEqual({ Groups: [], IsTruncated: false })
    expect(await refusalOf(iam.call(listGroupsForUser, { UserName: 'ann' }, { accountId: OTHER_ACCOUNT }))).toContain(
      'NoSuchEntity',
    )
  })
})
