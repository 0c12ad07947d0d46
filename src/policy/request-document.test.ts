import { describe, expect, it, test } from 'vitest'
import { compilePolicyText } from './compile.ts'
import { evaluate } from './evaluate.ts'
import type { RequestPrincipal } from './request.ts'
import { RequestDocumentError, readRequestDocument } from './request-document.ts'

const USER = { type: 'user', arn: 'arn:aws:iam::111122223333:user/alice' }
const ALLOW_ALL = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }
const read = (document: Readonly<Record<string, unknown>>) =>
  readRequestDocument({ principal: USER, action: 's3:GetObject', ...document }, (policy, options) =>
    compilePolicyText(JSON.stringify(policy), options),
  )
const refusal = (document: Readonly<Record<string, unknown>>): RequestDocumentError => {
  try {
    read(document)
  } catch (error) {
    if (error instanceof RequestDocumentError) return error
    throw error
  }
  throw new Error('it was read')
}

describe('what is absent', () => {
  it('has a default', () => {
    const { request, sets } = read({})
    expect(request).toMatchObject({ resource: '*', resourceAccount: '111122223333' })
    expect(request.context.get('aws:username')).toBeUndefined()
    expect(sets).toEqual({ identity: [] })
  })

  it.each(['boundary', 'sessionPolicies', 'endpointPolicies'])('%s: null and an empty list are none', (member) => {
    const decide = (value: unknown) => {
      const { request, sets } = read({ identityPolicies: [ALLOW_ALL], [member]: value })
      return evaluate(request, sets).decision
    }
    expect(decide(null)).toBe('allowed')
    expect(decide([])).toBe('allowed')
    expect(decide([{ Statement: { Effect: 'Allow', Principal: '*', Action: 's3:Put*', Resource: '*' } }])).toBe(
      'implicitDeny',
    )
  })

  it('a layer that the engine is given empty allows nothing', () => {
    const { request, sets } = read({ identityPolicies: [ALLOW_ALL] })
    expect(evaluate(request, { ...sets, session: [] })).toMatchObject({ decision: 'implicitDeny', layer: 'session' })
  })
})

test.each([
  ['arn:aws:sqs:us-east-1:444455556666:queue', undefined, '444455556666'],
  ['arn:aws:s3:::bucket/key', undefined, '111122223333'],
  ['arn:aws:iam::aws:policy/ReadOnlyAccess', undefined, '111122223333'],
  ['arn:aws:s3:::bucket/key', '444455556666', '444455556666'],
])('%s with resourceAccount %s is owned by %s', (resource, resourceAccount, owner) => {
  expect(read({ resource, resourceAccount }).request.resourceAccount).toBe(owner)
})

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1'
const KEY_POLICY = { Statement: { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' } }

test.each([
  ['sts:AssumeRole', 'arn:aws:iam::111122223333:role/r', undefined, 'trust'],
  ['STS:assumerolewithwebidentity', 'arn:aws:iam::111122223333:role/r', KEY_POLICY, 'trust'],
  ['sts:AssumeRoot', '*', undefined, undefined],
  ['sts:TagSession', 'arn:aws:iam::111122223333:role/r', KEY_POLICY, 'trust'],
  ['kms:Decrypt', KEY, KEY_POLICY, 'trust'],
  ['kms:Decrypt', KEY, undefined, undefined],
  ['s3:GetObject', 'arn:aws:s3:::b/k', KEY_POLICY, 'resource'],
])('%s on %s with policy %j is judged as %s', (action, resource, resourcePolicy, kind) => {
  expect(read({ action, resource, resourcePolicy }).sets.resourceKind).toBe(kind)
})

test.each<[Readonly<Record<string, unknown>>, RequestPrincipal]>([
  [
    { type: 'root', arn: 'arn:aws:iam::111122223333:root' },
    { type: 'root', accountId: '111122223333' },
  ],
  [
    { type: 'role', arn: 'arn:aws:iam::111122223333:role/p/r', id: 'AROA1' },
    { type: 'role', arn: 'arn:aws:iam::111122223333:role/p/r', accountId: '111122223333', id: 'AROA1' },
  ],
  [
    { type: 'assumed-role', arn: 'arn:aws-cn:sts::111122223333:assumed-role/r/s', id: 'AROA1:s' },
    {
      type: 'assumed-role',
      arn: 'arn:aws-cn:sts::111122223333:assumed-role/r/s',
      roleArn: 'arn:aws-cn:iam::111122223333:role/r',
      accountId: '111122223333',
      id: 'AROA1',
    },
  ],
  [
    { type: 'federated', provider: 'arn:aws:iam::111122223333:oidc-provider/i' },
    { type: 'federated', provider: 'arn:aws:iam::111122223333:oidc-provider/i', accountId: '111122223333' },
  ],
  [
    { type: 'service', service: 'ec2.amazonaws.com' },
    { type: 'service', service: 'ec2.amazonaws.com' },
  ],
  [
    { type: 'canonical', id: 'abc' },
    { type: 'canonical', id: 'abc' },
  ],
  [{ type: 'anonymous' }, { type: 'anonymous' }],
])('principal %j', (principal, expected) => {
  expect(read({ principal }).request.principal).toEqual(expected)
})

test('context values become text, keys lower case, a null key is absent', () => {
  const { context } = read({ context: { 'S3:Prefix': ['a', 5], 'aws:SecureTransport': true, 'k:n': null } }).request
  expect(context.get('s3:prefix')).toEqual(['a', '5'])
  expect(context.get('aws:securetransport')).toBe('true')
  expect(context.get('k:n')).toBeUndefined()
})

test('policies are told where they stand', () => {
  const sources: string[] = []
  readRequestDocument(
    {
      principal: USER,
      action: 'a:b',
      identityPolicies: [ALLOW_ALL],
      boundary: ALLOW_ALL,
      scps: [{ target: 'r', policies: [ALLOW_ALL, ALLOW_ALL] }],
    },
    (policy, options) => {
      sources.push(options.source)
      return compilePolicyText(JSON.stringify(policy), options)
    },
  )
  expect(sources).toEqual(['identityPolicies[0]', 'boundary', 'scps[0].policies[0]', 'scps[0].policies[1]'])
})

test.each([
  [{ principal: undefined }, 'principal'],
  [{ principal: { type: 'usr' } }, 'principal.type'],
  [{ principal: { type: 'user' } }, 'principal.arn'],
  [{ principal: { type: 'user', arn: 'arn:aws:iam::111122223333:role/r' } }, 'principal.arn'],
  [{ principal: { type: 'user', arn: 'arn:aws:iam::111122223333:user/' } }, 'principal.arn'],
  [{ action: undefined }, 'action'],
  [{ resource: 5 }, 'resource'],
  [{ context: [] }, 'context'],
  [{ context: { a: {} } }, 'context.a'],
  [{ context: { a: 1, A: 1 } }, 'context.A'],
  [{ context: { a: 2 ** 53 } }, 'context.a'],
  [{ identityPolicies: ALLOW_ALL }, 'identityPolicies'],
  [{ scps: [ALLOW_ALL] }, 'scps[0].policies'],
  [{ resourceKind: 'x' }, 'resourceKind'],
])('%j is refused for %s', (document, member) => {
  expect(refusal(document).member).toBe(member)
})
