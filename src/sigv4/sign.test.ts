import { execFileSync } from 'node:child_process'
import { CreateClusterCommand, EKSClient, TagResourceCommand } from '@aws-sdk/client-eks'
import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../aws/http-message.ts'
import { readClaim } from './claim.ts'
import { declaredPayload, receivedPayload } from './payload.ts'
import { signRequest } from './sign.ts'
import { deriveSigningKey, secretKeyOf } from './signing-key.ts'
import { arrived, NOW, presigned, SIGNER, signed } from './testing/requests.ts'
import { verifySignature } from './verify.ts'

function verify(request: HttpRequest, service: string, now = Date.now()): void {
  const style = service === 's3' ? 's3' : 'standard'
  const claim = readClaim(request, style)
  if (claim === undefined) throw new Error('unsigned')
  const bytes = request.body.kind === 'bytes' ? request.body.bytes : Buffer.from('')
  const payload = style === 's3' ? declaredPayload(request, claim) : receivedPayload(request, bytes)
  const signingKey = deriveSigningKey(secretKeyOf(SIGNER.secretAccessKey), claim)
  verifySignature(request, claim, signingKey, { style, now, payloadHash: payload.hash, signingNames: [service] })
}

describe('signRequest and presign', () => {
  it.each(['sts', 's3'])('sign what verifies, for %s', (service) => {
    const session = { service, sessionToken: 'a+b/c==' }
    verify(signed(session, { query: 'b=2&a=1', path: '/a%20b/c' }), service, NOW)
    verify(presigned(60, session, { query: 'b=2&a=1', path: '/a%20b/c' }), service, NOW)
  })

  it('send the session token where it is signed', () => {
    const session = { sessionToken: 'token' }
    expect(signed(session).headers).toMatchObject({ 'x-amz-security-token': 'token' })
    expect(signed(session).headers.authorization).toContain('x-amz-date;x-amz-security-token, Signature=')
    expect(presigned(60, session).query).toContain('&X-Amz-Security-Token=token&')
    expect(signed().headers).not.toHaveProperty('x-amz-security-token')
  })

  it("gives the S3 documentation's signature", () => {
    const headers = signRequest(
      {
        method: 'GET',
        path: '/test.txt',
        query: '',
        headers: { host: 'examplebucket.s3.amazonaws.com', range: 'bytes=0-9' },
      },
      Buffer.from(''),
      { ...SIGNER, service: 's3' },
    )
    expect(headers.authorization).toContain('f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41')
  })
})

interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string | string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Lets an SDK client sign a request, and catches it where it would be sent. */
async function caught(send: (settings: object) => Promise<unknown>): Promise<HttpRequest> {
  let request: SdkRequest | undefined
  const requestHandler = {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (sent: SdkRequest) => {
      request = sent
      throw new Error('caught')
    },
  }
  const { accessKeyId, secretAccessKey } = SIGNER
  const credentials = { accessKeyId, secretAccessKey, sessionToken: 'token/+=' }
  const endpoint = 'http://127.0.0.1:4566'
  await send({
    endpoint,
    region: 'eu-west-1',
    credentials,
    requestHandler,
    maxAttempts: 1,
    forcePathStyle: true,
  }).catch(() => undefined)
  if (request === undefined) throw new Error('nothing was sent')
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  const query = Object.entries(request.query).flatMap(([name, value]) =>
    [value].flat().map((item) => (item === null ? encode(name) : `${encode(name)}=${encode(item)}`)),
  )
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const { body } = request
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : '')
  return arrived({
    method: request.method,
    path: request.path,
    query: query.join('&'),
    headers,
    body: { kind: 'bytes', bytes },
  })
}

