import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalQuery, canonicalRequest, canonicalUris } from './canonical-request.ts'
import { decode, encodeBytes, recode } from './uri-encoding.ts'

describe('canonicalQuery', () => {
  it.each([
    ['sorts by name, then by value', 'b=2&a=2&a=1', 'a=1&a=2&b=2'],
    ['sorts names, not joined pairs', 'select-type=2&select=', 'select=&select-type=2'],
    ['sorts upper case first', 'a=1&A=1', 'A=1&a=1'],
    ['gives a bare name an empty value', 'uploads', 'uploads='],
    ['keeps equal signs of a value', 'a=b=c', 'a=b%3Dc'],
    ['leaves empty pairs out', '&a=1&&', 'a=1'],
    ['reads + as a blank', 'a=b+c', 'a=b%20c'],
    ['keeps an escaped +', 'a=b%2Bc', 'a=b%2Bc'],
    ['undoes escapes that need none, and writes the others in upper case', 'a=%41%2d%2f', 'a=A-%2F'],
    ['escapes what came bare', 'a=x;y/z', 'a=x%3By%2Fz'],
    ['escapes a stray percent', 'a=100%', 'a=100%25'],
    ['takes raw bytes as they are', 'a=\xe9', 'a=%E9'],
    ['leaves the signature out', 'X-Amz-Signature=abc&a=1', 'a=1'],
    ['is empty without a query', '', ''],
  ])('%s', (_name, query, expected) => {
    expect(canonicalQuery(query)).toBe(expected)
  })

  it('is its own canonical form, and does not depend on the order of pairs', () => {
    const pairs = fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string()), { maxLength: 8 })
    fc.assert(
      fc.property(pairs, (list) => {
        const texts = list.map(([name, value]) => `${encodeBytes(name)}=${encodeBytes(value)}`)
        const canonical = canonicalQuery(texts.join('&'))
        expect(canonicalQuery(canonical)).toBe(canonical)
        expect(canonicalQuery(texts.toReversed().join('&'))).toBe(canonical)
      }),
    )
  })
})

describe('canonicalUris', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['//', '/'],
    ['/a//b/./c/../d/', '/a/b/d/'],
    ['/../..', '/'],
    ['/tags/arn%3Aaws%3Aeks', '/tags/arn%253Aaws%253Aeks'],
    ['/a b', '/a%20b'],
    ['/\xe1\x88\xb4', '/%E1%88%B4'],
  ])('normalizes %j and encodes it once more to %j', (path, expected) => {
    expect(canonicalUris(path, 'standard')).toEqual([expected])
  })

  it.each([
    ['/bucket/a%2Fb//c/../d', ['/bucket/a%2Fb//c/../d']],
    ['/bucket/a(b)', ['/bucket/a(b)', '/bucket/a%28b%29']],
    ['/bucket/%7e%c3%a9', ['/bucket/%7e%c3%a9', '/bucket/~%C3%A9']],
    ['/bucket/a+b', ['/bucket/a+b', '/bucket/a%2Bb']],
  ])('leaves the S3 path %j as it was sent', (path, expected) => {
    expect(canonicalUris(path, 's3')).toEqual(expected)
  })
})

describe('canonicalRequest', () => {
  it('trims header values and counts runs of blanks as one', () => {
    const text = canonicalRequest({
      method: 'GET',
      uri: '/',
      query: '',
      headers: { host: 'h', 'my-header': '  a   "b \t c"  ' },
      signedHeaders: ['host', 'my-header'],
      payloadHash: 'x',
    })
    expect(text).toBe('GET\n/\n\nhost:h\nmy-header:a "b c"\n\nhost;my-header\nx')
  })
})

describe('recode', () => {
  it('keeps the decoded meaning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decode(recode(encodeURIComponent(text)))).toBe(text)
      }),
    )
  })
})
