import type { Service } from '../../access/service.ts'
import { deleteBucketPolicy, getBucketPolicy, putBucketPolicy } from './bucket-policy.ts'
import { deleteBucket, getBucketLocation, headBucket, listBuckets } from './buckets.ts'
import { S3_CONSTRAINTS } from './constraints.ts'
import { copyObject } from './copy-object.ts'
import { createBucket } from './create-bucket.ts'
import { deleteObject, deleteObjects } from './delete-objects.ts'
import type { S3Dependencies } from './dependencies.ts'
import { getObject, headObject } from './get-object.ts'
import { listObjects, listObjectsV2 } from './list-objects.ts'
import { listMultipartUploads, listParts } from './list-uploads.ts'
import { abortMultipartUpload, completeMultipartUpload, createMultipartUpload } from './multipart-upload.ts'
import { putObject } from './put-object.ts'
import { uploadPart, uploadPartCopy } from './upload-part.ts'

/** Amazon Simple Storage Service. */
export const S3: Service<S3Dependencies> = {
  protocol: {
    name: 's3',
    protocol: 'rest-xml',
    apiVersion: '2006-03-01',
    signingNames: ['s3'],
    xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
  },
  loadSchemas: () => import('@aws-sdk/client-s3'),
  constraints: S3_CONSTRAINTS,
  admitsAnonymous: true,
  operations: [
    abortMultipartUpload,
    completeMultipartUpload,
    copyObject,
    createBucket,
    createMultipartUpload,
    deleteBucket,
    deleteBucketPolicy,
    deleteObject,
    deleteObjects,
    getBucketLocation,
    getBucketPolicy,
    getObject,
    headBucket,
    headObject,
    listBuckets,
    listMultipartUploads,
    listObjects,
    listObjectsV2,
    listParts,
    putBucketPolicy,
    putObject,
    uploadPart,
    uploadPartCopy,
  ],
}
