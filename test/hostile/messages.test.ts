import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  meteringCall,
  queryCall,
  RawClient,
  type RawRequest,
  restCall,
  type ServiceCall,
} from '../support/raw-request.ts'
import { ADMIN, startServer, type TestServer } from '../support/server.ts'
import { snapshot } from '../support/state.ts'

let server: TestServer
let client: RawClient
let before: ReturnType<typeof snapshot>

beforeAll(async () => {
  server = await startServer()
  client = new RawClient(server)
  expect((await client.call(restCall('s3', 'PUT', '/messages'), ADMIN)).status).toBe(200)
  expect((await client.call(restCall('s3', 'PUT', '/messages/kept', 'kept'), ADMIN)).status).toBe(200)
  before = snapshot(server.dataDir)
})

afterAll(async () => {
  expect(await server.stop()).toBe(0)
})

/** Sends a correctly signed call of the admin, who may do everything: what is refused is refused for its form. */
async function refusal(call: ServiceCall): Promise<readonly [string | undefined, number]> {
  const { code, status } = await client.call(call, ADMIN)
  return [code, status]
}

function form(service: 'iam' | 'sts', body: string | Uint8Array): ServiceCall {
  return { ...queryCall(service, ''), body: Buffer.from(body) }
}

const eks = (body: string | Uint8Array) => ({
  ...restCall('eks', 'POST', '/clusters', body),
  headers: { 'content-type': 'application/json' },
})
const openirsa = (body: string | Uint8Array) => ({
  ...restCall('openirsa', 'POST', '/openirsa/clusters', body),
  headers: { 'content-type': 'application/json' },
})
const metering = (body: string | Uint8Array): ServiceCall => ({
  ...meteringCall('MeterUsage', {}),
  body: Buffer.from(body),
})
const xml = (body: string | Uint8Array) => restCall('s3', 'POST', '/messages?delete', body)
const IAM_FORM = 'Version=2010-05-08&Action='
const nested = (open: string, close: string, depth: number, inside = '') =>
  open.repeat(depth) + inside + close.repeat(depth)

