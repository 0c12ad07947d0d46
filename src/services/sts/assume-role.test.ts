import { hash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  ACCOUNT,
  allow,
  deny,
  NOW,
  OTHER_ACCOUNT,
  PLAIN_SESSION,
  policy,
  type Statement,
  sessionOf,
  userCaller,
} from '../../access/testing/access-fixture.ts'
import type { Caller, SessionTag } from '../../aws/caller.ts'
import { assumeRole } from './assume-role.ts'
import { openSts, refusalOf, type StsFixture } from './testing/sts-fixture.ts'

const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/team/target`
const INPUT = { RoleArn: ROLE_ARN, RoleSessionName: 'work' }
const ALL = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
const ANN = userCaller('ann')

type Input = Parameters<typeof assumeRole.handle>[0]['input']

let sts: StsFixture

beforeEach(async () => {
  sts = await openSts({ awsPolicies: { ReadOnly: policy(allow('s3:Get*')) } })
})

/** Adds the role `/team/target` with a trust policy of one statement. */
function addTarget(principal: unknown, more: Statement = {}, facts: { maxSessionDurationSeconds?: number } = {}) {
  const trust = policy({ Effect: 'Allow', Principal: principal, Action: ALL, ...more })
  return sts.addRole({ name: 'target', path: '/team/', trust, ...facts })
}

function assume(input: Partial<Input> = {}, caller: Caller = ANN) {
  return sts.call(assumeRole, { ...INPUT, ...input }, caller)
}

const denied = (caller: Exclude<Caller, { kind: 'anonymous' }>, action = 'sts:AssumeRole', because = '') =>
  `AccessDenied 403: User: ${caller.arn} is not authorized to perform: ${action} on resource: ${ROLE_ARN}${because}`
const noIdentityPolicy = (action = 'sts:AssumeRole') => ` because no identity-based policy allows the ${action} action`

test('the answer names the session and carries credentials that say the same', async () => {
  const { roleId } = await addTarget({ AWS: ANN.arn })
  const { Credentials, ...answer } = await assume()
  expect(answer).toEqual({
    AssumedRoleUser: { AssumedRoleId: `${roleId}:work`, Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/target/work` },
    PackedPolicySize: undefined,
    SourceIdentity: undefined,
  })
  expect(Credentials?.AccessKeyId).toMatch(/^ASIA/)
  expect(Credentials?.Expiration).toEqual(new Date(Math.floor(NOW / 1000) * 1000 + 3_600_000))
  expect(sts.open(Credentials?.SessionToken)).toMatchObject({
    ...{ kind: 'assumed-role', accountId: ACCOUNT, roleId, roleName: 'target', sessionName: 'work', isChained: false },
    ...{ accessKeyId: Credentials?.AccessKeyId, secretAccessKey: Credentials?.SecretAccessKey },
    ...{ policies: [], tags: [], sourceIdentity: undefined, federatedProvider: undefined },
  })
})

