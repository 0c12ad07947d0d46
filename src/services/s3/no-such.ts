import { AwsError } from '../../aws/aws-error.ts'
import { NO_SUCH_BUCKET, NO_SUCH_KEY, NO_SUCH_UPLOAD } from './error-codes.ts'

export function noSuchBucket(bucketName: string): AwsError {
  return new AwsError(NO_SUCH_BUCKET, 'The specified bucket does not exist', { detail: { BucketName: bucketName } })
}

export function noSuchKey(key: string): AwsError {
  return new AwsError(NO_SUCH_KEY, 'The specified key does not exist.', { detail: { Key: key } })
}

export function noSuchUpload(uploadId: string): AwsError {
  return new AwsError(
    NO_SUCH_UPLOAD,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { detail: { UploadId: uploadId } },
  )
}
