import { describe, expect, test } from 'vitest'
import type { Caller } from '../aws/caller.ts'
import { authorize, callAuthorization, type DecodedCall } from './authorize.ts'
import type { Operation, Requirement, Requires } from './operation.ts'
import {
  ACCOUNT,
  type AccessFixture,
  allow,
  deny,
  NOW,
  OTHER_ACCOUNT,
  openAccess,
  PLAIN_SESSION,
  policy,
  REGION,
  SOURCE,
  sessionOf,
  userCaller,
} from './testing/access-fixture.ts'

const ANONYMOUS: Caller = { kind: 'anonymous' }
const GET_ROLE: Requirement = { action: 'iam:GetRole', resource: `arn:aws:iam::${ACCOUNT}:role/app` }
const ROOT: Caller = {
  ...{ kind: 'root', accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT },
  ...{ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', session: undefined },
}

function call(requires: Requires<unknown>, caller: Caller, admitsAnonymous = false): DecodedCall<unknown> {
  const operation: Operation<unknown, unknown, unknown> = { name: 'Test', requires, handle: async () => undefined }
  const facts = { accountId: ACCOUNT, region: REGION, requestId: 'r-1', now: NOW, source: SOURCE }
  return { ...facts, operation, input: { a: 1 }, caller, admitsAnonymous }
}

function needing(...requirements: Requirement[]): Requires<unknown> {
  return { kind: 'allowed', requirements: () => requirements }
}

async function outcome({ authorization }: AccessFixture, decoded: DecodedCall<unknown>): Promise<string> {
  return authorize(decoded, authorization).then(
    () => 'allowed',
    (error) => `${error.code ?? error.name}: ${error.message}`,
  )
}

describe('what an operation requires', () => {
  test('a call that every requirement allows becomes an authorized call with its facts', async () => {
    const access = await openAccess()
    const caller = await access.addUser({ name: 'ann', policy: policy(allow('iam:*')) })
    const authorized = await authorize(call(needing(GET_ROLE), caller), access.authorization)
    expect(authorized).toEqual({
      ...{ accountId: ACCOUNT, region: REGION, requestId: 'r-1', now: NOW, source: SOURCE, caller },
      input: { a: 1 },
    })
  })

  test('one requirement of several that is not allowed refuses the call', async () => {
    const access = await openAccess()
    const caller = await access.addUser({ name: 'ann', policy: policy(allow('iam:GetRole')) })
    const passRole = { action: 'iam:PassRole', resource: GET_ROLE.resource }
    expect(await outcome(access, call(needing(GET_ROLE), caller))).toBe('allowed')
    expect(await outcome(access, call(needing(GET_ROLE, passRole), caller))).toBe(
      `AccessDenied: User: ${caller.arn} is not authorized to perform: iam:PassRole on resource: ${GET_ROLE.resource} because no identity-based policy allows the iam:PassRole action`,
    )
    expect(access.judgements.map(({ requirement, decision }) => [requirement.action, decision.decision])).toEqual([
      ['iam:GetRole', 'allowed'],
      ['iam:GetRole', 'allowed'],
      ['iam:PassRole', 'implicitDeny'],
    ])
  })

  test('an operation that requires nothing is refused, not allowed', async () => {
    const access = await openAccess()
    const caller = await access.addUser({ name: 'ann', policy: policy(allow('*')) })
    expect(await outcome(access, call(needing(), caller))).toMatch('Test requires something')
  })

  test('a signed operation is open to who may do nothing, and asks no policy', async () => {
    const access = await openAccess()
    const caller = await access.addUser({ name: 'ann', policy: policy(deny('*')) })
    expect(await outcome(access, call({ kind: 'signed', reason: '' }, caller))).toBe('allowed')
    expect(access.judgements).toEqual([])
  })
})

describe('anonymous callers', () => {
  test('are refused before anything is looked up, unless the operation is unsigned', async () => {
    const access = await openAccess()
    const missing = 'MissingAuthenticationToken: Request is missing Authentication Token'
    const looking: Requires<unknown> = {
      kind: 'allowed',
      requirements: () => {
        throw new Error('looked up')
      },
    }
    expect(await outcome(access, call({ kind: 'signed', reason: '' }, ANONYMOUS))).toBe(missing)
    expect(await outcome(access, call(looking, ANONYMOUS))).toBe(missing)
    expect(await outcome(access, call({ kind: 'unsigned', reason: '' }, ANONYMOUS))).toBe('allowed')
  })

  test('are judged by the resource policy where the service admits them', async () => {
    const access = await openAccess()
    const open = policy(allow('s3:GetObject', { Principal: '*', Resource: 'arn:aws:s3:::open/*' }))
    const read = (resource: string): Requirement => ({
      ...{ action: 's3:GetObject', resource, resourcePolicy: { document: open, principalIds: {}, kind: 'resource' } },
    })
    expect(await outcome(access, call(needing(read('arn:aws:s3:::open/a')), ANONYMOUS, true))).toBe('allowed')
    expect(await outcome(access, call(needing(read('arn:aws:s3:::shut/a')), ANONYMOUS, true))).toBe(
      'AccessDenied: Access Denied',
    )
    // What S3 admits by a policy, it does not admit to a signed operation.
    expect(await outcome(access, call({ kind: 'signed', reason: '' }, ANONYMOUS, true))).toMatch('MissingAuth')
  })
})

describe('the layers', () => {
  test('a session does no more than its session policies and its boundary allow, IAM writes included', async () => {
    const boundary = policy(allow(['iam:*', 's3:*']))
    const access = await openAccess({ awsPolicies: { Boundary: boundary } })
    const facts = { trust: policy(), boundary: 'arn:aws:iam::aws:policy/Boundary' }
    await access.addRole({ ...facts, name: 'app', policy: policy(allow('*')) })
    const bounded = sessionOf('app', {
      session: { policies: [{ kind: 'inline', document: policy(allow('iam:GetRole')) }] },
    })
    const because = (layer: string, action: string) => expect.stringMatching(`because no ${layer} allows the ${action}`)
    const createUser = { action: 'iam:CreateUser', resource: `arn:aws:iam::${ACCOUNT}:user/new` }
    const listClusters = { action: 'eks:ListClusters', resource: '*' }
    expect(await outcome(access, call(needing(GET_ROLE), bounded))).toBe('allowed')
    expect(await outcome(access, call(needing(createUser), sessionOf('app')))).toBe('allowed')
    expect(await outcome(access, call(needing(createUser), bounded))).toEqual(
      because('session policy', 'iam:CreateUser'),
    )
    expect(await outcome(access, call(needing(listClusters), sessionOf('app')))).toEqual(
      because('permissions boundary', 'eks:ListClusters'),
    )
  })

  test('the root user is limited by no identity policy', async () => {
    const access = await openAccess()
    expect(await outcome(access, call(needing(GET_ROLE), ROOT))).toBe('allowed')
    expect(await outcome(access, call(needing({ ...GET_ROLE, resourceAccount: OTHER_ACCOUNT }), ROOT))).toMatch(
      'Denied',
    )
  })

  test("a resource of another account needs that account's policy as well", async () => {
    const access = await openAccess()
    const caller = await access.addUser({ name: 'ann', policy: policy(allow('s3:*')) })
    const resource = 'arn:aws:s3:::theirs/a'
    const grant = policy(allow('s3:GetObject', { Principal: { AWS: ACCOUNT }, Resource: resource }))
    const theirs = { action: 's3:GetObject', resource, resourceAccount: OTHER_ACCOUNT }
    const resourcePolicy = { document: grant, principalIds: {}, kind: 'resource' } as const
    expect(await outcome(access, call(needing(theirs), caller))).toMatch('AccessDenied')
    expect(await outcome(access, call(needing({ ...theirs, resourcePolicy }), caller))).toBe('allowed')
  })
})

describe('a session of GetSessionToken', () => {
  const session = { ...userCaller('ann'), session: PLAIN_SESSION }
  const refused = 'InvalidClientTokenId: The security token included in the request is invalid'

  test('calls no IAM operation, and of STS only AssumeRole', async () => {
    const access = await openAccess()
    const user = await access.addUser({ name: 'ann', policy: policy(allow('*')) })
    for (const action of ['iam:GetUser', 'sts:GetFederationToken', 'sts:DecodeAuthorizationMessage']) {
      expect(await outcome(access, call(needing({ action, resource: '*' }), session))).toBe(refused)
      expect(await outcome(access, call(needing({ action, resource: '*' }), user))).toBe('allowed')
    }
    for (const action of ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity', 'eks:ListClusters']) {
      expect(await outcome(access, call(needing({ action, resource: '*' }), session))).toBe('allowed')
    }
  })

  test('may pass a role, which is a permission and no call to IAM', async () => {
    const access = await openAccess()
    await access.addUser({ name: 'ann', policy: policy(allow('*')) })
    const create = { action: 'eks:CreateCluster', resource: '*' }
    expect(await outcome(access, call(needing(create, { action: 'iam:PassRole', resource: '*' }), session))).toBe(
      'allowed',
    )
    expect(await outcome(access, call(needing(create, { action: 'iam:CreateRole', resource: '*' }), session))).toBe(
      refused,
    )
  })
})

describe('condition keys', () => {
  test('IAM is always in us-east-1, other services where the request is signed for', async () => {
    const access = await openAccess()
    const inRegion = { Condition: { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } } }
    const caller = await access.addUser({ name: 'ann', policy: policy(allow('*', { Resource: '*', ...inRegion })) })
    expect(await outcome(access, call(needing(GET_ROLE), caller))).toBe('allowed')
    expect(await outcome(access, call(needing({ action: 'eks:ListClusters', resource: '*' }), caller))).toMatch(
      'Denied',
    )
  })

  test('the keys of the requirement reach the conditions', async () => {
    const access = await openAccess()
    const tagged = { Condition: { StringEquals: { 'aws:requesttag/Team': 'red' } } }
    const caller = await access.addUser({ name: 'ann', policy: policy(allow('*', { Resource: '*', ...tagged })) })
    const withTag = (team: string) => needing({ ...GET_ROLE, context: { 'aws:RequestTag/team': team } })
    expect(await outcome(access, call(withTag('red'), caller))).toBe('allowed')
    expect(await outcome(access, call(withTag('blue'), caller))).toMatch('AccessDenied')
    expect(await outcome(access, call(needing(GET_ROLE), caller))).toMatch('AccessDenied')
  })
})

