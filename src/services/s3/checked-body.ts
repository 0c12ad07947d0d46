import { createHash } from 'node:crypto'
import { AwsError } from '../../aws/aws-error.ts'
import type { RequestBody } from '../../aws/http-message.ts'
import {
  assertChecksumForm,
  type ChecksumAlgorithm,
  type ChecksumMembers,
  givenChecksum,
  type ObjectChecksum,
  parseChecksumAlgorithm,
  requireChecksumAlgorithm,
  startChecksum,
} from './checksum.ts'
import { BAD_DIGEST, ENTITY_TOO_LARGE, INVALID_DIGEST, INVALID_REQUEST } from './error-codes.ts'
import type { ObjectBody } from './object-store.ts'

/** 5 GiB: the largest object of one PUT, and the largest part. @see S3 User Guide, "Amazon S3 multipart upload limits" */
export const UPLOAD_BYTES_MAX = 5 * 1024 ** 3

const MD5_BYTES = 16

/** What an upload says of its body. */
export interface AnnouncedBody extends ChecksumMembers {
  readonly Body?: RequestBody | undefined
  readonly ContentMD5?: string | undefined
  readonly ChecksumAlgorithm?: string | undefined
}

const TRAILER_PREFIX = 'x-amz-checksum-'

/**
 * Wraps a body so that it throws at its end where it is not what was announced.
 *
 * @param fallback computed where the client names no algorithm
 * @throws AwsError at once: `InvalidDigest`, `InvalidRequest`; while reading: `EntityTooLarge`, `BadDigest`
 */
export function checkBody(input: AnnouncedBody, fallback?: ChecksumAlgorithm): ObjectBody {
  const expectedMd5 = parseContentMd5(input.ContentMD5)
  const given = givenChecksum(input)
  if (given) assertChecksumForm(given)
  const body = digestBody(chunksOf(input.Body), announcedAlgorithm(input, given?.algorithm) ?? fallback)
  return { bytes: verified(body, input.Body, expectedMd5, given?.value), digests: body.digests }
}

/** Computes a body's digests as its bytes pass. @throws AwsError `EntityTooLarge` while reading */
export function digestBody(bytes: AsyncIterable<Uint8Array>, algorithm: ChecksumAlgorithm | undefined): ObjectBody {
  const md5 = createHash('md5')
  const checksum = algorithm && startChecksum(algorithm)
  async function* pass(): AsyncGenerator<Uint8Array> {
    let sizeBytes = 0
    for await (const chunk of bytes) {
      sizeBytes += chunk.length
      if (sizeBytes > UPLOAD_BYTES_MAX) throw entityTooLarge()
      md5.update(chunk)
      checksum?.update(chunk)
      yield chunk
    }
  }
  let digests: ReturnType<ObjectBody['digests']> | undefined
  return {
    bytes: pass(),
    digests() {
      digests ??= { md5: md5.digest(), checksum: wholeChecksum(algorithm, checksum?.digest()) }
      return digests
    },
  }
}

/** Refuses a body by its announced size before any of it is read. @throws AwsError `EntityTooLarge` */
export function assertAnnouncedSize(input: { readonly ContentLength?: number | undefined }): void {
  if ((input.ContentLength ?? 0) > UPLOAD_BYTES_MAX) throw entityTooLarge()
}

function entityTooLarge(): AwsError {
  return new AwsError(ENTITY_TOO_LARGE, 'Your proposed upload exceeds the maximum allowed size', {
    detail: { MaxSizeAllowed: UPLOAD_BYTES_MAX },
  })
}

export function badChecksum(algorithm: ChecksumAlgorithm): AwsError {
  return new AwsError(BAD_DIGEST, `The ${algorithm} you specified did not match the calculated checksum.`)
}

function parseContentMd5(header: string | undefined): Buffer | undefined {
  if (header === undefined) return undefined
  const bytes = Buffer.from(header, 'base64')
  if (bytes.length === MD5_BYTES && bytes.toString('base64') === header.trim()) return bytes
  throw new AwsError(INVALID_DIGEST, 'The Content-MD5 you specified was invalid.')
}

async function* verified(
  body: ObjectBody,
  source: RequestBody | undefined,
  expectedMd5: Buffer | undefined,
  expectedChecksum: string | undefined,
): AsyncGenerator<Uint8Array> {
  yield* body.bytes
  const { md5, checksum } = body.digests()
  if (expectedMd5 && !expectedMd5.equals(md5)) {
    throw new AwsError(BAD_DIGEST, 'The Content-MD5 you specified did not match what we received.')
  }
  if (!checksum) return
  const expected = expectedChecksum ?? trailingChecksum(source, checksum.algorithm)
  if (expected !== undefined && expected !== checksum.value) throw badChecksum(checksum.algorithm)
}

/**
 * The one algorithm of which headers, trailers and the client's own announcement speak.
 * @throws AwsError `InvalidRequest` where they speak of several, or where one is announced and no checksum follows
 */
function announcedAlgorithm(input: AnnouncedBody, given: ChecksumAlgorithm | undefined): ChecksumAlgorithm | undefined {
  const announced = parseChecksumAlgorithm(input.ChecksumAlgorithm)
  const carried = trailerAlgorithms(input.Body)
  if (given) carried.push(given)
  if (announced && carried.length === 0) {
    throw new AwsError(
      INVALID_REQUEST,
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    )
  }
  const [algorithm] = carried
  if (carried.length > 1 || (announced && announced !== algorithm)) {
    throw new AwsError(INVALID_REQUEST, 'Value for x-amz-sdk-checksum-algorithm header is invalid.')
  }
  return algorithm
}

function trailerAlgorithms(body: RequestBody | undefined): ChecksumAlgorithm[] {
  const names = body?.kind === 'stream' ? (body.stream.trailerNames ?? []) : []
  return names
    .filter((name) => name.startsWith(TRAILER_PREFIX))
    .map((name) => requireChecksumAlgorithm(name.slice(TRAILER_PREFIX.length)))
}

function trailingChecksum(body: RequestBody | undefined, algorithm: ChecksumAlgorithm): string | undefined {
  return body?.kind === 'stream' ? body.stream.trailers?.()[TRAILER_PREFIX + algorithm.toLowerCase()] : undefined
}

async function* chunksOf(body: RequestBody | undefined): AsyncGenerator<Uint8Array> {
  if (body?.kind === 'bytes') yield body.bytes
  else if (body) yield* body.stream
}

function wholeChecksum(
  algorithm: ChecksumAlgorithm | undefined,
  value: Buffer | undefined,
): ObjectChecksum | undefined {
  return algorithm && value ? { algorithm, value: value.toString('base64'), type: 'FULL_OBJECT' } : undefined
}
