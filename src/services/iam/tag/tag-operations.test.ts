import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Operation } from '../../../access/operation.ts'
import type { IamDependencies } from '../dependencies.ts'
import { createOpenIDConnectProvider } from '../oidc-provider/oidc-provider.ts'
import { createPolicy } from '../policy/policy.ts'
import { listInstanceProfilesForRole } from '../role/instance-profile.ts'
import { createRole } from '../role/role.ts'
import { ACCOUNT, type Iam, IRSA_TRUST, openIam, READ_POLICY, refusalOf } from '../testing/iam-fixture.ts'
import { createUser } from '../user/user.ts'
import {
  listOpenIDConnectProviderTags,
  listPolicyTags,
  listRoleTags,
  listUserTags,
  tagOpenIDConnectProvider,
  tagPolicy,
  tagRole,
  tagUser,
  untagOpenIDConnectProvider,
  untagPolicy,
  untagRole,
  untagUser,
} from './tag-operations.ts'

// biome-ignore lint/suspicious/noExplicitAny: the cases below are of four kinds of things that name themselves differently
type AnyOperation = Operation<any, any, IamDependencies>

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
  await iam.call(createRole, { RoleName: 'r', AssumeRolePolicyDocument: IRSA_TRUST })
  await iam.call(createUser, { UserName: 'u' })
  await iam.call(createPolicy, { PolicyName: 'p', PolicyDocument: READ_POLICY })
  await iam.call(createOpenIDConnectProvider, { Url: 'https://o.example.com', ThumbprintList: ['a'.repeat(40)] })
  iam.takeChanges()
})
afterEach(() => iam.close())

const KINDS: readonly (readonly [
  string,
  object,
  object,
  RegExp,
  Readonly<Record<'tag' | 'untag' | 'list', AnyOperation>>,
])[] = [
  [
    'role',
    { RoleName: 'r' },
    { RoleName: 'none' },
    /^role\/AROA/,
    { tag: tagRole, untag: untagRole, list: listRoleTags },
  ],
  [
    'user',
    { UserName: 'u' },
    { UserName: 'none' },
    /^user\/AIDA/,
    { tag: tagUser, untag: untagUser, list: listUserTags },
  ],
  [
    'policy',
    { PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/p` },
    { PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/none` },
    /^policy\/arn/,
    { tag: tagPolicy, untag: untagPolicy, list: listPolicyTags },
  ],
  [
    'OIDC provider',
    { OpenIDConnectProviderArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/o.example.com` },
    { OpenIDConnectProviderArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/none.example.com` },
    /^oidc-provider\/arn/,
    { tag: tagOpenIDConnectProvider, untag: untagOpenIDConnectProvider, list: listOpenIDConnectProviderTags },
  ],
]

describe.each(KINDS)('the tags of a %s', (_, named, missing, subject, { tag, untag, list }) => {
  const add = (...tags: readonly (readonly [string, string])[]) =>
    iam.call(tag, { ...named, Tags: tags.map(([Key, Value]) => ({ Key, Value })) })

  it('are added, overwritten whatever the case of their key, listed by key, and removed', async () => {
    expect(await add(['b', '1'], ['A', '2'])).toEqual({})
    await add(['B', '3'])
    expect(await iam.call(list, named)).toEqual({
      Tags: [
        { Key: 'A', Value: '2' },
        { Key: 'B', Value: '3' },
      ],
      IsTruncated: false,
    })
    expect(await iam.call(untag, { ...named, TagKeys: ['a', 'not-there'] })).toEqual({})
    expect((await iam.call(list, named)).Tags).toEqual([{ Key: 'B', Value: '3' }])
    expect(iam.takeChanges()).toEqual(Array(3).fill(expect.stringMatching(subject)))
  })

  it('are paged', async () => {
    await add(['a', '1'], ['b', '2'], ['c', ''])
    const first = await iam.call(list, { ...named, MaxItems: 2 })
    expect(first).toMatchObject({ Tags: [{ Key: 'a' }, { Key: 'b' }], IsTruncated: true })
    expect(await iam.call(list, { ...named, Marker: first.Marker })).toEqual({
      Tags: [{ Key: 'c', Value: '' }],
      IsTruncated: false,
    })
  })

  it('are 50 at most, overwritten ones counted once', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => [`key-${index}`, 'v'] as const)
    await add(...many(49))
    await add(['the-50th', 'v'], ['key-0', 'changed'])
    expect(await refusalOf(add(['the-51st', 'v']))).toBe(
      'LimitExceeded 409: The number of tags has reached the maximum limit.',
    )
    expect((await iam.call(list, named)).Tags).toHaveLength(50)
  })

  it('are refused with a key twice, or with one that only AWS may write', async () => {
    expect(await refusalOf(add(['k', '1'], ['K', '2']))).toBe(
      'InvalidInput 400: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    )
    const reserved = 'InvalidInput 400: System tags cannot be added/updated/deleted by requester.'
    expect(await refusalOf(add(['AWS:cloudformation', '1']))).toBe(reserved)
    expect(await refusalOf(iam.call(untag, { ...named, TagKeys: ['aws:x'] }))).toBe(reserved)
    expect((await iam.call(list, named)).Tags).toEqual([])
  })

  it('of one that is not there are refused', async () => {
    for (const [operation, more] of [
      [tag, { Tags: [] }],
      [untag, { TagKeys: [] }],
      [list, {}],
    ] as const) {
      expect(await refusalOf(iam.call(operation, { ...missing, ...more }))).toMatch(
        /^NoSuchEntity 404: .*(cannot be|not|was not) found/,
      )
    }
  })

  it('are condition keys: those it has, and those of the request', async () => {
    await add(['k', 'v'])
    const isPrincipal = tag === tagRole || tag === tagUser
    const [needed] = await iam.requirements(tag, { ...named, Tags: [{ Key: 'n', Value: 'w' }] })
    expect(needed?.action).toBe(`iam:${tag.name}`)
    expect(needed?.context).toEqual({
      ...(isPrincipal ? { 'iam:ResourceTag/k': 'v' } : {}),
      'aws:ResourceTag/k': 'v',
      'aws:RequestTag/n': 'w',
      'aws:TagKeys': ['n'],
    })
    const [removal] = await iam.requirements(untag, { ...named, TagKeys: ['k'] })
    expect(removal?.context).toMatchObject({ 'aws:TagKeys': ['k'] })
  })
})

describe('the tags of a policy of AWS', () => {
  it('are none', async () => {
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
    expect(await iam.call(listPolicyTags, { PolicyArn })).toEqual({ Tags: [], IsTruncated: false })
  })
})

describe('ListInstanceProfilesForRole', () => {
  it('finds none, and no role that is not there', async () => {
    expect(await iam.call(listInstanceProfilesForRole, { RoleName: 'r' })).toEqual({
      InstanceProfiles: [],
      IsTruncated: false,
    })
    expect(await refusalOf(iam.call(listInstanceProfilesForRole, { RoleName: 'none' }))).toContain('NoSuchEntity')
  })
})
