import { expect, test } from 'vitest'
import { assertWritable, judgeRead, namesEtag, writeConditions } from './preconditions.ts'

const AT = Date.UTC(2026, 0, 1)
const OBJECT = { etag: 'e', lastModified: AT }
const before = new Date(AT - 1000)
const at = new Date(AT)

test.each([
  ['no condition', {}, 'met'],
  ['If-Match of the ETag', { ifMatch: '"e"' }, 'met'],
  ['If-Match of another ETag', { ifMatch: '"x"' }, 'failed'],
  ['If-Unmodified-Since the time of the change', { ifUnmodifiedSince: at }, 'met'],
  ['If-Unmodified-Since an earlier time', { ifUnmodifiedSince: before }, 'failed'],
  ['If-Match true silences If-Unmodified-Since false', { ifMatch: 'e', ifUnmodifiedSince: before }, 'met'],
  ['If-Match false wins over If-Unmodified-Since true', { ifMatch: 'x', ifUnmodifiedSince: at }, 'failed'],
  ['If-None-Match of the ETag', { ifNoneMatch: '"e"' }, 'unchanged'],
  ['If-None-Match of another ETag', { ifNoneMatch: '"x"' }, 'met'],
  ['If-Modified-Since the time of the change', { ifModifiedSince: at }, 'unchanged'],
  ['If-Modified-Since an earlier time', { ifModifiedSince: before }, 'met'],
  ['If-None-Match false wins over If-Modified-Since true', { ifNoneMatch: 'e', ifModifiedSince: before }, 'unchanged'],
  ['If-None-Match true silences If-Modified-Since false', { ifNoneMatch: 'x', ifModifiedSince: at }, 'met'],
  ['a failed If-Match comes before an unchanged If-None-Match', { ifMatch: 'x', ifNoneMatch: 'e' }, 'failed'],
])('%s', (_name, conditions, verdict) => {
  expect(judgeRead(conditions, OBJECT).kind).toBe(verdict)
})

test.each([
  ['*', true],
  ['"a", "e"', true],
  ['W/"e"', true],
  ['"ee"', false],
  ['', false],
])('the header %s names the ETag e: %s', (header, expected) => {
  expect(namesEtag(header, 'e')).toBe(expected)
})

test('If-None-Match: * writes only where there is nothing', () => {
  expect(() => assertWritable({ ifNoneMatch: '*' }, undefined)).not.toThrow()
  expect(() => assertWritable({ ifNoneMatch: '*' }, OBJECT)).toThrow(expect.objectContaining({ status: 412 }))
})

test('If-Match writes only over the named object', () => {
  expect(() => assertWritable({ ifMatch: '"e"' }, OBJECT)).not.toThrow()
  expect(() => assertWritable({ ifMatch: '"x"' }, OBJECT)).toThrow(expect.objectContaining({ status: 412 }))
  expect(() => assertWritable({ ifMatch: '"e"' }, undefined)).toThrow(expect.objectContaining({ code: 'NoSuchKey' }))
})

test('a write with If-None-Match of an ETag is not implemented', () => {
  expect(() => writeConditions({ IfNoneMatch: '"e"' })).toThrow(expect.objectContaining({ code: 'NotImplemented' }))
})
