import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../aws/http-message.ts'
import { readClaim } from './claim.ts'
import { declaredPayload, receivedPayload } from './payload.ts'
import { deriveSigningKey, openSigningKeys, secretKeyOf } from './signing-key.ts'
import { EMPTY_SHA256, type SigningStyle } from './signing-style.ts'
import { arrived, GET_IDENTITY, NOW, presigned, refusalOf, SIGNER, signed } from './testing/requests.ts'
import { verifySignature } from './verify.ts'

const S3_SECRET = SIGNER.secretAccessKey
const SUITE_SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const SUITE_NOW = Date.UTC(2015, 7, 30, 12, 36)
const MINUTE = 60_000

function verify(request: HttpRequest, options: { secret?: string; now?: number; service?: string } = {}): void {
  const service = options.service ?? 'sts'
  const style: SigningStyle = service === 's3' ? 's3' : 'standard'
  const claim = readClaim(request, style)
  if (claim === undefined) throw new Error('unsigned')
  const bytes = request.body.kind === 'bytes' ? request.body.bytes : Buffer.from('')
  const payload = style === 's3' ? declaredPayload(request, claim) : receivedPayload(request, bytes)
  const key = deriveSigningKey(secretKeyOf(options.secret ?? S3_SECRET), claim)
  verifySignature(request, claim, key, {
    style,
    now: options.now ?? NOW,
    payloadHash: payload.hash,
    signingNames: [service],
  })
}

