import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ORPHAN_AGE_MS } from './blob-folder.ts'
import { createBucket } from './create-bucket.ts'
import { collectOrphanedBlobs } from './orphaned-blobs.ts'
import { putObject } from './put-object.ts'
import { openTestService, streamOf } from './testing/s3-fixture.ts'

test('a blob is what was written, in a file that only its owner reads', async () => {
  const { blobs, files } = await openTestService()
  const { blob, sizeBytes } = await blobs.write(streamOf('ab', '', 'c').stream)
  expect(sizeBytes).toBe(3)
  const file = await blobs.open(blob)
  expect(await file?.readFile('utf8')).toBe('abc')
  await file?.close()
  for (const path of await files()) expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a stream that fails leaves no file', async () => {
  const { blobs, files } = await openTestService()
  async function* failing() {
    yield Buffer.from('half')
    throw new Error('connection lost')
  }
  await expect(blobs.write(failing())).rejects.toThrow('connection lost')
  expect(await files()).toEqual([])
})

test('a blob that was opened stays readable after it was removed', async () => {
  const { blobs } = await openTestService()
  const { blob } = await blobs.write(streamOf('kept').stream)
  const file = await blobs.open(blob)
  await blobs.remove([blob])
  expect(await file?.readFile('utf8')).toBe('kept')
  await file?.close()
  expect(await blobs.open(blob)).toBeUndefined()
})

test('a copy lives on without its source', async () => {
  const { blobs } = await openTestService()
  const { blob } = await blobs.write(streamOf('bytes').stream)
  const copy = await blobs.copy(blob)
  await blobs.remove([blob])
  const file = await blobs.open(copy)
  expect(await file?.readFile('utf8')).toBe('bytes')
  await file?.close()
})

test('files that no row names are deleted when they are old, and no others', async () => {
  const { call, blobs, dependencies, folder, files } = await openTestService()
  await call(createBucket, { Bucket: 'bucket' })
  await call(putObject, { Bucket: 'bucket', Key: 'kept', Body: streamOf('kept') })
  const [kept] = await files()
  await blobs.write(streamOf('orphan').stream)
  await writeFile(join(folder, 'uploads', 'left-by-a-killed-process'), 'half')

  const collect = (now: number) => collectOrphanedBlobs(blobs, dependencies.store.reads, now)
  expect(await collect(Date.now())).toBe(0)
  expect(await files()).toHaveLength(3)
  expect(await collect(Date.now() + ORPHAN_AGE_MS + 1000)).toBe(2)
  expect(await files()).toEqual([kept])
})
