// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { PolicyDocument } from '../document/document.ts'
import { parsePolicy } from '../document/parse.ts'
import { evaluate } from '../evaluate.ts'
import type { AccessRequest, RequestPrincipal } from '../request.ts'
import { ACCOUNT, compileDocument, policies, requests, statements } from '../testing/random-policies.ts'
import { type AccessCheck, checkAccessNotGranted, checkNoNewAccess } from './access-check.ts'
import { checkNoPublicAccess } from './public-access.ts'

const ALLOW = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/*' }

function policyOf(...given: readonly object[]): PolicyDocument {
  return documentOf({ Version: '2012-10-17', Statement: given.map((one) => ({ ...ALLOW, ...one })) })
}

function documentOf(policy: object): PolicyDocument {
  const { document } = parsePolicy(JSON.stringify(policy))
  if (!document) throw new Error('not a policy')
  return document
}

const PASS: AccessCheck = { passes: true, statements: [] }
const fail = (...statementIndexes: readonly number[]): AccessCheck => ({ passes: false, statements: statementIndexes })
const when = (operator: string, key: string, value: unknown) => ({ Condition: { [operator]: { [key]: value } } })

describe('checkNoNewAccess', () => {
  test.each<[what: string, after: readonly object[], before: readonly object[], answer: AccessCheck]>([
    ['the same policy', [{}], [{}], PASS],
    ['an action more', [{ Action: ['s3:GetObject', 's3:PutObject'] }], [{}], fail(0)],
    ['an action of a pattern', [{ Action: 'S3:getobject' }], [{ Action: 's3:Get*' }], PASS],
    ['a wider pattern', [{ Action: 's3:*' }], [{ Action: 's3:Get*' }], fail(0)],
    [
      'actions from several statements',
      [{ Action: ['s3:GetObject', 's3:PutObject'] }],
      [{}, { Action: 's3:PutObject' }],
      PASS,
    ],
    ['a narrower resource', [{ Resource: 'arn:aws:s3:::bucket/a/*' }], [{}], PASS],
    [
      'a field that a wildcard does not cross',
      [{ Resource: 'arn:aws:s3:a:b:c' }],
      [{ Resource: 'arn:aws:s3:*:c' }],
      fail(0),
    ],
    ['a variable inside a wildcard', [{ Resource: 'arn:aws:s3:::bucket/${aws:username}/*' }], [{}], PASS],
    ['a wildcard in place of a variable', [{}], [{ Resource: 'arn:aws:s3:::bucket/${aws:username}/*' }], fail(0)],
    [
      'NotAction that excepts more',
      [{ Action: undefined, NotAction: ['iam:*', 's3:*'] }],
      [{ Action: undefined, NotAction: 'iam:*' }],
      PASS,
    ],
    [
      'NotAction that excepts less',
      [{ Action: undefined, NotAction: 'iam:Get*' }],
      [{ Action: undefined, NotAction: 'iam:*' }],
      fail(0),
    ],
    [
      'an action that NotAction excepts',
      [{ Action: 'iam:GetRole' }],
      [{ Action: undefined, NotAction: 'iam:*' }],
      fail(0),
    ],
    [
      'no Resource, as in a trust policy, and NotResource that excepts all',
      [{ Resource: undefined, Principal: '*' }],
      [{ Resource: undefined, NotResource: '*', Principal: '*' }],
      fail(0),
    ],
    [
      'no Resource, as in a trust policy, and a Resource of all',
      [{ Resource: undefined, Principal: '*' }],
      [{ Resource: '*', Principal: '*' }],
      PASS,
    ],
    ['a condition more', [when('Bool', 'aws:SecureTransport', 'true')], [{}], PASS],
    ['a condition less', [{}], [when('Bool', 'aws:SecureTransport', 'true')], fail(0)],
    [
      'a value less',
      [when('StringEquals', 'aws:username', 'a')],
      [when('StringEquals', 'AWS:UserName', ['a', 'b'])],
      PASS,
    ],
    [
      'a value more',
      [when('StringEquals', 'aws:username', ['a', 'c'])],
      [when('StringEquals', 'aws:username', 'a')],
      fail(0),
    ],
    [
      'an excepted value less',
      [when('StringNotEquals', 'aws:username', 'a')],
      [when('StringNotEquals', 'aws:username', ['a', 'b'])],
      fail(0),
    ],
    [
      'an excepted value more',
      [when('StringNotEquals', 'aws:username', ['a', 'b'])],
      [when('StringNotEquals', 'aws:username', 'a')],
      PASS,
    ],
    [
      'IfExists',
      [when('StringEqualsIfExists', 'aws:username', 'a')],
      [when('StringEquals', 'aws:username', 'a')],
      fail(0),
    ],
    ['a Deny dropped', [{}], [{}, { Effect: 'Deny', Resource: 'arn:aws:s3:::bucket/secret/*' }], fail(0)],
    [
      'a Deny kept',
      [{}, { Effect: 'Deny', Resource: 'arn:aws:s3:::bucket/s*' }],
      [{}, { Effect: 'Deny', Resource: 'arn:aws:s3:::bucket/secret/*' }],
      PASS,
    ],
    ['a Deny of something else dropped', [{}], [{}, { Effect: 'Deny', Action: 's3:PutObject' }], PASS],
    [
      'new access that a Deny takes back',
      [{ Action: 's3:*' }, { Effect: 'Deny', Action: 's3:*', Resource: '*' }],
      [{}],
      PASS,
    ],
    [
      'new access that a Deny takes back under a condition',
      [{ Action: 's3:*' }, { Effect: 'Deny', Action: 's3:*', ...when('Bool', 'aws:SecureTransport', 'false') }],
      [{}],
      fail(0),
    ],
    [
      'a statement that never applies',
      [when('StringMatches', 'aws:username', 'a')],
      [when('StringMatches', 'aws:username', 'a')],
      fail(0),
    ],
  ])('%s', (_, after, before, answer) => {
    expect(checkNoNewAccess(policyOf(...after), policyOf(...before))).toEqual(answer)
  })

  test.each<[what: string, after: unknown, before: unknown, passes: boolean]>([
    ['the account in its other spelling', { AWS: 'arn:aws:iam::111122223333:root' }, { AWS: '111122223333' }, true],
    [
      'a user of an account that was trusted',
      { AWS: 'arn:aws:iam::111122223333:user/a' },
      { AWS: '111122223333' },
      false,
    ],
    ['one of everybody', { AWS: 'arn:aws:iam::111122223333:user/a' }, '*', true],
    ['a provider, which is not of everybody', { Federated: 'accounts.google.com' }, '*', false],
    ['everybody', '*', { AWS: '111122223333' }, false],
    ['a principal more', { AWS: ['111122223333', '444455556666'] }, { AWS: '111122223333' }, false],
  ])('principals: %s', (_, after, before, passes) => {
    expect(checkNoNewAccess(policyOf({ Principal: after }), policyOf({ Principal: before })).passes).toBe(passes)
  })
})

describe('checkAccessNotGranted', () => {
  test.each<[what: string, policy: readonly object[], access: readonly [string[]?, string[]?], answer: AccessCheck]>([
    ['another action', [{}], [['s3:PutObject']], PASS],
    ['the action', [{}], [['s3:getobject']], fail(0)],
    ['a pattern that has the action', [{ Action: 's3:*' }], [['s3:GetObject']], fail(0)],
    ['patterns that can meet', [{ Action: 's3:Get*' }], [['s3:*Object']], fail(0)],
    ['patterns that cannot meet', [{ Action: 's3:Get*' }], [['s3:Put*']], PASS],
    ['NotAction', [{ Action: undefined, NotAction: 'iam:*' }], [['s3:GetObject']], fail(0)],
    ['what NotAction excepts', [{ Action: undefined, NotAction: 's3:*' }], [['s3:GetObject']], PASS],
    ['another resource', [{}], [undefined, ['arn:aws:s3:::other/*']], PASS],
    ['the resource', [{}], [undefined, ['arn:aws:s3:::bucket/a']], fail(0)],
    ['both', [{}], [['s3:GetObject'], ['arn:aws:s3:::other/*']], PASS],
    ['under a condition', [when('Bool', 'aws:SecureTransport', 'true')], [['s3:GetObject']], fail(0)],
    [
      'denied',
      [{ Action: 's3:*' }, { Effect: 'Deny', Action: 's3:GetObject', Resource: '*' }],
      [['s3:GetObject']],
      PASS,
    ],
    [
      'denied on a part',
      [{ Action: 's3:*' }, { Effect: 'Deny', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/a' }],
      [['s3:GetObject']],
      fail(0),
    ],
    ['the second statement', [{}, { Action: 's3:PutObject' }], [['s3:PutObject']], fail(1)],
  ])('%s', (_, policy, [actions, resources], answer) => {
    expect(checkAccessNotGranted(policyOf(...policy), [{ actions, resources }])).toEqual(answer)
  })
})

describe('checkNoPublicAccess', () => {
  test.each<[what: string, statement: object, passes: boolean]>([
    ['a user', { Principal: { AWS: 'arn:aws:iam::111122223333:user/JohnDoe' } }, true],
    ['everybody', { Principal: '*' }, false],
    ['everybody as a list', { Principal: { AWS: ['111122223333', '*'] } }, false],
    ['everybody but one', { Principal: undefined, NotPrincipal: { AWS: '111122223333' } }, false],
    ['a service', { Principal: { Service: 'cloudtrail.amazonaws.com' } }, true],
    [
      'everybody in an organization',
      { Principal: '*', ...when('StringEquals', 'aws:PrincipalOrgID', 'o-abcdefghij') },
      true,
    ],
    ['everybody in some organization', { Principal: '*', ...when('StringLike', 'aws:PrincipalOrgID', 'o-*') }, false],
    [
      'where the key is there',
      { Principal: '*', ...when('StringEqualsIfExists', 'aws:PrincipalOrgID', 'o-abcdefghij') },
      false,
    ],
    ['from an address range', { Principal: '*', ...when('IpAddress', 'aws:SourceIp', '203.0.113.0/24') }, true],
    ['from anywhere', { Principal: '*', ...when('IpAddress', 'aws:SourceIp', '0.0.0.0/1') }, false],
    ['from elsewhere', { Principal: '*', ...when('NotIpAddress', 'aws:SourceIp', '203.0.113.0/24') }, false],
    ['with a header', { Principal: '*', ...when('StringEquals', 'aws:Referer', 'secret') }, false],
    [
      'for a topic of one account',
      { Principal: '*', ...when('ArnLike', 'aws:SourceArn', 'arn:aws:sns:*:111122223333:*') },
      true,
    ],
    [
      'for a topic of any account',
      { Principal: '*', ...when('ArnLike', 'aws:SourceArn', 'arn:aws:sns:us-east-1:*:topic') },
      false,
    ],
    [
      'as the caller says',
      { Principal: '*', ...when('StringEquals', 'aws:SourceAccount', '${aws:PrincipalTag/a}') },
      false,
    ],
    [
      'every workflow on GitHub',
      {
        Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Resource: undefined,
      },
      false,
    ],
    [
      'a cluster',
      {
        Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Resource: undefined,
      },
      true,
    ],
  ])('%s', (_, statement, passes) => {
    expect(checkNoPublicAccess(policyOf(statement)).passes).toBe(passes)
  })

  it('passes where a Deny covers what everybody may', () => {
    expect(
      checkNoPublicAccess(policyOf({ Principal: '*' }, { Effect: 'Deny', Principal: '*', Resource: '*' })),
    ).toEqual(PASS)
    expect(checkNoPublicAccess(policyOf({}, { Principal: '*' }))).toEqual(fail(1))
  })
})

/** What passes is held against the evaluator, on random policies and requests. */
describe('a check that passes is right', () => {
  const isDocument = (policy: object): boolean => {
    const { document, problems } = parsePolicy(JSON.stringify(policy))
    return document !== undefined && problems.length === 0
  }
  /** Statements of one policy, some narrowed, with a Deny now and then: pairs that often pass. */
  const pairsOfPolicies = (withPrincipal: boolean) =>
    fc
      .tuple(
        fc.array(statements(withPrincipal), { minLength: 1, maxLength: 3 }),
        fc.array(statements(withPrincipal), { maxLength: 2 }),
        fc.array(fc.nat(5), { minLength: 3, maxLength: 3 }),
      )
      .map(([shared, added, edits]) => {
        const version = { Version: '2012-10-17' }
        const after = shared.flatMap((one, i) => editOf(one, edits[i] ?? 0))
        return {
          before: { ...version, Statement: shared },
          after: {
            ...version,
            Statement: [
              ...after,
              ...added.filter((one) => 'Effect' in one && (one.Effect === 'Deny' || (edits[0] ?? 0) > 4)),
            ],
          },
        }
      })
      .filter(({ before, after }) => after.Statement.length > 0 && isDocument(before) && isDocument(after))

  const editOf = (one: object, edit: number): object[] => {
    if (edit === 0) return []
    if (edit === 1)
      return [{ ...one, Resource: 'arn:aws:s3:::b/k' }].map(({ ...rest }) => ('NotResource' in rest ? one : rest))
    return [one]
  }

  const isAskable = ({ principal, action }: AccessRequest): boolean =>
    principal.type !== 'root' && action.toLowerCase() !== 'sts:getcalleridentity'

  it.each([false, true])('no new access (resource policy: %s)', (isResource) => {
    let passed = 0
    fc.assert(
      fc.property(
        pairsOfPolicies(isResource),
        fc.array(requests.filter(isAskable), { minLength: 10, maxLength: 10 }),
        ({ before, after }, asked) => {
          if (!checkNoNewAccess(documentOf(after), documentOf(before)).passes) return
          passed++
          const [compiledAfter, compiledBefore] = [compileDocument(after), compileDocument(before)]
          for (const request of asked) {
            const sets = (policy: typeof compiledAfter) =>
              isResource ? { identity: [], resource: policy } : { identity: [policy] }
            if (evaluate(request, sets(compiledAfter)).decision !== 'allowed') continue
            expect(evaluate(request, sets(compiledBefore)).decision).toBe('allowed')
          }
        },
      ),
      { numRuns: 3_000 },
    )
    expect(passed).toBeGreaterThan(100)
  })

  const access = fc.record(
    {
      actions: fc.array(fc.constantFrom('s3:GetObject', 's3:*', 's3:Get*', 'sqs:*', 'sts:AssumeRole', '*'), {
        minLength: 1,
        maxLength: 2,
      }),
      resources: fc.array(fc.constantFrom('arn:aws:s3:::b/k', 'arn:aws:s3:::b/*', 'arn:aws:s3:::c/*', '*'), {
        minLength: 1,
        maxLength: 2,
      }),
    },
    { requiredKeys: ['actions'] },
  )

  it('access not granted', () => {
    let passed = 0
    fc.assert(
      fc.property(
        policies().filter(isDocument),
        access,
        fc.array(requests.filter(isAskable), { minLength: 10, maxLength: 10 }),
        (policy, wanted, asked) => {
          if (!checkAccessNotGranted(documentOf(policy), [wanted]).passes) return
          passed++
          const compiled = compileDocument(policy)
          const { actions, resources = ['*'] } = wanted
          const inAccess = compileDocument({
            Version: '2012-10-17',
            Statement: { Effect: 'Allow', Action: actions, Resource: resources },
          })
          for (const request of asked) {
            if (evaluate(request, { identity: [inAccess] }).decision !== 'allowed') continue
            expect(evaluate(request, { identity: [compiled] }).decision).not.toBe('allowed')
          }
        },
      ),
      { numRuns: 3_000 },
    )
    expect(passed).toBeGreaterThan(100)
  })

  it('no public access', () => {
    const STRANGER: RequestPrincipal = {
      type: 'user',
      accountId: '999988887777',
      arn: 'arn:aws:iam::999988887777:user/x',
    }
    const everything = compileDocument({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
    })
    let passed = 0
    fc.assert(
      fc.property(
        policies(true).filter(isDocument),
        fc.array(requests.filter(isAskable), { minLength: 10, maxLength: 10 }),
        (policy, asked) => {
          if (!checkNoPublicAccess(documentOf(policy)).passes) return
          passed++
          const compiled = compileDocument(policy)
          for (const request of asked) {
            for (const principal of [STRANGER, { type: 'anonymous' } as const]) {
              // A stranger's own ARN is what AWS says it is; the random context may say otherwise.
              const context = { get: (key: string) => (key.startsWith('aws:') ? undefined : request.context.get(key)) }
              const sets = { identity: [everything], resource: compiled }
              expect(evaluate({ ...request, principal, context, resourceAccount: ACCOUNT }, sets).decision).not.toBe(
                'allowed',
              )
            }
          }
        },
      ),
      { numRuns: 2_000 },
    )
    expect(passed).toBeGreaterThan(100)
  })

  it('takes bounded time', () => {
    const many = (count: number, prefix: string): string[] => Array.from({ length: count }, (_, i) => `${prefix}*${i}*`)
    const policy = policyOf({ Action: many(4_000, 's3:'), Resource: many(4_000, 'arn:aws:s3:::') })
    const other = policyOf({ Action: many(4_000, 's3:a'), Resource: many(4_000, 'arn:aws:s3:::a') })
    const start = performance.now()
    expect(checkNoNewAccess(policy, other).passes).toBe(false)
    expect(
      checkAccessNotGranted(policy, [{ actions: many(100, 'sqs:'), resources: many(100, 'arn:aws:s3:::b') }]).passes,
    ).toBe(true)
    expect(performance.now() - start).toBeLessThan(8_000)
  })

  it('takes bounded time for long patterns, too', () => {
    const long = (longest: number) => Array.from({ length: 100 }, (_, i) => `arn:aws:s3:::${'?'.repeat(longest - i)}`)
    const after = policyOf({ Resource: long(900) })
    const before = policyOf({ Resource: '*' }, { Effect: 'Deny', Resource: long(800) })
    const start = performance.now()
    expect(checkNoNewAccess(after, before).passes).toBe(false)
    expect(checkAccessNotGranted(after, [{ actions: ['s3:GetObject'], resources: long(800) }]).passes).toBe(false)
    expect(performance.now() - start).toBeLessThan(3_000)
  })

  it('takes bounded time, and passes nothing that it did not get to', () => {
    const everybody = { Principal: '*', Action: 's3:GetObject', Resource: '*' }
    const denies = Array.from({ length: 1_500 }, () => ({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: '*',
    }))
    const covered = { Effect: 'Deny', ...everybody }
    expect(checkNoPublicAccess(policyOf(everybody, ...denies, covered)).passes).toBe(true)
    const allows = Array.from({ length: 1_500 }, () => everybody)
    expect(checkNoPublicAccess(policyOf(...allows, ...denies, covered)).statements).toContain(1_499)
  })
})
