import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { callOpenIrsa, connect } from './connection.ts'
import { CommandError } from './usage-error.ts'

const ADMIN = { OPENIRSA_ADMIN_ACCESS_KEY_ID: 'AKIAADMIN', OPENIRSA_ADMIN_SECRET_ACCESS_KEY: 'admin-secret' }
const AWS = { AWS_ACCESS_KEY_ID: 'AKIAAWS', AWS_SECRET_ACCESS_KEY: 'aws-secret', AWS_SESSION_TOKEN: 'token' }

test('without an endpoint it is the server of this folder with the admin’s key, whatever AWS keys the shell has', () => {
  expect(connect({ ...ADMIN, ...AWS })).toEqual({
    ...{ url: 'http://127.0.0.1:4566', region: 'us-east-1', accessKeyId: 'AKIAADMIN', secretAccessKey: 'admin-secret' },
    sessionToken: undefined,
  })
})

test('with an endpoint it is that server, with the key of the shell', () => {
  const environment = { ...ADMIN, ...AWS, AWS_ENDPOINT_URL: 'https://iam.example.com/', AWS_REGION: 'eu-west-1' }
  expect(connect(environment)).toEqual({
    ...{ url: 'https://iam.example.com', region: 'eu-west-1', accessKeyId: 'AKIAAWS', secretAccessKey: 'aws-secret' },
    sessionToken: 'token',
  })
})

test('an endpoint without a key has the admin’s; an empty variable counts as none', () => {
  const environment = { ...ADMIN, AWS_ENDPOINT_URL: 'https://iam.example.com', AWS_ACCESS_KEY_ID: '' }
  expect(connect(environment)).toMatchObject({ accessKeyId: 'AKIAADMIN', sessionToken: undefined })
  expect(connect({ ...ADMIN, ...AWS, AWS_ENDPOINT_URL: '' }).url).toBe('http://127.0.0.1:4566')
})

/** A server that answers all the same, and tells what it was asked. */
async function answering(status: number, headers: Readonly<Record<string, string>>, body: string) {
  const requests: { method?: string; url?: string; headers: NodeJS.Dict<string | string[]> }[] = []
  const server = createServer((request, response) => {
    requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers })
    request.resume().on('end', () => response.writeHead(status, headers).end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { requests, connection: connect({ ...AWS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }) }
}

async function failure(call: Promise<unknown>) {
  const error = await call.catch((thrown: unknown) => thrown)
  if (!(error instanceof CommandError)) throw new Error(`no command error: ${error}`)
  return { code: error.code, message: error.message, exitCode: error.exitCode }
}

test('a call is signed for the openirsa service, with the session’s token', async () => {
  const { requests, connection } = await answering(200, {}, '{"ok":true}')
  expect(await callOpenIrsa(connection, 'POST', '/openirsa/clusters?a=b', { name: 'c' })).toEqual({ ok: true })
  expect(requests).toMatchObject([{ method: 'POST', url: '/openirsa/clusters?a=b' }])
  expect(requests[0]?.headers.authorization).toMatch(/Credential=AKIAAWS\/\d{8}\/us-east-1\/openirsa\/aws4_request/)
  expect(requests[0]?.headers['x-amz-security-token']).toBe('token')
})

test('a refusal is told with its code; a denial has an exit code of its own', async () => {
  const denied = await answering(403, { 'x-amzn-errortype': 'AccessDeniedException' }, '{"message":"not you"}')
  expect(await failure(callOpenIrsa(denied.connection, 'GET', '/'))).toEqual({
    ...{ code: 'AccessDeniedException', message: 'not you', exitCode: 5 },
  })
  const missing = await answering(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }, '{"message":"no"}')
  expect(await failure(callOpenIrsa(missing.connection, 'GET', '/'))).toMatchObject({ exitCode: 1 })
})

test('what is no server of ours is told as that', async () => {
  const page = await answering(200, {}, '<html>')
  expect(await failure(callOpenIrsa(page.connection, 'GET', '/'))).toMatchObject({ code: 'NOT_OPENIRSA' })
  const proxy = await answering(502, {}, `<html>${'x'.repeat(1_000)}`)
  const { code, message } = await failure(callOpenIrsa(proxy.connection, 'GET', '/'))
  expect([code, message.length]).toEqual(['HTTP 502', 500])
})

test('a server that is not there is told with what to do', async () => {
  const nowhere = connect({ ...AWS, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })
  expect(await failure(callOpenIrsa(nowhere, 'GET', '/'))).toEqual({
    ...{ code: 'UNREACHABLE', exitCode: 1 },
    message: expect.stringMatching(/^no server answers at http:\/\/127\.0\.0\.1:1 \(.+\)\. Start it with "npm start"/),
  })
})

test('an endpoint that is no URL is a wrong usage', async () => {
  const broken = connect({ ...AWS, AWS_ENDPOINT_URL: 'not a url' })
  await expect(callOpenIrsa(broken, 'GET', '/')).rejects.toThrow('AWS_ENDPOINT_URL: "not a url" is no URL')
})

test('a redirect is not followed: it could lead the signature elsewhere', async () => {
  const elsewhere = await answering(200, {}, '{}')
  const { connection } = await answering(302, { location: `${elsewhere.connection.url}/` }, '')
  expect(await failure(callOpenIrsa(connection, 'GET', '/'))).toMatchObject({ code: 'UNREACHABLE' })
  expect(elsewhere.requests).toEqual([])
})
