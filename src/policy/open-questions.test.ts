// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables
import { describe, expect, it } from 'vitest'
import { compilePolicyText } from './compile.ts'
import { evaluate } from './evaluate.ts'
import { OPEN_QUESTIONS } from './open-questions.ts'
import type { ContextValue, PolicySets, RequestPrincipal } from './request.ts'
import { validatePolicy } from './validate/validate.ts'

const A = '111122223333'
const session: RequestPrincipal = {
  type: 'assumed-role',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/app/s`,
  roleArn: `arn:aws:iam::${A}:role/app`,
}

const policy = (...statements: readonly object[]) =>
  compilePolicyText(JSON.stringify({ Version: '2012-10-17', Statement: statements }), { source: 'test' })

function decide(sets: Partial<PolicySets>, context: Record<string, ContextValue> = {}, resource = 'arn:aws:s3:::b/k') {
  const request = {
    principal: session,
    action: 's3:GetObject',
    resource,
    resourceAccount: A,
    context: new Map(Object.entries(context)),
  }
  return evaluate(request, { identity: [], ...sets }).decision
}

/** What an Allow and a Deny with this condition do. */
function conditioned(condition: object, value: ContextValue): readonly string[] {
  return ['Allow', 'Deny'].map((Effect) =>
    decide(
      { identity: [policy({ Effect, Action: '*', Resource: '*', Condition: condition })] },
      { 'k:x': value, 'k:y': 'true' },
    ),
  )
}

const HOLDS = ['allowed', 'explicitDeny']
const DOES_NOT_HOLD = ['implicitDeny', 'implicitDeny']

const allow = { Effect: 'Allow', Action: '*', Resource: '*' }

describe('open questions', () => {
  it('have a number each, without gaps', () => {
    expect(Object.values(OPEN_QUESTIONS).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('1: a session policy limits what plain "*" grants', () => {
    const resource = policy({ ...allow, Principal: '*' })
    expect(decide({ resource })).toBe('allowed')
    expect(decide({ resource, session: [policy({ ...allow, Action: 'sqs:*' })] })).toBe('implicitDeny')
  })

  it('2: a plain operator holds for any value of a list', () => {
    expect(conditioned({ StringEquals: { 'k:x': 'b' } }, ['a', 'b'])).toEqual(HOLDS)
    expect(conditioned({ StringNotEquals: { 'k:x': 'b' } }, ['a', 'b'])).toEqual(DOES_NOT_HOLD)
  })

  it('3: an empty string is null for set operators only', () => {
    expect(conditioned({ 'ForAllValues:StringEquals': { 'k:x': 'a' } }, '')).toEqual(HOLDS)
    expect(conditioned({ 'ForAnyValue:StringEquals': { 'k:x': '' } }, '')).toEqual(DOES_NOT_HOLD)
    expect(conditioned({ Null: { 'k:x': 'true' } }, '')).toEqual(DOES_NOT_HOLD)
    expect(conditioned({ StringEquals: { 'k:x': '' } }, '')).toEqual(HOLDS)
  })

  it('4: Bool matches neither for other text', () => {
    expect(conditioned({ Bool: { 'k:x': 'true' } }, 'maybe')).toEqual(DOES_NOT_HOLD)
    expect(conditioned({ Bool: { 'k:x': 'false' } }, 'maybe')).toEqual(DOES_NOT_HOLD)
  })

  it('5: BinaryEquals compares bytes given as base64', () => {
    expect(conditioned({ BinaryEquals: { 'k:x': 'QQ==' } }, 'QQ')).toEqual(HOLDS)
    expect(conditioned({ BinaryEquals: { 'k:x': 'QQ==' } }, 'A')).toEqual(DOES_NOT_HOLD)
  })

  it('6: a short ARN is padded, in resource policies only with a wildcard', () => {
    const identity = (Resource: string) => decide({ identity: [policy({ ...allow, Resource })] })
    const resource = (Resource: string) =>
      decide({ resource: policy({ ...allow, Resource, Principal: { AWS: session.arn } }) })
    expect(identity('arn:aws:s3')).toBe('allowed')
    expect(resource('arn:aws:s3:*')).toBe('allowed')
    expect(resource('arn:aws:s3')).toBe('implicitDeny')
  })

  it('7: role and session ARNs compare with case', () => {
    const named = (AWS: string) => decide({ resource: policy({ ...allow, Principal: { AWS } }) })
    expect(named(`arn:aws:sts::${A}:assumed-role/app/s`)).toBe('allowed')
    expect(named(`arn:aws:sts::${A}:assumed-role/App/s`)).toBe('implicitDeny')
    expect(named(`arn:aws:iam::${A}:role/App`)).toBe('implicitDeny')
  })

  it('8: ArnNot… on other text counts against the caller', () => {
    for (const operator of ['ArnNotEquals', 'ArnNotLike', 'ForAnyValue:ArnNotLike']) {
      expect(conditioned({ [operator]: { 'k:x': 'arn:aws:s3:::b' } }, 'no arn')).toEqual([
        'implicitDeny',
        'explicitDeny',
      ])
    }
  })

  it('9: variables are replaced in Bool', () => {
    expect(conditioned({ Bool: { 'k:x': '${k:y}' } }, 'true')).toEqual(HOLDS)
  })

  it('10: operator names compare with case: refused when saved, and a Deny denies', () => {
    const document = { Version: '2012-10-17', Statement: [{ ...allow, Condition: { stringEquals: { 'k:x': 'a' } } }] }
    expect(validatePolicy(JSON.stringify(document), 'managed')?.message).toBe('Syntax errors in policy.')
    expect(conditioned({ stringEquals: { 'k:x': 'a' } }, 'a')).toEqual(['implicitDeny', 'explicitDeny'])
    expect(conditioned({ stringEquals: { 'k:x': 'a' } }, 'b')).toEqual(['implicitDeny', 'explicitDeny'])
  })

  it('11: a wildcard in the type part of a resource matches', () => {
    expect(
      decide({ identity: [policy({ ...allow, Resource: 'arn:aws:ec2:*:*:*/*' })] }, {}, 'arn:aws:ec2:r:1:instance/i'),
    ).toBe('allowed')
  })
})
