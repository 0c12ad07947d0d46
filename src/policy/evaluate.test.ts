// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CompiledPolicy, compilePolicyText } from './compile.ts'
import { evaluate } from './evaluate.ts'
import type { AccessRequest, PolicySets, RequestPrincipal } from './request.ts'

const A = '111122223333'
const USER = `arn:aws:iam::${A}:user/alice`
const ROLE = `arn:aws:iam::${A}:role/app`
const SESSION = `arn:aws:sts::${A}:assumed-role/app/s`

const compile = (policy: object, source = 'test'): CompiledPolicy =>
  compilePolicyText(JSON.stringify(policy), { source })

const principals = fc.constantFrom<RequestPrincipal>(
  { type: 'root', accountId: A },
  { type: 'user', accountId: A, arn: USER, id: 'AIDAALICE' },
  { type: 'role', accountId: A, arn: ROLE },
  { type: 'assumed-role', accountId: A, arn: SESSION, roleArn: ROLE, id: 'AROAAPP' },
  { type: 'federated-user', accountId: A, arn: `arn:aws:sts::${A}:federated-user/bob`, userArn: USER },
  { type: 'federated', provider: 'accounts.google.com' },
  { type: 'service', service: 'ec2.amazonaws.com' },
  { type: 'canonical', id: 'abc' },
  { type: 'anonymous' },
)

const oneOrMore = <T>(value: fc.Arbitrary<T>) => fc.oneof(value, fc.array(value, { maxLength: 3 }))
const effects = fc.constantFrom('Allow', 'Deny')
const actions = oneOrMore(
  fc.constantFrom('s3:GetObject', 's3:getobject', 's3:*', '*', 'sts:AssumeRole', 's3:?etObject'),
)
const resources = oneOrMore(
  fc.constantFrom(
    '*',
    'arn:aws:s3:::b/k',
    'arn:aws:s3:::b/*',
    'arn:*:s3:::*',
    'arn:aws:s3',
    'arn:aws:s3:::b/${k:x}',
    'arn:aws:s3:::b/${k:x',
    'x',
  ),
)
const values = oneOrMore(
  fc.constantFrom<unknown>(
    'a',
    '*',
    '${k:y}',
    "${k:y, 'a'}",
    '${',
    'true',
    5,
    true,
    '2024',
    '192.0.2.0/24',
    'arn:aws:s3:::b',
  ),
)
const conditions = fc.dictionary(
  fc.constantFrom(
    'StringEquals',
    'StringNotLike',
    'ForAllValues:StringLike',
    'ForAnyValue:StringNotEqualsIfExists',
    'Null',
    'Bool',
    'NumericLessThan',
    'DateGreaterThan',
    'NotIpAddress',
    'ArnNotLike',
    'BinaryEquals',
    'Nonsense',
  ),
  fc.dictionary(fc.constantFrom('k:x', 'K:Y', 'aws:PrincipalArn'), values, { maxKeys: 2 }),
  { maxKeys: 2 },
)
const principalElements = fc.oneof(
  fc.constant<unknown>('*'),
  fc.record({ AWS: oneOrMore(fc.constantFrom('*', A, USER, ROLE, SESSION, 'AIDAALICE', 'arn:aws:iam::*:user/x')) }),
  fc.record({ Service: fc.constantFrom('ec2.amazonaws.com', '*'), Federated: fc.constant('accounts.google.com') }),
)

const pair = (name: string, value: fc.Arbitrary<unknown>) =>
  fc.tuple(fc.boolean(), value).map(([negated, v]) => ({ [negated ? `Not${name}` : name]: v }))

const statements = (withPrincipal: boolean) =>
  fc
    .tuple(
      fc.record({ Effect: effects, Condition: conditions }, { requiredKeys: ['Effect'] }),
      pair('Action', actions),
      pair('Resource', resources),
      withPrincipal ? pair('Principal', principalElements) : fc.constant({}),
    )
    .map((parts) => Object.assign({}, ...parts))

