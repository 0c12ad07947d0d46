import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { policies } from '../testing/random-policies.ts'
import type { PolicyDocument } from './document.ts'
import { formatPolicy } from './format.ts'
import { parsePolicy } from './parse.ts'

function read(text: string): PolicyDocument {
  const { document, problems } = parsePolicy(text)
  expect(problems).toEqual([])
  if (!document) throw new Error('no document')
  return document
}

/** Without the places where things stand. */
function withoutSpans(document: PolicyDocument): unknown {
  return JSON.parse(JSON.stringify(document, (name, value) => (name === 'span' ? undefined : value)))
}

const ODD_TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('a\u2028b', 'a\nb', '\u2029', '"\\'),
)
const odd = fc.record({
  Id: ODD_TEXT,
  Statement: fc.array(
    fc.record(
      {
        Sid: ODD_TEXT,
        Effect: fc.constantFrom('Allow', 'Deny'),
        Principal: fc.constantFrom<unknown>('*', {}, { AWS: [] }, { Service: 's', AWS: ['a', 'b'] }),
        Action: fc.oneof(ODD_TEXT, fc.array(ODD_TEXT, { maxLength: 3 })),
        NotResource: fc.array(ODD_TEXT, { maxLength: 3 }),
        Condition: fc.dictionary(
          fc.oneof(ODD_TEXT, fc.constantFrom('1', '__proto__')),
          fc.dictionary(
            fc.oneof(ODD_TEXT, fc.constantFrom('2', '1', '__proto__')),
            fc.oneof(ODD_TEXT, fc.integer(), fc.boolean()),
          ),
          { maxKeys: 2 },
        ),
      },
      { requiredKeys: ['Effect'] },
    ),
    { minLength: 1, maxLength: 3 },
  ),
})

describe('formatting a policy', () => {
  it('gives the same document when it is read again, and the same text when that is formatted', () => {
    fc.assert(
      fc.property(fc.oneof(policies(true), odd), (policy) => {
        const document = read(JSON.stringify(policy))
        const text = formatPolicy(document)
        expect(withoutSpans(read(text))).toEqual(withoutSpans(document))
        expect(formatPolicy(read(text))).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  it('writes elements in the order of the documentation, and lists only where there is not one value', () => {
    const document = read(
      '{"Statement":{"Condition":{"Bool":{"aws:SecureTransport":true}},"Resource":["*"],"Action":["s3:GetObject","s3:PutObject"],"Effect":"Allow","Sid":"a"},"Version":"2012-10-17"}',
    )
    expect(formatPolicy(document)).toBe(`{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "a",
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:PutObject"
      ],
      "Resource": "*",
      "Condition": {
        "Bool": {
          "aws:SecureTransport": "true"
        }
      }
    }
  ]
}
`)
  })
})
