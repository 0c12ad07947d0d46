import { beforeEach, describe, expect, test } from 'vitest'
import type { Caller } from '../../aws/caller.ts'
import { authorize, type DecodedCall } from '../authorize.ts'
import type { Requirement } from '../operation.ts'
import {
  ACCOUNT,
  type AccessFixture,
  allow,
  deny,
  NOW,
  OTHER_ACCOUNT,
  openAccess,
  policy,
  REGION,
  SOURCE,
} from '../testing/access-fixture.ts'
import { newAuthorizationId } from './authorization-id.ts'
import { explainedMessage } from './authorization-message.ts'
import { explainDenial } from './denial-explanation.ts'
import type { Denial } from './denial-record.ts'
import { findDenial, keepDenial, openDenialRecords } from './denial-records.ts'

let access: AccessFixture
beforeEach(async () => {
  access = await openAccess()
})

/** Has a call denied by the real authorization, keeps the denial, and returns its id. */
async function denied(caller: Caller, requirement: Requirement): Promise<string> {
  let seen: Pick<Denial, 'judgement' | 'evidence'> | undefined
  const authorization = {
    ...access.authorization,
    judged: (judgement: Denial['judgement'], evidence: Denial['evidence']) => {
      seen = { judgement, evidence }
    },
  }
  const requires = { kind: 'allowed', requirements: () => [requirement] } as const
  const operation = { name: 'Test', requires, handle: async () => undefined }
  const facts = { caller, accountId: ACCOUNT, region: REGION, requestId: 'r-1', now: NOW, source: SOURCE }
  const call: DecodedCall<unknown> = { ...facts, operation, input: {}, admitsAnonymous: false }
  await expect(authorize(call, authorization)).rejects.toThrow()
  if (seen === undefined) throw new Error('nothing was judged')
  const authorizationId = newAuthorizationId()
  const denial = { authorizationId, accountId: ACCOUNT, deniedAt: NOW, requestId: 'r-1', caller, ...seen }
  await access.store.write((writes) => keepDenial(writes, { ...denial, service: 's3', operation: 'GetObject' }))
  return authorizationId
}

async function explained(id: string) {
  const kept = await findDenial(access.store.reads, ACCOUNT, id)
  if (kept === undefined) throw new Error('the denial is not kept')
  return explainDenial(kept)
}

const GET: Requirement = { action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key' }

test('a denial is explained by the policies as they were, with its context and versions', async () => {
  const arn = await access.addManagedPolicy('team', policy(allow('s3:GetObject', TEAM_ONLY)))
  const caller = await access.addRole({ name: 'app', trust: '{}', attached: [arn], tags: { Team: 'red' } })
  const id = await denied(caller, GET)
  await access.remove('policies', `policy/${arn}`)
  const { explanation, policies, unknown, denial } = await explained(id)
  expect(explanation.sentence).toContain('s3:GetObject')
  expect(explanation.nearMisses[0]?.sentence).toContain('would be allowed if `aws:PrincipalTag/team` were `blue`')
  expect(explanation.nearMisses[0]?.failed).toMatchObject([{ expected: ['blue'], presented: ['red'] }])
  expect(policies).toMatchObject([
    { layer: 'identity', kind: 'managed', source: arn, versionId: 'v1', attachedTo: caller.roleArn },
  ])
  expect(denial.record.context).toMatchObject({ 'aws:PrincipalTag/Team': 'red', 'aws:SourceIp': SOURCE.address })
  expect(unknown).toEqual([])
})

const TEAM_ONLY = { Resource: '*', Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } }

test('each layer is there, session policies included', async () => {
  const boundary = await access.addManagedPolicy('boundary', policy(allow('iam:*')))
  const caller = await access.addRole({ name: 'app', trust: '{}', policy: policy(allow('*')), boundary })
  const session = { policies: [{ kind: 'inline', document: policy(allow('s3:*')) } as const] }
  const id = await denied({ ...caller, session: { ...caller.session, ...session } }, GET)
  const { explanation, policies } = await explained(id)
  expect(explanation).toMatchObject({ decision: 'implicitDeny', layer: 'boundary' })
  expect(policies.map(({ layer, kind, attachedTo }) => [layer, kind, attachedTo])).toEqual([
    ['identity', 'inline', caller.roleArn],
    ['boundary', 'managed', caller.roleArn],
    ['session', 'inline', caller.arn],
  ])
})