const policies = (withPrincipal = false) =>
  fc
    .record({
      Version: fc.constantFrom('2012-10-17', '2008-10-17'),
      Statement: fc.array(statements(withPrincipal), { minLength: 1, maxLength: 3 }),
    })
    .map((policy) => compile(policy))

const lists = (withPrincipal = false) => fc.array(policies(withPrincipal), { maxLength: 2 })
const sets: fc.Arbitrary<PolicySets> = fc.record(
  {
    identity: lists(),
    resource: policies(true),
    resourceKind: fc.constantFrom('trust', 'resource'),
    boundary: lists(),
    session: lists(),
    serviceControl: fc.array(lists(), { maxLength: 2 }),
    resourceControl: fc.array(lists(true), { maxLength: 2 }),
    endpoint: lists(true),
  },
  { requiredKeys: ['identity'] },
)

const requests: fc.Arbitrary<AccessRequest> = fc.record({
  principal: principals,
  action: fc.constantFrom('s3:GetObject', 'S3:GETOBJECT', 'sts:AssumeRole', 'nonsense', ''),
  resource: fc.constantFrom('arn:aws:s3:::b/k', 'arn:aws:s3:::b/a', '*', ''),
  resourceAccount: fc.constantFrom(A, '444455556666', ''),
  context: fc
    .dictionary(
      fc.constantFrom('k:x', 'k:y', 'aws:principalarn'),
      fc.oneof(
        fc.constantFrom('a', '', 'true', '5', '2024', '192.0.2.1', ROLE),
        fc.array(fc.constantFrom('a', 'b', ''), { maxLength: 3 }),
      ),
    )
    .map((context) => new Map(Object.entries(context))),
})

const SECOND_LAYERS = ['identity', 'boundary', 'session'] as const

