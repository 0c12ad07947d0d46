import * as eks from '@aws-sdk/client-eks'
import * as iam from '@aws-sdk/client-iam'
import * as metering from '@aws-sdk/client-marketplace-metering'
import * as s3 from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import type { AwsError } from '../aws/aws-error.ts'
import { routeOperation } from './operation-route.ts'
import { loadServiceModel } from './schema-adapter.ts'
import type { ServiceModel } from './service-model.ts'
import { request } from './testing/requests.ts'
import { EKS, IAM, METERING, S3 } from './testing/services.ts'

type Parts = Parameters<typeof request>[0]

const IAM_MODEL = loadServiceModel(IAM, iam)
const EKS_MODEL = loadServiceModel(EKS, eks)
const METERING_MODEL = loadServiceModel(METERING, metering)
const S3_MODEL = loadServiceModel(S3, s3)

function nameOf(model: ServiceModel, parts: Parts): string {
  return routeOperation(model, request(parts)).operation.name
}

function refusal(model: ServiceModel, parts: Parts): Pick<AwsError, 'code' | 'status' | 'message'> {
  try {
    routeOperation(model, request(parts))
  } catch (error) {
    return error as AwsError
  }
  throw new Error('was not refused')
}

describe('query protocol', () => {
  test('reads Action and Version from the body, from the query string, or from both', () => {
    expect(nameOf(IAM_MODEL, { body: 'Action=ListRoles&Version=2010-05-08' })).toBe('ListRoles')
    expect(nameOf(IAM_MODEL, { method: 'GET', query: 'Action=ListRoles&Version=2010-05-08' })).toBe('ListRoles')
    expect(nameOf(IAM_MODEL, { query: 'Action=ListRoles', body: 'Version=2010-05-08' })).toBe('ListRoles')
  })

  test.each([
    ['Action=Nonsense&Version=2010-05-08', 'Could not find operation Nonsense for version 2010-05-08'],
    ['Action=ListRoles&Version=2010-05-09', 'Could not find operation ListRoles for version 2010-05-09'],
    ['Action=ListRoles', 'Could not find operation ListRoles for version NO_VERSION_SPECIFIED'],
    ['Action=toString&Version=2010-05-08', 'Could not find operation toString for version 2010-05-08'],
  ])('refuses %s', (body, message) => {
    expect(refusal(IAM_MODEL, { body })).toMatchObject({ code: 'InvalidAction', status: 400, message })
  })

  test('refuses a request without Action', () => {
    expect(refusal(IAM_MODEL, { body: '{"Action":"ListRoles"}' })).toMatchObject({ code: 'MissingAction', status: 400 })
    expect(refusal(IAM_MODEL, { body: 'Action=&Version=2010-05-08' })).toMatchObject({ code: 'MissingAction' })
  })

  test('refuses other methods', () => {
    const parts = { method: 'PUT', body: 'Action=ListRoles&Version=2010-05-08' }
    expect(refusal(IAM_MODEL, parts)).toMatchObject({ code: 'MethodNotAllowed', status: 405 })
  })
})

describe('json 1.1', () => {
  test('reads the target', () => {
    const headers = { 'x-amz-target': 'AWSMPMeteringService.MeterUsage' }
    expect(nameOf(METERING_MODEL, { headers, body: '{}' })).toBe('MeterUsage')
    expect(refusal(METERING_MODEL, { method: 'GET', headers })).toMatchObject({ code: 'UnknownOperationException' })
  })

  test.each(['AWSMPMeteringService.Nonsense', 'Other.MeterUsage', 'MeterUsage', ''])('refuses %j', (target) => {
    const parts = { headers: { 'x-amz-target': target } }
    expect(refusal(METERING_MODEL, parts)).toMatchObject({ code: 'UnknownOperationException', status: 400 })
  })
})

describe('rest-json', () => {
  test('prefers the literal path, and decodes labels', () => {
    const arn = 'arn:aws:eks:us-east-1:111122223333:cluster/my-cluster'
    const routed = routeOperation(EKS_MODEL, request({ method: 'GET', path: `/tags/${encodeURIComponent(arn)}` }))
    expect(routed).toMatchObject({ kind: 'rest', operation: { name: 'ListTagsForResource' } })
    expect(routed.kind === 'rest' && routed.labels).toEqual(new Map([['resourceArn', arn]]))
    expect(nameOf(EKS_MODEL, { method: 'GET', path: '/addons/supported-versions' })).toBe('DescribeAddonVersions')
    expect(nameOf(EKS_MODEL, { method: 'GET', path: '/clusters/my-cluster/' })).toBe('DescribeCluster')
    expect(nameOf(EKS_MODEL, { method: 'GET', path: '/clusters' })).toBe('ListClusters')
  })

  test.each([
    ['GET', '/nonsense'],
    ['PATCH', '/clusters'],
    ['GET', '/clusters//'],
    ['GET', '/clusters/a/b/c/d/e'],
    ['GET', '/clusters/%ff'],
    ['GET', '/'],
  ])('refuses %s %s', (method, path) => {
    expect(refusal(EKS_MODEL, { method, path })).toMatchObject({ code: 'UnknownOperationException', status: 404 })
  })
})

