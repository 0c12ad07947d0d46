import type { Requirement, RequirementContext } from '../../access/operation.ts'
import { type Bucket, type BucketInput, requireBucket } from './bucket.ts'

/**
 * S3's condition keys that come from a request, by the input's member.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
 */
const CONDITION_KEYS: Readonly<Record<string, string>> = {
  ACL: 's3:x-amz-acl',
  CopySource: 's3:x-amz-copy-source',
  Delimiter: 's3:delimiter',
  GrantFullControl: 's3:x-amz-grant-full-control',
  GrantRead: 's3:x-amz-grant-read',
  GrantReadACP: 's3:x-amz-grant-read-acp',
  GrantWrite: 's3:x-amz-grant-write',
  GrantWriteACP: 's3:x-amz-grant-write-acp',
  IfMatch: 's3:if-match',
  IfNoneMatch: 's3:if-none-match',
  MaxKeys: 's3:max-keys',
  MetadataDirective: 's3:x-amz-metadata-directive',
  ObjectOwnership: 's3:x-amz-object-ownership',
  Prefix: 's3:prefix',
  SSECustomerAlgorithm: 's3:x-amz-server-side-encryption-customer-algorithm',
  SSEKMSKeyId: 's3:x-amz-server-side-encryption-aws-kms-key-id',
  ServerSideEncryption: 's3:x-amz-server-side-encryption',
  StorageClass: 's3:x-amz-storage-class',
  VersionId: 's3:versionid',
  WebsiteRedirectLocation: 's3:x-amz-website-redirect-location',
}

const ACL_MEMBERS = ['ACL', 'GrantFullControl', 'GrantRead', 'GrantReadACP', 'GrantWriteACP'] as const

export interface ObjectInput extends BucketInput {
  readonly Key: string | undefined
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
  return async (input: BucketInput, { reads }: RequirementContext): Promise<readonly Requirement[]> => {
    return [bucketRequirement(action, await requireBucket(reads, input), conditionKeys(input))]
  }
}

/** An action on an object, which need not exist. @throws AwsError `NoSuchBucket` */
export function onObject(action: string) {
  return async (input: ObjectInput, { reads }: RequirementContext): Promise<readonly Requirement[]> => {
    const bucket = await requireBucket(reads, input)
    return [objectRequirement(action, bucket, input.Key ?? '', conditionKeys(input))]
  }
}

/**
 * Reading an object; one of its versions is an action of its own, also where there is only the version `null`.
 * @throws AwsError `NoSuchBucket`
 */
export async function toRead(input: VersionInput, { reads }: RequirementContext): Promise<readonly Requirement[]> {
  const bucket = await requireBucket(reads, input)
  return [objectRequirement(versioned('s3:GetObject', input.VersionId), bucket, input.Key ?? '', conditionKeys(input))]
}

/** Deleting an object. @throws AwsError `NoSuchBucket` */
export async function toDelete(input: DeletionInput, { reads }: RequirementContext): Promise<readonly Requirement[]> {
  return deletionRequirements(await requireBucket(reads, input), input)
}

export function deletionRequirements(bucket: Bucket, input: Omit<DeletionInput, 'Bucket'>): readonly Requirement[] {
  const { Key: key = '', IfMatch: ifMatch, VersionId: versionId } = input
  const deletion = objectRequirement(versioned('s3:DeleteObject', versionId), bucket, key, conditionKeys(input))
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
  return async (input: WriteInput, { reads }: RequirementContext): Promise<readonly Requirement[]> => {
    return writeRequirements(await requireBucket(reads, input), input, isCreation)
  }
}

export function writeRequirements(bucket: Bucket, input: WriteInput, isCreation: boolean): readonly Requirement[] {
  const key = input.Key ?? ''
  const context = { ...conditionKeys(input), 's3:ObjectCreationOperation': String(isCreation) }
  const write = objectRequirement('s3:PutObject', bucket, key, context)
  const setsAcl = ACL_MEMBERS.some((member) => input[member] !== undefined)
  const acl = setsAcl ? [objectRequirement('s3:PutObjectAcl', bucket, key, context)] : []
  return [write, ...acl, ...comparison(bucket, key, input.IfMatch)]
}

/**
 * To compare an object's ETag is to read something of it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html
 */
function comparison(bucket: Bucket, key: string, ifMatch: string | undefined): readonly Requirement[] {
  return ifMatch === undefined || ifMatch === '*' ? [] : [objectRequirement('s3:GetObject', bucket, key)]
}

export function versioned(action: string, versionId: string | undefined): string {
  return versionId === undefined ? action : `${action}Version`
}

export function bucketRequirement(action: string, bucket: Bucket, context: Requirement['context'] = {}): Requirement {
  return { action, resource: bucketArn(bucket.name), context, ...ownedBy(bucket) }
}

export function objectRequirement(
  action: string,
  bucket: Bucket,
  key: string,
  context: Requirement['context'] = {},
): Requirement {
  return { action, resource: `${bucketArn(bucket.name)}/${key}`, context, ...ownedBy(bucket) }
}

export function bucketArn(bucketName: string): string {
  return `arn:aws:s3:::${bucketName}`
}

/** The condition keys that an input sets; numbers travel as their text. */
export function conditionKeys(input: object): Readonly<Record<string, string>> {
  const keys: Record<string, string> = {}
  for (const [member, value] of Object.entries(input)) {
    const key = Object.hasOwn(CONDITION_KEYS, member) ? CONDITION_KEYS[member] : undefined
    if (key !== undefined && (typeof value === 'string' || typeof value === 'number')) keys[key] = String(value)
  }
  return keys
}

function ownedBy(bucket: Bucket): Pick<Requirement, 'resourceAccount' | 'resourcePolicy'> {
  if (!bucket.policy) return { resourceAccount: bucket.accountId }
  return { resourceAccount: bucket.accountId, resourcePolicy: { ...bucket.policy, kind: 'resource' } }
}
