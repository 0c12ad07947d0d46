import { describe, expect, test } from 'vitest'
import type { Caller } from '../../aws/caller.ts'
import { singlePolicies } from '../../policy/index.ts'
import { type AccessFixture, allow, deny, openAccess, policy, sessionOf } from '../testing/access-fixture.ts'
import type { PrincipalPolicies } from './principal-policies.ts'

const TRUST = policy()

async function sources(access: AccessFixture, caller: Caller) {
  const shown = (policies: PrincipalPolicies['identity'] | undefined) =>
    policies &&
    singlePolicies(policies)
      .map(({ source }) => source)
      .sort()
  const { identity, boundary, session, tags } = await access.policies.policiesOf(caller)
  return {
    identity: shown(identity),
    boundary: shown(boundary),
    session: shown(session),
    tags: Object.fromEntries(tags),
  }
}

describe('policiesOf', () => {
  test('gathers inline and attached policies, the boundary and the tags of a role', async () => {
    const access = await openAccess({ awsPolicies: { ReadOnly: policy(allow('s3:Get*')) } })
    const own = await access.addManagedPolicy('Own', policy(allow('s3:Put*')))
    const readOnly = 'arn:aws:iam::aws:policy/ReadOnly'
    const facts = { name: 'app', trust: TRUST, policy: policy(allow('sqs:*')), tags: { team: 'red' } }
    const caller = await access.addRole({ ...facts, attached: [own, readOnly], boundary: own })
    expect(await sources(access, caller)).toEqual({
      ...{ identity: [own, readOnly, 'own'].sort(), boundary: [own], session: undefined, tags: { team: 'red' } },
    })
  })

  test('nobody and the root user have none', async () => {
    const access = await openAccess()
    const none = { identity: [], boundary: undefined, session: undefined, tags: {} }
    expect(await sources(access, { kind: 'anonymous' })).toEqual(none)
  })

  test('a role that is deleted and made again has the policies of its own unique id only', async () => {
    const access = await openAccess()
    const caller = await access.addRole({ name: 'app', trust: TRUST, policy: policy(allow('*')) })
    const later = { ...caller, roleId: 'AROAANOTHER' }
    expect((await sources(access, later)).identity).toEqual([])
  })

  test("a session's tag covers the role's of the same key without case", async () => {
    const access = await openAccess()
    await access.addRole({ name: 'app', trust: TRUST, tags: { Team: 'red', stage: 'prod' } })
    const tags = [{ key: 'team', value: 'blue', isTransitive: false }]
    expect((await sources(access, sessionOf('app', { session: { tags } }))).tags).toEqual({
      team: 'blue',
      stage: 'prod',
    })
  })

  test('a change is seen at the next question', async () => {
    const access = await openAccess()
    const arn = await access.addManagedPolicy('Own', policy(allow('s3:*')))
    const caller = await access.addUser({ name: 'ann', attached: [arn] })
    expect((await sources(access, caller)).identity).toEqual([arn])
    await access.remove('policy_attachments', `user/${caller.uniqueId}`)
    expect((await sources(access, caller)).identity).toEqual([])
  })
})

describe('a policy that is not there denies everything', () => {
  const denied = async (access: AccessFixture, caller: Caller, layer: 'identity' | 'boundary' | 'session') => {
    const policies = (await access.policies.policiesOf(caller))[layer]
    return policies?.some((one) => one.index.aboutAction('s3:GetObject').deny !== undefined)
  }

  test('where it was attached, since it may have denied', async () => {
    const access = await openAccess()
    const arn = await access.addManagedPolicy('Own', policy(deny('iam:*')))
    const caller = await access.addUser({ name: 'ann', attached: [arn], policy: policy(allow('*')) })
    expect(await denied(access, caller, 'identity')).toBe(false)
    await access.remove('policies', `policy/${arn}`)
    expect(await denied(access, caller, 'identity')).toBe(true)
    expect((await sources(access, caller)).identity).toEqual([`${arn} (missing)`, 'own'])
  })

  test('where it was the boundary', async () => {
    const access = await openAccess()
    const boundary = 'arn:aws:iam::aws:policy/Gone'
    expect(await denied(access, await access.addUser({ name: 'ann', boundary }), 'boundary')).toBe(true)
  })

  test('where it was passed to the session, whatever the other session policies allow', async () => {
    const access = await openAccess()
    const arn = await access.addManagedPolicy('Own', policy(allow('*'), deny('iam:*')))
    await access.addRole({ name: 'app', trust: TRUST, policy: policy(allow('*')) })
    const inline = { kind: 'inline', document: policy(allow('*')) } as const
    const caller = sessionOf('app', { session: { policies: [{ kind: 'managed', policyArn: arn }, inline] } })
    expect(await denied(access, caller, 'session')).toBe(false)
    await access.remove('policies', `policy/${arn}`)
    expect(await denied(access, caller, 'session')).toBe(true)
  })
})

test('managedPolicy finds the default version, and nothing for a name that does not exist', async () => {
  const access = await openAccess()
  const arn = await access.addManagedPolicy('Own', policy(allow('s3:*')))
  expect((await access.policies.managedPolicy(arn))?.source).toBe(arn)
  expect(await access.policies.managedPolicy(`${arn}2`)).toBeUndefined()
  expect(await access.policies.managedPolicy('arn:aws:iam::aws:policy/../../etc/passwd')).toBeUndefined()
})
