import { expect, test } from 'vitest'
import { type AccessFixture, NOW, openAccess, policy, sessionOf, userCaller } from '../testing/access-fixture.ts'
import { openRoleUsage } from './role-usage.ts'

async function lastUsed({ store }: AccessFixture) {
  const { last_used_at, last_used_region } = await store.reads
    .selectFrom('roles')
    .select(['last_used_at', 'last_used_region'])
    .executeTakeFirstOrThrow()
  return [last_used_at, last_used_region]
}

test("the last use of a role's session is written at the next flush, once", async () => {
  const access = await openAccess()
  const caller = await access.addRole({ name: 'app', trust: policy() })
  const usage = openRoleUsage(access.store)
  usage.note(caller, 'us-east-1', NOW)
  usage.note(caller, 'eu-west-1', NOW + 1)
  expect(await lastUsed(access)).toEqual([null, null])
  await usage.flush()
  expect(await lastUsed(access)).toEqual([NOW + 1, 'eu-west-1'])
  await access.store.write((writes) => writes.updateTable('roles').set({ last_used_at: null }).execute())
  await usage.flush()
  expect((await lastUsed(access))[0]).toBeNull()
})

test('an older use, from another process, does not replace a newer one', async () => {
  const access = await openAccess()
  await access.addRole({ name: 'app', trust: policy() })
  const [first, second] = [openRoleUsage(access.store), openRoleUsage(access.store)]
  first.note(sessionOf('app'), 'us-east-1', NOW)
  second.note(sessionOf('app'), 'eu-west-1', NOW - 1)
  await first.flush()
  await second.flush()
  expect(await lastUsed(access)).toEqual([NOW, 'us-east-1'])
})

test('users and roles that are gone change nothing', async () => {
  const access = await openAccess()
  await access.addRole({ name: 'app', trust: policy() })
  const usage = openRoleUsage(access.store)
  usage.note(userCaller('ann'), 'us-east-1', NOW)
  usage.note(sessionOf('gone'), 'us-east-1', NOW)
  await usage.flush()
  expect(await lastUsed(access)).toEqual([null, null])
})
