import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRole, getRole } from '../role/role.ts'
import { attachRolePolicy } from '../role/role-attachment.ts'
import { putRolePolicy } from '../role/role-policy.ts'
import { listRoleTags } from '../tag/tag-operations.ts'
import { ACCOUNT, type Iam, IRSA_TRUST, openIam, READ_POLICY, refusalOf } from '../testing/iam-fixture.ts'
import { createUser, getUser } from '../user/user.ts'
import {
  deleteRolePermissionsBoundary,
  deleteUserPermissionsBoundary,
  putRolePermissionsBoundary,
  putUserPermissionsBoundary,
} from './permissions-boundary.ts'

const RoleName = 'r'
const UserName = 'u'
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'
const BILLING = 'arn:aws:iam::aws:policy/job-function/Billing'
const SHOWN = { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: ADMINISTRATOR }

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
  await iam.call(createRole, { RoleName, AssumeRolePolicyDocument: IRSA_TRUST })
  await iam.call(createUser, { UserName })
  iam.takeChanges()
})
afterEach(() => iam.close())

describe('the boundary of a role', () => {
  it('is put and deleted; deleting none is no error', async () => {
    expect(await iam.call(putRolePermissionsBoundary, { RoleName, PermissionsBoundary: ADMINISTRATOR })).toEqual({})
    expect((await iam.call(getRole, { RoleName })).Role?.PermissionsBoundary).toEqual(SHOWN)
    await iam.call(deleteRolePermissionsBoundary, { RoleName })
    expect(await iam.call(deleteRolePermissionsBoundary, { RoleName })).toEqual({})
    expect((await iam.call(getRole, { RoleName })).Role).not.toHaveProperty('PermissionsBoundary')
    expect(iam.takeChanges()).toEqual(Array(3).fill(expect.stringMatching(/^role\/AROA/)))
  })

  it('must be a policy that exists and may be used', async () => {
    const put = (PermissionsBoundary: string) => iam.call(putRolePermissionsBoundary, { RoleName, PermissionsBoundary })
    const missing = `arn:aws:iam::${ACCOUNT}:policy/none`
    expect(await refusalOf(put(missing))).toBe(
      `NoSuchEntity 404: Scope ARN: ${missing} does not exist or is not attachable.`,
    )
    expect(await refusalOf(put('arn:aws:iam::aws:policy/aws-service-role/ZooServiceRolePolicy'))).toContain(
      'PolicyNotAttachable',
    )
    expect(await refusalOf(put(`arn:aws:iam::${ACCOUNT}:role/r`))).toBe(
      `ValidationError 400: ARN arn:aws:iam::${ACCOUNT}:role/r is not valid.`,
    )
  })

  it('is the condition key of what could widen the role: the one that is asked for, else the one it has', async () => {
    await iam.call(putRolePermissionsBoundary, { RoleName, PermissionsBoundary: ADMINISTRATOR })
    const keyOf = async (...asked: Parameters<typeof iam.requirements>) =>
      (await iam.requirements(...asked))[0]?.context?.['iam:PermissionsBoundary']
    expect(await keyOf(putRolePermissionsBoundary as never, { RoleName, PermissionsBoundary: BILLING })).toBe(BILLING)
    expect(await keyOf(deleteRolePermissionsBoundary as never, { RoleName })).toBe(ADMINISTRATOR)
    expect(await keyOf(attachRolePolicy as never, { RoleName, PolicyArn: BILLING })).toBe(ADMINISTRATOR)
    const inline = { RoleName, PolicyName: 'p', PolicyDocument: READ_POLICY }
    expect(await keyOf(putRolePolicy as never, inline)).toBe(ADMINISTRATOR)
    expect(await keyOf(getRole as never, { RoleName })).toBe(ADMINISTRATOR)
    expect(await keyOf(listRoleTags as never, { RoleName })).toBe(undefined)
  })

  it('needs a role that is there', async () => {
    const text = 'NoSuchEntity 404: The role with name none cannot be found.'
    const input = { RoleName: 'none', PermissionsBoundary: ADMINISTRATOR }
    expect(await refusalOf(iam.call(putRolePermissionsBoundary, input))).toBe(text)
    expect(await refusalOf(iam.call(deleteRolePermissionsBoundary, { RoleName: 'none' }))).toBe(text)
  })
})

describe('the boundary of a user', () => {
  it('is put and deleted', async () => {
    await iam.call(putUserPermissionsBoundary, { UserName, PermissionsBoundary: ADMINISTRATOR })
    expect((await iam.call(getUser, { UserName })).User?.PermissionsBoundary).toEqual(SHOWN)
    await iam.call(deleteUserPermissionsBoundary, { UserName })
    expect((await iam.call(getUser, { UserName })).User).not.toHaveProperty('PermissionsBoundary')
    expect(iam.takeChanges()).toEqual(Array(2).fill(expect.stringMatching(/^user\/AIDA/)))
  })
})
