import { expect, test } from 'vitest'
import { parseByteRange } from './byte-range.ts'

test.each([
  ['bytes=0-0', { first: 0, last: 0 }],
  ['bytes=0-9', { first: 0, last: 9 }],
  ['bytes=9-9', { first: 9, last: 9 }],
  ['bytes=5-', { first: 5, last: 9 }],
  ['bytes=5-99', { first: 5, last: 9 }],
  ['bytes=-3', { first: 7, last: 9 }],
  ['bytes=-99', { first: 0, last: 9 }],
])('%s of ten bytes is %j', (header, range) => {
  expect(parseByteRange(header, 10)).toEqual(range)
})

test.each(['bytes=10-', 'bytes=10-20', 'bytes=-0'])('%s of ten bytes is refused with 416', (header) => {
  expect(() => parseByteRange(header, 10)).toThrow(expect.objectContaining({ code: 'InvalidRange', status: 416 }))
})

test('nothing is in range of an empty object', () => {
  expect(() => parseByteRange('bytes=0-0', 0)).toThrow(expect.objectContaining({ code: 'InvalidRange' }))
  expect(() => parseByteRange('bytes=-1', 0)).toThrow(expect.objectContaining({ code: 'InvalidRange' }))
})

test.each([
  undefined,
  '',
  'bytes=',
  'bytes=-',
  'bytes=5-2',
  'bytes=0-1,3-4',
  'items=0-1',
  'bytes=a-b',
  'bytes=1-9999999999999999',
])('%s asks for the whole object', (header) => {
  expect(parseByteRange(header, 10)).toBeUndefined()
})
