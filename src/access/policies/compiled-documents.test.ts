import { expect, test } from 'vitest'
import { allow, policy } from '../testing/access-fixture.ts'
import { CompiledDocuments } from './compiled-documents.ts'

const DOCUMENT = policy(allow('s3:GetObject'))

test('a document is compiled once for its text, source and principal ids', () => {
  const documents = new CompiledDocuments()
  const compiled = documents.compile('a', DOCUMENT, {})
  expect(documents.compile('a', DOCUMENT, {})).toBe(compiled)
  expect(documents.compile('b', DOCUMENT, {})).not.toBe(compiled)
  expect(documents.compile('a', `${DOCUMENT} `, {})).not.toBe(compiled)
  expect(documents.compile('a', DOCUMENT, { 'arn:aws:iam::111122223333:role/x': 'AROA1' })).not.toBe(compiled)
})

test('the oldest documents go when all together are too long', () => {
  const documents = new CompiledDocuments()
  const first = documents.compile('first', DOCUMENT, {})
  const padding = ' '.repeat(250_000)
  for (let index = 0; index < 31; index++) documents.compile(`long ${index}`, DOCUMENT + padding, {})
  expect(documents.compile('first', DOCUMENT, {})).toBe(first)
  documents.compile('one more', DOCUMENT + padding, {})
  expect(documents.compile('first', DOCUMENT, {})).not.toBe(first)
})

test('text that is no policy is refused', () => {
  expect(() => new CompiledDocuments().compile('a', '{', {})).toThrow('Policy a')
})
