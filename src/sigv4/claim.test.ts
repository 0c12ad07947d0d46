import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AwsError } from '../aws/aws-error.ts'
import { readClaim } from './claim.ts'
import { arrived, NOW, presigned, refusalOf, SIGNER, signed } from './testing/requests.ts'

const SIGNATURE = 'a'.repeat(64)
const CREDENTIAL = 'AKIDEXAMPLE/20130524/us-east-1/sts/aws4_request'
const HEADER = `AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature=${SIGNATURE}`
const QUERY = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(CREDENTIAL)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${SIGNATURE}`

function withHeader(authorization: string, others: Record<string, string> = { 'x-amz-date': '20130524T000000Z' }) {
  return arrived({ headers: { host: 'h', ...others, authorization } })
}

describe('readClaim', () => {
  it('reads the Authorization header, whatever stands between its fields', () => {
    const expected = {
      kind: 'header',
      accessKeyId: 'AKIDEXAMPLE',
      date: '20130524',
      region: 'us-east-1',
      service: 'sts',
      signedHeaders: ['host', 'x-amz-date'],
      signature: SIGNATURE,
      timestamp: '20130524T000000Z',
      timestampMs: NOW,
    }
    expect(readClaim(withHeader(HEADER), 'standard')).toMatchObject(expected)
    expect(readClaim(withHeader(HEADER.replaceAll(', ', ',')), 'standard')).toMatchObject(expected)
    expect(readClaim(withHeader(HEADER.replaceAll(', ', '  ')), 'standard')).toMatchObject(expected)
  })

  it('takes the time of a Date header where there is no x-amz-date', () => {
    const claim = readClaim(withHeader(HEADER, { date: 'Fri, 24 May 2013 00:00:00 GMT' }), 'standard')
    expect(claim).toMatchObject({ timestamp: '20130524T000000Z', timestampMs: NOW })
  })

  it('reads presigned parameters', () => {
    expect(readClaim(arrived({ query: `Action=X&${QUERY}&X-Amz-Security-Token=a%2Bb` }), 'standard')).toMatchObject({
      kind: 'presigned',
      accessKeyId: 'AKIDEXAMPLE',
      signedHeaders: ['host'],
      expiresSeconds: 60,
      securityToken: 'a+b',
    })
  })

  it('finds the session token in its own place first, then in the other', () => {
    const inHeader = { 'x-amz-date': '20130524T000000Z', 'x-amz-security-token': 'h' }
    const header = { ...withHeader(HEADER, inHeader), query: 'X-Amz-Security-Token=q' }
    expect(readClaim(header, 'standard')?.securityToken).toBe('h')
    expect(readClaim({ ...withHeader(HEADER), query: 'X-Amz-Security-Token=q' }, 'standard')?.securityToken).toBe('q')
    const link = arrived({ query: QUERY, headers: inHeader })
    expect(readClaim(link, 'standard')?.securityToken).toBe('h')
    expect(readClaim({ ...link, query: `${QUERY}&X-Amz-Security-Token=q` }, 'standard')?.securityToken).toBe('q')
  })

  it('finds no claim in a request without a signature', () => {
    expect(readClaim(arrived({ query: 'Action=X&X-Amz-Date=1' }), 'standard')).toBeUndefined()
    expect(readClaim(arrived({ query: 'Action=X', headers: { 'x-amz-security-token': 't' } }), 's3')).toBeUndefined()
  })

  it('finds the parameters also where their names are escaped', () => {
    expect(readClaim(arrived({ query: QUERY.replaceAll('X-Amz', 'X%2DAmz') }), 'standard')).toMatchObject({
      signature: SIGNATURE,
    })
  })

  const refused: readonly [string, ReturnType<typeof arrived>, 's3' | 'standard', string, number, string][] = [
    [
      'a token of another kind',
      withHeader('Bearer abc.def', {}),
      'standard',
      'IncompleteSignature',
      403,
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=",
    ],
    [
      'a header without its signature',
      withHeader(`AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=host`),
      'standard',
      'IncompleteSignature',
      403,
      "Authorization header requires 'Signature' parameter. (Hashed",
    ],
    [
      'the same on S3',
      withHeader('AWS4-HMAC-SHA256 Credential=x'),
      's3',
      'AuthorizationHeaderMalformed',
      400,
      'The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.',
    ],
    [
      'a blank inside the credential',
      withHeader(HEADER.replace('AKIDEXAMPLE/', 'AKIDEXAMPLE /')),
      'standard',
      'IncompleteSignature',
      403,
      'Invalid key=value pair (missing equal-sign) in Authorization header. (Hashed',
    ],
    ['a repeated field', withHeader(`${HEADER}, Signature=b`), 'standard', 'IncompleteSignature', 403, 'Invalid'],
    ['an endless header', withHeader(HEADER + ' '.repeat(4096)), 'standard', 'IncompleteSignature', 403, 'Invalid'],
    [
      'a header listed twice',
      withHeader(HEADER.replace('host;', 'host;host;')),
      's3',
      'AuthorizationHeaderMalformed',
      400,
      '',
    ],
    [
      'too many signed headers',
      withHeader(HEADER.replace('host;', Array.from({ length: 100 }, (_, n) => `h${n};`).join(''))),
      'standard',
      'IncompleteSignature',
      403,
      '',
    ],
    [
      'no date',
      withHeader(HEADER, {}),
      'standard',
      'IncompleteSignature',
      403,
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ],
    [
      'no date on S3',
      withHeader(HEADER, {}),
      's3',
      'AccessDenied',
      403,
      'AWS authentication requires a valid Date or x-amz-date header',
    ],
    [
      'a date that does not exist',
      withHeader(HEADER, { 'x-amz-date': '20130230T000000Z' }),
      'standard',
      'IncompleteSignature',
      403,
      "Date must be in ISO-8601 'basic format'",
    ],
    [
      'a credential of four parts',
      withHeader(HEADER.replace('/sts/', '/')),
      'standard',
      'IncompleteSignature',
      403,
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term',
    ],
    [
      'another terminator on S3',
      withHeader(HEADER.replace('aws4_request', 'aws5_request')),
      's3',
      'AuthorizationHeaderMalformed',
      400,
      'The authorization header is malformed; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    ],
    [
      'signature version 2',
      withHeader('AWS AKID:c2ln'),
      'standard',
      'IncompleteSignature',
      403,
      "Unsupported AWS 'algorithm': 'AWS'. Please use AWS4-HMAC-SHA256.",
    ],
    [
      'signature version 2 on S3',
      withHeader('AWS AKID:c2ln'),
      's3',
      'InvalidRequest',
      400,
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    ],
    [
      'a version 2 link on S3',
      arrived({ query: 'AWSAccessKeyId=AKID&Signature=x&Expires=1' }),
      's3',
      'InvalidRequest',
      400,
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    ],
    [
      'signature version 4A',
      withHeader(HEADER.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256')),
      's3',
      'InvalidRequest',
      400,
      'The authorization mechanism',
    ],
    [
      'a version 4A link',
      arrived({ query: QUERY.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256') }),
      'standard',
      'IncompleteSignature',
      403,
      "Unsupported AWS 'algorithm'",
    ],
    [
      'header and query at once',
      arrived({ query: QUERY, headers: { authorization: HEADER, 'x-amz-date': '20130524T000000Z' } }),
      'standard',
      'SignatureDoesNotMatch',
      403,
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    ],
    [
      'header and query at once on S3',
      arrived({ query: QUERY, headers: { authorization: HEADER } }),
      's3',
      'InvalidArgument',
      400,
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    ],
    [
      'a link without its signature and date',
      arrived({ query: QUERY.replace(/&X-Amz-Signature=.*$/, '').replace(/&X-Amz-Date=[^&]*/, '') }),
      'standard',
      'IncompleteSignature',
      403,
      "AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
    ],
    [
      'an S3 link without expiry',
      arrived({ query: QUERY.replace('&X-Amz-Expires=60', '') }),
      's3',
      'AuthorizationQueryParametersError',
      400,
      'Query-string authentication version 4 requires the X-Amz-Algorithm',
    ],
    [
      'a repeated parameter',
      arrived({ query: `${QUERY}&X-Amz-Signature=b` }),
      's3',
      'AuthorizationQueryParametersError',
      400,
      'Error parsing the X-Amz-Signature parameter.',
    ],
    [
      'a parameter that cannot be decoded',
      arrived({ query: `${QUERY}&X-Amz-Security-Token=%FF` }),
      's3',
      'AuthorizationQueryParametersError',
      400,
      '',
    ],
    [
      'an expiry of 0 s',
      arrived({ query: QUERY.replace('=60', '=0') }),
      's3',
      'AuthorizationQueryParametersError',
      400,
      'X-Amz-Expires must be greater than 0',
    ],
    [
      'an expiry of text',
      arrived({ query: QUERY.replace('=60', '=6x') }),
      's3',
      'AuthorizationQueryParametersError',
      400,
      'X-Amz-Expires should be a number',
    ],
    [
      'an expiry of more than a week',
      arrived({ query: QUERY.replace('=60', '=604801') }),
      's3',
      'AuthorizationQueryParametersError',
      400,
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    ],
    [
      'the same elsewhere',
      arrived({ query: QUERY.replace('=60', '=604801') }),
      'standard',
      'IncompleteSignature',
      403,
      "'X-Amz-Expires' must be",
    ],
  ]
  it.each(refused)('refuses %s', async (_name, request, style, code, status, text) => {
    const refusal = await refusalOf(() => readClaim(request, style))
    expect(refusal).toMatchObject({ code, status })
    expect(refusal.message).toContain(text)
    expect(refusal.message).not.toContain(SIGNATURE)
  })

  it('takes an expiry of 1 s and of 604 800 s', () => {
    for (const seconds of [1, 604_800])
      expect(readClaim(arrived({ query: QUERY.replace('=60', `=${seconds}`) }), 's3')?.expiresSeconds).toBe(seconds)
  })

  it('outside S3 a link needs no expiry', () => {
    const claim = readClaim(arrived({ query: QUERY.replace('&X-Amz-Expires=60', '') }), 'standard')
    expect(claim?.expiresSeconds).toBeUndefined()
  })

  it('never repeats a credential of another kind', async () => {
    const refusal = await refusalOf(() => readClaim(withHeader('Basic dXNlcjpwYXNz'), 'standard'))
    expect(refusal.message).not.toContain('dXNlcjpwYXNz')
  })

  it('answers any header and any query with a claim, nothing, or an AwsError', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .constantFrom(HEADER, QUERY)
        .chain((base) => fc.nat(base.length).map((at) => base.slice(0, at) + base.slice(at + 1))),
    )
    fc.assert(
      fc.property(text, text, fc.constantFrom('s3' as const, 'standard' as const), (authorization, query, style) => {
        for (const request of [withHeader(authorization), arrived({ query })]) {
          try {
            readClaim(request, style)
          } catch (error) {
            expect(error).toBeInstanceOf(AwsError)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('reads back what sign and presign write', () => {
    expect(readClaim(signed(), 'standard')).toMatchObject({ accessKeyId: SIGNER.accessKeyId, service: 'sts' })
    expect(readClaim(presigned(5, { sessionToken: 'a/b+c=' }), 'standard')).toMatchObject({
      securityToken: 'a/b+c=',
      expiresSeconds: 5,
    })
  })
})
