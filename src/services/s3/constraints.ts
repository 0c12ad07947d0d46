import type { Constraint, ServiceConstraints } from '../../aws/constraints.ts'

/**
 * Limits of S3's input members that S3 answers with InvalidArgument. Few: S3 gives most mistakes a code of their own
 * (InvalidStorageClass, InvalidLocationConstraint, KeyTooLongError …), and those are the handlers'.
 * Source: S3's service model, compared with it by test/constraints-parity.test.ts; anything else says where it is from.
 */
const OBJECT_ACL: Constraint = {
  enum: [
    'private',
    'public-read',
    'public-read-write',
    'authenticated-read',
    'aws-exec-read',
    'bucket-owner-read',
    'bucket-owner-full-control',
  ],
}
const DIRECTIVE: Constraint = { enum: ['COPY', 'REPLACE'] }
/** "an integer between 0 and 2147483647" (S3's message). A page never holds more than 1,000, whatever was asked for. */
const PAGE_SIZE: Constraint = { min: 0, max: 2_147_483_647 }

export const S3_CONSTRAINTS: ServiceConstraints = {
  error: { code: 'InvalidArgument', status: 400 },
  showsValue: true,
  table: {
    ACL: OBJECT_ACL,
    'CreateBucketRequest.ACL': { enum: ['private', 'public-read', 'public-read-write', 'authenticated-read'] },
    BucketNamespace: { enum: ['account-regional', 'global'] },
    ChecksumMode: { enum: ['ENABLED'] },
    /** The model's `\/?.+\/.+` retries at every slash; this asks the same of a source that names its bucket, in one pass. */
    CopySource: { pattern: /^\/?[^/]+\/[\s\S]+$/u, patternText: '\\/?.+\\/.+' },
    EncodingType: { enum: ['url'] },
    Key: { min: 1 },
    MaxBuckets: { min: 1, max: 10_000 },
    MaxKeys: PAGE_SIZE,
    MaxParts: PAGE_SIZE,
    MaxUploads: PAGE_SIZE,
    MetadataDirective: DIRECTIVE,
    ObjectLockLegalHoldStatus: { enum: ['ON', 'OFF'] },
    ObjectLockMode: { enum: ['GOVERNANCE', 'COMPLIANCE'] },
    ObjectOwnership: { enum: ['BucketOwnerPreferred', 'ObjectWriter', 'BucketOwnerEnforced'] },
    OptionalObjectAttributes: { member: { enum: ['RestoreStatus'] } },
    /** "Part number must be an integer between 1 and 10000, inclusive" (S3's message; multipart upload limits). */
    PartNumber: { min: 1, max: 10_000 },
    RequestPayer: { enum: ['requester'] },
    TaggingDirective: DIRECTIVE,
  },
}
