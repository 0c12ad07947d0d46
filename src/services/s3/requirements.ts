import type { ConditionKeys, Requirement, RequirementContext } from '../../access/operation.ts'
import type { BucketRecord } from '../../access/records/bucket-records.ts'
import { type BucketInput, requireBucket } from './bucket.ts'

/** An input's members that are condition keys, and the keys. */
type ConditionMembers = Readonly<Record<string, string>>

const ACL_KEYS: ConditionMembers = {
  ACL: 's3:x-amz-acl',
  GrantFullControl: 's3:x-amz-grant-full-control',
  GrantRead: 's3:x-amz-grant-read',
  GrantReadACP: 's3:x-amz-grant-read-acp',
  GrantWrite: 's3:x-amz-grant-write',
  GrantWriteACP: 's3:x-amz-grant-write-acp',
}

const VERSION_KEYS: ConditionMembers = { VersionId: 's3:versionid' }

/**
 * The condition keys of each action that come from its request; those that every action of S3 has are in
 * `access/request-context`.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
const CONDITION_KEYS: Readonly<Record<string, ConditionMembers>> = {
  's3:CreateBucket': {
    ...ACL_KEYS,
    BucketNamespace: 's3:x-amz-bucket-namespace',
    ObjectOwnership: 's3:x-amz-object-ownership',
  },
  's3:DeleteObject': { IfMatch: 's3:if-match' },
  's3:DeleteObjectVersion': VERSION_KEYS,
  's3:GetObjectVersion': VERSION_KEYS,
  's3:ListBucket': { Delimiter: 's3:delimiter', MaxKeys: 's3:max-keys', Prefix: 's3:prefix' },
  's3:PutObject': {
    ...ACL_KEYS,
    CopySource: 's3:x-amz-copy-source',
    IfMatch: 's3:if-match',
    IfNoneMatch: 's3:if-none-match',
    MetadataDirective: 's3:x-amz-metadata-directive',
    ObjectLockLegalHoldStatus: 's3:object-lock-legal-hold',
    ObjectLockMode: 's3:object-lock-mode',
    SSECustomerAlgorithm: 's3:x-amz-server-side-encryption-customer-algorithm',
    SSEKMSKeyId: 's3:x-amz-server-side-encryption-aws-kms-key-id',
    ServerSideEncryption: 's3:x-amz-server-side-encryption',
    StorageClass: 's3:x-amz-storage-class',
    WebsiteRedirectLocation: 's3:x-amz-website-redirect-location',
  },
  's3:PutObjectAcl': { ...ACL_KEYS, StorageClass: 's3:x-amz-storage-class' },
}

const ACL_MEMBERS = ['ACL', 'GrantFullControl', 'GrantRead', 'GrantReadACP', 'GrantWriteACP'] as const

export interface ObjectInput extends BucketInput {
  readonly Key: string
}

interface VersionInput extends ObjectInput {
  readonly VersionId?: string | undefined
}

interface DeletionInput extends VersionInput {
  readonly IfMatch?: string | undefined
}

export type WriteInput = ObjectInput & { readonly IfMatch?: string | undefined } & {
  readonly [member in (typeof ACL_MEMBERS)[number]]?: string | undefined
}

/** An action on the bucket itself. @throws AwsError `NoSuchBucket` */
export function onBucket(action: string) {
  return async (input: BucketInput, { buckets }: RequirementContext): Promise<readonly Requirement[]> => {
    return [bucketRequirement(action, await requireBucket(buckets, input), conditionKeys(action, input))]
  }
}

/** An action on an object, which need not exist. @throws AwsError `NoSuchBucket` */
export function onObject(action: string) {
  return async (input: ObjectInput, { buckets }: RequirementContext): Promise<readonly Requirement[]> => {
    const bucket = await requireBucket(buckets, input)
    return [objectRequirement(action, bucket, input.Key, conditionKeys(action, input))]
  }
}

/**
 * Reading an object; one of its versions is an action of its own, also where there is only the version `null`.
 * @throws AwsError `NoSuchBucket`
 */
