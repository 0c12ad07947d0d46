import { expect, test } from 'vitest'
import { trustedServiceAccounts } from './trusted-service-accounts.ts'

const trust = (members: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/i' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      ...members,
    },
  })

test('subjects are shown as namespace and name at the issuer, patterns as written', () => {
  const Condition = {
    StringEquals: { 'i:aud': 'sts.amazonaws.com', 'i:sub': 'system:serviceaccount:ns:sa' },
    StringLike: { 'i:sub': ['system:serviceaccount:ns:*', 'repo:x'] },
  }
  expect(trustedServiceAccounts(trust({ Condition }))).toEqual(['ns:sa@i', 'ns:*@i', 'repo:x@i'])
})

test('other actions, denials and negations speak of nobody who is let in', () => {
  const Condition = { StringEquals: { 'i:sub': 'system:serviceaccount:ns:sa' } }
  expect(trustedServiceAccounts(trust({ Condition, Action: 'sts:AssumeRole' }))).toEqual([])
  expect(trustedServiceAccounts(trust({ Condition, Effect: 'Deny' }))).toEqual([])
  expect(trustedServiceAccounts(trust({ Condition: { StringNotEquals: Condition.StringEquals } }))).toEqual([])
  expect(trustedServiceAccounts(trust({ Condition, Action: 'sts:*' }))).toEqual(['ns:sa@i'])
})