describe('evaluate', () => {
  it('is total', () => {
    fc.assert(
      fc.property(requests, sets, (request, given) =>
        ['allowed', 'explicitDeny', 'implicitDeny'].includes(evaluate(request, given).decision),
      ),
      { numRuns: 300 },
    )
  })

  it('never allows more where a Deny is added', () => {
    const deny = fc.record({ statement: statements(false), layer: fc.constantFrom(...SECOND_LAYERS) })
    fc.assert(
      fc.property(requests, sets, deny, (request, given, { statement, layer }) => {
        const added = compile({ Version: '2012-10-17', Statement: { ...statement, Effect: 'Deny' } })
        const more = { ...given, [layer]: [...(given[layer] ?? []), added] }
        return evaluate(request, given).decision === 'allowed' || evaluate(request, more).decision !== 'allowed'
      }),
      { numRuns: 300 },
    )
  })

  it('never allows more where a layer that only limits is added', () => {
    fc.assert(
      fc.property(
        requests,
        sets,
        lists(),
        fc.constantFrom('boundary', 'serviceControl', 'endpoint'),
        (request, given, layer, name) => {
          if (given[name] !== undefined) return true
          const limited = { ...given, [name]: name === 'serviceControl' ? [layer] : layer }
          return evaluate(request, given).decision === 'allowed' || evaluate(request, limited).decision !== 'allowed'
        },
      ),
      { numRuns: 300 },
    )
  })

  it('never allows more by a session policy', () => {
    fc.assert(
      fc.property(requests, sets, lists(), (request, given, session) => {
        // A federated user has nothing without one.
        if (request.principal.type === 'federated-user') return true
        const without = { ...given, session: undefined }
        return (
          evaluate(request, without).decision === 'allowed' ||
          evaluate(request, { ...without, session }).decision !== 'allowed'
        )
      }),
      { numRuns: 300 },
    )
  })

  it('names the statements that decided', () => {
    const policy = compile(
      {
        Version: '2012-10-17',
        Statement: [
          { Sid: 'Other', Effect: 'Allow', Action: 'sqs:*', Resource: '*' },
          { Sid: 'Read', Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
          { Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::b/secret' },
        ],
      },
      'arn:aws:iam::aws:policy/p',
    )
    const request = {
      principal: { type: 'user', accountId: A, arn: USER },
      action: 's3:GetObject',
      resourceAccount: A,
      context: new Map(),
    } as const
    expect(evaluate({ ...request, resource: 'arn:aws:s3:::b/k' }, { identity: [policy] })).toEqual({
      decision: 'allowed',
      layer: 'identity',
      matchedStatements: [{ layer: 'identity', source: 'arn:aws:iam::aws:policy/p', sid: 'Read', index: 1 }],
    })
    expect(
      evaluate({ ...request, resource: 'arn:aws:s3:::b/secret' }, { identity: [policy], boundary: [policy] }),
    ).toEqual({
      decision: 'explicitDeny',
      layer: 'identity',
      matchedStatements: [
        { layer: 'identity', source: 'arn:aws:iam::aws:policy/p', sid: undefined, index: 2 },
        { layer: 'boundary', source: 'arn:aws:iam::aws:policy/p', sid: undefined, index: 2 },
      ],
    })
  })
})

describe('compiling', () => {
  it('knows which context keys are read', () => {
    const policy = compile({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: '*',
        Resource: 'arn:aws:s3:::b/${aws:UserName}',
        Condition: { StringLike: { 'K:X': '${k:Y}*' }, Null: { 'k:z': true } },
      },
    })
    expect([...policy.contextKeys].toSorted()).toEqual(['aws:username', 'k:x', 'k:y', 'k:z'])
  })

  it('asks a context only for keys that the policy reads', () => {
    const asked: string[] = []
    const context = { get: (key: string) => void asked.push(key) }
    const policy = compile({
      Statement: {
        Effect: 'Allow',
        Action: 's3:*',
        Resource: '*',
        Condition: { Bool: { 'aws:SecureTransport': true } },
      },
    })
    const request = {
      principal: { type: 'user', accountId: A, arn: USER },
      resource: '*',
      resourceAccount: A,
      context,
    } as const
    evaluate({ ...request, action: 'sqs:SendMessage' }, { identity: [policy] })
    expect(asked).toEqual([])
    evaluate({ ...request, action: 's3:GetObject' }, { identity: [policy] })
    expect(asked).toEqual(['aws:securetransport'])
  })

  it('keeps answering where callers make up more actions than it remembers', () => {
    const policy = compile({ Statement: { Effect: 'Allow', Action: 's3:Get*', Resource: '*' } })
    const found = Array.from({ length: 3000 }, (_, i) => policy.candidates(`s3:Get${i}`).allow.length)
    expect(found.every((length) => length === 1)).toBe(true)
  })

  it('refuses text that is not a policy', () => {
    expect(() => compilePolicyText('{', { source: 'p' })).toThrow('Policy p, line 1, column 2')
    expect(() => compilePolicyText('{"Statement":{"Action":"*"}}', { source: 'p' })).toThrow(
      'the statement has no Effect',
    )
  })

  it.each([
    ['a malformed variable in a resource', { Resource: 'arn:aws:s3:::b/${k:x' }],
    ['a malformed variable in a condition', { Resource: '*', Condition: { StringEquals: { 'k:x': '${ k:x}' } } }],
    ['an empty list of resources', { Resource: [] }],
    ['no resource', {}],
    ['an empty list of actions', { Action: [], Resource: '*' }],
    ['an operator that does not exist', { Resource: '*', Condition: { StringMatches: { 'k:x': 'a' } } }],
  ])('%s: the Allow allows nothing, the Deny denies', (_name, parts) => {
    const request = {
      principal: { type: 'user', accountId: A, arn: USER },
      action: 's3:GetObject',
      resource: 'arn:aws:s3:::b/k',
      resourceAccount: A,
      context: new Map(),
    } as const
    const decide = (Effect: string): string =>
      evaluate(request, {
        identity: [compile({ Version: '2012-10-17', Statement: { Effect, Action: '*', ...parts } })],
      }).decision
    expect(decide('Allow')).toBe('implicitDeny')
    expect(decide('Deny')).toBe('explicitDeny')
  })
})
