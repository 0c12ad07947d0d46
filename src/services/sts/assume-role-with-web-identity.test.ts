import { beforeEach, describe, expect, test } from 'vitest'
import { ACCOUNT, allow, NOW, policy, type Statement, uniqueIdOf } from '../../access/testing/access-fixture.ts'
import type { Caller } from '../../aws/caller.ts'
import type { WebIdentity } from '../../oidc/web-identity.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { openSts, refusalOf, type StsFixture } from './testing/sts-fixture.ts'

const ISSUER = 'oidc.example.com/id/1'
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${ISSUER}`
const SUBJECT = 'system:serviceaccount:default:app'
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/app`
const ANONYMOUS: Caller = { kind: 'anonymous' }
const NOT_AUTHORIZED = 'AccessDenied 403: Not authorized to perform sts:AssumeRoleWithWebIdentity'
const ALL = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity']

const IDENTITY: WebIdentity = {
  ...{ issuer: `https://${ISSUER}`, providerArn: PROVIDER, subject: SUBJECT, audience: 'sts.amazonaws.com' },
  ...{ claims: {}, expiresAt: NOW + 3_600_000, issuedAt: NOW },
  conditionKeys: { [`${ISSUER}:sub`]: SUBJECT, [`${ISSUER}:aud`]: 'sts.amazonaws.com' },
}

type Input = Parameters<typeof assumeRoleWithWebIdentity.handle>[0]['input']

let sts: StsFixture

beforeEach(async () => {
  sts = await openSts()
  sts.tokens.set('good', IDENTITY)
})

function addRole(statement: Statement = {}) {
  const whole = {
    ...{ Effect: 'Allow', Principal: { Federated: PROVIDER }, Action: ALL },
    Condition: { StringEquals: { [`${ISSUER}:sub`]: SUBJECT, [`${ISSUER}:aud`]: 'sts.amazonaws.com' } },
    ...statement,
  }
  return sts.addRole({ name: 'app', trust: policy(whole), maxSessionDurationSeconds: 7_200 })
}

function assume(input: Partial<Input> = {}) {
  const whole = { RoleArn: ROLE_ARN, RoleSessionName: 'pod', WebIdentityToken: 'good', ...input }
  return sts.call(assumeRoleWithWebIdentity, whole, ANONYMOUS)
}

