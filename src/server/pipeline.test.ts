import { describe, expect, test } from 'vitest'
import { openAuthorizationMessage } from '../access/denials/authorization-message.ts'
import { newSecretAccessKey } from '../aws/unique-id.ts'
import { databaseUnavailable } from '../store/unavailable.ts'
import { ACCOUNT, ADMIN, formOf, openServer, type SentRequest, type ServerFixture } from './testing/server-fixture.ts'

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' },
})

/** A user with a key of its own, and this policy. */
async function addUser(server: ServerFixture, userName: string, document: string) {
  await server.query('iam', { Action: 'CreateUser', UserName: userName })
  await server.query('iam', {
    Action: 'PutUserPolicy',
    UserName: userName,
    PolicyName: 'own',
    PolicyDocument: document,
  })
  const { body } = await server.query('iam', { Action: 'CreateAccessKey', UserName: userName })
  const member = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(body)?.[1] ?? ''
  return { accessKeyId: member('AccessKeyId'), secretAccessKey: member('SecretAccessKey') }
}

const DENIED = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Deny', Action: 'iam:*', Resource: '*' },
})

/** One request for each protocol, unsigned; the code with which a call without credentials, and one of an unknown key, is refused. */
const PROTOCOLS: Readonly<Record<string, SentRequest & { readonly refusals: readonly [string, string] }>> = {
  sts: {
    ...{ ...formOf({ Action: 'GetCallerIdentity' }), service: 'sts' },
    refusals: ['<Code>MissingAuthenticationToken</Code>', '<Code>InvalidClientTokenId</Code>'],
  },
  // Without a signature, nothing tells EKS's paths from a bucket's.
  eks: {
    ...{ path: '/clusters', service: 'eks' },
    refusals: ['<Code>NoSuchBucket</Code>', 'UnrecognizedClientException'],
  },
  'marketplace-metering': {
    ...{ method: 'POST', service: 'aws-marketplace', body: '{"ProductCode":"p","PublicKeyVersion":1}' },
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSMPMeteringService.RegisterUsage' },
    refusals: ['MissingAuthenticationTokenException', 'UnrecognizedClientException'],
  },
  s3: { path: '/', service: 's3', refusals: ['<Code>AccessDenied</Code>', '<Code>InvalidAccessKeyId</Code>'] },
}

