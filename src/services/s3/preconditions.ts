import { AwsError } from '../../aws/aws-error.ts'
import { NO_SUCH_KEY, NOT_IMPLEMENTED, NOT_MODIFIED, PRECONDITION_FAILED } from './error-codes.ts'

/** Conditions of a read, as the headers came. */
export interface ReadConditions {
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
  readonly ifModifiedSince?: Date
  readonly ifUnmodifiedSince?: Date
}

/** Conditions of a write: `ifNoneMatch` means "only where there is nothing yet". */
export interface WriteConditions {
  readonly ifMatch?: string
  readonly ifNoneMatch?: '*'
}

/** What conditions are judged against. */
export interface Validators {
  /** Without quotes. */
  readonly etag: string
  readonly lastModified: number
}

export type ReadVerdict =
  | { readonly kind: 'met' }
  | { readonly kind: 'failed'; readonly condition: string }
  | { readonly kind: 'unchanged' }

/**
 * Judges the conditions of a read. An ETag condition silences the date condition of its pair, as HTTP has it: If-Match over
 * If-Unmodified-Since, If-None-Match over If-Modified-Since.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Overriding… and the header descriptions)
 */
export function judgeRead(conditions: ReadConditions, { etag, lastModified }: Validators): ReadVerdict {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  if (ifMatch !== undefined) {
    if (!namesEtag(ifMatch, etag)) return { kind: 'failed', condition: 'If-Match' }
  } else if (ifUnmodifiedSince !== undefined && lastModified > ifUnmodifiedSince.getTime()) {
    return { kind: 'failed', condition: 'If-Unmodified-Since' }
  }
  if (ifNoneMatch !== undefined) {
    if (namesEtag(ifNoneMatch, etag)) return { kind: 'unchanged' }
  } else if (ifModifiedSince !== undefined && lastModified <= ifModifiedSince.getTime()) {
    return { kind: 'unchanged' }
  }
  return { kind: 'met' }
}

/** @throws AwsError `PreconditionFailed` (412), `NotModified` (304, with the validators that a 304 must repeat) */
export function assertReadable(conditions: ReadConditions, validators: Validators): void {
  const verdict = judgeRead(conditions, validators)
  if (verdict.kind === 'failed') throw preconditionFailed(verdict.condition)
  if (verdict.kind === 'unchanged') {
    throw new AwsError(NOT_MODIFIED, 'Not Modified', {
      detail: { ETag: `"${validators.etag}"`, LastModified: new Date(validators.lastModified) },
    })
  }
}

/** As `assertReadable` for the source of a copy, where "not modified" is a failure too. */
export function assertCopyable(conditions: ReadConditions, validators: Validators): void {
  const verdict = judgeRead(conditions, validators)
  if (verdict.kind === 'failed') throw preconditionFailed(`x-amz-copy-source-${verdict.condition}`)
  if (verdict.kind === 'unchanged') throw preconditionFailed('x-amz-copy-source-If-None-Match')
}

/** @param current the object that would be replaced @throws AwsError `PreconditionFailed`, `NoSuchKey` */
export function assertWritable(conditions: WriteConditions, current: Pick<Validators, 'etag'> | undefined): void {
  if (conditions.ifNoneMatch !== undefined && current) throw preconditionFailed('If-None-Match')
  if (conditions.ifMatch === undefined) return
  if (!current) throw new AwsError(NO_SUCH_KEY, 'The specified key does not exist.')
  if (!namesEtag(conditions.ifMatch, current.etag)) throw preconditionFailed('If-Match')
}

/** Reads the conditions of a write. @throws AwsError `NotImplemented` for If-None-Match with anything but `*` */
export function writeConditions(input: { readonly IfMatch?: string; readonly IfNoneMatch?: string }): WriteConditions {
  if (input.IfNoneMatch === undefined) return { ifMatch: input.IfMatch }
  if (input.IfNoneMatch.trim() !== '*') {
    throw new AwsError(NOT_IMPLEMENTED, 'A header you provided implies functionality that is not implemented', {
      detail: { Header: 'If-None-Match' },
    })
  }
  return { ifMatch: input.IfMatch, ifNoneMatch: '*' }
}

/** Whether an If-Match or If-None-Match header (`*`, or a list of ETags with or without quotes) names an ETag. */
export function namesEtag(header: string, etag: string): boolean {
  return header.split(',').some((entry) => entry.trim() === '*' || bareEtag(entry) === etag)
}

/** An ETag without its quotes and without the mark of a weak one. */
export function bareEtag(text: string): string {
  const trimmed = text.trim().replace(/^W\//, '')
  return trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"') ? trimmed.slice(1, -1) : trimmed
}

export function preconditionFailed(condition: string): AwsError {
  return new AwsError(PRECONDITION_FAILED, 'At least one of the pre-conditions you specified did not hold', {
    detail: { Condition: condition },
  })
}
