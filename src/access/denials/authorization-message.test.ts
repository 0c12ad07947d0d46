import { expect, test } from 'vitest'
import type { Judgement } from '../authorize.ts'
import { ACCOUNT, OTHER_ACCOUNT, openAccess, sessionOf } from '../testing/access-fixture.ts'
import { openAuthorizationMessage, sealAuthorizationMessage } from './authorization-message.ts'

function denial(context: Readonly<Record<string, string | readonly string[]>>): Judgement {
  const statement = { layer: 'identity', source: 'own', sid: 'NoDelete', index: 0 } as const
  return {
    principal: { type: 'anonymous' },
    requirement: { action: 'iam:DeleteRole', resource: 'arn:aws:iam::111122223333:role/app', context },
    decision: { decision: 'explicitDeny', layer: 'identity', matchedStatements: [statement] },
  }
}

test('a message opens for its account only, and says why in the members of AWS', async () => {
  const { keyRing } = await openAccess()
  const sealed =
    sealAuthorizationMessage(keyRing, sessionOf('app'), denial({ 'aws:TagKeys': ['a', 'b'] }), ACCOUNT) ?? ''
  expect(openAuthorizationMessage(keyRing, sealed, OTHER_ACCOUNT)).toBeUndefined()
  const changed = sealed.at(-9) === 'A' ? 'B' : 'A'
  expect(
    openAuthorizationMessage(keyRing, `${sealed.slice(0, -9)}${changed}${sealed.slice(-8)}`, ACCOUNT),
  ).toBeUndefined()
  expect(JSON.parse(openAuthorizationMessage(keyRing, sealed, ACCOUNT)?.text ?? '')).toEqual({
    allowed: false,
    explicitDeny: true,
    matchedStatements: {
      items: [{ statementId: 'NoDelete', effect: 'DENY', sourcePolicyId: 'own', sourcePolicyType: 'identity' }],
    },
    failures: { items: [] },
    context: {
      principal: { id: `AROA${ACCOUNT}APP:pod`, arn: 'arn:aws:iam::111122223333:role/app' },
      action: 'iam:DeleteRole',
      resource: 'arn:aws:iam::111122223333:role/app',
      conditions: { items: [{ key: 'aws:TagKeys', values: { items: [{ value: 'a' }, { value: 'b' }] } }] },
    },
  })
})

test('a message that would be too long for a header leaves the condition keys out', async () => {
  const { keyRing } = await openAccess()
  const sealed = sealAuthorizationMessage(keyRing, sessionOf('app'), denial({ key: 'v'.repeat(4_000) }), ACCOUNT) ?? ''
  expect(sealed.length).toBeLessThanOrEqual(3_000)
  const { context } = JSON.parse(openAuthorizationMessage(keyRing, sealed, ACCOUNT)?.text ?? '')
  expect(context.conditions.items).toEqual([])
})

test('there is none where even then it is too long', async () => {
  const { keyRing } = await openAccess()
  const judgement = denial({})
  const requirement = { ...judgement.requirement, resource: `arn:aws:s3:::bucket/${'k'.repeat(3_000)}` }
  expect(sealAuthorizationMessage(keyRing, sessionOf('app'), { ...judgement, requirement }, ACCOUNT)).toBeUndefined()
})

test('a session token does not open as a message', async () => {
  const { keyRing } = await openAccess()
  const token = keyRing.seal('session', Buffer.from('{}'), 'session-token')
  expect(openAuthorizationMessage(keyRing, token, ACCOUNT)).toBeUndefined()
})
