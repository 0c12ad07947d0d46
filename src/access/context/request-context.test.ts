import { expect, test } from 'vitest'
import type { Caller, SessionFacts } from '../../aws/caller.ts'
import { ACCOUNT, NOW, PLAIN_SESSION, REGION, SOURCE, sessionOf, userCaller } from '../testing/access-fixture.ts'
import { type ContextFacts, requestContext } from './request-context.ts'

const ROLE = `arn:aws:iam::${ACCOUNT}:role/team/app`

function contextOf(caller: Caller | undefined, more: Partial<ContextFacts> = {}) {
  const facts = {
    principalTags: new Map(),
    region: REGION,
    source: SOURCE,
    now: NOW,
    resourceAccount: ACCOUNT,
    extra: {},
  }
  return requestContext({ action: 's3:GetObject', federatedProvider: undefined, caller, ...facts, ...more })
}

/** Keys that depend on who calls; the columns are a user, its session, a role's session, nobody, a web identity. */
const CALLERS: Readonly<Record<string, Caller | undefined>> = {
  user: userCaller('ann'),
  'user session': { ...userCaller('ann'), session: PLAIN_SESSION },
  'role session': sessionOf('app', { path: '/team/' }),
  anonymous: { kind: 'anonymous' },
  'web identity': undefined,
}
const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/ann`
const USER_ID = `AIDA${ACCOUNT}ANN`
const ISSUED = '2026-01-02T03:03:05Z'
const EXPECTED: Readonly<Record<string, readonly unknown[]>> = {
  'aws:principalarn': [USER_ARN, USER_ARN, ROLE, undefined, undefined],
  'aws:principaltype': ['User', 'User', 'AssumedRole', 'Anonymous', undefined],
  'aws:principalaccount': [ACCOUNT, ACCOUNT, ACCOUNT, 'anonymous', undefined],
  'aws:userid': [USER_ID, USER_ID, `AROA${ACCOUNT}APP:pod`, 'anonymous', undefined],
  'aws:username': ['ann', 'ann', undefined, undefined, undefined],
  'aws:tokenissuetime': [undefined, ISSUED, ISSUED, undefined, undefined],
  'aws:multifactorauthpresent': [undefined, 'false', 'false', undefined, undefined],
  'aws:principalisawsservice': ['false', 'false', 'false', 'false', 'false'],
}

test.each(Object.entries(EXPECTED))('%s fits each kind of caller', (key, values) => {
  expect(Object.values(CALLERS).map((caller) => contextOf(caller).get(key))).toEqual(values)
})

test('time, place and connection come from the request', () => {
  const context = contextOf(userCaller('ann'), { resourceAccount: '999988887777' })
  expect(context.get('aws:currenttime')).toBe('2026-01-02T03:04:05Z')
  expect(context.get('aws:epochtime')).toBe('1767323045')
  expect(context.get('aws:requestedregion')).toBe(REGION)
  expect(context.get('aws:sourceip')).toBe('192.0.2.7')
  expect(context.get('aws:useragent')).toBe('test/1')
  expect(context.get('aws:securetransport')).toBe('false')
  expect(context.get('aws:resourceaccount')).toBe('999988887777')
})

test('what is not there is absent', () => {
  const context = contextOf(userCaller('ann'), { source: { ...SOURCE, address: '', userAgent: undefined } })
  for (const key of [
    'aws:sourceip',
    'aws:useragent',
    'aws:sourcevpc',
    'constructor',
    '__proto__',
    'aws:principaltag/x',
  ]) {
    expect(context.get(key)).toBeUndefined()
  }
})

test("tags of the principal are found without regard to their key's case", () => {
  const context = contextOf(userCaller('ann'), { principalTags: new Map([['Team', 'red']]) })
  expect(context.get('aws:principaltag/team')).toBe('red')
})

test('a session keeps its provider, source identity and the claims of its token', () => {
  const session: Partial<SessionFacts> = {
    sourceIdentity: 'ann',
    federatedProvider: 'arn:provider',
    federatedContext: { 'Issuer.example:sub': 'system:serviceaccount:a:b' },
  }
  const context = contextOf(sessionOf('app', { session }))
  expect(context.get('aws:sourceidentity')).toBe('ann')
  expect(context.get('aws:federatedprovider')).toBe('arn:provider')
  expect(context.get('issuer.example:sub')).toBe('system:serviceaccount:a:b')
})

test('neither a token nor an operation can set a global key', () => {
  const absent = { 'aws:username': 'forged', 'aws:SourceIdentity': 'forged', 'aws:FederatedProvider': 'forged' }
  const forged = { ...absent, 'aws:userid': 'forged', 'aws:PrincipalTag/team': 'forged', 'AWS:SourceIp': '10.0.0.1' }
  const context = contextOf(sessionOf('app', { session: { federatedContext: forged } }), { extra: forged })
  expect(context.get('aws:userid')).toBe(`AROA${ACCOUNT}APP:pod`)
  expect(context.get('aws:principaltag/team')).toBeUndefined()
  expect(context.get('aws:sourceip')).toBe('192.0.2.7')
  for (const key of Object.keys(absent)) expect(context.get(key.toLowerCase())).toBeUndefined()
})
