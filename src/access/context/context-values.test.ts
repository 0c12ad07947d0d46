import { expect, test } from 'vitest'
import { ACCOUNT, NOW, REGION, SOURCE, sessionOf } from '../testing/access-fixture.ts'
import { contextValues, GLOBAL_KEY_NAMES, S3_KEY_NAMES } from './context-values.ts'
import { type ContextFacts, GLOBAL_KEYS, requestContext } from './request-context.ts'
import { S3_KEYS } from './s3-condition-keys.ts'

const FACTS: ContextFacts = {
  caller: sessionOf('app', { session: { federatedContext: { 'oidc.example.com:sub': 'pod' } } }),
  action: 's3:GetObject',
  federatedProvider: undefined,
  principalTags: new Map([['Team', 'blue']]),
  region: REGION,
  source: SOURCE,
  now: NOW,
  resourceAccount: ACCOUNT,
  extra: { 's3:prefix': 'a/', 's3:delimiter': undefined, 'aws:TagKeys': ['x', 'y'] },
}

test('every key that the context knows by itself has its spelling here', () => {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase()).sort()
  expect(lower(GLOBAL_KEY_NAMES)).toEqual(Object.keys(GLOBAL_KEYS).sort())
  expect(lower(S3_KEY_NAMES)).toEqual(Object.keys(S3_KEYS).sort())
})

test('the values are those that policies see, under the names that people know', () => {
  const values = contextValues(FACTS)
  expect(values).toMatchObject({
    ...{ 'aws:PrincipalTag/Team': 'blue', 'oidc.example.com:sub': 'pod', 's3:prefix': 'a/', 'aws:TagKeys': ['x', 'y'] },
    ...{ 'aws:SourceIp': SOURCE.address, 'aws:CurrentTime': '2026-01-02T03:04:05Z' },
  })
  const context = requestContext(FACTS)
  for (const [name, value] of Object.entries(values)) expect(context.get(name.toLowerCase())).toEqual(value)
})

test('keys that are absent are left out', () => {
  expect(Object.keys(contextValues(FACTS))).not.toContain('aws:username')
  expect(Object.keys(contextValues(FACTS))).not.toContain('s3:delimiter')
})
