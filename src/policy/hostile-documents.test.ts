// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables
import { describe, expect, it } from 'vitest'
import { compilePolicy } from './compile.ts'
import { formatPolicy } from './document/format.ts'
import { JSON_CHARACTERS_MAX } from './document/json.ts'
import { parsePolicy } from './document/parse.ts'
import { evaluate } from './evaluate.ts'
import { explain } from './explain/explain.ts'
import type { AccessRequest, ContextValue, PolicySets } from './request.ts'
import { type PolicyKind, validatePolicy } from './validate/validate.ts'

/** The longest document that an API takes (IAM service model, `policyDocumentType`). */
const CHARACTERS = 131_072
/** For one document of that length on a slow machine. What is quadratic takes minutes. */
const LIMIT_MS = 2_000

const KINDS: readonly PolicyKind[] = [
  'identity',
  'managed',
  'session',
  'trust',
  'bucket',
  'resource',
  'endpoint',
  'scp',
  'rcp',
]

/** As many copies of a text as fit in a document. */
const many = (text: string, around = 200): string => text.repeat(Math.floor((CHARACTERS - around) / text.length))
const list = (element: string, around?: number): string => `[${many(`${element},`, around)}${element}]`
const policy = (elements: string): string =>
  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",${elements}}]}`
const action = '"Action":"s3:GetObject"'

const DOCUMENTS: readonly (readonly [name: string, text: string])[] = [
  ['nothing but brackets', many('[')],
  ['nothing but braces', many('{"a":')],
  ['a string that does not end', `"${many('a')}`],
  ['a string of escapes', policy(`${action},"Resource":"${many('\\u0041')}"`)],
  ['a string of backslashes', policy(`${action},"Resource":"${many('\\\\')}"`)],
  ['lone surrogates', policy(`${action},"Resource":"arn:aws:s3:::${many('\\ud800')}"`)],
  ['one key many times', `{${many('"Version":"2012-10-17",')}"Statement":[]}`],
  ['unknown elements', `{"Version":"2012-10-17",${Array.from({ length: 9_000 }, (_, i) => `"k${i}":1`).join(',')}}`],
  ['empty statements', `{"Version":"2012-10-17","Statement":${list('{}')}}`],
  ['numbers', policy(`${action},"Resource":"*","Condition":{"NumericEquals":{"k:x":${list('1e9')}}}`)],
  ['a long number', policy(`${action},"Resource":"*","Condition":{"NumericEquals":{"k:x":${many('9')}}}`)],
  ['actions with wildcards', policy(`"Action":${list('"s3:*a"')},"Resource":"*"`)],
  ['an action of stars', policy(`"Action":"s3:${many('*a')}","Resource":"*"`)],
  ['an action of question marks', policy(`"Action":"s3:${many('?', 60_000)}*","Resource":"*"`)],
  ['resources', policy(`${action},"Resource":${list('"arn:aws:s3:::b/*x*"')}`)],
  ['a resource of stars', policy(`${action},"Resource":"arn:aws:s3:::${many('*a*?')}"`)],
  ['a resource of colons', policy(`${action},"Resource":"arn:${many(':')}"`)],
  [
    'prefixes inside one another',
    policy(
      `${action},"Resource":[${Array.from({ length: 480 }, (_, i) => `"arn:aws:s3:::${'b'.repeat(i)}*"`).join(',')}]`,
    ),
  ],
  ['variables', policy(`${action},"Resource":"arn:aws:s3:::${many('${k:x}')}"`)],
  ['variables that do not end', policy(`${action},"Resource":"arn:aws:s3:::${many('${k')}"`)],
  ['defaults that do not end', policy(`${action},"Resource":"arn:aws:s3:::${many("${k:x, 'a")}"`)],
  ['variables with spaces', policy(`${action},"Resource":"arn:aws:s3:::\${k/${many(' ')}}"`)],
  [
    'condition operators',
    policy(
      `${action},"Resource":"*","Condition":{${Array.from({ length: 5_000 }, (_, i) => `"Op${i}":{"k:x":"a"}`).join(',')}}`,
    ),
  ],
  [
    'condition keys',
    policy(
      `${action},"Resource":"*","Condition":{"StringLike":{${Array.from({ length: 6_000 }, (_, i) => `"k:${i}":"*a*"`).join(',')}}}`,
    ),
  ],
  ['condition values', policy(`${action},"Resource":"*","Condition":{"StringNotLike":{"k:x":${list('"*a*b*"')}}}`)],
  ['address ranges', policy(`${action},"Resource":"*","Condition":{"NotIpAddress":{"k:x":${list('"10.0.0.0/8"')}}}`)],
  ['dates', policy(`${action},"Resource":"*","Condition":{"DateEquals":{"k:x":${list('"2024-01-01"')}}}`)],
  ['base64', policy(`${action},"Resource":"*","Condition":{"BinaryEquals":{"k:x":"${many('A')}"}}`)],
  [
    'principals',
    `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":${list('"111122223333"')}},${action}}}`,
  ],
  [
    'a long principal',
    `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/${many('a/')}"},${action}}}`,
  ],
  [
    'Sids',
    `{"Version":"2012-10-17","Statement":[${Array.from({ length: 2_000 }, (_, i) => `{"Sid":"s${i}","Effect":"Allow",${action},"Resource":"*"}`).join(',')}]}`,
  ],
]

const request = (value: ContextValue): AccessRequest => ({
  principal: { type: 'user', accountId: '111122223333', arn: `arn:aws:iam::111122223333:user/${'a/'.repeat(200)}` },
  action: 's3:GetObject',
  resource: `arn:aws:s3:::${'b'.repeat(1_000)}`,
  resourceAccount: '111122223333',
  context: { get: () => value },
})
const VALUES: readonly ContextValue[] = ['a'.repeat(1_000), ['a', 'b', '192.0.2.1']]

function withinLimit(work: () => void): void {
  const startedAt = performance.now()
  work()
  expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS)
}

describe.each(DOCUMENTS)('a document of the greatest length with %s', (_name, text) => {
  it('is read and checked in bounded time', () => {
    expect(text.length).toBeLessThan(JSON_CHARACTERS_MAX)
    withinLimit(() => {
      for (const kind of KINDS) validatePolicy(text, kind)
    })
  })

  it('is compiled, asked, explained and formatted in bounded time', () => {
    const { document } = parsePolicy(text)
    if (!document) return
    withinLimit(() => {
      const compiled = compilePolicy(document, { source: 'p' })
      for (const value of VALUES) {
        const sets: PolicySets = { identity: [], resource: compiled }
        const { decision } = evaluate(request(value), sets)
        expect(explain(request(value), sets).decision).toBe(decision)
      }
      formatPolicy(document)
    })
  })
})

describe('the length of a document', () => {
  const ofLength = (length: number): string => JSON.stringify({ Statement: [], Id: 'a'.repeat(length - 24) })

  it('ends where reading ends', () => {
    expect(ofLength(JSON_CHARACTERS_MAX)).toHaveLength(JSON_CHARACTERS_MAX)
    expect(parsePolicy(ofLength(JSON_CHARACTERS_MAX)).problems.map(({ code }) => code)).toEqual(['EMPTY_STATEMENT'])
    expect(parsePolicy(ofLength(JSON_CHARACTERS_MAX + 1)).problems.map(({ code }) => code)).toEqual([
      'JSON_SYNTAX_ERROR',
    ])
  })
})
