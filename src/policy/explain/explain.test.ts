// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CompiledPolicy, compilePolicyText } from '../compile.ts'
import { evaluate } from '../evaluate.ts'
import type { ContextValue, PolicySets, RequestPrincipal } from '../request.ts'
import { cases, compileDocuments } from '../testing/random-policies.ts'
import { explain } from './explain.ts'
import type { Explanation, Fix } from './explanation.ts'

describe('explaining a decision', () => {
  it('always tells the decision that evaluate makes, and statements and layers that lead to it', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ request, documents }, joined) => {
        const sets = compileDocuments(documents, joined)
        const explanation = explain(request, sets)
        const { decision, layer, matchedStatements, layers, statements } = explanation
        expect({ decision, layer, matchedStatements }).toEqual(evaluate(request, sets))
        const denies = layers.filter(({ effect }) => effect === 'deny')
        const closed = layers.filter(({ needed, effect }) => needed && effect !== 'allow')
        if (decision === 'explicitDeny') {
          expect(denies.map((one) => one.layer)).toContain(layer)
          const denying = statements.filter(
            (one) => one.effect === 'Deny' && one.matched && denies.some((deny) => deny.layer === one.layer),
          )
          expect(denying.map(placeOf).toSorted()).toEqual(matchedStatements.map(placeOf).toSorted())
        }
        if (decision === 'implicitDeny') {
          expect(denies).toEqual([])
          expect(closed[0]?.layer).toBe(layer)
        }
        if (decision === 'allowed' && request.action !== 'sts:GetCallerIdentity') {
          expect(denies).toEqual([])
          expect(closed).toEqual([])
          const matched = statements.filter((one) => one.matched).map(placeOf)
          expect(matched).toEqual(expect.arrayContaining(matchedStatements.map(placeOf)))
        }
        expect(JSON.parse(JSON.stringify(explanation))).toEqual(JSON.parse(JSON.stringify({ ...explanation })))
      }),
      { numRuns: 1_000 },
    )
  })
})

function placeOf(one: {
  readonly layer: string
  readonly source?: string
  readonly policy?: string
  readonly index: number
}): string {
  return `${one.layer} ${one.source ?? one.policy} ${one.index}`
}