describe('a signed request in a form that nothing sends', () => {
  const REFUSED: readonly (readonly [string, () => ServiceCall, string, number])[] = [
    ['IAM: no action', () => form('iam', 'Version=2010-05-08'), 'MissingAction', 400],
    ['IAM: unknown action', () => form('iam', `${IAM_FORM}NoSuchAction`), 'InvalidAction', 400],
    ['IAM: an action that is not built', () => form('iam', `${IAM_FORM}CreateInstanceProfile`), 'InvalidAction', 400],
    ['IAM: an action in other letters', () => form('iam', `${IAM_FORM}createrole`), 'InvalidAction', 400],
    ['IAM: an action of Object', () => form('iam', `${IAM_FORM}__proto__`), 'InvalidAction', 400],
    ['IAM: unknown version', () => form('iam', 'Version=2099-01-01&Action=ListRoles'), 'InvalidAction', 400],
    ['IAM: no version', () => form('iam', 'Action=ListRoles'), 'InvalidAction', 400],
    ['IAM: a parameter twice', () => form('iam', `${IAM_FORM}CreateUser&UserName=a&UserName=b`), 'MalformedInput', 400],
    [
      'IAM: an action twice',
      () => form('iam', `${IAM_FORM}ListRoles&Action=CreateUser&UserName=a`),
      'MalformedInput',
      400,
    ],
    [
      'IAM: not UTF-8',
      () => form('iam', Buffer.from(`${IAM_FORM}CreateUser&UserName=\xff`, 'latin1')),
      'MalformedQueryString',
      404,
    ],
    [
      'IAM: not UTF-8, encoded',
      () => form('iam', `${IAM_FORM}CreateUser&UserName=%ff%fe`),
      'MalformedQueryString',
      404,
    ],
    ['IAM: a stray percent sign', () => form('iam', `${IAM_FORM}CreateUser&UserName=%zz`), 'MalformedQueryString', 404],
    ['IAM: NUL in a name', () => form('iam', `${IAM_FORM}CreateUser&UserName=a%00b`), 'ValidationError', 400],
    ['IAM: line ends in a name', () => form('iam', `${IAM_FORM}CreateUser&UserName=a%0d%0ab`), 'ValidationError', 400],
    ['IAM: a slash in a name', () => form('iam', `${IAM_FORM}CreateUser&UserName=a%2fb`), 'ValidationError', 400],
    [
      'IAM: an overlong path',
      () => form('iam', `${IAM_FORM}CreateUser&UserName=a&Path=/${'x'.repeat(600)}/`),
      'ValidationError',
      400,
    ],
    [
      'IAM: names nested a thousand deep',
      () => form('iam', `${IAM_FORM}CreateUser&UserName=a&Tags${'.member.1'.repeat(1000)}=x`),
      'MalformedInput',
      400,
    ],
    [
      'IAM: a huge list index',
      () =>
        form('iam', `${IAM_FORM}CreateUser&UserName=a&Tags.member.99999999999.Key=a&Tags.member.99999999999.Value=b`),
      'MalformedInput',
      400,
    ],
    [
      'IAM: a list index of another kind',
      () => form('iam', `${IAM_FORM}CreateUser&UserName=a&Tags.member.-1.Key=a`),
      'MalformedInput',
      400,
    ],
    [
      'IAM: 10,001 parameters',
      () => form('iam', `${IAM_FORM}CreateUser&UserName=a${'&x='.repeat(10_001)}`),
      'MalformedQueryString',
      404,
    ],
    [
      'IAM: 51 tags',
      () =>
        form(
          'iam',
          `${IAM_FORM}CreateUser&UserName=a${Array.from({ length: 51 }, (_, n) => `&Tags.member.${n + 1}.Key=k${n}&Tags.member.${n + 1}.Value=v`).join('')}`,
        ),
      'ValidationError',
      400,
    ],
    [
      'IAM: a huge number',
      () => form('iam', `${IAM_FORM}ListRoles&MaxItems=99999999999999999999999`),
      'MalformedInput',
      400,
    ],
    ['IAM: a number in words', () => form('iam', `${IAM_FORM}ListRoles&MaxItems=ten`), 'MalformedInput', 400],
    ['IAM: zero of something', () => form('iam', `${IAM_FORM}ListRoles&MaxItems=0`), 'ValidationError', 400],
    ['IAM: a forged page marker', () => form('iam', `${IAM_FORM}ListRoles&Marker=AAAA`), 'ValidationError', 400],
    [
      'IAM: a trust policy that is no JSON',
      () => form('iam', `${IAM_FORM}CreateRole&RoleName=r&AssumeRolePolicyDocument=%7B`),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'IAM: a policy without a statement',
      () =>
        queryCall('iam', 'CreatePolicy', {
          PolicyName: 'p',
          PolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
        }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'IAM: a policy nested ten thousand deep',
      () =>
        form(
          'iam',
          `${IAM_FORM}CreatePolicy&PolicyName=p&PolicyDocument=${encodeURIComponent(nested('[', ']', 10_000))}`,
        ),
      'MalformedPolicyDocument',
      400,
    ],
    ['IAM: PUT', () => ({ ...queryCall('iam', 'ListRoles'), method: 'PUT' }), 'MethodNotAllowed', 405],
    [
      'IAM: JSON in place of a form',
      () => ({ ...form('iam', '{"Action":"ListRoles"}'), headers: { 'content-type': 'application/json' } }),
      'MissingAction',
      400,
    ],
    ['STS: unknown action', () => form('sts', 'Version=2011-06-15&Action=NoSuchAction'), 'InvalidAction', 400],
    ["STS: an action of IAM's", () => form('sts', 'Version=2011-06-15&Action=ListRoles'), 'InvalidAction', 400],
    [
      'STS: a huge duration',
      () => queryCall('sts', 'GetSessionToken', { DurationSeconds: '1e9' }),
      'ValidationError',
      400,
    ],
    [
      'STS: a long duration',
      () => queryCall('sts', 'GetSessionToken', { DurationSeconds: '129601' }),
      'ValidationError',
      400,
    ],
    ['EKS: no JSON', () => eks('{"name":'), 'SerializationException', 400],
    ['EKS: not UTF-8', () => eks(Buffer.from('{"name":"\xff"}', 'latin1')), 'SerializationException', 400],
    ['EKS: half a surrogate pair', () => eks('{"name":"\\ud800"}'), 'SerializationException', 400],
    [
      'EKS: nested a hundred thousand deep',
      () => eks(nested('{"a":', '}', 100_000, '1')),
      'SerializationException',
      400,
    ],
    ['EKS: an array', () => eks('[]'), 'SerializationException', 400],
    ['EKS: a name of another type', () => eks('{"name":{"a":1},"roleArn":"a"}'), 'SerializationException', 400],
    [
      'EKS: NUL in a name',
      () => eks('{"name":"a\\u0000","roleArn":"arn:aws:iam::111122223333:role/x","resourcesVpcConfig":{}}'),
      'InvalidParameterException',
      400,
    ],
    ['EKS: unknown path', () => restCall('eks', 'GET', '/no/such/path'), 'UnknownOperationException', 404],
    ['EKS: a method it does not have', () => restCall('eks', 'PATCH', '/clusters'), 'UnknownOperationException', 404],
    [
      'EKS: an operation that is not built',
      () => restCall('eks', 'GET', '/clusters/x/addons'),
      'UnknownOperationException',
      404,
    ],
    ['EKS: a path that is not UTF-8', () => restCall('eks', 'GET', '/clusters/%ff'), 'UnknownOperationException', 404],
    [
      'EKS: a number that is none',
      () => restCall('eks', 'GET', '/clusters?maxResults=NaN'),
      'SerializationException',
      400,
    ],
    ['OpenIRSA: no JSON', () => openirsa('nonsense'), 'SerializationException', 400],
    [
      'OpenIRSA: nested a hundred thousand deep',
      () => openirsa(nested('[', ']', 100_000)),
      'SerializationException',
      400,
    ],
    [
      'OpenIRSA: unknown path',
      () => restCall('openirsa', 'GET', '/openirsa/secrets'),
      'UnknownOperationException',
      404,
    ],
    [
      'OpenIRSA: an issuer of another scheme',
      () => openirsa('{"name":"x","issuerUrl":"file:///etc/passwd"}'),
      'InvalidParameterException',
      400,
    ],
    [
      'OpenIRSA: keys that are no key set',
      () => openirsa('{"name":"x","issuerUrl":"https://192.0.2.1","jwks":"{}"}'),
      'InvalidParameterException',
      400,
    ],
    [
      'OpenIRSA: private keys',
      () =>
        openirsa(
          JSON.stringify({
            name: 'x',
            issuerUrl: 'https://192.0.2.1',
            jwks: '{"keys":[{"kty":"oct","k":"AAAA","kid":"a"}]}',
          }),
        ),
      'InvalidParameterException',
      400,
    ],
    ['Metering: no JSON', () => metering('{'), 'SerializationException', 400],
    ['Metering: not UTF-8', () => metering(Buffer.from([0x7b, 0xff, 0x7d])), 'SerializationException', 400],
    [
      'Metering: nested a hundred thousand deep',
      () => metering(nested('{"a":', '}', 100_000, '1')),
      'SerializationException',
      400,
    ],
    [
      'Metering: a huge number',
      () => meteringCall('MeterUsage', { ProductCode: 'a', Timestamp: 1e300, UsageDimension: 'd' }),
      'SerializationException',
      400,
    ],
    ['Metering: unknown operation', () => meteringCall('NoSuchOperation', {}), 'UnknownOperationException', 400],
    ['Metering: GET', () => ({ ...meteringCall('MeterUsage', {}), method: 'GET' }), 'UnknownOperationException', 400],
    ['S3: no XML', () => xml('nonsense'), 'MalformedXML', 400],
    [
      'S3: not UTF-8',
      () => xml(Buffer.from('<Delete><Object><Key>\xff</Key></Object></Delete>', 'latin1')),
      'MalformedXML',
      400,
    ],
    ['S3: NUL in XML', () => xml('<Delete><Object><Key>a\0b</Key></Object></Delete>'), 'MalformedXML', 400],
    ['S3: nested a hundred thousand deep', () => xml(nested('<a>', '</a>', 100_000)), 'MalformedXML', 400],
    [
      'S3: entities that expand',
      () =>
        xml(
          `<!DOCTYPE d [<!ENTITY a "${'kept'.repeat(100)}"><!ENTITY b "&a;&a;&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>`,
        ),
      'MalformedXML',
      400,
    ],
    [
      'S3: an entity that reads a file',
      () =>
        xml('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&x;</Key></Object></Delete>'),
      'MalformedXML',
      400,
    ],
    [
      'S3: 1,001 keys to delete',
      () => xml(`<Delete>${'<Object><Key>kept</Key></Object>'.repeat(1_001)}</Delete>`),
      'MalformedXML',
      400,
    ],
    ['S3: a path that is not UTF-8', () => restCall('s3', 'PUT', '/messages/%ff', 'x'), 'InvalidURI', 400],
    [
      'S3: a bucket with a slash in its name',
      () => restCall('s3', 'PUT', '/messages%2fkept'),
      'InvalidBucketName',
      400,
    ],
    ['S3: a bucket with dots for a name', () => restCall('s3', 'PUT', '/..'), 'InvalidBucketName', 400],
    [
      'S3: a key that is too long',
      () => restCall('s3', 'PUT', `/messages/${'k'.repeat(1_025)}`, 'x'),
      'KeyTooLongError',
      400,
    ],
    [
      'S3: a subresource that is not built',
      () => restCall('s3', 'PUT', '/messages/kept?acl', 'x'),
      'NotImplemented',
      501,
    ],
    [
      'S3: a huge part number',
      () => restCall('s3', 'PUT', '/messages/kept?partNumber=99999999999&uploadId=x', 'x'),
      'InvalidArgument',
      400,
    ],
    [
      'S3: a huge page',
      () => restCall('s3', 'GET', '/messages?list-type=2&max-keys=99999999999999999999'),
      'InvalidArgument',
      400,
    ],
    [
      'S3: a forged continuation',
      () => restCall('s3', 'GET', '/messages?list-type=2&continuation-token=AAAA'),
      'InvalidArgument',
      400,
    ],
    [
      'S3: an upload that nobody began',
      () => restCall('s3', 'PUT', '/messages/kept?partNumber=1&uploadId=x', 'x'),
      'NoSuchUpload',
      404,
    ],
  ]

  test.for(REFUSED)('%s', async ([, call, code, status]) => {
    const startedAt = performance.now()
    expect(await refusal(call())).toEqual([code, status])
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(snapshot(server.dataDir)).toEqual(before)
  })
})

describe('a body or header beyond its limit', () => {
  const MIB = 1024 * 1024
  test.for([
    ['IAM', () => form('iam', `${IAM_FORM}CreateUser&UserName=${'x'.repeat(MIB)}`), 'RequestEntityTooLarge'],
    ['EKS', () => eks(`{"name":"${'x'.repeat(MIB)}"}`), 'RequestEntityTooLarge'],
    ['OpenIRSA', () => openirsa(`{"name":"${'x'.repeat(MIB)}"}`), 'RequestEntityTooLarge'],
    ['Metering', () => metering(`{"ProductCode":"${'x'.repeat(MIB)}"}`), 'RequestEntityTooLarge'],
    ["S3's XML", () => xml(`<Delete>${'x'.repeat(4 * MIB)}</Delete>`), 'RequestEntityTooLarge'],
  ] as const)('%s: is refused', async ([, call, code]) => {
    expect(await refusal(call())).toEqual([code, 413])
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test('is refused before it is read, whoever sends it', async () => {
    const headers = `POST / HTTP/1.1\r\nHost: ${client.host}\r\nContent-Type: application/x-www-form-urlencoded\r\n`
    const startedAt = performance.now()
    const answer = await client.sendBytes(`${headers}Content-Length: 99999999999\r\n\r\n`, 10_000)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/connection: close/i)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  test('in chunks is refused when it passes the limit', async () => {
    const head = `POST / HTTP/1.1\r\nHost: ${client.host}\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n`
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    expect(await client.sendBytes(head + chunk.repeat(17))).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('of headers is refused', async () => {
    const big = `GET /messages HTTP/1.1\r\nHost: ${client.host}\r\nX-Big: ${'x'.repeat(40_000)}\r\n\r\n`
    expect(await client.sendBytes(big)).toMatch(/^HTTP\/1\.1 431 /)
    const many = Array.from({ length: 5_000 }, (_, n) => `X-${n}: 1\r\n`).join('')
    expect(await client.sendBytes(`GET /messages HTTP/1.1\r\nHost: ${client.host}\r\n${many}\r\n`)).toMatch(
      /^HTTP\/1\.1 4(?:31|03|00) /,
    )
  })
})

describe('a request that two servers could read differently', () => {
  const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  const head = (method: string, target: string) => `${method} ${target} HTTP/1.1\r\nHost: ${client.host}\r\n`
  const AMBIGUOUS: readonly (readonly [string, () => string])[] = [
    [
      'both Content-Length and Transfer-Encoding',
      () => `${head('POST', '/')}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'Content-Length twice',
      () => `${head('POST', '/')}Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    ],
    [
      'a Content-Length that is a list',
      () => `${head('POST', '/')}Content-Length: 0, ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    ],
    ['a negative Content-Length', () => `${head('POST', '/')}Content-Length: -1\r\n\r\n${SMUGGLED}`],
    ['a Content-Length in hex', () => `${head('POST', '/')}Content-Length: 0x10\r\n\r\n${SMUGGLED}`],
    [
      'a Transfer-Encoding that is not known',
      () => `${head('POST', '/')}Transfer-Encoding: xchunked\r\n\r\n${SMUGGLED}`,
    ],
    [
      'a Transfer-Encoding with a space before its colon',
      () => `${head('POST', '/')}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'chunked, and not last',
      () => `${head('POST', '/')}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'a chunk size that is no number',
      () => `${head('POST', '/')}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n${SMUGGLED}`,
    ],
    ['a folded header', () => `${head('GET', '/')}X-A: 1\r\n 2\r\n\r\n`],
    ['a bare carriage return in a header', () => `${head('GET', '/')}X-A: 1\rX-B: 2\r\n\r\n`],
    ['NUL in a header', () => `${head('GET', '/')}X-A: 1\0\r\n\r\n`],
    ['no host', () => 'GET / HTTP/1.1\r\n\r\n'],
    ['a version that is none', () => `GET / HTTP/9.9\r\nHost: ${client.host}\r\n\r\n`],
    ['bytes that are no HTTP', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ]

  test.for(AMBIGUOUS)('%s: one refusal, and nothing after it is taken for a request', async ([, bytes]) => {
    const answers = await client.sendBytes(Buffer.from(bytes(), 'latin1'))
    expect(answers.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 400'])
    expect(server.log().join('\n')).not.toContain('smuggled')
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test('a signed request whose body goes on after its length: the rest is a request of nobody', async () => {
    const signed = client.sign(queryCall('iam', 'ListRoles'), ADMIN)
    const inner = `PUT /messages/smuggled HTTP/1.1\r\nHost: ${client.host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
    const answers = await client.sendBytes(httpText(signed) + inner)
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403'])
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test('a header twice counts as both: a second value is not what was signed', async () => {
    const signed = client.sign(queryCall('iam', 'CreateUser', { UserName: 'twice' }), ADMIN)
    for (const [name, value] of [
      ['host', 'x'],
      ['x-amz-date', signed.headers['x-amz-date'] ?? ''],
      ['authorization', signed.headers.authorization ?? ''],
    ] as const) {
      const text = httpText(signed).replace('\r\n\r\n', `\r\n${name}: ${value}\r\nConnection: close\r\n\r\n`)
      expect([name, await client.sendBytes(text)]).toEqual([name, expect.stringMatching(/^HTTP\/1\.1 40[03] /)])
    }
    expect(snapshot(server.dataDir)).toEqual(before)
  })
})

describe('a path that is not in its plain form', () => {
  const TARGETS = [
    '//',
    '/../',
    '/./',
    '/%2e%2e/',
    '/%2E./',
    '/.%2e',
    '/%2f',
    '/..%2f..%2f',
    '/%5c..%5c',
    '/;/',
    '/%00',
  ] as const

  test.for(TARGETS)('%s reaches nothing else on any protocol', async (odd) => {
    const calls: readonly ServiceCall[] = [
      restCall('eks', 'GET', `/clusters${odd}x`),
      restCall('eks', 'GET', `${odd}clusters`),
      restCall('openirsa', 'GET', `/openirsa${odd}clusters`),
      restCall('openirsa', 'DELETE', `/openirsa/clusters${odd}x`),
      restCall('s3', 'DELETE', `${odd}messages/kept`),
      restCall('s3', 'DELETE', `/messages${odd === '/;/' ? odd : `${odd}/`}kept`),
      { ...queryCall('iam', 'CreateUser', { UserName: 'odd' }), path: `${odd}messages/kept`, method: 'DELETE' },
      { ...meteringCall('MeterUsage', {}), path: odd },
    ]
    for (const call of calls) {
      const { status } = await client.call(call, ADMIN)
      // S3 answers 204 for an object that is not there: what matters is that the one beside it stays.
      expect([call.service, call.path, status]).toEqual([
        call.service,
        call.path,
        expect.toSatisfy(
          (code: number) => (call.service === 's3' && code === 204) || (code >= 400 && code < 500) || code === 501,
        ),
      ])
    }
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test('on S3 names the object that it spells, and no file', async () => {
    const paths = [
      '/messages/a//b',
      '/messages/a/./b',
      '/messages/../messages/kept',
      '/messages/%2e%2e/%2e%2e/etc/passwd',
    ]
    for (const path of paths) {
      expect((await client.call(restCall('s3', 'PUT', path, path), ADMIN)).status).toBe(200)
    }
    for (const path of paths) {
      expect((await client.call(restCall('s3', 'GET', path), ADMIN)).text).toBe(path)
    }
    const listed = await client.call(restCall('s3', 'GET', '/messages?list-type=2'), ADMIN)
    expect(Array.from(listed.text.matchAll(/<Key>([^<]*)</g), ([, key]) => key)).toEqual([
      '../../etc/passwd',
      '../messages/kept',
      'a/./b',
      'a//b',
      'kept',
    ])
    for (const path of paths) expect((await client.call(restCall('s3', 'DELETE', path), ADMIN)).status).toBe(204)
    expect((await client.call(restCall('s3', 'GET', '/messages/kept'), ADMIN)).text).toBe('kept')
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test.for(['/healthz', '/_openirsa/reset', '/metrics', '/id/../healthz', '//healthz', '/%68ealthz'])(
    'a signed %s is a request to S3, and no page of ours',
    async (path) => {
      const answer = await client.call(restCall('s3', 'POST', path), ADMIN)
      expect([answer.status, answer.text]).not.toEqual([200, expect.anything()])
      expect(snapshot(server.dataDir)).toEqual(before)
    },
  )
})

describe('an absolute or odd request target', () => {
  const statusOf = async (text: string) => /^HTTP\/1\.1 (\d+)/.exec(await client.sendBytes(text))?.[1]
  const line = (first: string) => `${first} HTTP/1.1\r\nHost: ${client.host}\r\nConnection: close\r\n\r\n`

  test('in absolute form is a request to the host that it names, whatever stands in Host', async () => {
    const absolute = (host: string) => {
      const signed = client.sign(restCall('s3', 'GET', '/messages/kept'), ADMIN)
      return httpText({
        ...signed,
        path: `http://${host}${signed.path}`,
        headers: { ...signed.headers, connection: 'close' },
      })
    }
    expect(await statusOf(absolute(client.host))).toBe('200')
    expect(await statusOf(absolute('other.example'))).toBe('403')
    expect(await statusOf(absolute(`user@${client.host}`))).toBe('403')
    expect(await statusOf(absolute(''))).toMatch(/^40[03]$/)
    expect(await statusOf(line('GET http://169.254.169.254/latest/meta-data'))).toMatch(/^40[0-5]$/)
    expect(snapshot(server.dataDir)).toEqual(before)
  })

  test.for(['OPTIONS *', 'TRACE /messages/kept', 'CONNECT 169.254.169.254:80', 'PROPFIND /messages', 'GET *'])(
    '%s is refused, and the server goes on',
    async (first) => {
      const answer = await client.sendBytes(line(first))
      // CONNECT is closed without an answer, as Node does where nobody tunnels.
      expect(answer).toMatch(/^$|^HTTP\/1\.1 4\d\d/)
      expect((await client.call(queryCall('sts', 'GetCallerIdentity'), ADMIN)).status).toBe(200)
    },
  )
})

test('no request of this suite was answered by a fault of the server, and no secret is in a log line or a refusal', () => {
  const faults = server.log().filter((line) => /"status":5(?!01)/.test(line) || line.includes('"level":"error"'))
  expect(faults).toEqual([])
  expect(client.leaks(server.log())).toEqual([])
})

function httpText({ method, path, headers, body }: RawRequest): string {
  const lines = Object.entries({ ...headers, 'content-length': body.length }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${Buffer.from(body).toString()}`
}
