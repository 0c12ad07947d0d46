import { expect, test } from 'vitest'
import type { Judgement } from '../access/authorize.ts'
import { NOW, SOURCE, sessionOf, userCaller } from '../access/testing/access-fixture.ts'
import { auditEvent } from './audit.ts'
import { type CallRecord, namingParameters, newCallRecord } from './call-record.ts'

function record(facts: Partial<CallRecord> = {}): CallRecord {
  const call = newCallRecord({ requestId: 'r-1', eventId: 'e-1', startedAt: NOW, source: SOURCE })
  return { ...call, service: 'iam', operation: 'GetRole', ...facts }
}

const identityOf = (facts: Partial<CallRecord>) => auditEvent(record(facts)).event.userIdentity

function judgement(facts: Partial<Judgement> = {}): Judgement {
  return {
    principal: { type: 'anonymous' },
    requirement: { action: 'iam:GetRole', resource: 'arn:role' },
    decision: { decision: 'allowed', layer: 'identity', matchedStatements: [] },
    ...facts,
  }
}

test("an event has CloudTrail's fields", () => {
  const facts = { accountId: '111122223333', region: 'us-east-1', errorCode: 'AccessDenied', errorMessage: 'no' }
  const { event, ...columns } = auditEvent(
    record({ ...facts, parameters: { roleName: 'app' }, judgements: [judgement()] }),
  )
  expect(columns).toEqual({
    ...{ eventId: 'e-1', accountId: '111122223333', eventTime: NOW, eventSource: 'iam.amazonaws.com' },
    ...{ eventName: 'GetRole', errorCode: 'AccessDenied' },
  })
  expect(event).toMatchObject({
    ...{ eventTime: '2026-01-02T03:04:05Z', awsRegion: 'us-east-1', sourceIPAddress: '192.0.2.7', userAgent: 'test/1' },
    ...{ requestID: 'r-1', eventID: 'e-1', recipientAccountId: '111122223333', requestParameters: { roleName: 'app' } },
    resources: [{ ARN: 'arn:role' }],
    additionalEventData: { decisions: [{ action: 'iam:GetRole', decision: 'allowed', layer: 'identity' }] },
  })
})

test.each([
  ['marketplace-metering', 'metering-marketplace.amazonaws.com'],
  ['openirsa', 'openirsa.internal'],
  ['s3', 's3.amazonaws.com'],
  [undefined, 'unknown.amazonaws.com'],
])('the event source of %s is %s', (service, source) => {
  expect(auditEvent(record({ service })).eventSource).toBe(source)
})

test('every kind of caller has its identity', () => {
  expect(identityOf({ caller: userCaller('ann') })).toMatchObject({ type: 'IAMUser', userName: 'ann' })
  expect(identityOf({ caller: sessionOf('app', { session: { federatedProvider: 'arn:p' } }) })).toMatchObject({
    type: 'AssumedRole',
    sessionContext: { sessionIssuer: { userName: 'app' }, webIdFederationData: { federatedProvider: 'arn:p' } },
  })
  const nobody = { type: 'AWSAccount', principalId: 'ANONYMOUS_PRINCIPAL' }
  expect(identityOf({ caller: { kind: 'anonymous' } })).toEqual(nobody)
  expect(identityOf({ caller: undefined })).toEqual(nobody)
})

test('a web identity is named by its provider, audience and subject', () => {
  const provider = 'arn:aws:iam::111122223333:oidc-provider/issuer.example/id/1'
  const context = { 'issuer.example/id/1:sub': 'system:serviceaccount:a:b', 'issuer.example/id/1:aud': 'sts' }
  const requirement = { action: 'sts:AssumeRoleWithWebIdentity', resource: 'arn:role', context }
  const principal = { type: 'federated', provider, accountId: '111122223333' } as const
  expect(identityOf({ caller: { kind: 'anonymous' }, judgements: [judgement({ principal, requirement })] })).toEqual({
    type: 'WebIdentityUser',
    principalId: `${provider}:sts:system:serviceaccount:a:b`,
    userName: 'system:serviceaccount:a:b',
    identityProvider: provider,
  })
})

test('what callers choose is cut to size', () => {
  const source = { ...SOURCE, userAgent: 'u'.repeat(30_000) }
  const judgements = Array.from({ length: 1_000 }, () => judgement())
  const { event } = auditEvent(record({ source, judgements, errorMessage: 'm'.repeat(30_000) }))
  expect(event.userAgent).toBe('u'.repeat(1_024))
  expect(event.errorMessage).toBe('m'.repeat(1_024))
  expect(event.resources).toHaveLength(50)
  expect(JSON.stringify(event).length).toBeLessThan(20_000)
})

test('of an input, only what names something is kept', () => {
  const input = {
    ...{ RoleName: 'app', PolicyArn: 'arn', Path: '/x/', Key: 'k'.repeat(2_000), name: 'c1', AccessKeyId: 'AKIA' },
    ...{ AssumeRolePolicyDocument: '{}', PolicyDocument: '{}', WebIdentityToken: 'eyJ', Password: 'x', TokenCode: '1' },
    ...{ Tags: [{ Key: 'a', Value: 'b' }], MaxItems: 3, Description: 'text', ExternalId: 'secret', jwks: '{}' },
  }
  expect(namingParameters(input)).toEqual({
    ...{ roleName: 'app', policyArn: 'arn', path: '/x/', key: 'k'.repeat(1_024), name: 'c1', accessKeyId: 'AKIA' },
  })
  expect(namingParameters(undefined)).toEqual({})
})
