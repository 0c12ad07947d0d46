import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePolicy } from './parse.ts'

const codes = (text: string): readonly string[] => parsePolicy(text).problems.map(({ code }) => code)

describe('parsing a policy', () => {
  it('keeps every element with its place', () => {
    const text =
      '{"Version":"2012-10-17","Statement":{"Sid":"A","Effect":"Allow","Action":["s3:Get*"],"NotResource":"*"}}'
    const { document, problems } = parsePolicy(text)
    const [statement] = document?.statements ?? []
    expect(problems).toEqual([])
    expect(statement).toMatchObject({
      sid: { value: 'A' },
      effect: { value: 'Allow' },
      action: { negated: false, values: [{ value: 's3:Get*' }] },
      resource: { negated: true, values: [{ value: '*' }] },
      principal: undefined,
    })
    const span = statement?.action?.values[0]?.span
    expect(text.slice(span?.start.offset, span?.end.offset)).toBe('"s3:Get*"')
  })

  it('takes numbers and booleans of a condition as their text', () => {
    const { document } = parsePolicy(
      '{"Statement":[{"Effect":"Deny","Condition":{"Bool":{"k:x":[true,"false"]},"NumericEquals":{"k:y":1.50}}}]}',
    )
    expect(document?.statements[0]?.condition.map(({ values }) => values.map(({ value }) => value))).toEqual([
      ['true', 'false'],
      ['1.50'],
    ])
  })

  it('reports all problems, in the order of the text', () => {
    const text =
      '{"Version":"2020-01-01","Foo":1,"Statement":[{"Effect":"allow","Action":"*","NotAction":"*","Resource":5},7,{"Sid":"a","Sid":"b"}]}'
    expect(codes(text)).toEqual([
      'INVALID_VERSION',
      'UNSUPPORTED_ELEMENT',
      'INVALID_EFFECT',
      'BOTH_OF_A_PAIR',
      'INVALID_TYPE',
      'INVALID_TYPE',
      'MISSING_EFFECT',
      'DUPLICATE_KEY',
    ])
  })

  it.each([
    ['', ['JSON_SYNTAX_ERROR']],
    ['[]', ['INVALID_TYPE']],
    ['{}', ['MISSING_STATEMENT']],
    ['{"Statement":[]}', ['EMPTY_STATEMENT']],
    ['{"Statement":[{"Effect":"Deny","Principal":"x"}]}', ['INVALID_PRINCIPAL']],
    ['{"Statement":[{"Effect":"Deny","Principal":"*"}]}', []],
    ['{"Statement":[{"Effect":"Deny","Principal":["*"]}]}', ['INVALID_TYPE']],
    ['{"Statement":[{"Effect":"Deny","Principal":{"Group":"x"}}]}', ['UNSUPPORTED_ELEMENT']],
    ['{"Statement":[{"Effect":"Deny","Condition":{"Bool":{"k:x":null}}}]}', ['INVALID_TYPE']],
    ['{"Statement":[{"Effect":"Deny","Condition":{"Bool":{"k:x":"a","k:x":"b"}}}]}', ['DUPLICATE_KEY']],
    ['{"statement":[]}', ['MISSING_STATEMENT', 'UNSUPPORTED_ELEMENT']],
  ])('%s has the problems %j', (text, expected) => {
    expect(codes(text).toSorted()).toEqual([...expected].toSorted())
  })

  it('never throws', () => {
    const words = [
      'Version',
      'Statement',
      'Effect',
      'Principal',
      'AWS',
      'Action',
      'Condition',
      'StringLike',
      '*',
      '${',
      '__proto__',
    ]
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 5, depthSize: 'small' },
        fc.constantFrom<unknown>(...words, 1, true, null),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...words), tie('json'), { maxKeys: 5 }),
      ),
    }))
    fc.assert(fc.property(json, (value) => Array.isArray(parsePolicy(JSON.stringify(value)).problems)))
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parsePolicy(text).problems.length > 0))
  })
})
