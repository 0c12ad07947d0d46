import { AwsError } from '../../aws/aws-error.ts'
import {
  ACCESS_CONTROL_LIST_NOT_SUPPORTED,
  INVALID_ARGUMENT,
  INVALID_STORAGE_CLASS,
  NOT_IMPLEMENTED,
} from './error-codes.ts'

/**
 * What a client may ask without an effect, because what it asks holds anyway:
 * - RequestPayer: nobody is billed here
 * - BypassGovernanceRetention: there is no retention to bypass
 * - OptionalObjectAttributes: the only one is the restore status, which no object here has
 * - ContentLength: the bytes themselves are counted
 */
const WITHOUT_EFFECT = ['RequestPayer', 'BypassGovernanceRetention', 'OptionalObjectAttributes', 'ContentLength']

/** Members that are accepted with some values only, because those say what holds anyway. */
const ACCEPTED_VALUES: Readonly<Record<string, (value: unknown) => void>> = {
  ACL: acceptAcl,
  StorageClass: acceptStorageClass,
  VersionId: acceptVersionId,
  BucketKeyEnabled: acceptOff,
  ObjectLockLegalHoldStatus: acceptOff,
}

/**
 * Refuses an input that asks for what is not built: encryption, tags, locks, versions, redirects, and what S3 may add to its model
 * one day. It is a list of what is known, so that nothing is ever ignored silently.
 *
 * @param honoured members that the operation acts on
 * @throws AwsError `NotImplemented`, `AccessControlListNotSupported`, `InvalidStorageClass`, `InvalidArgument`
 */
export function refuseUnsupported(input: object, honoured: readonly string[]): void {
  for (const [member, value] of Object.entries(input)) {
    if (value === undefined || honoured.includes(member) || WITHOUT_EFFECT.includes(member)) continue
    const accept = Object.hasOwn(ACCEPTED_VALUES, member) ? ACCEPTED_VALUES[member] : undefined
    if (!accept) throw notImplemented(member)
    accept(value)
  }
}

export function notImplemented(member: string): AwsError {
  return new AwsError(NOT_IMPLEMENTED, 'A header you provided implies functionality that is not implemented', {
    detail: { Header: member },
  })
}

/** Objects belong to the bucket's owner and no access control list grants anything: what these two say. */
function acceptAcl(value: unknown): void {
  if (value === 'private' || value === 'bucket-owner-full-control') return
  throw new AwsError(ACCESS_CONTROL_LIST_NOT_SUPPORTED, 'The bucket does not allow ACLs')
}

function acceptStorageClass(value: unknown): void {
  if (value === 'STANDARD') return
  throw new AwsError(INVALID_STORAGE_CLASS, 'The storage class you specified is not valid')
}

/** The version of an object in a bucket without versioning. */
function acceptVersionId(value: unknown): void {
  if (value === 'null') return
  throw new AwsError(INVALID_ARGUMENT, 'Invalid version id specified', {
    detail: { ArgumentName: 'versionId', ArgumentValue: value },
  })
}

function acceptOff(value: unknown): void {
  if (value !== false && value !== 'OFF') throw notImplemented('x-amz-object-lock-legal-hold')
}
