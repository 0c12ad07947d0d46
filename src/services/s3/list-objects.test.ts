import { expect, test } from 'vitest'
import { createBucket } from './create-bucket.ts'
import { listObjects, listObjectsV2 } from './list-objects.ts'
import { putObject } from './put-object.ts'
import { openTestService, refusalOf, streamOf } from './testing/s3-fixture.ts'

async function openBucket(...keys: readonly string[]) {
  const service = await openTestService()
  await service.call(createBucket, { Bucket: 'bucket' })
  for (const Key of keys) await service.call(putObject, { Bucket: 'bucket', Key, Body: streamOf(Key) })
  return {
    ...service,
    v1: (input: object = {}) => service.call(listObjects, { Bucket: 'bucket', ...input }),
    v2: (input: object = {}) => service.call(listObjectsV2, { Bucket: 'bucket', ...input }),
  }
}

test('objects are listed in the order of their UTF-8 bytes, with what is known of them', async () => {
  const { v2 } = await openBucket('b', 'a', '\u{1f600}', '\uffff', 'B')
  const page = await v2()
  expect(keysOf(page)).toEqual(['B', 'a', 'b', '\uffff', '\u{1f600}'])
  expect(page).toMatchObject({ KeyCount: 5, IsTruncated: false, MaxKeys: 1000, Name: 'bucket', Prefix: '' })
  expect(page.Contents?.[1]).toMatchObject({
    Size: 1,
    StorageClass: 'STANDARD',
    ETag: '"0cc175b9c0f1b6a831c399e269772661"',
  })
  expect(page.Contents?.[1]).not.toHaveProperty('Owner')
  expect((await v2({ FetchOwner: true })).Contents?.[1]?.Owner?.ID).toMatch(/^[0-9a-f]{64}$/)
})

test('a delimiter rolls keys up behind the prefix', async () => {
  const { v2 } = await openBucket('photos/2025/a', 'photos/2026/b', 'photos/2026/c', 'photos/d', 'readme')
  expect(shownBy(await v2({ Delimiter: '/' }))).toEqual([['readme'], ['photos/']])
  expect(shownBy(await v2({ Delimiter: '/', Prefix: 'photos/' }))).toEqual([
    ['photos/d'],
    ['photos/2025/', 'photos/2026/'],
  ])
  expect(shownBy(await v2({ Prefix: 'photos/2026' }))).toEqual([['photos/2026/b', 'photos/2026/c'], []])
})

test('pages go on where the one before ended, behind a common prefix too', async () => {
  const { v2 } = await openBucket('a', 'b/1', 'b/2', 'c', 'd/1')
  const seen: unknown[] = []
  let ContinuationToken: string | undefined
  do {
    const page = await v2({ Delimiter: '/', MaxKeys: 1, ContinuationToken })
    seen.push(...keysOf(page), ...prefixesOf(page))
    expect(page.KeyCount).toBe(1)
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken)
  expect(seen).toEqual(['a', 'b/', 'c', 'd/'])
})

test('the older form goes on behind its marker', async () => {
  const { v1 } = await openBucket('a', 'b/1', 'b/2', 'c')
  const first = await v1({ Delimiter: '/', MaxKeys: 2 })
  expect(first).toMatchObject({ IsTruncated: true, NextMarker: 'b/' })
  expect(shownBy(await v1({ Delimiter: '/', Marker: first.NextMarker }))).toEqual([['c'], []])
  const plain = await v1({ MaxKeys: 2 })
  expect(plain.IsTruncated).toBe(true)
  expect(plain.NextMarker).toBeUndefined()
  expect(keysOf(await v1({ Marker: 'b/1' }))).toEqual(['b/2', 'c'])
})

test('StartAfter begins behind a key, and a continuation token wins over it', async () => {
  const { v2 } = await openBucket('a', 'b', 'c', 'd')
  const page = await v2({ StartAfter: 'a', MaxKeys: 1 })
  expect(keysOf(page)).toEqual(['b'])
  expect(keysOf(await v2({ StartAfter: 'a', ContinuationToken: page.NextContinuationToken }))).toEqual(['c', 'd'])
  expect(await refusalOf(v2({ ContinuationToken: 'made up' }))).toBe('InvalidArgument')
})

test('max-keys of 0 is an empty page, and of more than 1,000 is 1,000', async () => {
  const { v2 } = await openBucket('a')
  expect(await v2({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false, MaxKeys: 0, Contents: [] })
  expect(await v2({ MaxKeys: 5000 })).toMatchObject({ KeyCount: 1, MaxKeys: 1000 })
})

test('encoding-type=url percent-encodes keys and prefixes', async () => {
  const { v2 } = await openBucket('a b/ü+', 'x\ny')
  const page = await v2({ EncodingType: 'url', Prefix: 'a b', Delimiter: '+' })
  expect(page).toMatchObject({ Prefix: 'a%20b', Delimiter: '%2B', EncodingType: 'url' })
  expect(prefixesOf(page)).toEqual(['a%20b/%C3%BC%2B'])
  expect(keysOf(await v2({ EncodingType: 'url' }))).toEqual(['a%20b/%C3%BC%2B', 'x%0Ay'])
})

test('10,000 keys below one prefix are one common prefix, quickly', async () => {
  const { v2, dependencies } = await openBucket()
  await dependencies.store.write(async (writes) => {
    for (let first = 0; first < 10_000; first += 500) {
      const rows = Array.from({ length: 500 }, (_, index) => objectRow(first + index))
      await writes.insertInto('objects').values(rows).execute()
    }
  })
  const startedAt = performance.now()
  expect(shownBy(await v2({ Delimiter: '/' }))).toEqual([[], ['even/', 'odd/']])
  const page = await v2({ Prefix: 'odd/', Delimiter: '/' })
  expect(page).toMatchObject({ KeyCount: 1000, IsTruncated: true })
  expect(performance.now() - startedAt).toBeLessThan(500)
})

function objectRow(index: number) {
  const folder = index % 2 === 0 ? 'even' : 'odd'
  return {
    bucket_name: 'bucket',
    object_key: `${folder}/${String(index).padStart(6, '0')}`,
    blob: `blob-${index}`,
    size_bytes: 0,
    etag: 'd41d8cd98f00b204e9800998ecf8427e',
    last_modified: 0,
    headers: '{"metadata":{}}',
  }
}

interface Shown {
  readonly Contents?: readonly { readonly Key?: string }[]
  readonly CommonPrefixes?: readonly { readonly Prefix?: string }[]
}

function shownBy(page: Shown) {
  return [keysOf(page), prefixesOf(page)]
}

function keysOf({ Contents = [] }: Shown) {
  return Contents.map(({ Key }) => Key)
}

function prefixesOf({ CommonPrefixes = [] }: Shown) {
  return CommonPrefixes.map(({ Prefix }) => Prefix)
}