describe('S3', () => {
  test.each([
    ['GET', '/', '', 'ListBuckets'],
    ['GET', '/', 'x-id=ListBuckets', 'ListBuckets'],
    ['GET', '/b', '', 'ListObjects'],
    ['GET', '/b/', 'list-type=2&prefix=a', 'ListObjectsV2'],
    ['GET', '/b', 'list-type=1', 'ListObjects'],
    ['GET', '/b', 'location', 'GetBucketLocation'],
    ['GET', '/b', 'location=', 'GetBucketLocation'],
    ['PUT', '/b', '', 'CreateBucket'],
    ['PUT', '/b', 'policy', 'PutBucketPolicy'],
    ['POST', '/b', 'delete', 'DeleteObjects'],
    ['HEAD', '/b', '', 'HeadBucket'],
    ['GET', '/b/k', '', 'GetObject'],
    ['GET', '/b/k', 'partNumber=1&versionId=x&x-id=GetObject&whatever=1&id=7', 'GetObject'],
    ['GET', '/b/k', 'uploadId=u', 'ListParts'],
    ['PUT', '/b/k', 'x-id=PutObject', 'PutObject'],
    ['PUT', '/b/k', 'partNumber=1&uploadId=u', 'UploadPart'],
    ['POST', '/b/k', 'uploads', 'CreateMultipartUpload'],
    ['POST', '/b/k', 'uploadId=u', 'CompleteMultipartUpload'],
    ['DELETE', '/b/k', 'uploadId=u', 'AbortMultipartUpload'],
    ['DELETE', '/b/k', '', 'DeleteObject'],
    ['GET', '/b', 'uploads', 'ListMultipartUploads'],
    ['PUT', '/b/k', 'acl', 'PutObjectAcl'],
    ['GET', '/b', 'inventory&id=1', 'GetBucketInventoryConfiguration'],
    ['GET', '/b', 'inventory', 'ListBucketInventoryConfigurations'],
  ])('%s %s?%s is %s', (method, path, query, expected) => {
    expect(nameOf(S3_MODEL, { method, path, query })).toBe(expected)
  })

  test('a copy is told by its header', () => {
    const headers = { 'x-amz-copy-source': '/a/b' }
    expect(nameOf(S3_MODEL, { method: 'PUT', path: '/b/k', headers })).toBe('CopyObject')
    const query = 'partNumber=1&uploadId=u'
    expect(nameOf(S3_MODEL, { method: 'PUT', path: '/b/k', query, headers })).toBe('UploadPartCopy')
  })

  test.each([
    ['POST', '/b', ''],
    ['POST', '/b/k', ''],
    ['PATCH', '/b/k', ''],
    // Read without its parameter, each of these would write or make something else.
    ['PUT', '/b', 'policyStatus'],
    ['PUT', '/b', 'location'],
    ['PUT', '/b/k', 'partNumber=1'],
    ['PUT', '/b/k', 'uploads'],
    ['DELETE', '/b/k', 'acl'],
    ['DELETE', '/b', 'uploads'],
  ])('%s %s?%s is not allowed', (method, path, query) => {
    expect(refusal(S3_MODEL, { method, path, query })).toMatchObject({ code: 'MethodNotAllowed', status: 405 })
  })

  test.each([
    ['/b/k', undefined, 'b', 'k'],
    ['/b/a//b/../c/', '127.0.0.1:4566', 'b', 'a//b/../c/'],
    ['/b//k', 'localhost:4566', 'b', '/k'],
    ['/b/a%2Fb%20c+d%3F', 's3.us-east-1.amazonaws.com', 'b', 'a/b c+d?'],
    ['/k', 'b.s3.us-east-1.amazonaws.com', 'b', 'k'],
    ['/a/b', 'my.dotted.bucket.s3.localhost:4566', 'my.dotted.bucket', 'a/b'],
    ['//k', 'b.s3-us-west-2.amazonaws.com', 'b', '/k'],
    ['/k', 'B.localhost:4566', 'b', 'k'],
    ['/k', 'b.storage.example.com', 'b', 'k'],
    ['/b/k', 'storage.example.com', 'b', 'k'],
    ['/b/k', 'x.s3.example.com', 'b', 'k'],
    ['/b/k', 'elsewhere.example.org', 'b', 'k'],
  ])('%s at %s is bucket %s, key %s', (path, host, bucket, key) => {
    const ownHosts = ['storage.example.com', 'x.s3.example.com']
    const headers: Record<string, string> = host === undefined ? {} : { host }
    const routed = routeOperation(S3_MODEL, request({ method: 'GET', path, headers }), ownHosts)
    expect(routed.kind === 'rest' && Object.fromEntries(routed.labels)).toEqual({ Bucket: bucket, Key: key })
  })

  test.each([
    ['/b/%ff', 'InvalidURI'],
    ['/b/%', 'InvalidURI'],
    ['//k', 'InvalidURI'],
    ['/b%2Fc/k', 'InvalidBucketName'],
  ])('refuses %s with %s', (path, code) => {
    expect(refusal(S3_MODEL, { method: 'GET', path })).toMatchObject({ code, status: 400 })
  })

  test('refuses a slash in the host that names a bucket', () => {
    const headers = { host: 'b/private.s3.us-east-1.amazonaws.com' }
    expect(refusal(S3_MODEL, { method: 'GET', path: '/k', headers })).toMatchObject({ code: 'InvalidBucketName' })
  })
})

describe('paths that a signature covers in another form', () => {
  test.each([
    '/clusters//x',
    '//clusters',
    '/clusters/../clusters',
    '/clusters/.',
    '/clusters/%2e%2E/x',
    '/clusters/a/..',
  ])('%s is no operation', (path) => {
    expect(refusal(EKS_MODEL, { method: 'GET', path })).toMatchObject({
      code: 'UnknownOperationException',
      status: 404,
    })
  })

  test('dots inside a segment are part of a name', () => {
    expect(nameOf(EKS_MODEL, { method: 'GET', path: '/clusters/..a' })).toBe('DescribeCluster')
    expect(nameOf(EKS_MODEL, { method: 'GET', path: '/clusters' })).toBe('ListClusters')
  })
})
