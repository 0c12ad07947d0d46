import { afterAll, beforeAll, expect, test } from 'vitest'
import { presign } from '../../src/sigv4/sign.ts'
import { ACCOUNT_ID, done } from '../support/account.ts'
import { meteringCall, RawClient, type RawRequest, restCall } from '../support/raw-request.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let client: RawClient

beforeAll(async () => {
  server = await startServer()
  client = new RawClient(server)
  await done(client, restCall('s3', 'PUT', '/guarded'))
  await done(client, restCall('s3', 'PUT', '/guarded/object', 'content'))
})
afterAll(() => server.stop())

async function deny(condition: object): Promise<void> {
  const statement = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::guarded/*',
    Condition: condition,
  }
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statement })
  await done(client, restCall('s3', 'PUT', '/guarded?policy=', document))
}

async function statusOf(request: RawRequest): Promise<number> {
  return (await client.send(request)).status
}

const read = restCall('s3', 'GET', '/guarded/object')

function link(now = Date.now()): RawRequest {
  const signer = { ...ADMIN, sessionToken: undefined, region: 'us-east-1', service: 's3', now }
  const outgoing = { method: 'GET', path: read.path, query: '', headers: { host: client.host } }
  return { ...read, query: presign(outgoing, 3_600, signer), headers: outgoing.headers }
}

test('a bucket policy can refuse presigned requests, and only them', async () => {
  await deny({ StringNotEquals: { 's3:authType': 'REST-HEADER' } })
  expect(await statusOf(client.sign(read, ADMIN))).toBe(200)
  expect(await statusOf(link())).toBe(403)
})

test('a bucket policy can refuse presigned requests that are old', async () => {
  await deny({ NumericGreaterThan: { 's3:signatureAge': '600000' } })
  expect(await statusOf(link())).toBe(200)
  expect(await statusOf(link(Date.now() - 900_000))).toBe(403)
})

test('a bucket policy can refuse bodies that are not signed', async () => {
  await deny({ StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } })
  expect(await statusOf(client.sign(read, ADMIN))).toBe(200)
  expect(await statusOf(client.sign(read, ADMIN, { payload: 'UNSIGNED-PAYLOAD' }))).toBe(403)
})

test('a changed bucket policy is in force for the next request, and so is its end', async () => {
  await deny({ StringEquals: { 's3:ResourceAccount': ACCOUNT_ID } })
  expect(await statusOf(client.sign(read, ADMIN))).toBe(403)
  await done(client, restCall('s3', 'DELETE', '/guarded?policy='))
  expect(await statusOf(client.sign(read, ADMIN))).toBe(200)
})

test('a buyer gets a registration token, and the seller learns from it who the buyer is', async () => {
  const wanted = { productCode: 'product-1', sellerAccountId: ACCOUNT_ID }
  const { json: made } = await done(client, restCall('openirsa', 'POST', '/openirsa/registration-tokens', wanted))
  const { json } = await done(client, meteringCall('ResolveCustomer', { RegistrationToken: made.registrationToken }))
  expect(json).toMatchObject({ CustomerAWSAccountId: ACCOUNT_ID, ProductCode: 'product-1' })
})

test('a text with U+0000 is a mistake of the caller, whatever keeps the texts', async () => {
  for (const query of ['?list-type=2&prefix=%00', '?list-type=2&start-after=%00', '?uploads=&key-marker=%00']) {
    expect(await statusOf(client.sign(restCall('s3', 'GET', `/guarded${query}`), ADMIN))).toBe(400)
  }
})