describe('across accounts', () => {
  const bucketPolicy = policy(
    deny('s3:GetObject', { Sid: 'TheirSecret', Principal: '*', Resource: '*' }),
    allow('s3:PutObject', { Principal: '*', Resource: '*' }),
  )
  const theirs: Requirement = {
    ...{ ...GET, resourceAccount: OTHER_ACCOUNT },
    resourcePolicy: { document: bucketPolicy, principalIds: {}, attachedTo: 'arn:aws:s3:::bucket', kind: 'resource' },
  }

  test("the other account's policy is not shown", async () => {
    const caller = await access.addRole({ name: 'app', trust: '{}', policy: policy(allow('s3:*')) })
    const all = await explained(await denied(caller, theirs))
    expect(JSON.stringify({ ...all, denial: undefined })).not.toContain('TheirSecret')
    expect(all.explanation).toMatchObject({ decision: 'explicitDeny', layer: 'resource', matchedStatements: [] })
    expect(all.explanation.sentence).toBe(
      `s3:GetObject on arn:aws:s3:::bucket/key is denied: the policy of the resource, in account ${OTHER_ACCOUNT}, does not allow it.`,
    )
    expect(all.policies.map(({ layer }) => layer)).toEqual(['identity'])
    expect(all.unknown).toEqual([`The policy of arn:aws:s3:::bucket/key belongs to account ${OTHER_ACCOUNT}.`])
    expect(explainedMessage(all)).not.toContain('TheirSecret')
  })

  test('the own account is shown its own, under the name of what it is attached to', async () => {
    const caller = await access.addRole({ name: 'app', trust: '{}', policy: policy(allow('s3:*')) })
    const { explanation } = await explained(await denied(caller, { ...theirs, resourceAccount: ACCOUNT }))
    expect(explanation.matchedStatements).toMatchObject([{ sid: 'TheirSecret', source: 'arn:aws:s3:::bucket' }])
    const denies = explanation.statements.filter(({ matched, effect }) => matched && effect === 'Deny')
    expect(denies).toMatchObject([{ sid: 'TheirSecret', layer: 'resource' }])
  })

  test('a denial is found by its own account only', async () => {
    const id = await denied(await access.addRole({ name: 'app', trust: '{}' }), GET)
    expect(await findDenial(access.store.reads, OTHER_ACCOUNT, id)).toBeUndefined()
    expect(await findDenial(access.store.reads, ACCOUNT, id)).toBeDefined()
  })
})

test('a policy whose text is not kept any more is named as unknown, and the decision stays', async () => {
  const caller = await access.addRole({ name: 'app', trust: '{}', policy: policy(deny('s3:*')) })
  const id = await denied(caller, GET)
  await access.store.write((writes) => writes.deleteFrom('denial_policies').execute())
  const { explanation, unknown } = await explained(id)
  expect(explanation.decision).toBe('explicitDeny')
  expect(unknown).toEqual(['The text of own is not kept any more.'])
})

test("a policy's text is kept once for all denials", async () => {
  const caller = await access.addRole({ name: 'app', trust: '{}', policy: policy(deny('s3:*')) })
  const ids = [await denied(caller, GET), await denied(caller, GET)]
  expect(new Set(ids).size).toBe(2)
  expect(await access.store.reads.selectFrom('denial_policies').selectAll().execute()).toHaveLength(1)
})

test('the newest denial is not the one of having asked', async () => {
  const caller = await access.addRole({ name: 'app', trust: '{}' })
  const id = await denied(caller, GET)
  await denied(caller, { action: 'iam:GetRequestAuthorizationDetails', resource: '*' })
  const records = openDenialRecords(access.store.reads, async () => {})
  expect((await records.findLast(ACCOUNT))?.authorizationId).toBe(id)
  expect(await records.findLast(OTHER_ACCOUNT)).toBeUndefined()
})

test('who asks before the denial is stored has this process store it first', async () => {
  const caller = await access.addRole({ name: 'app', trust: '{}' })
  let id = ''
  const records = openDenialRecords(access.store.reads, async () => {
    id = await denied(caller, GET)
  })
  expect((await records.findLast(ACCOUNT))?.authorizationId).toBe(id)
})

describe('the decoded message', () => {
  test('has the whole statement that denied, or the elements of the near miss', async () => {
    const condition = { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } }
    const document = policy(
      allow('s3:GetObject', { Resource: '*', ...condition }),
      deny('s3:PutObject', { Sid: 'No', Resource: '*' }),
    )
    const caller = await access.addRole({ name: 'app', trust: '{}', policy: document })
    const put = JSON.parse(explainedMessage(await explained(await denied(caller, { ...GET, action: 's3:PutObject' }))))
    expect(put).toMatchObject({
      ...{ allowed: false, explicitDeny: true, failures: { items: [] } },
      matchedStatements: {
        items: [{ statementId: 'No', effect: 'DENY', actions: { items: [{ value: 's3:PutObject' }] } }],
      },
      context: { action: 's3:PutObject', resource: GET.resource, principal: { arn: caller.roleArn } },
    })
    const get = JSON.parse(explainedMessage(await explained(await denied(caller, GET))))
    expect(get).toMatchObject({
      ...{ explicitDeny: false, matchedStatements: { items: [] } },
      failures: {
        items: [{ element: 'Condition', key: 'aws:PrincipalTag/team', expected: { items: [{ value: 'blue' }] } }],
      },
    })
  })

  test('keeps within 10,240 characters', async () => {
    const caller = await access.addRole({ name: 'app', trust: '{}', policy: policy(deny('s3:*')) })
    const long = { ...GET, context: { 's3:prefix': 'x'.repeat(20_000) } }
    const text = explainedMessage(await explained(await denied(caller, long)))
    expect(text.length).toBeLessThanOrEqual(10_240)
    expect(JSON.parse(text).matchedStatements.items).toHaveLength(1)
  })
})

test('an id has 31 characters of 0-9a-z, and no two are the same', () => {
  const ids = Array.from({ length: 1_000 }, newAuthorizationId)
  expect(new Set(ids).size).toBe(1_000)
  for (const id of ids) expect(id).toMatch(/^[0-9a-z]{31}$/)
})
