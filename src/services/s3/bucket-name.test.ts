import { expect, test } from 'vitest'
import { assertBucketName } from './bucket-name.ts'

test.each(['abc', 'a'.repeat(63), 'a.b-c', '1-2'])('%s is a name for a bucket', (name) => {
  expect(() => assertBucketName(name)).not.toThrow()
})

test.each([
  'ab',
  'a'.repeat(64),
  'Upper',
  'under_score',
  '-dash',
  'dash-',
  'a..b',
  '.dot',
  '192.168.5.4',
  'xn--bucket',
  'sthree-bucket',
  'bucket-s3alias',
  'bucket--ol-s3',
  'bücket',
])('%s is no name for a bucket', (name) => {
  expect(() => assertBucketName(name)).toThrow(expect.objectContaining({ code: 'InvalidBucketName', status: 400 }))
})