const A = '111122223333'
const USER: RequestPrincipal = { type: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice` }
const ISSUER = 'oidc.eks.us-east-1.amazonaws.com/id/ABC'
const PROVIDER = `arn:aws:iam::${A}:oidc-provider/${ISSUER}`
const SUBJECT = 'system:serviceaccount:default:app'

const compile = (statements: readonly object[], source: string): CompiledPolicy =>
  compilePolicyText(JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2), { source })

type Context = Readonly<Record<string, ContextValue>>

function explainRead(
  statements: readonly object[],
  context: Context = {},
  sets: Partial<PolicySets> = {},
): Explanation {
  const request = {
    principal: USER,
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::b/k',
    resourceAccount: A,
    context: new Map(Object.entries(context)),
  }
  return explain(request, { identity: [compile(statements, 'p')], ...sets })
}

const ALLOW = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }

function explainWebIdentity(
  statement: object,
  claims: Context = { sub: SUBJECT, aud: 'sts.amazonaws.com' },
): Explanation {
  const request = {
    principal: { type: 'federated', provider: PROVIDER } as const,
    action: 'sts:AssumeRoleWithWebIdentity',
    resource: `arn:aws:iam::${A}:role/app`,
    resourceAccount: A,
    context: new Map(Object.entries(claims).map(([claim, value]) => [`${ISSUER}:${claim}`.toLowerCase(), value])),
  }
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: PROVIDER },
    Action: 'sts:AssumeRoleWithWebIdentity',
    ...statement,
  }
  return explain(request, { identity: [], resource: compile([trust], 'trust'), resourceKind: 'trust' })
}

describe('the nearest miss', () => {
  it('of an absent tag names the value that it would take', () => {
    const { nearMisses, sentence, missingContextKeys, statements } = explainRead([
      { ...ALLOW, Sid: 'ReadTeam', Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } },
    ])
    expect(nearMisses).toHaveLength(1)
    expect(nearMisses[0]).toMatchObject({
      layer: 'identity',
      policy: 'p',
      index: 0,
      sid: 'ReadTeam',
      range: { line: 4, column: 5, endLine: 14, endColumn: 6 },
      failed: [
        {
          element: 'Condition',
          operator: 'StringEquals',
          key: 'aws:PrincipalTag/team',
          expected: ['blue'],
          presented: [],
          hint: '`aws:PrincipalTag/team` is not in the request: the caller does not have this tag.',
          range: { line: 11, column: 11, endLine: 11, endColumn: 42 },
        },
      ],
      sentence:
        's3:GetObject would be allowed if `aws:PrincipalTag/team` were `blue` (statement ReadTeam of p, line 4).',
    })
    expect(sentence).toContain('would be allowed if `aws:PrincipalTag/team` were `blue`')
    expect(missingContextKeys).toEqual(['aws:PrincipalTag/team'])
    expect(statements[0]?.missingContextKeys).toEqual(['aws:PrincipalTag/team'])
  })

  it.each<[name: string, statement: object, context: Context, hint: string, fix: Fix | undefined, wish: string]>([
    [
      'another case',
      { Condition: { StringEquals: { 'k:x': 'blue' } } },
      { 'k:x': 'Blue' },
      '`blue` differs in case only.',
      { change: 'value', from: 'blue', to: 'Blue' },
      '`k:x` were `blue`, not `Blue`',
    ],
    [
      'white space',
      { Condition: { StringEquals: { 'k:x': 'blue ' } } },
      { 'k:x': 'blue' },
      '`blue ` differs in white space only.',
      { change: 'value', from: 'blue ', to: 'blue' },
      '`k:x` were `blue `, not `blue`',
    ],
    [
      'an operator in the wrong case',
      { Condition: { stringequalsifexists: { 'k:x': 'a' } } },
      { 'k:x': 'a' },
      '`stringequalsifexists` is no condition operator, so the statement allows nothing. Names of operators compare with case: `StringEqualsIfExists`.',
      { change: 'operator', from: 'stringequalsifexists', to: 'StringEqualsIfExists' },
      '`stringequalsifexists` on `k:x` were `StringEqualsIfExists`',
    ],
    [
      'an address outside',
      { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
      { 'aws:sourceip': '192.0.2.1' },
      'The request has `192.0.2.1`, the condition wants `10.0.0.0/8`.',
      undefined,
      '`aws:SourceIp` were in `10.0.0.0/8`, not `192.0.2.1`',
    ],
    [
      'an address range that is none',
      { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } } },
      { 'aws:sourceip': '10.0.0.1' },
      '`10.0.0.0/33` is no value that IpAddress can read.',
      undefined,
      '`aws:SourceIp` were in `10.0.0.0/33`, not `10.0.0.1`',
    ],
    [
      'an excluded value',
      { Condition: { StringNotEquals: { 'k:x': ['a', 'b'] } } },
      { 'k:x': 'b' },
      'The condition excludes `b`.',
      undefined,
      '`k:x` were not `a` or `b`',
    ],
    [
      'values beyond the list',
      { Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } } },
      { 'aws:tagkeys': ['a', 'c'] },
      'The request also has `c`, the condition allows only `a` or `b`.',
      undefined,
      'every value of `aws:TagKeys` were `a` or `b`',
    ],
    [
      'a key that must be absent',
      { Condition: { Null: { 'k:x': 'true' } } },
      { 'k:x': 'a' },
      '`k:x` is present in the request.',
      undefined,
      '`k:x` were absent',
    ],
    [
      'a variable without value',
      { Condition: { StringEquals: { 'k:x': '${aws:username}' } } },
      { 'k:x': 'a' },
      'A variable of `${aws:username}` has no value in this request.',
      undefined,
      'the variable in `${aws:username}` had a value',
    ],
    [
      'a session where the role is meant',
      { Condition: { ArnEquals: { 'aws:PrincipalArn': `arn:aws:sts::${A}:assumed-role/app/s` } } },
      { 'aws:principalarn': `arn:aws:iam::${A}:role/app` },
      `\`aws:PrincipalArn\` of a session is the ARN of its role, \`arn:aws:iam::${A}:role/app\`.`,
      { change: 'value', from: `arn:aws:sts::${A}:assumed-role/app/s`, to: `arn:aws:iam::${A}:role/app` },
      `\`aws:PrincipalArn\` were like \`arn:aws:sts::${A}:assumed-role/app/s\`, not \`arn:aws:iam::${A}:role/app\``,
    ],
    [
      'a slip in the action',
      { Action: 's3:GetObjects' },
      {},
      '`s3:GetObjects` is not `s3:GetObject`: one letter is different.',
      { change: 'value', from: 's3:GetObjects', to: 's3:GetObject' },
      "the statement's Action had `s3:GetObject` instead of `s3:GetObjects`",
    ],
    [
      'another action of the service',
      { Action: ['s3:PutObject', 'sqs:*'] },
      {},
      'The statement has `s3:PutObject`, not this action.',
      { change: 'add', to: 's3:GetObject' },
      "the statement's Action had `s3:GetObject`",
    ],
    [
      'an action that is left out',
      { Action: undefined, NotAction: ['iam:*', 's3:Get*'] },
      {},
      'NotAction leaves the action out: `s3:Get*`.',
      undefined,
      "the statement's NotAction did not have `s3:Get*`",
    ],
    [
      'the bucket for its objects',
      { Resource: 'arn:aws:s3:::b' },
      {},
      '`arn:aws:s3:::b` is the bucket; its objects are `arn:aws:s3:::b/…`.',
      { change: 'add', to: 'arn:aws:s3:::b/k' },
      "the statement's Resource had `arn:aws:s3:::b/k`",
    ],
    [
      'another partition',
      { Resource: 'arn:aws-cn:s3:::b/*' },
      {},
      'The partition differs: `aws-cn` in the policy, `aws` in the request.',
      { change: 'value', from: 'arn:aws-cn:s3:::b/*', to: 'arn:aws:s3:::b/*' },
      "the statement's Resource had `arn:aws:s3:::b/*` instead of `arn:aws-cn:s3:::b/*`",
    ],
    [
      'another account in the resource',
      { Resource: 'arn:aws:s3::444455556666:b/k' },
      {},
      'The account differs: `444455556666` in the policy, `` in the request.',
      { change: 'value', from: 'arn:aws:s3::444455556666:b/k', to: 'arn:aws:s3:::b/k' },
      "the statement's Resource had `arn:aws:s3:::b/k` instead of `arn:aws:s3::444455556666:b/k`",
    ],
    [
      'a resource that is left out',
      { Resource: undefined, NotResource: 'arn:aws:s3:::b/*' },
      {},
      'NotResource leaves the resource out: `arn:aws:s3:::b/*`.',
      undefined,
      "the statement's NotResource did not have `arn:aws:s3:::b/*`",
    ],
  ])('%s', (_name, statement, context, hint, fix, wish) => {
    const { nearMisses } = explainRead([{ ...ALLOW, ...statement }], context)
    expect(nearMisses[0]?.failed.map((one) => ({ hint: one.hint, fix: one.fix }))).toEqual([{ hint, fix }])
    expect(nearMisses[0]?.sentence).toBe(`s3:GetObject would be allowed if ${wish} (statement number 1 of p, line 4).`)
  })

  const CLAIM = `${ISSUER}:sub`
  it.each<[name: string, statement: object, claims: Context | undefined, hint: string, fix: Fix | undefined]>([
    [
      'a namespace with a slip',
      { Condition: { StringEquals: { [CLAIM]: 'system:serviceaccount:defualt:app' } } },
      undefined,
      'The namespace is `default`, the policy has `defualt`.',
      { change: 'value', from: 'system:serviceaccount:defualt:app', to: SUBJECT },
    ],
    [
      'another service account',
      { Condition: { StringEquals: { [CLAIM]: 'system:serviceaccount:default:web' } } },
      undefined,
      'The service account is `app`, the policy has `web`.',
      { change: 'value', from: 'system:serviceaccount:default:web', to: SUBJECT },
    ],
    [
      'a wildcard under StringEquals',
      { Condition: { StringEquals: { [CLAIM]: 'system:serviceaccount:default:*' } } },
      undefined,
      '`system:serviceaccount:default:*` is plain text under StringEquals: use StringLike for wildcards.',
      { change: 'operator', from: 'StringEquals', to: 'StringLike' },
    ],
    [
      'a wildcard under StringEquals that would not help',
      { Condition: { StringEquals: { [CLAIM]: 'system:serviceaccount:prod:*' } } },
      undefined,
      '`system:serviceaccount:prod:*` is plain text under StringEquals: use StringLike for wildcards. It would not match here either.',
      undefined,
    ],
    [
      "another issuer's claim",
      { Condition: { StringEquals: { 'oidc.eks.us-east-1.amazonaws.com/id/XYZ:sub': SUBJECT } } },
      undefined,
      `The condition reads a claim of \`oidc.eks.us-east-1.amazonaws.com/id/XYZ\`, the token is from \`${ISSUER}\`.`,
      { change: 'key', from: 'oidc.eks.us-east-1.amazonaws.com/id/XYZ:sub', to: CLAIM },
    ],
    [
      'another audience',
      { Condition: { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' } } },
      { sub: SUBJECT, aud: 'https://sts.amazonaws.com/' },
      '`sts.amazonaws.com` differs in `https://` or the last slash only.',
      { change: 'value', from: 'sts.amazonaws.com', to: 'https://sts.amazonaws.com/' },
    ],
    [
      'no audience',
      { Condition: { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' } } },
      { sub: SUBJECT },
      `\`${ISSUER}:aud\` is not in the request: the token has no audience.`,
      undefined,
    ],
    [
      'another provider',
      { Principal: { Federated: `arn:aws:iam::${A}:oidc-provider/oidc.example` } },
      undefined,
      `The token is from the issuer \`${ISSUER}\`, the statement trusts \`oidc.example\`.`,
      { change: 'add', to: `Federated: ${PROVIDER}` },
    ],
    [
      'the provider in another account',
      { Principal: { Federated: PROVIDER.replace(A, '444455556666') } },
      undefined,
      `The provider \`${ISSUER}\` is the right one, in another account.`,
      { change: 'value', from: `Federated: ${PROVIDER.replace(A, '444455556666')}`, to: `Federated: ${PROVIDER}` },
    ],
    [
      'the provider as an AWS principal',
      { Principal: { AWS: PROVIDER } },
      undefined,
      `\`${PROVIDER}\` stands under the wrong type of principal.`,
      { change: 'value', from: `AWS: ${PROVIDER}`, to: `Federated: ${PROVIDER}` },
    ],
    [
      'everybody',
      { Principal: '*' },
      undefined,
      'A web identity is not covered by `*`: an Allow has to name its provider.',
      { change: 'value', from: '*', to: `Federated: ${PROVIDER}` },
    ],
    [
      'the action for signed callers',
      { Action: 'sts:AssumeRole' },
      undefined,
      'The statement has `sts:AssumeRole`, not this action.',
      { change: 'add', to: 'sts:AssumeRoleWithWebIdentity' },
    ],
  ])('of a trust policy: %s', (_name, statement, claims, hint, fix) => {
    const { nearMisses, layer } = explainWebIdentity(statement, claims)
    expect(layer).toBe('resource')
    expect(nearMisses.map(({ failed }) => failed.map((one) => ({ hint: one.hint, fix: one.fix })))).toEqual([
      [{ hint, fix }],
    ])
  })

  it.each<[name: string, principal: object, caller: RequestPrincipal, hint: string]>([
    [
      'a role that was made anew',
      { AWS: `arn:aws:iam::${A}:role/app` },
      {
        type: 'assumed-role',
        accountId: A,
        arn: `arn:aws:sts::${A}:assumed-role/app/s`,
        roleArn: `arn:aws:iam::${A}:role/app`,
        id: 'AROANEW',
      },
      `\`AWS: arn:aws:iam::${A}:role/app\` was deleted and made anew since the policy was saved: it is somebody else now. Save the policy again.`,
    ],
    [
      'a role without its path',
      { AWS: `arn:aws:iam::${A}:role/app` },
      {
        type: 'assumed-role',
        accountId: A,
        arn: `arn:aws:sts::${A}:assumed-role/app/s`,
        roleArn: `arn:aws:iam::${A}:role/team/app`,
      },
      `The ARN has a path: \`arn:aws:iam::${A}:role/team/app\`.`,
    ],
    [
      'a wildcard',
      { AWS: `arn:aws:iam::${A}:user/*` },
      USER,
      `\`AWS: arn:aws:iam::${A}:user/*\` has a wildcard, which principals cannot have.`,
    ],
    [
      'another account',
      { AWS: 'arn:aws:iam::444455556666:user/alice' },
      USER,
      '`arn:aws:iam::444455556666:user/alice` is in another account than the caller.',
    ],
    [
      'somebody else',
      { AWS: 'arn:aws:iam::444455556666:user/bob' },
      USER,
      `\`AWS: arn:aws:iam::444455556666:user/bob\` does not name the caller, \`AWS: arn:aws:iam::${A}:user/alice\`.`,
    ],
    [
      'an anonymous caller',
      { AWS: A },
      { type: 'anonymous' },
      'The caller is anonymous, and the statement does not name everybody.',
    ],
  ])('of a principal: %s', (_name, Principal, principal, hint) => {
    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' },
    })
    const resource = compilePolicyText(text, {
      source: 'trust',
      principalIds: { [`arn:aws:iam::${A}:role/app`]: 'AROAOLD' },
    })
    const request = {
      principal,
      action: 'sts:AssumeRole',
      resource: `arn:aws:iam::${A}:role/x`,
      resourceAccount: A,
      context: new Map(),
    }
    const { nearMisses } = explain(request, { identity: [], resource, resourceKind: 'trust' })
    expect(nearMisses[0]?.failed.map((one) => one.hint)).toEqual([hint])
  })

  it('is not a statement about another service', () => {
    const { nearMisses, sentence } = explainRead([{ ...ALLOW, Action: 'sqs:*' }])
    expect(nearMisses).toEqual([])
    expect(sentence).toBe(
      's3:GetObject on arn:aws:s3:::b/k is denied: no identity-based policy has a statement that comes near it.',
    )
  })

  it('is the statement that fails in the fewest elements', () => {
    const condition = { StringEquals: { 'k:x': 'a' } }
    const { nearMisses } = explainRead([
      { ...ALLOW, Action: 's3:PutObject', Condition: condition },
      { ...ALLOW, Resource: 'arn:aws:s3:::other/*' },
      { ...ALLOW, Condition: condition },
    ])
    expect(nearMisses.map(({ index }) => index)).toEqual([2, 1])
  })

  it('tells that another layer is closed, too', () => {
    const { nearMisses } = explainRead([{ ...ALLOW, Action: 's3:PutObject' }], {}, { boundary: [] })
    expect(nearMisses[0]?.alsoClosed).toEqual(['boundary'])
    expect(nearMisses[0]?.sentence).toContain('; no permissions boundary allows it either.')
  })

  it('of organization policies is looked for on the level that does not allow', () => {
    const levels = [
      [compile([ALLOW], 'root')],
      [compile([{ ...ALLOW, Action: 's3:PutObject' }], 'unit')],
      [compile([ALLOW], 'account')],
    ]
    const { nearMisses, layer } = explainRead([ALLOW], {}, { serviceControl: levels })
    expect(layer).toBe('service-control')
    expect(nearMisses.map(({ policy, level }) => [policy, level])).toEqual([['unit', 1]])
  })

  it('may be in the policy of the resource', () => {
    const resource = compile([{ ...ALLOW, Principal: { AWS: `arn:aws:iam::${A}:user/alicia` } }], 'bucket')
    const { nearMisses, layer } = explainRead([{ ...ALLOW, Action: 'sqs:*' }], {}, { resource })
    expect(layer).toBe('identity')
    expect(nearMisses.map(({ policy }) => policy)).toEqual(['bucket'])
  })
})
