import { AwsError } from '../../aws/aws-error.ts'
import { INVALID_RANGE } from './error-codes.ts'

/** Both ends are included, as in HTTP. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** Two numbers of at most 15 digits each are exact in a double; longer ones make the header unreadable. */
const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/

/**
 * Reads a Range header against an object's size.
 *
 * @returns undefined where the whole object is to be answered: no header, another unit, several ranges, or one that is not
 *   well-formed, all of which HTTP lets a server ignore
 * @throws AwsError `InvalidRange` (416) where it asks for nothing that the object has
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-range
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = header === undefined ? null : RANGE.exec(header.trim())
  if (!match) return undefined
  const [, from = '', to = ''] = match
  if (from === '' && to === '') return undefined
  if (from === '') return suffixRange(Number(to), sizeBytes, header)
  const first = Number(from)
  const last = to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  if (to !== '' && Number(to) < first) return undefined
  if (first >= sizeBytes) throw unsatisfiable(sizeBytes, header)
  return { first, last }
}

export function formatContentRange(range: ByteRange, sizeBytes: number): string {
  return `bytes ${range.first}-${range.last}/${sizeBytes}`
}

export function rangeSizeBytes(range: ByteRange): number {
  return range.last - range.first + 1
}

function suffixRange(length: number, sizeBytes: number, header: string | undefined): ByteRange {
  if (length === 0 || sizeBytes === 0) throw unsatisfiable(sizeBytes, header)
  return { first: Math.max(0, sizeBytes - length), last: sizeBytes - 1 }
}

function unsatisfiable(sizeBytes: number, header: string | undefined): AwsError {
  return new AwsError(INVALID_RANGE, 'The requested range is not satisfiable', {
    detail: { RangeRequested: header, ActualObjectSize: sizeBytes },
  })
}