describe('trust', () => {
  test('naming the user is enough inside of an account', async () => {
    await addTarget({ AWS: ANN.arn })
    await expect(assume()).resolves.toBeDefined()
    expect(await refusalOf(assume({}, userCaller('bob')))).toBe(denied(userCaller('bob')))
  })

  test("naming the account needs the caller's own policy too", async () => {
    await addTarget({ AWS: ACCOUNT })
    expect(await refusalOf(assume())).toBe(denied(ANN, 'sts:AssumeRole', noIdentityPolicy()))
    await sts.addUser({ name: 'bob', policy: policy(allow('sts:AssumeRole', { Resource: ROLE_ARN })) })
    await expect(assume({}, userCaller('bob'))).resolves.toBeDefined()
  })

  test('across accounts both sides must allow, however the caller is named', async () => {
    const [may, mayNot] = [userCaller('may', OTHER_ACCOUNT), userCaller('mayNot', OTHER_ACCOUNT)]
    await sts.addUser({ name: 'may', accountId: OTHER_ACCOUNT, policy: policy(allow('sts:AssumeRole')) })
    await addTarget({ AWS: [may.arn, mayNot.arn] })
    await expect(assume({}, may)).resolves.toBeDefined()
    expect(await refusalOf(assume({}, mayNot))).toBe(denied(mayNot, 'sts:AssumeRole', noIdentityPolicy()))
    const stranger = userCaller('stranger', OTHER_ACCOUNT)
    await sts.addUser({ name: 'stranger', accountId: OTHER_ACCOUNT, policy: policy(allow('*')) })
    expect(await refusalOf(assume({}, stranger))).toBe(denied(stranger))
  })

  test('an explicit deny of the caller wins', async () => {
    await addTarget({ AWS: ANN.arn })
    await sts.addUser({ name: 'ann', policy: policy(deny('sts:AssumeRole')) })
    expect(await refusalOf(assume())).toBe(
      denied(ANN, 'sts:AssumeRole', ' with an explicit deny in an identity-based policy'),
    )
  })

  test('a role that does not exist answers as one that does not trust', async () => {
    await sts.addUser({ name: 'ann', policy: policy(allow('*')) })
    const missing = await refusalOf(assume())
    await addTarget({ AWS: userCaller('bob').arn })
    await sts.store.write(async (writes) => writes.changed(`role-name/${ACCOUNT}/target`))
    expect(await refusalOf(assume())).toBe(missing)
    expect(missing).toBe(denied(ANN))
  })

  test('a principal that was deleted and made again is another one', async () => {
    await sts.addRole({
      ...{ name: 'target', path: '/team/', trustPrincipalIds: { [ANN.arn]: 'AIDAOLD' } },
      trust: policy({ Effect: 'Allow', Principal: { AWS: ANN.arn }, Action: 'sts:AssumeRole' }),
    })
    expect(await refusalOf(assume())).toBe(denied(ANN))
  })

  test('an external id must be the one that the trust policy asks for', async () => {
    await addTarget({ AWS: ANN.arn }, { Condition: { StringEquals: { 'sts:ExternalId': 'secret-1' } } })
    await expect(assume({ ExternalId: 'secret-1' })).resolves.toBeDefined()
    expect(await refusalOf(assume({ ExternalId: 'secret-2' }))).toBe(denied(ANN))
    expect(await refusalOf(assume())).toBe(denied(ANN))
  })

  test('the session name and the duration can be demanded', async () => {
    const Condition = {
      StringEquals: { 'sts:RoleSessionName': 'work' },
      NumericLessThanEquals: { 'sts:DurationSeconds': '900' },
    }
    await addTarget({ AWS: ANN.arn }, { Condition })
    await expect(assume({ DurationSeconds: 900 })).resolves.toBeDefined()
    expect(await refusalOf(assume({ DurationSeconds: 901 }))).toBe(denied(ANN))
    expect(await refusalOf(assume({ DurationSeconds: 900, RoleSessionName: 'play' }))).toBe(denied(ANN))
  })

  test('the root user may not assume a role', async () => {
    await addTarget({ AWS: ACCOUNT })
    const root: Caller = {
      ...{ kind: 'root', accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT },
      ...{ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', session: undefined },
    }
    expect(await refusalOf(assume({}, root))).toBe('AccessDenied 403: Roles may not be assumed by root accounts.')
  })

  test('text that is no role ARN is invalid', async () => {
    for (const RoleArn of [`arn:aws:iam::${ACCOUNT}:user/ann`, 'arn:aws:iam::x:role/target']) {
      expect(await refusalOf(assume({ RoleArn }))).toBe(`ValidationError 400: ${RoleArn} is invalid`)
    }
  })
})

describe('duration', () => {
  test("ends with the role's maximum", async () => {
    await addTarget({ AWS: ANN.arn }, {}, { maxSessionDurationSeconds: 7_200 })
    const { Credentials } = await assume({ DurationSeconds: 7_200 })
    expect(Credentials?.Expiration?.getTime()).toBe(Math.floor(NOW / 1000) * 1000 + 7_200_000)
    expect(await refusalOf(assume({ DurationSeconds: 7_201 }))).toBe(
      'ValidationError 400: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  })

  test('is an hour at most where a role assumes a role, whatever its maximum', async () => {
    const first = sessionOf('first')
    await sts.addRole({ name: 'first', trust: policy() })
    await addTarget({ AWS: first.roleArn }, {}, { maxSessionDurationSeconds: 43_200 })
    const { Credentials } = await assume({ DurationSeconds: 3_600 }, first)
    expect(sts.open(Credentials?.SessionToken)?.isChained).toBe(true)
    expect(await refusalOf(assume({ DurationSeconds: 3_601 }, first))).toBe(
      'ValidationError 400: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  })

  test('of a session of GetSessionToken counts as no chaining', async () => {
    await addTarget({ AWS: ANN.arn }, {}, { maxSessionDurationSeconds: 43_200 })
    const { Credentials } = await assume({ DurationSeconds: 43_200 }, { ...ANN, session: PLAIN_SESSION })
    expect(sts.open(Credentials?.SessionToken)?.isChained).toBe(false)
  })
})

describe('session tags', () => {
  const TAGS = [
    { Key: 'Team', Value: 'red' },
    { Key: 'stage', Value: '' },
  ]

  test('go into the session and take their share of its space', async () => {
    await addTarget({ AWS: ANN.arn })
    const { Credentials, PackedPolicySize } = await assume({ Tags: TAGS, TransitiveTagKeys: ['team'] })
    expect(sts.open(Credentials?.SessionToken)?.tags).toEqual([
      { key: 'Team', value: 'red', isTransitive: true },
      { key: 'stage', value: '', isTransitive: false },
    ])
    expect(PackedPolicySize).toBeGreaterThan(0)
    expect(PackedPolicySize).toBeLessThan(10)
  })

  test('need sts:TagSession, with the tags as condition keys', async () => {
    await addTarget({ AWS: ANN.arn }, { Action: 'sts:AssumeRole' })
    await expect(assume()).resolves.toBeDefined()
    expect(await refusalOf(assume({ Tags: TAGS }))).toBe(denied(ANN, 'sts:TagSession'))
  })

  test('can be demanded by the trust policy', async () => {
    const Condition = {
      StringEquals: { 'aws:RequestTag/Team': 'red' },
      'ForAllValues:StringEquals': { 'sts:TransitiveTagKeys': ['Team'], 'aws:TagKeys': ['Team', 'stage'] },
    }
    await addTarget({ AWS: ANN.arn }, { Condition })
    await expect(assume({ Tags: TAGS, TransitiveTagKeys: ['Team'] })).resolves.toBeDefined()
    expect(await refusalOf(assume({ Tags: [{ Key: 'Team', Value: 'blue' }] }))).toBe(denied(ANN))
    expect(await refusalOf(assume({ Tags: [...TAGS, { Key: 'more', Value: '' }] }))).toBe(denied(ANN))
    expect(await refusalOf(assume({ Tags: TAGS, TransitiveTagKeys: ['Team', 'stage'] }))).toBe(denied(ANN))
  })

  test('are refused where keys repeat without case, or a transitive key is none of them', async () => {
    await addTarget({ AWS: ANN.arn })
    const Tags = [...TAGS, { Key: 'TEAM', Value: 'blue' }]
    expect(await refusalOf(assume({ Tags }))).toBe(
      'InvalidParameterValue 400: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    )
    expect(await refusalOf(assume({ Tags: TAGS, TransitiveTagKeys: ['other'] }))).toBe(
      'InvalidParameterValue 400: The specified transitive tag key must be included in the requested tags.',
    )
  })

  test('that do not fit are refused with their share', async () => {
    await addTarget({ AWS: ANN.arn })
    const noise = (index: number) => hash('sha512', String(index), 'hex').repeat(2)
    const Tags = Array.from({ length: 30 }, (_, index) => ({ Key: `k${index}`, Value: noise(index) }))
    expect(await refusalOf(assume({ Tags }))).toMatch(
      /^PackedPolicyTooLarge 400: Packed size of session tags consumes [1-9]\d\d% of allotted space\.$/,
    )
  })

  describe('of the calling session', () => {
    const inherited: SessionTag[] = [
      { key: 'Team', value: 'red', isTransitive: true },
      { key: 'stage', value: 'prod', isTransitive: false },
    ]
    const first = sessionOf('first', { session: { tags: inherited } })

    beforeEach(async () => {
      await sts.addRole({ name: 'first', trust: policy() })
    })

    test('go on where they are transitive', async () => {
      await addTarget({ AWS: first.roleArn })
      const { Credentials } = await assume({ Tags: [{ Key: 'stage', Value: 'test' }] }, first)
      expect(sts.open(Credentials?.SessionToken)?.tags).toEqual([
        { key: 'stage', value: 'test', isTransitive: false },
        { key: 'Team', value: 'red', isTransitive: true },
      ])
    })

    test('need sts:TagSession too', async () => {
      await addTarget({ AWS: first.roleArn }, { Action: 'sts:AssumeRole' })
      expect(await refusalOf(assume({}, first))).toBe(denied(first, 'sts:TagSession'))
      const untagged = sessionOf('first', { session: { tags: inherited.slice(1) } })
      await expect(assume({}, untagged)).resolves.toBeDefined()
    })

    test('cannot be overridden', async () => {
      await addTarget({ AWS: first.roleArn })
      expect(await refusalOf(assume({ Tags: [{ Key: 'team', Value: 'blue' }] }, first))).toBe(
        "InvalidParameterValue 400: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
      )
    })
  })
})

describe('source identity', () => {
  test('needs sts:SetSourceIdentity and stays in the session', async () => {
    await addTarget({ AWS: ANN.arn }, { Condition: { StringEqualsIfExists: { 'sts:SourceIdentity': 'ann' } } })
    const answer = await assume({ SourceIdentity: 'ann' })
    expect(answer.SourceIdentity).toBe('ann')
    expect(sts.open(answer.Credentials?.SessionToken)?.sourceIdentity).toBe('ann')
    expect(await refusalOf(assume({ SourceIdentity: 'bob' }))).toBe(denied(ANN))
  })

  test('is refused without that permission', async () => {
    await addTarget({ AWS: ANN.arn }, { Action: 'sts:AssumeRole' })
    expect(await refusalOf(assume({ SourceIdentity: 'ann' }))).toBe(denied(ANN, 'sts:SetSourceIdentity'))
  })

  test('goes on when roles are chained, and cannot be changed', async () => {
    const first = sessionOf('first', { session: { sourceIdentity: 'ann' } })
    await sts.addRole({ name: 'first', trust: policy() })
    await addTarget({ AWS: first.roleArn })
    const { Credentials } = await assume({}, first)
    expect(sts.open(Credentials?.SessionToken)?.sourceIdentity).toBe('ann')
    await expect(assume({ SourceIdentity: 'ann' }, first)).resolves.toMatchObject({ SourceIdentity: 'ann' })
    expect(await refusalOf(assume({ SourceIdentity: 'bob' }, first))).toMatch('AccessDenied 403: The source identity')
  })
})

describe('session policies', () => {
  const inline = policy(allow('s3:GetObject'))
  const readOnly = 'arn:aws:iam::aws:policy/ReadOnly'

  beforeEach(() => addTarget({ AWS: ANN.arn }))

  test('go into the session, managed ones first', async () => {
    const own = await sts.addManagedPolicy('Own', inline)
    const answer = await assume({ Policy: inline, PolicyArns: [{ arn: own }, { arn: readOnly }] })
    expect(sts.open(answer.Credentials?.SessionToken)?.policies).toEqual([
      { kind: 'managed', policyArn: own },
      { kind: 'managed', policyArn: readOnly },
      { kind: 'inline', document: inline },
    ])
    expect(answer.PackedPolicySize).toBeGreaterThan(0)
  })

  test("must be the role's account's or AWS's; one of another account answers as one that does not exist", async () => {
    const theirs = await sts.addManagedPolicy('Theirs', inline, OTHER_ACCOUNT)
    for (const arn of [theirs, `arn:aws:iam::${ACCOUNT}:policy/None`, 'arn:aws:iam::aws:policy/None', ROLE_ARN]) {
      expect(await refusalOf(assume({ PolicyArns: [{ arn }] }))).toBe(
        `ValidationError 400: Policy ${arn} does not exist or is not attachable.`,
      )
    }
  })

  test.each([
    ['{', 'Syntax errors in policy.'],
    [policy({ ...allow('s3:*'), Principal: '*' }), 'Policy document should not specify a principal.'],
  ])('must be policies: %s', async (Policy, message) => {
    expect(await refusalOf(assume({ Policy }))).toBe(`MalformedPolicyDocument 400: ${message}`)
  })

  test('take 2,048 characters at most, ARNs included', async () => {
    const padded = (characters: number) => inline + ' '.repeat(characters - inline.length)
    await expect(assume({ Policy: padded(2_048) })).resolves.toBeDefined()
    expect(await refusalOf(assume({ Policy: padded(2_049) }))).toBe(
      'PackedPolicyTooLarge 400: Packed policy consumes 101% of allotted space, please use smaller policy.',
    )
    const PolicyArns = [{ arn: readOnly }]
    await expect(assume({ Policy: padded(2_048 - readOnly.length), PolicyArns })).resolves.toBeDefined()
    expect(await refusalOf(assume({ Policy: padded(2_049 - readOnly.length), PolicyArns }))).toMatch('PackedPolicy')
  })
})

describe('what is not built is refused, not ignored', () => {
  beforeEach(() => addTarget({ AWS: ANN.arn }))

  test.each([{ SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/ann`, TokenCode: '123456' }, { TokenCode: '123456' }])(
    'MFA: %o',
    async (input) => {
      expect(await refusalOf(assume(input))).toMatch('AccessDenied 403: MultiFactorAuthentication failed')
    },
  )

  test('provided contexts', async () => {
    expect(await refusalOf(assume({ ProvidedContexts: [{}] }))).toMatch('ValidationError 400: ProvidedContexts are not')
  })
})
