import type { BucketRecord } from '../../access/records/bucket-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import { ACCESS_DENIED } from '../../aws/error-codes.ts'
import type { S3Dependencies } from './dependencies.ts'
import { noSuchKey } from './no-such.ts'
import { bucketRequirement } from './requirements.ts'

/**
 * The answer for an object that is not there: only who may list the bucket learns that it is missing.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions)
 */
export async function missingObject(
  bucket: BucketRecord,
  key: string,
  { isAllowed }: S3Dependencies,
): Promise<AwsError> {
  const mayList = await isAllowed(bucketRequirement('s3:ListBucket', bucket))
  return mayList ? noSuchKey(key) : new AwsError(ACCESS_DENIED, 'Access Denied')
}
