import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { AwsError } from '../../aws/aws-error.ts'
import { crc32c, crc64Nvme } from './cyclic-redundancy-check.ts'
import { INVALID_REQUEST, NOT_IMPLEMENTED } from './error-codes.ts'

/** A checksum that S3 keeps with an object or a part. */
export interface ObjectChecksum {
  readonly algorithm: ChecksumAlgorithm
  /** Base 64; a composite one ends in `-<number of parts>`. */
  readonly value: string
  /** `COMPOSITE`: the checksum of the parts' checksums. */
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
}

export interface RunningChecksum {
  update(bytes: Uint8Array): void
  digest(): Buffer
}

export type ChecksumAlgorithm = keyof typeof CHECKSUM_ALGORITHMS
export type ChecksumMember = (typeof CHECKSUM_ALGORITHMS)[ChecksumAlgorithm]['member']

/** By S3's name of the algorithm; `member` is the name in inputs and outputs, without the prefix it is the header's. */
export const CHECKSUM_ALGORITHMS = {
  CRC32: { member: 'ChecksumCRC32', sizeBytes: 4, multipart: 'COMPOSITE', start: startCrc32 },
  CRC32C: { member: 'ChecksumCRC32C', sizeBytes: 4, multipart: 'COMPOSITE', start: crc32c },
  CRC64NVME: { member: 'ChecksumCRC64NVME', sizeBytes: 8, multipart: 'FULL_OBJECT', start: crc64Nvme },
  SHA1: { member: 'ChecksumSHA1', sizeBytes: 20, multipart: 'COMPOSITE', start: () => createHash('sha1') },
  SHA256: { member: 'ChecksumSHA256', sizeBytes: 32, multipart: 'COMPOSITE', start: () => createHash('sha256') },
  SHA512: { member: 'ChecksumSHA512', sizeBytes: 64, multipart: 'COMPOSITE', start: () => createHash('sha512') },
} as const satisfies Readonly<Record<string, AlgorithmFacts>>

/** S3 gives a whole-object checksum to multipart uploads only for those that can be computed piecewise. */
export const FULL_OBJECT_ALGORITHMS: ReadonlySet<ChecksumAlgorithm> = new Set(['CRC32', 'CRC32C', 'CRC64NVME'])

/** Checksum members of inputs; those that are not of `CHECKSUM_ALGORITHMS` are refused by `refuseUnsupported`. */
export const CHECKSUM_MEMBERS: readonly ChecksumMember[] = Object.values(CHECKSUM_ALGORITHMS).map(
  ({ member }) => member,
)

export type ChecksumMembers = { readonly [member in ChecksumMember]?: string | undefined }

interface AlgorithmFacts {
  readonly member: string
  readonly sizeBytes: number
  /** The type that a multipart upload has where the client names none. */
  readonly multipart: ObjectChecksum['type']
  start(): RunningChecksum
}

/**
 * The one checksum that an input carries.
 * @throws AwsError `InvalidRequest` for two of them, or one that is not the base 64 of the algorithm's size
 */
export function givenChecksum(input: ChecksumMembers): Omit<ObjectChecksum, 'type'> | undefined {
  const given = algorithms().filter((algorithm) => input[CHECKSUM_ALGORITHMS[algorithm].member] !== undefined)
  const [algorithm] = given
  if (algorithm === undefined) return undefined
  if (given.length > 1) {
    throw new AwsError(
      INVALID_REQUEST,
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    )
  }
  return { algorithm, value: input[CHECKSUM_ALGORITHMS[algorithm].member] ?? '' }
}

/** @throws AwsError `InvalidRequest` where the value cannot be a checksum of the algorithm */
export function assertChecksumForm({ algorithm, value }: Omit<ObjectChecksum, 'type'>): void {
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length === CHECKSUM_ALGORITHMS[algorithm].sizeBytes && bytes.toString('base64') === value) return
  throw new AwsError(INVALID_REQUEST, `Value for x-amz-checksum-${algorithm.toLowerCase()} header is invalid.`)
}

/** Reads `x-amz-checksum-algorithm` and `x-amz-sdk-checksum-algorithm`. @throws AwsError `NotImplemented` */
export function parseChecksumAlgorithm(name: string | undefined): ChecksumAlgorithm | undefined {
  return name === undefined ? undefined : requireChecksumAlgorithm(name)
}

/** @param name in any case @throws AwsError `NotImplemented` */
export function requireChecksumAlgorithm(name: string): ChecksumAlgorithm {
  const known = algorithms().find((algorithm) => algorithm === name.toUpperCase())
  if (known) return known
  throw new AwsError(NOT_IMPLEMENTED, 'A header you provided implies functionality that is not implemented', {
    detail: { Header: 'x-amz-checksum-algorithm' },
  })
}

export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  return CHECKSUM_ALGORITHMS[algorithm].start()
}

/** The members by which an output shows a checksum. */
export function checksumMembers(checksum: ObjectChecksum | undefined): ChecksumMembers {
  return checksum ? { [CHECKSUM_ALGORITHMS[checksum.algorithm].member]: checksum.value } : {}
}

function algorithms(): readonly ChecksumAlgorithm[] {
  return Object.keys(CHECKSUM_ALGORITHMS) as ChecksumAlgorithm[]
}

function startCrc32(): RunningChecksum {
  let value = 0
  return {
    update(bytes) {
      value = crc32(bytes, value)
    },
    digest() {
      const digest = Buffer.alloc(4)
      digest.writeUInt32BE(value)
      return digest
    },
  }
}