/** The Authorization header of the documentation's examples. */
function authorization(scope: string, signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`
}

describe("AWS's published signatures", () => {
  const suite = (signedHeaders: string, signature: string) =>
    authorization('AKIDEXAMPLE/20150830/us-east-1/service/aws4_request', signedHeaders, signature)
  const suiteHeaders = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' }
  // The Signature Version 4 test suite; names are its own.
  const vectors: readonly [string, Partial<HttpRequest>, string, string][] = [
    ['get-vanilla', {}, 'host;x-amz-date', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'post-vanilla',
      { method: 'POST' },
      'host;x-amz-date',
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'get-vanilla-query-order-key-case',
      { query: 'Param2=value2&Param1=value1' },
      'host;x-amz-date',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-unreserved',
      { path: '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' },
      'host;x-amz-date',
      '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
    ],
    [
      'get-vanilla-utf8-query',
      { query: '\xe1\x88\xb4=bar' },
      'host;x-amz-date',
      '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
    ],
    [
      'get-utf8',
      { path: '/\xe1\x88\xb4' },
      'host;x-amz-date',
      '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
    ],
    [
      'get-relative',
      { path: '/example/..' },
      'host;x-amz-date',
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'get-slashes',
      { path: '//example//' },
      'host;x-amz-date',
      '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
    ],
    [
      'post-x-www-form-urlencoded',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: { kind: 'bytes', bytes: Buffer.from('Param1=value1') },
      },
      'content-type;host;x-amz-date',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ]
  it.each(vectors)('verifies %s of the test suite', (_name, request, signedHeaders, signature) => {
    const headers = { ...suiteHeaders, ...request.headers, authorization: suite(signedHeaders, signature) }
    verify(arrived({ ...request, headers }), { secret: SUITE_SECRET, now: SUITE_NOW, service: 'service' })
  })

  it('verifies the ListUsers example of the IAM documentation', () => {
    const request = arrived({
      query: 'Action=ListUsers&Version=2010-05-08',
      headers: {
        host: 'iam.amazonaws.com',
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'x-amz-date': '20150830T123600Z',
        authorization: authorization(
          'AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request',
          'content-type;host;x-amz-date',
          '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
        ),
      },
    })
    verify(request, { secret: SUITE_SECRET, now: SUITE_NOW, service: 'iam' })
  })

  const scope = `${SIGNER.accessKeyId}/20130524/us-east-1/s3/aws4_request`
  const s3Headers = {
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': EMPTY_SHA256,
    'x-amz-date': '20130524T000000Z',
  }
  const examples: readonly [string, Partial<HttpRequest>, string, string][] = [
    [
      'GET object',
      { path: '/test.txt', headers: { range: 'bytes=0-9' } },
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'PUT object',
      {
        method: 'PUT',
        path: '/test%24file.text',
        headers: {
          date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
          'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        },
      },
      'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'GET bucket lifecycle',
      { query: 'lifecycle' },
      'host;x-amz-content-sha256;x-amz-date',
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'list objects',
      { query: 'max-keys=2&prefix=J' },
      'host;x-amz-content-sha256;x-amz-date',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ]
  it.each(examples)('verifies the S3 example "%s"', (_name, request, signedHeaders, signature) => {
    const headers = { ...s3Headers, ...request.headers, authorization: authorization(scope, signedHeaders, signature) }
    verify(arrived({ ...request, headers }), { service: 's3' })
  })

  it('verifies the S3 example of a presigned URL until it expires', async () => {
    const request = arrived({
      path: '/test.txt',
      query:
        'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
      headers: { host: 'examplebucket.s3.amazonaws.com' },
    })
    verify(request, { service: 's3' })
    verify(request, { service: 's3', now: NOW + 86_400_000 })
    expect(await refusalOf(() => verify(request, { service: 's3', now: NOW + 86_400_001 }))).toEqual({
      code: 'AccessDenied',
      status: 403,
      message: 'Request has expired',
    })
  })
})

describe('verifySignature', () => {
  const MISMATCH = {
    code: 'SignatureDoesNotMatch',
    status: 403,
    message:
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  }
  const request = signed({}, { query: 'a=1&b=2' })
  const changed = (change: Partial<HttpRequest>) => ({ ...request, ...change })
  const withHeaders = (headers: Record<string, string>) => changed({ headers: { ...request.headers, ...headers } })
  const signature = request.headers.authorization?.slice(-64) ?? ''

  it('accepts what was signed', () => {
    verify(request)
  })

  it.each([
    ['another secret', request, 'another'],
    ['another method', changed({ method: 'PUT' }), S3_SECRET],
    ['another path', changed({ path: '/x' }), S3_SECRET],
    ['another query', changed({ query: 'a=1&b=3' }), S3_SECRET],
    ['a query parameter more', changed({ query: 'a=1&b=2&b=3' }), S3_SECRET],
    ['another body', changed({ body: { kind: 'bytes', bytes: Buffer.from('Action=GetSessionToken') } }), S3_SECRET],
    ['another host', withHeaders({ host: 'other.example.test' }), S3_SECRET],
    ['another content type', withHeaders({ 'content-type': 'text/plain' }), S3_SECRET],
    ['another time', withHeaders({ 'x-amz-date': '20130524T000001Z' }), S3_SECRET],
    [
      'a signed header less',
      changed({ headers: { ...request.headers, 'content-type': undefined as never } }),
      S3_SECRET,
    ],
    [
      'a signature of another length',
      withHeaders({ authorization: (request.headers.authorization ?? '').slice(0, -1) }),
      S3_SECRET,
    ],
    [
      'a signature in upper case',
      withHeaders({ authorization: (request.headers.authorization ?? '').replace(signature, signature.toUpperCase()) }),
      S3_SECRET,
    ],
  ])('refuses %s', async (_name, tampered, secret) => {
    expect(await refusalOf(() => verify(tampered, { secret }))).toEqual(MISMATCH)
  })

  it('does not mind the order of the query and headers that were not signed', () => {
    verify(changed({ query: 'b=2&a=1' }))
    verify(withHeaders({ 'x-amzn-trace-id': 'Root=1', accept: '*/*' }))
  })

  it('refuses any other byte of the body', () => {
    fc.assert(
      fc.property(fc.nat(GET_IDENTITY.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const bytes = Buffer.from(GET_IDENTITY)
        bytes[at] = (bytes[at] ?? 0) ^ difference
        expect(() => verify(changed({ body: { kind: 'bytes', bytes } }))).toThrow(MISMATCH.message)
      }),
    )
  })

  it('refuses a body hash in the headers that is not the hash of the body', async () => {
    const sha256 = hash('sha256', GET_IDENTITY, 'hex')
    verify(signed({}, { headers: { host: 'h', 'x-amz-content-sha256': sha256 } }))
    const other = signed({}, { headers: { host: 'h', 'x-amz-content-sha256': EMPTY_SHA256 } })
    expect(await refusalOf(() => verify(other))).toEqual(MISMATCH)
    const unsigned = signed({}, { headers: { host: 'h', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } })
    expect(await refusalOf(() => verify(unsigned))).toEqual(MISMATCH)
  })

  it('verifies header values that are not ASCII by their bytes', () => {
    const request = signed({}, { headers: { host: 'h', 'x-note': 'M\xc3\xa4rz' } })
    // Computed by hand from the canonical request in UTF-8.
    expect(request.headers.authorization).toContain('05eb10280daaf760ab6b6bc514b3de5b6924fedbfb8fea8c9c1ae7bcf6255f64')
    verify(request)
  })

  it('verifies paths, queries and headers of any kind', () => {
    const latin1 = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) })
    fc.assert(
      fc.property(latin1, latin1, latin1, fc.constantFrom('s3', 'sts'), (path, query, value, service) => {
        verify(
          signed(
            { service },
            { path: `/${path.replaceAll('?', '')}`, query, headers: { host: 'h', 'x-note': value.trim() } },
          ),
          {
            service,
          },
        )
      }),
    )
  })

  describe('headers that must be signed', () => {
    it('refuses an x-amz header that was added on the way', async () => {
      expect(await refusalOf(() => verify(withHeaders({ 'x-amz-acl': 'public-read' })))).toMatchObject({
        code: 'SignatureDoesNotMatch',
        message: "'x-amz-acl' must be a 'SignedHeader' in the AWS Authorization.",
      })
      const s3 = signed({ service: 's3' })
      const added = { ...s3, headers: { ...s3.headers, 'x-amz-acl': 'public-read' } }
      expect(await refusalOf(() => verify(added, { service: 's3' }))).toEqual({
        code: 'AccessDenied',
        status: 403,
        message: 'There were headers present in the request which were not signed',
      })
    })

    it('refuses a session token that was added on the way', async () => {
      expect(await refusalOf(() => verify(withHeaders({ 'x-amz-security-token': 't' })))).toMatchObject({
        code: 'SignatureDoesNotMatch',
      })
    })

    it('refuses a request that lost a signed header, be it an empty one', async () => {
      const whole = signed({}, { headers: { host: 'h', 'x-note': '' } })
      verify(whole)
      const { 'x-note': _lost, ...headers } = whole.headers
      expect(await refusalOf(() => verify({ ...whole, headers }))).toEqual(MISMATCH)
    })

    it.each(['constructor', '__proto__'])(
      'refuses a list with %s, which every object has and no request',
      async (name) => {
        const whole = signed({}, { headers: { host: 'h' } })
        const authorization = (whole.headers.authorization ?? '').replace('SignedHeaders=', `SignedHeaders=${name};`)
        const forged = { ...whole, headers: { ...whole.headers, authorization } }
        expect(await refusalOf(() => verify(forged))).toEqual(MISMATCH)
      },
    )

    it('refuses a signature without the host', async () => {
      const noHost = signed({}, { headers: {} })
      expect(await refusalOf(() => verify(noHost))).toMatchObject({
        code: 'SignatureDoesNotMatch',
        message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
      })
    })
  })

  describe('the credential scope', () => {
    it('refuses another service', async () => {
      expect(await refusalOf(() => verify(request, { service: 'iam' }))).toMatchObject({
        code: 'SignatureDoesNotMatch',
        message: "Credential should be scoped to correct service: 'iam'.",
      })
      const toS3 = signed({}, { headers: { host: 'h', 'x-amz-content-sha256': EMPTY_SHA256 } })
      expect(await refusalOf(() => verify(toS3, { service: 's3' }))).toEqual({
        code: 'AuthorizationHeaderMalformed',
        status: 400,
        message: 'The authorization header is malformed; incorrect service "sts". This endpoint belongs to "s3".',
      })
    })

    it('refuses a day that is not that of the timestamp', async () => {
      const other = withHeaders({
        authorization: (request.headers.authorization ?? '').replace('/20130524/', '/20130523/'),
      })
      expect(await refusalOf(() => verify(other))).toMatchObject({
        code: 'SignatureDoesNotMatch',
        message:
          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20130523' != '20130524', from '20130524T000000Z'.",
      })
    })
  })

  describe('the clock', () => {
    it('may be off by 15 minutes', () => {
      verify(request, { now: NOW + 15 * MINUTE })
      verify(request, { now: NOW - 15 * MINUTE })
    })

    it('may not be off by more', async () => {
      expect(await refusalOf(() => verify(request, { now: NOW + 15 * MINUTE + 1000 }))).toEqual({
        code: 'SignatureDoesNotMatch',
        status: 403,
        message:
          'Signature expired: 20130524T000000Z is now earlier than 20130524T000001Z (20130524T001501Z - 15 min.)',
      })
      expect(await refusalOf(() => verify(request, { now: NOW - 15 * MINUTE - 1000 }))).toEqual({
        code: 'SignatureDoesNotMatch',
        status: 403,
        message:
          'Signature not yet current: 20130524T000000Z is still later than 20130523T235959Z (20130523T234459Z + 15 min.)',
      })
    })

    it('has a code of its own on S3', async () => {
      const s3 = signed({ service: 's3' })
      for (const now of [NOW + 15 * MINUTE + 1, NOW - 15 * MINUTE - 1])
        expect(await refusalOf(() => verify(s3, { service: 's3', now }))).toMatchObject({
          code: 'RequestTimeTooSkewed',
          status: 403,
        })
    })
  })

  describe('a presigned request', () => {
    it('is good for 15 minutes outside S3, whatever it says', async () => {
      const token = presigned(
        60,
        {},
        { query: 'Action=GetCallerIdentity', headers: { host: 'h', 'x-k8s-aws-id': 'c' } },
      )
      verify(token, { now: NOW + 10 * MINUTE })
      expect(await refusalOf(() => verify(token, { now: NOW + 15 * MINUTE + 1 }))).toMatchObject({
        code: 'SignatureDoesNotMatch',
        message: expect.stringContaining('Signature expired: '),
      })
      const week = presigned(604_800)
      expect(await refusalOf(() => verify(week, { now: NOW + 60 * MINUTE }))).toMatchObject({
        code: 'SignatureDoesNotMatch',
      })
    })

    it('covers its signed headers', async () => {
      const token = presigned(60, {}, { headers: { host: 'h', 'x-k8s-aws-id': 'mine' } })
      const other = { ...token, headers: { ...token.headers, 'x-k8s-aws-id': 'other' } }
      expect(await refusalOf(() => verify(other))).toEqual(MISMATCH)
    })

    it('is not good before its time', async () => {
      const link = presigned(60, { service: 's3' })
      expect(await refusalOf(() => verify(link, { service: 's3', now: NOW - 15 * MINUTE - 1 }))).toEqual({
        code: 'AccessDenied',
        status: 403,
        message: 'Request is not yet valid',
      })
    })

    it('cannot be given a longer life', async () => {
      const link = presigned(60, { service: 's3' })
      const longer = { ...link, query: link.query.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000') }
      expect(await refusalOf(() => verify(longer, { service: 's3' }))).toMatchObject({ code: 'SignatureDoesNotMatch' })
    })

    it('must not carry an unsigned body hash', async () => {
      const link = presigned(60, { service: 's3' })
      const added = { ...link, headers: { ...link.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }
      expect(await refusalOf(() => verify(added, { service: 's3' }))).toMatchObject({ code: 'AccessDenied' })
    })
  })
})

describe('openSigningKeys', () => {
  const scope = { date: '20130524', region: 'us-east-1', service: 'sts' }

  it('derives a key once for each secret and scope', () => {
    const keys = openSigningKeys()
    const secret = secretKeyOf('a')
    expect(keys.of(secret, scope)).toBe(keys.of(secret, { ...scope }))
    expect(keys.of(secret, { ...scope, service: 'iam' })).not.toBe(keys.of(secret, scope))
    expect(keys.of(secretKeyOf('b'), scope).equals(keys.of(secret, scope))).toBe(false)
  })

  it('keeps a bounded number of scopes', () => {
    const keys = openSigningKeys()
    const secret = secretKeyOf('a')
    const first = keys.of(secret, scope)
    for (let n = 0; n < 31; n++) keys.of(secret, { ...scope, region: `region-${n}` })
    expect(keys.of(secret, scope)).toBe(first)
    keys.of(secret, { ...scope, region: 'one-more' })
    expect(keys.of(secret, scope)).not.toBe(first)
  })
})