describe.each(Object.entries(PROTOCOLS))('%s', (_name, { refusals, service, ...request }) => {
  const shown = (answer: { body: string; headers: Readonly<Record<string, unknown>> }) =>
    `${answer.headers['x-amzn-errortype'] ?? ''} ${answer.body}`

  test('refuses a call without a signature in its protocol', async () => {
    const server = await openServer()
    const answer = await server.send(request)
    expect([answer.status, shown(answer)]).toEqual([expect.toBeOneOf([403, 404]), expect.stringContaining(refusals[0])])
  })

  test('refuses an unknown key', async () => {
    const server = await openServer()
    const key = { accessKeyId: 'AKIAIOSFODNN7UNKNOWN', secretAccessKey: 'x' }
    const answer = await server.send({ ...request, ...(service && { service }), key })
    expect([answer.status, shown(answer)]).toEqual([403, expect.stringContaining(refusals[1])])
  })

  test('answers a known one, under a request id that the log has too', async () => {
    const server = await openServer()
    const answer = await server.send({ ...request, ...(service && { service }) })
    expect(answer.status).toBeLessThan(500)
    const id = answer.headers['x-amzn-requestid'] ?? answer.headers['x-amz-request-id']
    expect(id).toBe(server.ended.at(-1)?.record.requestId)
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('routing', () => {
  test('what is for no service is refused as the query protocol does', async () => {
    const server = await openServer()
    const answer = await server.send({ ...formOf({ Action: 'ListQueues' }), service: 'sqs' })
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('<Code>InvalidAction</Code>')])
    expect(server.ended.at(-1)?.record).toMatchObject({ service: undefined, operation: undefined })
  })

  test('an operation that is not built is 4xx, and one that does not exist as well', async () => {
    const server = await openServer()
    for (const Action of ['GetFederationToken', 'NoSuchThing']) {
      const { status, body } = await server.query('sts', { Action, Name: 'ab' })
      expect(status).toBe(400)
      expect(body).toContain('InvalidAction')
    }
  })

  test('an unsigned AssumeRoleWithWebIdentity finds STS by its form', async () => {
    const server = await openServer()
    const parameters = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/app`, RoleSessionName: 'pod', WebIdentityToken: 'bad!' }
    const { status, body } = await server.send(formOf({ Action: 'AssumeRoleWithWebIdentity', ...parameters }))
    expect([status, body]).toEqual([400, expect.stringContaining('<Code>InvalidIdentityToken</Code>')])
  })

  test('a whole URL as target, as for a proxy, is the path in it', async () => {
    const server = await openServer()
    const { body } = await server.send({ path: 'http://elsewhere.example/clusters' })
    expect(body).toContain('<BucketName>clusters</BucketName>')
  })

  test('names of an object’s prototype are no signed headers', async () => {
    const server = await openServer()
    const scope = `${ADMIN.accessKeyId}/20260102/us-east-1/sts/aws4_request`
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=__proto__;constructor;host, Signature=${'0'.repeat(64)}`
    const answer = await server.send({ ...formOf({ Action: 'GetCallerIdentity' }), headers: { authorization } })
    expect(answer.status).toBe(403)
  })
})

describe('the order of checks', () => {
  test('a stranger with a malformed input learns nothing of the input', async () => {
    const server = await openServer()
    const form = formOf({ Action: 'GetRole' }, 'iam')
    expect((await server.send({ ...form, service: 'iam' })).body).toContain('validation error')
    const key = { ...ADMIN, secretAccessKey: 'wrong' }
    expect((await server.send({ ...form, service: 'iam', key })).body).toContain('<Code>SignatureDoesNotMatch</Code>')
    expect((await server.send(form)).body).toContain('<Code>MissingAuthenticationToken</Code>')
  })

  test('a constraint is told before the permission, the permission before the entity', async () => {
    const server = await openServer()
    const key = await addUser(server, 'bob', DENIED)
    const get = (RoleName: string) => server.query('iam', { Action: 'GetRole', RoleName }, key)
    expect((await get('not a name')).body).toContain('validation error')
    expect((await get('missing')).body).toContain('<Code>AccessDenied</Code>')
    expect((await server.query('iam', { Action: 'GetRole', RoleName: 'missing' })).status).toBe(404)
  })

  test('a session that expires while its request is still arriving is refused', async () => {
    let now = Date.now()
    const server = await openServer({ clock: () => now })
    const { body } = await server.query('sts', { Action: 'GetSessionToken', DurationSeconds: '900' })
    const member = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(body)?.[1] ?? ''
    const key = {
      accessKeyId: member('AccessKeyId'),
      secretAccessKey: member('SecretAccessKey'),
      sessionToken: member('SessionToken'),
    }
    const send = (whileArriving: () => void) =>
      server.send({ ...formOf({ Action: 'GetCallerIdentity' }), service: 'sts', key, whileArriving })
    now += 899_000
    expect((await send(() => {})).status).toBe(200)
    const expire = () => {
      now += 1_000
    }
    expect((await send(expire)).body).toContain('<Code>ExpiredToken</Code>')
  })
})

describe('when something breaks', () => {
  test('a database out of reach is 503, and nothing of it is told', async () => {
    const cause = new Error('connect ECONNREFUSED 10.1.2.3:5432')
    const server = await openServer({
      store: (store) => ({
        ...store,
        recording: (event) => store.recording(event),
        changes: {
          onChange: () => {},
          catchUp() {
            throw databaseUnavailable(cause)
          },
        },
      }),
    })
    const { status, body } = await server.query('sts', { Action: 'GetCallerIdentity' })
    expect([status, body]).toEqual([503, expect.stringContaining('<Code>ServiceUnavailable</Code>')])
    expect(body).not.toContain('10.1.2.3')
    expect(server.ended.at(-1)).toMatchObject({ status: 503, cause, record: { errorCode: 'ServiceUnavailable' } })
  })

  test('a bug is 500 without its text; the cause is for the log, under the same id', async () => {
    const server = await openServer()
    server.tokens.get = () => {
      throw new Error('a secret detail')
    }
    const parameters = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/app`, RoleSessionName: 'pod', WebIdentityToken: 'tttt' }
    const { status, body } = await server.send(formOf({ Action: 'AssumeRoleWithWebIdentity', ...parameters }))
    expect([status, body]).toEqual([500, expect.stringContaining('<Code>InternalFailure</Code>')])
    expect(body).not.toContain('secret detail')
    expect(server.ended.at(-1)?.cause).toMatchObject({ message: 'a secret detail' })
  })
})

describe('denials', () => {
  test('carry a message that only their account decodes, in a header', async () => {
    const server = await openServer()
    const key = await addUser(server, 'bob', DENIED)
    const answer = await server.query('iam', { Action: 'GetRole', RoleName: 'app' }, key)
    const message = String(answer.headers['x-openirsa-authorization-message'])
    expect(JSON.parse(openAuthorizationMessage(server.keyRing, message, ACCOUNT)?.text ?? '')).toMatchObject({
      ...{ explicitDeny: true, context: { action: 'iam:GetRole' } },
    })
    expect(answer.body).toContain('with an explicit deny in an identity-based policy')
  })

  test('of strangers carry none', async () => {
    const server = await openServer()
    const answer = await server.send({ path: '/bucket/key' })
    expect(answer.headers['x-openirsa-authorization-message']).toBeUndefined()
  })
})

describe('audit', () => {
  const stored = async ({ store }: ServerFixture) => {
    const rows = await store.reads.selectFrom('audit_events').selectAll().execute()
    return rows.map((row) => ({ ...row, event: JSON.parse(row.event) }))
  }

  test('a change and its event are stored together, under the id that the log shows', async () => {
    const server = await openServer()
    const parameters = { RoleName: 'app', AssumeRolePolicyDocument: TRUST, Description: 'a secret in prose' }
    await server.query('iam', { Action: 'CreateRole', ...parameters })
    const [row, ...more] = await stored(server)
    expect(more).toEqual([])
    expect(row).toMatchObject({
      ...{ event_name: 'CreateRole', event_source: 'iam.amazonaws.com', account_id: ACCOUNT, error_code: null },
      event_id: server.ended.at(-1)?.record.eventId,
      event: {
        ...{ eventName: 'CreateRole', requestID: server.ended.at(-1)?.record.requestId, awsRegion: 'us-east-1' },
        userIdentity: { type: 'IAMUser', userName: 'admin', accessKeyId: ADMIN.accessKeyId },
        requestParameters: { roleName: 'app' },
        resources: [{ ARN: `arn:aws:iam::${ACCOUNT}:role/app` }],
        additionalEventData: { decisions: [{ action: 'iam:CreateRole', decision: 'allowed' }] },
      },
    })
    expect(JSON.stringify(row)).not.toContain('prose')
  })

  test('a change that is refused leaves no event, and reads leave none', async () => {
    const server = await openServer()
    await server.query('iam', { Action: 'DeleteRole', RoleName: 'missing' })
    await server.query('iam', { Action: 'ListRoles' })
    expect(await stored(server)).toEqual([])
    expect(server.ended.map(({ record }) => record.errorCode)).toEqual(['NoSuchEntity', undefined])
  })

  test('the secret of a new access key is in no event and no record', async () => {
    const server = await openServer()
    const { secretAccessKey } = await addUser(server, 'bob', DENIED)
    expect(secretAccessKey).toHaveLength(newSecretAccessKey().length)
    const everything = JSON.stringify([await stored(server), server.ended])
    expect(everything).toContain('CreateAccessKey')
    expect(everything).not.toContain(secretAccessKey)
    expect(everything).not.toContain(ADMIN.secretAccessKey)
  })

  test('a token that breaks a constraint is not shown in the refusal', async () => {
    const server = await openServer()
    const WebIdentityToken = 'secret-token.'.repeat(2_000)
    const parameters = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/app`, RoleSessionName: 'pod', WebIdentityToken }
    const { body } = await server.send(formOf({ Action: 'AssumeRoleWithWebIdentity', ...parameters }))
    expect(body).toContain("at 'webIdentityToken' failed to satisfy constraint")
    expect(body + JSON.stringify(server.ended)).not.toContain('secret-token')
  })

  test('a web identity acts in the account of its provider, and the record says who it was', async () => {
    const server = await openServer()
    const other = '444455556666'
    const provider = `arn:aws:iam::${other}:oidc-provider/issuer.example`
    server.tokens.set('good', {
      ...{ issuer: 'https://issuer.example', providerArn: provider, subject: 'sub', audience: 'aud', claims: {} },
      ...{ conditionKeys: { 'issuer.example:sub': 'sub', 'issuer.example:aud': 'aud' } },
      ...{ expiresAt: Date.now() + 60_000, issuedAt: undefined },
    })
    const parameters = { RoleArn: `arn:aws:iam::${other}:role/app`, RoleSessionName: 'pod', WebIdentityToken: 'good' }
    const { status } = await server.send(formOf({ Action: 'AssumeRoleWithWebIdentity', ...parameters }))
    expect(status).toBe(403)
    expect(server.ended.at(-1)?.record).toMatchObject({ accountId: other, errorCode: 'AccessDenied' })
  })
})
