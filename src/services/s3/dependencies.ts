import type { Operation, Requirement } from '../../access/operation.ts'
import type { Present } from '../../access/present.ts'
import type { BucketRecords } from '../../access/records/bucket-records.ts'
import type { CallStore } from '../../store/store.ts'
import type { ObjectStore } from './object-store.ts'

/** What S3's handlers need beyond the call; all of it is bound to the call. */
export interface S3Dependencies {
  readonly store: CallStore
  readonly buckets: BucketRecords
  /** Makes its changes through the call's own store, so that they carry its audit event. */
  readonly objects: ObjectStore
  /**
   * Asks the policies of the call's caller one further question: each key of DeleteObjects, and whether a caller may know
   * that an object is missing.
   */
  isAllowed(requirement: Requirement): Promise<boolean>
}

/** An operation of S3. `Input` is the SDK's type, but for bodies, which stream. */
export type S3Operation<Input, Output> = Operation<Present<Input>, Output, S3Dependencies>