describe('requests of the AWS SDK for JavaScript', () => {
  it.each<[string, string, (settings: object) => Promise<unknown>]>([
    ['sts', 'GetCallerIdentity', (s) => new STSClient(s).send(new GetCallerIdentityCommand({}))],
    ['iam', 'ListUsers', (s) => new IAMClient(s).send(new ListUsersCommand({ PathPrefix: '/ä b+c/' }))],
    [
      'eks',
      'CreateCluster',
      (s) => new EKSClient(s).send(new CreateClusterCommand({ name: 'ä', roleArn: 'r', resourcesVpcConfig: {} })),
    ],
    [
      'eks',
      'TagResource',
      (s) =>
        new EKSClient(s).send(new TagResourceCommand({ resourceArn: 'arn:aws:eks:a:1:cluster/c', tags: { a: 'b' } })),
    ],
    [
      's3',
      'GetObject',
      (s) => new S3Client(s).send(new GetObjectCommand({ Bucket: 'b', Key: "a b/(ä)+'!*~&=%/../x" })),
    ],
    [
      's3',
      'PutObject',
      (s) =>
        new S3Client(s).send(
          new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'text', Metadata: { a: '  b   c ' } }),
        ),
    ],
    [
      's3',
      'ListObjectsV2',
      (s) =>
        new S3Client(s).send(
          new ListObjectsV2Command({ Bucket: 'b', Prefix: 'a b/+', Delimiter: '/', StartAfter: 'ä' }),
        ),
    ],
  ])('%s %s verify', async (service, _operation, send) => {
    const request = await caught(send)
    verify(request, service)
    const changed = { ...request, path: `${request.path}x` }
    expect(() => verify(changed, service)).toThrow('The request signature we calculated does not match')
  })
})

interface PythonRequest {
  readonly service: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Signs in headers and as links, with botocore's signers, and prints what would be sent. */
const BOTOCORE = `
import json, sys
from urllib.parse import urlsplit
from botocore.auth import SigV4Auth, S3SigV4Auth, SigV4QueryAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
credentials = Credentials(sys.argv[1], sys.argv[2], 'token/+=')
cases = [
  ('sts', 'POST', 'http://127.0.0.1:4566/', 'Action=GetCallerIdentity&Version=2011-06-15'),
  ('sts', 'GET', 'http://127.0.0.1:4566/?Action=GetCallerIdentity&Version=2011-06-15', ''),
  ('eks', 'GET', 'http://127.0.0.1:4566/clusters/a%20b/x?maxResults=1&include=all', ''),
  ('s3', 'PUT', 'http://127.0.0.1:4566/bucket/a%20b/%C3%A4%2B~x', 'content'),
  ('s3', 'GET', 'http://127.0.0.1:4566/bucket?list-type=2&prefix=a%20b%2F&delimiter=%2F', ''),
]
results = []
for service, method, url, body in cases:
  signers = [S3SigV4Auth, S3SigV4QueryAuth] if service == 's3' else [SigV4Auth, SigV4QueryAuth]
  for signer in signers:
    is_link = 'Query' in signer.__name__
    if is_link and body and service != 's3': continue
    request = AWSRequest(method=method, url=url, data={} if is_link else body.encode(), headers={'Content-Type': 'text/plain', 'X-K8s-Aws-Id': 'März'})
    signer(credentials, service, 'us-west-2').add_auth(request)
    prepared = request.prepare()
    parts = urlsplit(prepared.url)
    headers = {name.lower(): (value.encode() if isinstance(value, str) else value).decode('latin-1') for name, value in prepared.headers.items()}
    headers['host'] = parts.netloc
    results.append({'service': service, 'method': method, 'path': parts.path, 'query': parts.query, 'headers': headers, 'body': body})
print(json.dumps(results))
`

function botocoreRequests(): readonly PythonRequest[] | undefined {
  try {
    const output = execFileSync('python3', ['-c', BOTOCORE, SIGNER.accessKeyId, SIGNER.secretAccessKey], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 15_000,
    })
    return JSON.parse(output)
  } catch (error) {
    const text = String(error)
    if (text.includes('ENOENT') || text.includes('ModuleNotFoundError')) return undefined
    throw error
  }
}

describe('requests of botocore', () => {
  it('verify', (context) => {
    const requests = botocoreRequests()
    if (requests === undefined) return context.skip('python3 with botocore is not here')
    expect(requests).toHaveLength(9)
    for (const { service, body, ...request } of requests)
      verify(arrived({ ...request, body: { kind: 'bytes', bytes: Buffer.from(body) } }), service)
  })
})