test('a trusted identity gets a session that knows where it comes from', async () => {
  await addRole()
  const { Credentials, ...answer } = await assume()
  const roleId = uniqueIdOf('AROA', ACCOUNT, 'app')
  expect(answer).toEqual({
    AssumedRoleUser: { AssumedRoleId: `${roleId}:pod`, Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/pod` },
    ...{ SubjectFromWebIdentityToken: SUBJECT, Provider: PROVIDER, Audience: 'sts.amazonaws.com' },
    ...{ PackedPolicySize: undefined, SourceIdentity: undefined },
  })
  expect(sts.open(Credentials?.SessionToken)).toMatchObject({
    ...{ roleId, sessionName: 'pod', isChained: false, federatedProvider: PROVIDER },
    federatedContext: IDENTITY.conditionKeys,
  })
})

test('a line break at the end of the token file does not matter', async () => {
  await addRole()
  await expect(assume({ WebIdentityToken: 'good\n' })).resolves.toBeDefined()
})

describe('refusals', () => {
  test('another subject', async () => {
    await addRole()
    const other = { [`${ISSUER}:sub`]: `${SUBJECT}2`, [`${ISSUER}:aud`]: 'sts.amazonaws.com' }
    sts.tokens.set('good', { ...IDENTITY, conditionKeys: other })
    expect(await refusalOf(assume())).toBe(NOT_AUTHORIZED)
  })

  test.each([
    ['another provider', { Principal: { Federated: `${PROVIDER}2` } }],
    ['another action', { Action: 'sts:AssumeRole' }],
    ['a deny', { Effect: 'Deny' }],
    ['a demanded session name', { Condition: { StringEquals: { 'sts:RoleSessionName': 'other' } } }],
    ['a demanded provider', { Condition: { StringEquals: { 'aws:FederatedProvider': `${PROVIDER}2` } } }],
  ])('by the trust policy: %s', async (_, statement) => {
    await addRole(statement)
    expect(await refusalOf(assume())).toBe(NOT_AUTHORIZED)
  })

  test('a role that does not exist answers as one that does not trust, also for tokens with tags', async () => {
    expect(await refusalOf(assume())).toBe(NOT_AUTHORIZED)
    sts.tokens.set('good', { ...IDENTITY, claims: { 'https://aws.amazon.com/source_identity': 'ann' } })
    expect(await refusalOf(assume())).toBe(NOT_AUTHORIZED)
  })

  test('a bad token is told before anything of a role, whether the role exists or not', async () => {
    const bad = () => refusalOf(assume({ WebIdentityToken: 'bad', DurationSeconds: 43_200 }))
    const without = await bad()
    await addRole()
    expect(await bad()).toBe(without)
    expect(without).toBe('InvalidIdentityToken 400: not known')
  })

  test('the duration is judged only for who is trusted', async () => {
    await addRole()
    expect(await refusalOf(assume({ DurationSeconds: 7_201 }))).toMatch('MaxSessionDuration set for this role')
    await expect(assume({ DurationSeconds: 7_200 })).resolves.toBeDefined()
    const nobody = `arn:aws:iam::${ACCOUNT}:role/none`
    expect(await refusalOf(assume({ DurationSeconds: 7_201, RoleArn: nobody }))).toBe(NOT_AUTHORIZED)
  })

  test('text that is no role ARN, and providers of access tokens', async () => {
    expect(await refusalOf(assume({ RoleArn: `arn:aws:iam::${ACCOUNT}:user/app` }))).toBe(
      'ValidationError 400: Request ARN is invalid',
    )
    expect(await refusalOf(assume({ ProviderId: 'www.amazon.com' }))).toMatch('ValidationError 400: ProviderId is only')
  })
})

test('session policies bound the session', async () => {
  await addRole()
  const Policy = policy(allow('s3:GetObject'))
  const { Credentials, PackedPolicySize } = await assume({ Policy })
  expect(sts.open(Credentials?.SessionToken)?.policies).toEqual([{ kind: 'inline', document: Policy }])
  expect(PackedPolicySize).toBeGreaterThan(0)
})

describe('claims of the token', () => {
  const withClaims = (claims: WebIdentity['claims']) => sts.tokens.set('good', { ...IDENTITY, claims })
  const TAGS = {
    'https://aws.amazon.com/tags': { principal_tags: { Team: ['red'], stage: 'prod' }, transitive_tag_keys: ['Team'] },
  }

  test('tags and the source identity go into the session', async () => {
    await addRole({ Condition: { StringEquals: { 'aws:RequestTag/Team': 'red', 'sts:SourceIdentity': 'ann' } } })
    withClaims({ ...TAGS, 'https://aws.amazon.com/source_identity': 'ann' })
    const answer = await assume()
    expect(answer.SourceIdentity).toBe('ann')
    expect(sts.open(answer.Credentials?.SessionToken)).toMatchObject({
      sourceIdentity: 'ann',
      tags: [
        { key: 'Team', value: 'red', isTransitive: true },
        { key: 'stage', value: 'prod', isTransitive: false },
      ],
    })
  })

  test('tags need sts:TagSession, a source identity sts:SetSourceIdentity', async () => {
    await addRole({ Action: 'sts:AssumeRoleWithWebIdentity' })
    withClaims(TAGS)
    expect(await refusalOf(assume())).toBe('AccessDenied 403: Not authorized to perform sts:TagSession')
    withClaims({ 'https://aws.amazon.com/source_identity': 'ann' })
    expect(await refusalOf(assume())).toBe('AccessDenied 403: Not authorized to perform sts:SetSourceIdentity')
  })

  const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'v']))
  const tags = (principal_tags: unknown, more: object = {}) => ({
    'https://aws.amazon.com/tags': { principal_tags, ...more } as WebIdentity['claims'],
  })

  test.each<[string, WebIdentity['claims']]>([
    ['tags of text', { 'https://aws.amazon.com/tags': 'team' }],
    ['tags without principal_tags', { 'https://aws.amazon.com/tags': {} }],
    ['a list of tags', tags([])],
    ['two values', tags({ a: ['x', 'y'] })],
    ['no text', tags({ a: 1 })],
    ['a key that is too long', tags({ ['k'.repeat(129)]: 'v' })],
    ['a value that is too long', tags({ a: 'v'.repeat(257) })],
    ['51 tags', tags({ ...fifty, one: 'more' })],
    ['transitive keys of text', tags({ a: 'x' }, { transitive_tag_keys: 'a' })],
    ['a source identity of one character', { 'https://aws.amazon.com/source_identity': 'a' }],
    ['a source identity that is no text', { 'https://aws.amazon.com/source_identity': ['ann'] }],
  ])('that are malformed are refused: %s', async (_, claims) => {
    await addRole()
    withClaims(claims)
    expect(await refusalOf(assume())).toMatch('InvalidIdentityToken 400: The claim https://aws.amazon.com/')
  })

  test.each<[string, WebIdentity['claims']]>([
    ['50 tags', tags(fifty)],
    ['a long key', tags({ ['k'.repeat(128)]: 'v'.repeat(256) })],
    ['an empty value', tags({ a: '' })],
    ['a source identity of 2 characters', { 'https://aws.amazon.com/source_identity': 'an' }],
  ])('are taken up to the limit: %s', async (_, claims) => {
    await addRole()
    withClaims(claims)
    await expect(assume()).resolves.toBeDefined()
  })
})
