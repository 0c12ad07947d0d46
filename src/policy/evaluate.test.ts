// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicyText } from './compile.ts'
import { evaluate } from './evaluate.ts'
import {
  ACCOUNT as A,
  compileDocument as compile,
  compileDocuments,
  policyDocuments,
  policyLists,
  requests,
  statements,
  USER,
} from './testing/random-policies.ts'

const SECOND_LAYERS = ['identity', 'boundary', 'session'] as const

describe('evaluate', () => {
  it('is total', () => {
    fc.assert(
      fc.property(requests, policyDocuments, (request, given) =>
        ['allowed', 'explicitDeny', 'implicitDeny'].includes(evaluate(request, compileDocuments(given)).decision),
      ),
      { numRuns: 300 },
    )
  })

  it('never allows more where a Deny is added', () => {
    const deny = fc.record({ statement: statements(false), layer: fc.constantFrom(...SECOND_LAYERS) })
    fc.assert(
      fc.property(requests, policyDocuments, deny, (request, documents, { statement, layer }) => {
        const given = compileDocuments(documents)
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
        policyDocuments,
        policyLists(),
        fc.constantFrom('boundary', 'serviceControl', 'endpoint'),
        (request, documents, list, name) => {
          const given = compileDocuments(documents)
          const layer = list.map((one) => compile(one))
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
      fc.property(requests, policyDocuments, policyLists(), (request, documents, list) => {
        // A federated user has nothing without one.
        if (request.principal.type === 'federated-user') return true
        const session = list.map((one) => compile(one))
        const without = { ...compileDocuments(documents), session: undefined }
        return (
          evaluate(request, without).decision === 'allowed' ||
          evaluate(request, { ...without, session }).decision !== 'allowed'
        )
      }),
      { numRuns: 300 },
    )
  })

  it('answers the same where the policies of a layer are joined in a set', () => {
    fc.assert(
      fc.property(requests, policyDocuments, (request, given) => {
        expect(evaluate(request, compileDocuments(given, true))).toEqual(evaluate(request, compileDocuments(given)))
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
    const found = Array.from({ length: 3000 }, (_, i) => policy.index.aboutAction(`s3:Get${i}`).allow?.[0])
    expect(found.every((bits) => bits === 1)).toBe(true)
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
    ['a negation of no values', { Resource: '*', Condition: { StringNotEquals: { 'k:x': [] } } }],
    ['a negation of no address', { Resource: '*', Condition: { NotIpAddress: { 'k:x': '10.0.0.0/33' } } }],
    ['a negation of no number', { Resource: '*', Condition: { NumericNotEquals: { 'k:x': ['five', ''] } } }],
    ['a Null that says neither', { Resource: '*', Condition: { Null: { 'k:x': 'maybe' } } }],
    ['a Null without values', { Resource: '*', Condition: { Null: { 'k:x': [] } } }],
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
