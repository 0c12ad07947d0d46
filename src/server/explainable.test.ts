import { expect, test } from 'vitest'
import type { PresentedToken } from '../access/authorize.ts'
import { NOW, SOURCE, userCaller } from '../access/testing/access-fixture.ts'
import { AwsError } from '../aws/aws-error.ts'
import { type CallRecord, newCallRecord } from './call-record.ts'
import { explainable } from './explainable.ts'

const SENTENCE = 'User: x is not authorized to perform: s3:GetObject'
const DENIAL = new AwsError({ code: 'AccessDenied', status: 403 }, SENTENCE, { detail: { Some: 'detail' } })
const TOKEN: PresentedToken = {
  ...{ issuer: 'https://oidc.example.com', subject: 'system:serviceaccount:a:b', audience: 'sts.amazonaws.com' },
  ...{ expiresAt: NOW, pod: undefined },
}

function record(facts: Partial<CallRecord>, token?: PresentedToken): CallRecord {
  const call = newCallRecord({ requestId: 'r', eventId: 'e', startedAt: NOW, source: SOURCE })
  const decision = { decision: 'implicitDeny', layer: 'identity', matchedStatements: [] } as const
  const judgement = { principal: { type: 'anonymous' }, requirement: { action: 'a', resource: '*' }, decision } as const
  const denied = { judgement, evidence: { token } } as unknown as NonNullable<CallRecord['denied']>
  return { ...call, caller: userCaller('ann'), denied, ...facts }
}

test("AWS's sentence comes first, then where to ask with the id", () => {
  const one = record({})
  const refusal = explainable(DENIAL, one, () => 'abc1')
  expect(refusal.message).toBe(
    `${SENTENCE}. For complete details, run "openirsa explain abc1" or call the GetRequestAuthorizationDetails API with the following authorization id: abc1`,
  )
  expect([refusal.code, refusal.status, refusal.detail]).toEqual(['AccessDenied', 403, { Some: 'detail' }])
  expect(one.authorizationId).toBe('abc1')
})

test('a web identity is told its own claims, cut where they are long', () => {
  const anonymous = { caller: { kind: 'anonymous' } } as const
  const told = explainable(DENIAL, record(anonymous, { ...TOKEN, subject: `"${'s'.repeat(300)}` }), () => undefined)
  expect(told.message).toBe(
    `${SENTENCE}. The token has issuer "https://oidc.example.com", subject "\\"${'s'.repeat(255)}…", audience "sts.amazonaws.com"`,
  )
})

test('the room is asked for by principal', () => {
  const asked: string[] = []
  const ask = (principal: string) => {
    asked.push(principal)
    return undefined
  }
  explainable(DENIAL, record({}), ask)
  explainable(DENIAL, record({ caller: { kind: 'anonymous' } }, TOKEN), ask)
  expect(asked).toEqual([userCaller('ann').arn, `${TOKEN.issuer} ${TOKEN.subject}`])
})

test.each<readonly [string, AwsError, Partial<CallRecord>]>([
  ['another error', new AwsError({ code: 'NoSuchEntity', status: 404 }, 'none'), {}],
  ['a refusal that no policy decided', DENIAL, { denied: undefined }],
  ['a stranger', DENIAL, { caller: { kind: 'anonymous' } }],
])('%s has none', (_, refusal, facts) => {
  expect(explainable(refusal, record(facts), () => 'abc1')).toBe(refusal)
})

test('nothing is promised where there is no room to keep it', () => {
  expect(explainable(DENIAL, record({}), () => undefined)).toBe(DENIAL)
})