export async function toRead(input: VersionInput, { buckets }: RequirementContext): Promise<readonly Requirement[]> {
  const action = versioned('s3:GetObject', input.VersionId)
  const bucket = await requireBucket(buckets, input)
  return [objectRequirement(action, bucket, input.Key, conditionKeys(action, input))]
}

/** Deleting an object. @throws AwsError `NoSuchBucket` */
export async function toDelete(input: DeletionInput, { buckets }: RequirementContext): Promise<readonly Requirement[]> {
  return deletionRequirements(await requireBucket(buckets, input), input)
}

export function deletionRequirements(
  bucket: BucketRecord,
  input: Omit<DeletionInput, 'Bucket'>,
): readonly Requirement[] {
  const { Key: key, IfMatch: ifMatch, VersionId: versionId } = input
  const action = versioned('s3:DeleteObject', versionId)
  const deletion = objectRequirement(action, bucket, key, conditionKeys(action, input))
  return [deletion, ...comparison(bucket, key, ifMatch)]
}

/**
 * Writing an object, or a step of it.
 *
 * @param isCreation  whether the object appears by it (`s3:ObjectCreationOperation`): policies that demand a condition of writes
 *   except the steps of a multipart upload with it
 * @throws AwsError `NoSuchBucket`
 */
export function toWrite(isCreation: boolean) {
  return async (input: WriteInput, { buckets }: RequirementContext): Promise<readonly Requirement[]> => {
    return writeRequirements(await requireBucket(buckets, input), input, isCreation)
  }
}

export function writeRequirements(
  bucket: BucketRecord,
  input: WriteInput,
  isCreation: boolean,
): readonly Requirement[] {
  const key = input.Key
  const context = { ...conditionKeys('s3:PutObject', input), 's3:ObjectCreationOperation': String(isCreation) }
  const write = objectRequirement('s3:PutObject', bucket, key, context)
  const setsAcl = ACL_MEMBERS.some((member) => input[member] !== undefined)
  const acl = setsAcl
    ? [objectRequirement('s3:PutObjectAcl', bucket, key, conditionKeys('s3:PutObjectAcl', input))]
    : []
  return [write, ...acl, ...comparison(bucket, key, input.IfMatch)]
}

/**
 * To compare an object's ETag is to read something of it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html
 */
function comparison(bucket: BucketRecord, key: string, ifMatch: string | undefined): readonly Requirement[] {
  return ifMatch === undefined || ifMatch === '*' ? [] : [objectRequirement('s3:GetObject', bucket, key)]
}

export function versioned(action: string, versionId: string | undefined): string {
  return versionId === undefined ? action : `${action}Version`
}

export function bucketRequirement(
  action: string,
  bucket: BucketRecord,
  context: Requirement['context'] = {},
): Requirement {
  return { action, resource: bucketArn(bucket.name), context, ...ownedBy(bucket) }
}

export function objectRequirement(
  action: string,
  bucket: BucketRecord,
  key: string,
  context: Requirement['context'] = {},
): Requirement {
  return { action, resource: `${bucketArn(bucket.name)}/${key}`, context, ...ownedBy(bucket) }
}

export function bucketArn(bucketName: string): string {
  return `arn:aws:s3:::${bucketName}`
}

/** The condition keys of an action that an input sets; numbers travel as their text. */
export function conditionKeys(action: string, input: object): ConditionKeys {
  const members = Object.hasOwn(CONDITION_KEYS, action) ? CONDITION_KEYS[action] : {}
  const keys: Record<string, string> = {}
  for (const [member, value] of Object.entries(input)) {
    const key = members && Object.hasOwn(members, member) ? members[member] : undefined
    if (key !== undefined && (typeof value === 'string' || typeof value === 'number')) keys[key] = String(value)
  }
  return keys
}

function ownedBy(bucket: BucketRecord): Pick<Requirement, 'resourceAccount' | 'resourcePolicy'> {
  if (!bucket.policy) return { resourceAccount: bucket.accountId }
  const attachedTo = `arn:aws:s3:::${bucket.name}`
  return { resourceAccount: bucket.accountId, resourcePolicy: { ...bucket.policy, attachedTo, kind: 'resource' } }
}
