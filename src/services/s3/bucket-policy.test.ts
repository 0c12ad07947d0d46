import { expect, test } from 'vitest'
import { deleteBucketPolicy, getBucketPolicy, putBucketPolicy } from './bucket-policy.ts'
import { createBucket } from './create-bucket.ts'
import { getObject } from './get-object.ts'
import { ACCOUNT, NOW, openTestService, refusalOf, rootOf, userOf } from './testing/s3-fixture.ts'

const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/team/reader`

function policyFor(principal: unknown, resource = 'arn:aws:s3:::bucket/*') {
  const statement = { Effect: 'Allow', Principal: principal, Action: 's3:GetObject', Resource: resource }
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
}

async function openBucket() {
  const service = await openTestService()
  await service.call(createBucket, { Bucket: 'bucket' })
  await service.dependencies.store.write(async (writes) => {
    await writes
      .insertInto('roles')
      .values({
        role_id: 'AROAAAAAAAAAAAAAAAAAA',
        account_id: ACCOUNT,
        role_name: 'reader',
        role_name_key: 'reader',
        path: '/team/',
        description: null,
        trust_policy: '{}',
        trust_principal_ids: '{}',
        max_session_duration_seconds: 3600,
        permissions_boundary: null,
        created_at: NOW,
        last_used_at: null,
        last_used_region: null,
      })
      .execute()
  })
  const put = (Policy: string, more: object = {}, as = {}) =>
    service.call(putBucketPolicy, { Bucket: 'bucket', Policy, ...more }, as)
  return { ...service, put }
}

test('a policy is kept as it was written, with the unique ids of its principals', async () => {
  const { call, put, requirements } = await openBucket()
  const document = policyFor({ AWS: ROLE_ARN })
  await put(document)
  expect((await call(getBucketPolicy, { Bucket: 'bucket' })).Policy).toBe(document)
  expect(await requirements(getObject, { Bucket: 'bucket', Key: 'key' })).toEqual([
    {
      action: 's3:GetObject',
      resource: 'arn:aws:s3:::bucket/key',
      resourceAccount: ACCOUNT,
      context: {},
      resourcePolicy: {
        ...{ kind: 'resource', document, attachedTo: 'arn:aws:s3:::bucket' },
        principalIds: { [ROLE_ARN]: 'AROAAAAAAAAAAAAAAAAAA' },
      },
    },
  ])
})

test('a principal that was deleted is shown by its unique id', async () => {
  const { call, put, dependencies } = await openBucket()
  await put(policyFor({ AWS: ROLE_ARN }))
  await dependencies.store.write(async (writes) => {
    await writes.deleteFrom('roles').execute()
  })
  const { Policy } = await call(getBucketPolicy, { Bucket: 'bucket' })
  expect(JSON.parse(Policy ?? '').Statement[0].Principal).toEqual({ AWS: 'AROAAAAAAAAAAAAAAAAAA' })
})

test('a policy tells the caches of every process that it changed', async () => {
  const { call, put, dependencies } = await openBucket()
  const subjects = async () => (await dependencies.store.reads.selectFrom('changes').select('subject').execute()).length
  const before = await subjects()
  await put(policyFor('*'))
  expect(await subjects()).toBe(before + 1)
  await call(deleteBucketPolicy, { Bucket: 'bucket' })
  expect(await subjects()).toBe(before + 2)
})

test('without a policy there is none, and deleting none is a success', async () => {
  const { call, put } = await openBucket()
  expect(await refusalOf(call(getBucketPolicy, { Bucket: 'bucket' }))).toBe('NoSuchBucketPolicy')
  await call(deleteBucketPolicy, { Bucket: 'bucket' })
  await put(policyFor('*'))
  await call(deleteBucketPolicy, { Bucket: 'bucket' })
  expect(await refusalOf(call(getBucketPolicy, { Bucket: 'bucket' }))).toBe('NoSuchBucketPolicy')
})

test.each([
  ['no JSON', "Policies must be valid JSON and the first byte must be '{'"],
  ['{"Version":"2012-10-17"}', 'Missing required field Statement'],
  [policyFor({ AWS: `arn:aws:iam::${ACCOUNT}:role/missing` }), 'Invalid principal in policy'],
  [policyFor('*', 'arn:aws:s3:::other/*'), 'Policy has invalid resource'],
])('%s is a malformed policy', async (document, message) => {
  const { call, put } = await openBucket()
  await expect(put(document)).rejects.toMatchObject({ code: 'MalformedPolicy', status: 400, message })
  expect(await refusalOf(call(getBucketPolicy, { Bucket: 'bucket' }))).toBe('NoSuchBucketPolicy')
})

test('20 KiB of policy are accepted, one byte more is not', async () => {
  const { put } = await openBucket()
  const document = policyFor('*')
  const longest = document + ' '.repeat(20 * 1024 - document.length)
  await put(longest)
  expect(await refusalOf(put(`${longest} `))).toBe('MalformedPolicy')
})

test('a policy that arrives other than its MD5 says is refused', async () => {
  const { put } = await openBucket()
  expect(await refusalOf(put(policyFor('*'), { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }))).toBe('BadDigest')
})

test('a policy that would lock its author out needs a confirmation', async () => {
  const { put } = await openBucket()
  const document = policyFor('*')
  const asked: unknown[] = []
  const isAllowed = (requirement: unknown) => {
    asked.push(requirement)
    return false
  }
  expect(await refusalOf(put(document, {}, { isAllowed }))).toBe('AccessDenied')
  expect(asked).toMatchObject([{ action: 's3:PutBucketPolicy', resourcePolicy: { document } }])
  await put(document, { ConfirmRemoveSelfBucketAccess: true }, { isAllowed })
})

test("the owner's root user cannot be locked out of bucket policies", async () => {
  const { put, requirements } = await openBucket()
  await put(policyFor('*'))
  const input = { Bucket: 'bucket' }
  const [byRoot] = await requirements(deleteBucketPolicy, input, { caller: rootOf(ACCOUNT) })
  const [byUser] = await requirements(deleteBucketPolicy, input, { caller: userOf(ACCOUNT) })
  const [byForeignRoot] = await requirements(deleteBucketPolicy, input, { caller: rootOf('444455556666') })
  expect(byRoot).not.toHaveProperty('resourcePolicy')
  expect(byUser).toHaveProperty('resourcePolicy')
  expect(byForeignRoot).toHaveProperty('resourcePolicy')
})

test('whoever is not of the owner has no business with the policy, whatever it allows', async () => {
  const { call } = await openBucket()
  const caller = userOf('444455556666')
  expect(await refusalOf(call(getBucketPolicy, { Bucket: 'bucket' }, { caller }))).toBe('MethodNotAllowed')
  expect(await refusalOf(call(deleteBucketPolicy, { Bucket: 'bucket' }, { caller }))).toBe('MethodNotAllowed')
})
