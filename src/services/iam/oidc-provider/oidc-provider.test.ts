import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tagOpenIDConnectProvider } from '../tag/tag-operations.ts'
import { ACCOUNT, type Iam, NOW, NOW_SHOWN, OTHER_ACCOUNT, openIam, refusalOf } from '../testing/iam-fixture.ts'
import {
  addClientIDToOpenIDConnectProvider,
  createOpenIDConnectProvider,
  deleteOpenIDConnectProvider,
  getOpenIDConnectProvider,
  listOpenIDConnectProviders,
  removeClientIDFromOpenIDConnectProvider,
  updateOpenIDConnectProviderThumbprint,
} from './oidc-provider.ts'

const Url = 'https://oidc.example.com/id/ABC'
const OpenIDConnectProviderArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.example.com/id/ABC`
const THUMBPRINT = '6938FD4D98BAB03FAADB97B34396831E3780AEA1'
const ThumbprintList = [THUMBPRINT]

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
})
afterEach(() => iam.close())

function create(more: object = {}) {
  return iam.call(createOpenIDConnectProvider, { Url, ClientIDList: ['sts.amazonaws.com'], ThumbprintList, ...more })
}

const get = () => iam.call(getOpenIDConnectProvider, { OpenIDConnectProviderArn })

describe('CreateOpenIDConnectProvider', () => {
  it('registers the issuer by host and path', async () => {
    expect(await create({ Tags: [{ Key: 'k', Value: 'v' }] })).toEqual({
      OpenIDConnectProviderArn,
      Tags: [{ Key: 'k', Value: 'v' }],
    })
    expect(iam.takeChanges()).toEqual([`oidc-provider/${OpenIDConnectProviderArn}`])
    expect(await get()).toEqual({
      Url: 'oidc.example.com/id/ABC',
      ClientIDList: ['sts.amazonaws.com'],
      ThumbprintList: [THUMBPRINT.toLowerCase()],
      CreateDate: NOW_SHOWN,
      Tags: [{ Key: 'k', Value: 'v' }],
    })
  })

  it('drops :443, as eksctl sends it, and keeps a trailing slash, which is part of the name', async () => {
    expect(await create({ Url: 'https://oidc.example.com:443/id/ABC' })).toEqual({ OpenIDConnectProviderArn })
    expect(await create({ Url: `${Url}/` })).toEqual({ OpenIDConnectProviderArn: `${OpenIDConnectProviderArn}/` })
  })

  it('refuses a second provider of the same URL in one account', async () => {
    await create()
    expect(await refusalOf(create({ Url: 'https://oidc.example.com:443/id/ABC' }))).toBe(
      `EntityAlreadyExists 409: Provider with url ${Url} already exists.`,
    )
    await iam.call(createOpenIDConnectProvider, { Url, ThumbprintList }, { accountId: OTHER_ACCOUNT })
  })

  it.each([
    ['oidc.example.com', 'ValidationError 400: Invalid Open ID Connect Provider URL'],
    ['https://', 'ValidationError 400: Invalid Open ID Connect Provider URL'],
    [
      'http://oidc.example.com',
      'InvalidInput 400: Invalid Open ID Connect Provider URL. The URL must begin with https://.',
    ],
    [
      'http://127.0.0.1:8080',
      'InvalidInput 400: Invalid Open ID Connect Provider URL. The URL must begin with https://.',
    ],
    [
      'ftp://oidc.example.com',
      'InvalidInput 400: Invalid Open ID Connect Provider URL. The URL must begin with https://.',
    ],
    ['https://oidc.example.com/?x=1', 'InvalidInput 400: Invalid Open ID Connect Provider URL.'],
    ['https://oidc.example.com/#x', 'InvalidInput 400: Invalid Open ID Connect Provider URL.'],
    ['https://user@oidc.example.com/', 'InvalidInput 400: Invalid Open ID Connect Provider URL.'],
    ['https://oidc_example.com/', 'InvalidInput 400: Invalid Open ID Connect Provider URL.'],
    ['https://oidc.example.com:99999/', 'InvalidInput 400: Invalid Open ID Connect Provider URL.'],
    ['https://oidc.example.com/a b', 'InvalidInput 400: Invalid Open ID Connect Provider URL.'],
    [
      'https://iam',
      'InvalidInput 400: Invalid Open ID Connect Provider URL. A host name without a dot reads like a service in condition keys.',
    ],
  ])('refuses the URL %s', async (wrong, refusal) => {
    expect(await refusalOf(create({ Url: wrong }))).toBe(refusal)
  })

  it('takes issuers on other ports, as those of self-made clusters are', async () => {
    expect(await create({ Url: 'https://api.example.com:6443' })).toEqual({
      OpenIDConnectProviderArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/api.example.com:6443`,
    })
  })

  it('takes http on loopback under --dev, and nowhere else', async () => {
    await iam.close()
    iam = await openIam({ isDev: true })
    expect(await create({ Url: 'http://127.0.0.1:8080/id', ThumbprintList: undefined })).toEqual({
      OpenIDConnectProviderArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/127.0.0.1:8080/id`,
    })
    expect(await refusalOf(create({ Url: 'http://127.0.0.1.example.com/' }))).toContain('must begin with https://')
  })

  it('takes 100 client ids and none more, each once', async () => {
    const ClientIDList = Array.from({ length: 100 }, (_, index) => `client-${index}`)
    expect(await refusalOf(create({ ClientIDList: [...ClientIDList, 'one-more'] }))).toBe(
      'LimitExceeded 409: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100',
    )
    await create({ ClientIDList: [...ClientIDList, 'client-0'] })
    expect((await get()).ClientIDList).toHaveLength(100)
  })

  it('takes none: the list stays empty, and an empty list accepts nobody', async () => {
    await create({ ClientIDList: undefined })
    expect((await get()).ClientIDList).toEqual([])
  })

  it('takes five thumbprints and none more, filler included', async () => {
    const five = ['a', 'b', 'c', 'd', 'x'].map((letter) => letter.repeat(40))
    expect(await refusalOf(create({ ThumbprintList: [...five, THUMBPRINT] }))).toBe(
      'InvalidInput 400: Thumbprint list must contain fewer than 5 entries.',
    )
    await create({ ThumbprintList: five })
    expect((await get()).ThumbprintList).toEqual(five)
  })

  it('asks the issuer for a thumbprint where none is given', async () => {
    iam.thumbprints.set(Url, 'e'.repeat(40))
    await create({ ThumbprintList: [] })
    expect((await get()).ThumbprintList).toEqual(['e'.repeat(40)])
  })

  it('refuses an issuer that it would have to ask and cannot reach, with nothing written', async () => {
    expect(await refusalOf(create({ ThumbprintList: undefined }))).toBe(
      `OpenIdIdpCommunicationError 400: Please check .well-known/openid-configuration of provider: ${Url} is valid.`,
    )
    expect((await iam.call(listOpenIDConnectProviders, {})).OpenIDConnectProviderList).toEqual([])
  })

  it.each([
    ['hosted', OTHER_ACCOUNT, 'accepted'],
    ['uploaded', ACCOUNT, 'accepted'],
    ['uploaded', OTHER_ACCOUNT, 'refused'],
  ] as const)('does not ask for an issuer that is %s by %s: %s', async (kind, account_id, outcome) => {
    const row = {
      issuer_url: Url,
      account_id,
      kind,
      hosted_id: null,
      uploaded_jwks: null,
      created_at: NOW,
      updated_at: NOW,
    }
    await iam.dependencies.store.write((writes) => writes.insertInto('issuers').values(row).execute())
    const call = create({ ThumbprintList: undefined })
    if (outcome === 'refused') expect(await refusalOf(call)).toContain('OpenIdIdpCommunicationError')
    else expect((await call) && (await get()).ThumbprintList).toEqual([])
  })

  it('registers as many providers as the quota says', async () => {
    const quotas = { OpenIdConnectProvidersPerAccount: 1 }
    await iam.call(createOpenIDConnectProvider, { Url, ThumbprintList }, { quotas })
    const second = { Url: `${Url}2`, ThumbprintList }
    expect(await refusalOf(iam.call(createOpenIDConnectProvider, second, { quotas }))).toBe(
      'LimitExceeded 409: Cannot exceed quota for OpenIdConnectProvidersPerAccount: 1',
    )
  })

  it('needs its action on the ARN that it will have', async () => {
    const input = { Url: 'https://oidc.example.com:443/id/ABC', Tags: [{ Key: 'k', Value: 'v' }] }
    const context = { 'aws:RequestTag/k': 'v', 'aws:TagKeys': ['k'] }
    expect(await iam.requirements(createOpenIDConnectProvider, input)).toEqual([
      { action: 'iam:CreateOpenIDConnectProvider', resource: OpenIDConnectProviderArn, context },
      { action: 'iam:TagOpenIDConnectProvider', resource: OpenIDConnectProviderArn, context },
    ])
  })
})

describe('an OIDC provider', () => {
  const missing = `NoSuchEntity 404: OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`

  it('gets and loses client ids; what is so already is no error', async () => {
    await create()
    iam.takeChanges()
    const provider = { OpenIDConnectProviderArn }
    expect(await iam.call(addClientIDToOpenIDConnectProvider, { ...provider, ClientID: 'b' })).toEqual({})
    await iam.call(addClientIDToOpenIDConnectProvider, { ...provider, ClientID: 'b' })
    expect((await get()).ClientIDList).toEqual(['sts.amazonaws.com', 'b'])
    await iam.call(removeClientIDFromOpenIDConnectProvider, { ...provider, ClientID: 'sts.amazonaws.com' })
    await iam.call(removeClientIDFromOpenIDConnectProvider, { ...provider, ClientID: 'sts.amazonaws.com' })
    expect((await get()).ClientIDList).toEqual(['b'])
    expect(iam.takeChanges()).toEqual(Array(4).fill(`oidc-provider/${OpenIDConnectProviderArn}`))
  })

  it('has 100 client ids at most', async () => {
    await create({ ClientIDList: Array.from({ length: 99 }, (_, index) => `client-${index}`) })
    const add = (ClientID: string) =>
      iam.call(addClientIDToOpenIDConnectProvider, { OpenIDConnectProviderArn, ClientID })
    await add('the-100th')
    await add('client-0')
    expect(await refusalOf(add('the-101st'))).toBe(
      'LimitExceeded 409: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100',
    )
  })

  it('has its thumbprints replaced', async () => {
    await create()
    iam.takeChanges()
    const update = (list: string[]) =>
      iam.call(updateOpenIDConnectProviderThumbprint, { OpenIDConnectProviderArn, ThumbprintList: list })
    await update(['A'.repeat(40)])
    expect(iam.takeChanges()).toEqual([`oidc-provider/${OpenIDConnectProviderArn}`])
    expect((await get()).ThumbprintList).toEqual(['a'.repeat(40)])
    expect(await refusalOf(update([]))).toBe('InvalidInput 400: Thumbprint list must contain at least one entry.')
    expect(await refusalOf(update(Array(6).fill(THUMBPRINT)))).toContain('fewer than 5 entries')
  })

  it('is listed by ARN and deleted; deleting it again is no error', async () => {
    await create({ Url: `${Url}/2` })
    await create()
    expect(await iam.call(listOpenIDConnectProviders, {})).toEqual({
      OpenIDConnectProviderList: [{ Arn: OpenIDConnectProviderArn }, { Arn: `${OpenIDConnectProviderArn}/2` }],
    })
    expect(
      (await iam.call(listOpenIDConnectProviders, {}, { accountId: OTHER_ACCOUNT })).OpenIDConnectProviderList,
    ).toEqual([])
    iam.takeChanges()
    expect(await iam.call(deleteOpenIDConnectProvider, { OpenIDConnectProviderArn })).toEqual({})
    expect(await iam.call(deleteOpenIDConnectProvider, { OpenIDConnectProviderArn })).toEqual({})
    expect(iam.takeChanges()).toEqual([`oidc-provider/${OpenIDConnectProviderArn}`])
    expect(await refusalOf(get())).toBe(missing)
  })

  it('takes its tags with it', async () => {
    await create({ Tags: [{ Key: 'k', Value: 'v' }] })
    await iam.call(deleteOpenIDConnectProvider, { OpenIDConnectProviderArn })
    await create()
    expect((await get()).Tags).toEqual([])
  })

  it('that is not there is refused, also that of another account', async () => {
    await iam.call(createOpenIDConnectProvider, { Url, ThumbprintList }, { accountId: OTHER_ACCOUNT })
    const provider = { OpenIDConnectProviderArn: `arn:aws:iam::${OTHER_ACCOUNT}:oidc-provider/oidc.example.com/id/ABC` }
    expect(await refusalOf(iam.call(getOpenIDConnectProvider, provider))).toContain('NoSuchEntity')
    const named = { OpenIDConnectProviderArn }
    expect(await refusalOf(get())).toBe(missing)
    expect(await refusalOf(iam.call(addClientIDToOpenIDConnectProvider, { ...named, ClientID: 'x' }))).toBe(missing)
    expect(await refusalOf(iam.call(removeClientIDFromOpenIDConnectProvider, { ...named, ClientID: 'x' }))).toBe(
      missing,
    )
    expect(await refusalOf(iam.call(updateOpenIDConnectProviderThumbprint, { ...named, ThumbprintList }))).toBe(missing)
    expect(await refusalOf(iam.call(tagOpenIDConnectProvider, { ...named, Tags: [] }))).toBe(missing)
  })

  it('is asked of the account in its ARN', async () => {
    await create({ Tags: [{ Key: 'k', Value: 'v' }] })
    const context = { 'aws:ResourceTag/k': 'v' }
    expect(await iam.requirements(getOpenIDConnectProvider, { OpenIDConnectProviderArn })).toEqual([
      { action: 'iam:GetOpenIDConnectProvider', resource: OpenIDConnectProviderArn, resourceAccount: ACCOUNT, context },
    ])
    expect(await iam.requirements(listOpenIDConnectProviders, {})).toEqual([
      { action: 'iam:ListOpenIDConnectProviders', resource: `arn:aws:iam::${ACCOUNT}:oidc-provider/*`, context: {} },
    ])
  })
})
