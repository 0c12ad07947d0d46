import { describe, expect, test } from 'vitest'
import { ACCOUNT, openAccess, policy } from '../testing/access-fixture.ts'
import { parseRoleArn } from './role-records.ts'

describe('parseRoleArn', () => {
  test.each([
    [`arn:aws:iam::${ACCOUNT}:role/app`, '/', 'app'],
    [`arn:aws:iam::${ACCOUNT}:role/a/b/app_1+=,.@-`, '/a/b/', 'app_1+=,.@-'],
    [`arn:aws:iam::${ACCOUNT}:role/${'n'.repeat(64)}`, '/', 'n'.repeat(64)],
  ])('takes %s apart', (arn, path, roleName) => {
    expect(parseRoleArn(arn)).toEqual({ accountId: ACCOUNT, path, roleName })
  })

  test.each([
    '',
    'app',
    `arn:aws:iam::${ACCOUNT}:role/`,
    `arn:aws:iam::${ACCOUNT}:user/app`,
    `arn:aws:iam::${ACCOUNT}:role/${'n'.repeat(65)}`,
    `arn:aws:iam::${ACCOUNT}:role/app name`,
    `arn:aws:iam::${ACCOUNT}:role/app:x`,
    'arn:aws:iam::1111:role/app',
    'arn:aws:iam:::role/app',
    `arn:aws:iam:us-east-1:${ACCOUNT}:role/app`,
    `arn:aws:sts::${ACCOUNT}:role/app`,
    `arn:aws-cn:iam::${ACCOUNT}:role/app`,
  ])('refuses %j', (arn) => {
    expect(parseRoleArn(arn)).toBeUndefined()
  })
})

describe('finding a role', () => {
  test('by its ARN: name with case, and path, must both be right', async () => {
    const { roles, addRole } = await openAccess()
    const { roleId } = await addRole({ name: 'App', path: '/team/', trust: policy() })
    expect((await roles.findByArn(`arn:aws:iam::${ACCOUNT}:role/team/App`))?.roleId).toBe(roleId)
    for (const resource of ['team/app', 'App', 'other/App', 'team/Appx']) {
      expect(await roles.findByArn(`arn:aws:iam::${ACCOUNT}:role/${resource}`)).toBeUndefined()
    }
    expect(await roles.findByArn('arn:aws:iam::444455556666:role/team/App')).toBeUndefined()
  })

  test('by its unique id, and no more once it is deleted', async () => {
    const { roles, addRole, remove } = await openAccess()
    const { roleId, roleArn } = await addRole({ name: 'app', trust: policy() })
    expect((await roles.findById(roleId))?.arn).toBe(roleArn)
    expect(await roles.findByArn(roleArn)).toBeDefined()
    await remove('roles', `role/${roleId}`)
    expect(await roles.findById(roleId)).toBeUndefined()
    expect(await roles.findByArn(roleArn)).toBeUndefined()
  })

  test('a role that is made after somebody asked for it is found', async () => {
    const { roles, addRole, store } = await openAccess()
    const arn = `arn:aws:iam::${ACCOUNT}:role/late`
    expect(await roles.findByArn(arn)).toBeUndefined()
    await addRole({ name: 'late', trust: policy() })
    await store.write(async (writes) => writes.changed(`role-name/${ACCOUNT}/late`))
    expect((await roles.findByArn(arn))?.arn).toBe(arn)
  })
})