describe('further questions of a handler', () => {
  test('are answered for the caller by the same policies', async () => {
    const access = await openAccess()
    const caller = await access.addUser({ name: 'ann', policy: policy(allow('s3:DeleteObject')) })
    const facts = { caller, accountId: ACCOUNT, region: REGION, requestId: 'r', now: NOW, source: SOURCE }
    const { isAllowed } = callAuthorization(facts, access.authorization)
    expect(await isAllowed({ action: 's3:DeleteObject', resource: 'arn:aws:s3:::b/k' })).toBe(true)
    expect(await isAllowed({ action: 's3:PutObject', resource: 'arn:aws:s3:::b/k' })).toBe(false)
  })

  test('are answered for a web identity by the resource policy alone, which sees its provider', async () => {
    const access = await openAccess()
    const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/issuer.example`
    const facts = { caller: ANONYMOUS, accountId: ACCOUNT, region: REGION, requestId: 'r', now: NOW, source: SOURCE }
    const { isAllowedFor } = callAuthorization(facts, access.authorization)
    const trust = policy(
      allow('sts:AssumeRoleWithWebIdentity', {
        Principal: { Federated: provider },
        Condition: { StringEquals: { 'aws:FederatedProvider': provider } },
      }),
    )
    const question: Requirement = {
      ...{ action: 'sts:AssumeRoleWithWebIdentity', resource: 'arn', resourceAccount: ACCOUNT },
      resourcePolicy: { document: trust, principalIds: {}, kind: 'trust' },
    }
    const principal = { type: 'federated', provider, accountId: ACCOUNT } as const
    const token = { issuer: 'https://issuer.example', subject: 's', audience: 'a', expiresAt: NOW, pod: undefined }
    expect(isAllowedFor(principal, question, token)).toBe(true)
    expect(isAllowedFor({ ...principal, provider: `${provider}2` }, question, token)).toBe(false)
    expect(isAllowedFor(principal, { ...question, action: 'sts:TagSession' }, token)).toBe(false)
    expect(access.judgements.map((judgement) => judgement.principal)).toEqual([
      principal,
      { ...principal, provider: `${provider}2` },
      principal,
    ])
  })
})
