import type {
  DeleteBucketPolicyRequest,
  GetBucketPolicyOutput,
  GetBucketPolicyRequest,
  PutBucketPolicyRequest,
} from '@aws-sdk/client-s3'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import type { Requirement, RequirementContext } from '../../access/operation.ts'
import { type PrincipalIds, resolvePrincipalIds, showPrincipals } from '../../access/policies/principal-ids.ts'
import type { BucketRecord, BucketRecords } from '../../access/records/bucket-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { Caller } from '../../aws/caller.ts'
import { ACCESS_DENIED, MALFORMED_POLICY_DOCUMENT } from '../../aws/error-codes.ts'
import { validatePolicy } from '../../policy/index.ts'
import type { Reads, Writes } from '../../store/store.ts'
import { type BucketInput, requireBucket, requireSameBucket } from './bucket.ts'
import { checkBody } from './checked-body.ts'
import type { S3Operation } from './dependencies.ts'
import { MALFORMED_POLICY, METHOD_NOT_ALLOWED, NO_SUCH_BUCKET_POLICY } from './error-codes.ts'
import { refuseUnsupported } from './features.ts'
import { bucketRequirement } from './requirements.ts'

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html ("limited to 20 KB in size") */
const POLICY_BYTES_MAX = 20 * 1024

const NAMED = ['Bucket', 'ExpectedBucketOwner']

/** Saves a bucket's policy, in force from the next call on. */
export const putBucketPolicy: S3Operation<PutBucketPolicyRequest, object> = {
  name: 'PutBucketPolicy',
  requires: { kind: 'allowed', requirements: onBucketPolicy('s3:PutBucketPolicy') },

  async handle(call, { store, buckets, isAllowed }) {
    const { input, caller } = call
    refuseUnsupported(input, [...NAMED, 'Policy', 'ContentMD5', 'ChecksumAlgorithm', 'ConfirmRemoveSelfBucketAccess'])
    const document = input.Policy
    const bucket = await requireOwnBucket(call, buckets)
    await refuseAlteredDocument(document, input)
    refuseBadPolicy(document, bucket.name)
    if (!input.ConfirmRemoveSelfBucketAccess) {
      const principalIds = await principalIdsOf(document, bucket.accountId, store.reads)
      const next = policyRequirement('s3:PutBucketPolicy', { ...bucket, policy: { document, principalIds } }, caller)
      if (!(await isAllowed(next))) throw lockedOut()
    }
    await store.write(async (writes) => {
      await requireSameBucket(writes, bucket)
      const principalIds = await principalIdsOf(document, bucket.accountId, writes)
      await savePolicy(writes, bucket.name, document, JSON.stringify(principalIds))
    })
    return {}
  },
}

export const getBucketPolicy: S3Operation<GetBucketPolicyRequest, GetBucketPolicyOutput> = {
  name: 'GetBucketPolicy',
  requires: { kind: 'allowed', requirements: onBucketPolicy('s3:GetBucketPolicy') },

  async handle(call, { store, buckets }) {
    refuseUnsupported(call.input, NAMED)
    const { name, policy } = await requireOwnBucket(call, buckets)
    if (policy) return { Policy: await showPrincipals(policy.document, policy.principalIds, store.reads) }
    throw new AwsError(NO_SUCH_BUCKET_POLICY, 'The bucket policy does not exist', { detail: { BucketName: name } })
  },
}

/** That there was no policy is a success too. */
export const deleteBucketPolicy: S3Operation<DeleteBucketPolicyRequest, object> = {
  name: 'DeleteBucketPolicy',
  requires: { kind: 'allowed', requirements: onBucketPolicy('s3:DeleteBucketPolicy') },

  async handle(call, { store, buckets }) {
    refuseUnsupported(call.input, NAMED)
    const bucket = await requireOwnBucket(call, buckets)
    await store.write(async (writes) => {
      await requireSameBucket(writes, bucket)
      await savePolicy(writes, bucket.name, null, null)
    })
    return {}
  },
}

function onBucketPolicy(action: string) {
  return async (input: BucketInput, { buckets, caller }: RequirementContext): Promise<readonly Requirement[]> => {
    return [policyRequirement(action, await requireBucket(buckets, input), caller)]
  }
}

/** Bucket policies are the owner's account's alone, whatever they allow to others. @throws AwsError `MethodNotAllowed` */
async function requireOwnBucket(call: AuthorizedCall<BucketInput>, buckets: BucketRecords): Promise<BucketRecord> {
  const bucket = await requireBucket(buckets, call.input)
  if (call.caller.kind !== 'anonymous' && call.caller.accountId === bucket.accountId) return bucket
  throw new AwsError(METHOD_NOT_ALLOWED, 'The specified method is not allowed against this resource.')
}

/** No bucket policy locks the owner's root user out of bucket policies, so that a mistake can be mended. */
function policyRequirement(action: string, bucket: BucketRecord, caller: Caller): Requirement {
  const isOwnersRoot = caller.kind === 'root' && caller.accountId === bucket.accountId
  return bucketRequirement(action, isOwnersRoot ? { ...bucket, policy: undefined } : bucket)
}

async function refuseAlteredDocument(document: string, { ContentMD5 }: PutBucketPolicyRequest): Promise<void> {
  const { bytes } = checkBody({ Body: { kind: 'bytes', bytes: Buffer.from(document) }, ContentMD5 })
  for await (const _ of bytes);
}

/** @throws AwsError `MalformedPolicy` */
function refuseBadPolicy(document: string, bucketName: string): void {
  if (Buffer.byteLength(document) > POLICY_BYTES_MAX) {
    throw new AwsError(MALFORMED_POLICY, 'Policy exceeds the maximum allowed document size.')
  }
  const problem = validatePolicy(document, 'bucket', { bucketName })
  if (problem) throw new AwsError(MALFORMED_POLICY, problem.message)
}

/** @throws AwsError `MalformedPolicy` for a user or role that does not exist */
async function principalIdsOf(document: string, accountId: string, reads: Reads): Promise<PrincipalIds> {
  try {
    return await resolvePrincipalIds(document, accountId, reads)
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== MALFORMED_POLICY_DOCUMENT.code) throw error
    throw new AwsError(MALFORMED_POLICY, 'Invalid principal in policy', { cause: error })
  }
}

async function savePolicy(writes: Writes, bucketName: string, policy: string | null, principalIds: string | null) {
  await writes
    .updateTable('buckets')
    .set({ policy, policy_principal_ids: principalIds })
    .where('bucket_name', '=', bucketName)
    .execute()
  writes.changed(`bucket/${bucketName}`)
}

function lockedOut(): AwsError {
  return new AwsError(
    ACCESS_DENIED,
    'The new bucket policy would not allow you to change it later. Confirm with x-amz-confirm-remove-self-bucket-access.',
  )
}
