import * as eks from '@aws-sdk/client-eks'
import * as iam from '@aws-sdk/client-iam'
import * as metering from '@aws-sdk/client-marketplace-metering'
import * as s3 from '@aws-sdk/client-s3'
import * as sts from '@aws-sdk/client-sts'
import { describe, expect, test } from 'vitest'
import { AwsError } from '../aws/aws-error.ts'
import {
  ACCESS_DENIED,
  INTERNAL_FAILURE,
  INVALID_CLIENT_TOKEN_ID,
  MISSING_AUTHENTICATION_TOKEN,
  NO_SUCH_ENTITY,
  REQUEST_TIME_TOO_SKEWED,
  SIGNATURE_DOES_NOT_MATCH,
} from '../aws/error-codes.ts'
import { encodeError } from './errors.ts'
import { loadServiceModel } from './schema-adapter.ts'
import { FakeEndpoint } from './testing/endpoint.ts'
import { EKS, IAM, METERING, S3, STS } from './testing/services.ts'

const NO_SUCH_ROLE = new AwsError(NO_SUCH_ENTITY, 'The role with name <x> cannot be found.')
const NO_SUCH_CLUSTER = new AwsError({ code: 'ResourceNotFoundException', status: 404 }, 'No cluster found.', {
  detail: { clusterName: 'c' },
})
const NO_SUCH_BUCKET = new AwsError({ code: 'NoSuchBucket', status: 404 }, 'The specified bucket does not exist', {
  detail: { BucketName: 'b&c' },
})

describe('encodeError', () => {
  test('query protocol', () => {
    expect(encodeError(IAM, NO_SUCH_ROLE, 'request-1')).toEqual({
      status: 404,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': 'request-1' },
      body:
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>' +
        '<Message>The role with name &lt;x&gt; cannot be found.</Message></Error><RequestId>request-1</RequestId></ErrorResponse>',
    })
    const fault = encodeError(IAM, new AwsError(INTERNAL_FAILURE, 'x'), 'r')
    expect(fault.body).toContain('<Type>Receiver</Type>')
  })

  test('rest-json', () => {
    expect(encodeError(EKS, NO_SUCH_CLUSTER, 'request-1')).toEqual({
      status: 404,
      headers: {
        'content-type': 'application/json',
        'x-amzn-errortype': 'ResourceNotFoundException',
        'x-amzn-requestid': 'request-1',
      },
      body: '{"message":"No cluster found.","clusterName":"c"}',
    })
  })

  test('json 1.1', () => {
    const error = new AwsError({ code: 'InvalidProductCodeException', status: 400 }, 'No such product.')
    expect(encodeError(METERING, error, 'request-1')).toEqual({
      status: 400,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'request-1' },
      body: '{"__type":"InvalidProductCodeException","message":"No such product."}',
    })
  })

  test('S3', () => {
    expect(encodeError(S3, NO_SUCH_BUCKET, 'request-1')).toEqual({
      status: 404,
      headers: { 'content-type': 'application/xml', 'x-amz-request-id': 'request-1', 'x-amz-id-2': 'cmVxdWVzdC0x' },
      body:
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code>' +
        '<Message>The specified bucket does not exist</Message><BucketName>b&amp;c</BucketName>' +
        '<RequestId>request-1</RequestId><HostId>cmVxdWVzdC0x</HostId></Error>',
    })
  })

  test('has no body for HEAD and for 304', () => {
    const headers = { 'x-amz-request-id': 'r', 'x-amz-id-2': 'cg==' }
    expect(encodeError(S3, NO_SUCH_BUCKET, 'r', { method: 'HEAD' })).toEqual({ status: 404, headers, body: undefined })
    const notModified = new AwsError({ code: 'NotModified', status: 304 }, 'Not Modified')
    expect(encodeError(S3, notModified, 'r')).toEqual({ status: 304, headers, body: undefined })
  })

  test('answers as the query protocol does where the service is not known', () => {
    const { body } = encodeError(undefined, new AwsError(MISSING_AUTHENTICATION_TOKEN, 'm'), 'r')
    expect(body).toMatch(/^<ErrorResponse><Error><Type>Sender<\/Type><Code>MissingAuthenticationToken<\/Code>/)
  })

  test.each([
    [ACCESS_DENIED, 'AccessDenied', 'AccessDeniedException', 'AccessDenied'],
    [SIGNATURE_DOES_NOT_MATCH, 'SignatureDoesNotMatch', 'InvalidSignatureException', 'SignatureDoesNotMatch'],
    [INVALID_CLIENT_TOKEN_ID, 'InvalidClientTokenId', 'UnrecognizedClientException', 'InvalidAccessKeyId'],
    [REQUEST_TIME_TOO_SKEWED, 'SignatureDoesNotMatch', 'InvalidSignatureException', 'RequestTimeTooSkewed'],
    [MISSING_AUTHENTICATION_TOKEN, 'MissingAuthenticationToken', 'MissingAuthenticationTokenException', 'AccessDenied'],
    [{ code: 'constructor', status: 400 }, 'constructor', 'constructor', 'constructor'],
  ])('spells $code as each protocol does', (kind, query, json, s3Code) => {
    const error = new AwsError(kind, 'm')
    expect(encodeError(STS, error, 'r').body).toContain(`<Code>${query}</Code>`)
    expect(encodeError(EKS, error, 'r').headers['x-amzn-errortype']).toBe(json)
    expect(encodeError(METERING, error, 'r').body).toContain(`"__type":"${json}"`)
    expect(encodeError(S3, error, 'r').body).toContain(`<Code>${s3Code}</Code>`)
  })
})

describe('errors arrive typed in the SDK', () => {
  const config = {
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  }

  function refusing(model: ReturnType<typeof loadServiceModel>, error: AwsError): FakeEndpoint {
    return new FakeEndpoint(model, () => {
      throw error
    })
  }

  test('IAM', async () => {
    const requestHandler = refusing(loadServiceModel(IAM, iam), NO_SUCH_ROLE)
    const call = new iam.IAMClient({ ...config, requestHandler }).send(new iam.GetRoleCommand({ RoleName: 'x' }))
    const error = await call.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(iam.NoSuchEntityException)
    expect(error).toMatchObject({ message: NO_SUCH_ROLE.message, $metadata: { httpStatusCode: 404 } })
  })

  test('STS', async () => {
    const expired = new AwsError({ code: 'ExpiredTokenException', status: 400 }, 'Token expired')
    const requestHandler = refusing(loadServiceModel(STS, sts), expired)
    const input = { RoleArn: 'arn:aws:iam::111122223333:role/r', RoleSessionName: 's', WebIdentityToken: 't' }
    const call = new sts.STSClient({ ...config, requestHandler }).send(new sts.AssumeRoleWithWebIdentityCommand(input))
    expect(await call.catch((caught: unknown) => caught)).toBeInstanceOf(sts.ExpiredTokenException)
  })

  test('EKS', async () => {
    const requestHandler = refusing(loadServiceModel(EKS, eks), NO_SUCH_CLUSTER)
    const call = new eks.EKSClient({ ...config, requestHandler }).send(new eks.DescribeClusterCommand({ name: 'c' }))
    const error = await call.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(eks.ResourceNotFoundException)
    expect(error).toMatchObject({ clusterName: 'c', message: 'No cluster found.' })
  })

  test('Marketplace Metering', async () => {
    const error = new AwsError({ code: 'InvalidProductCodeException', status: 400 }, 'No such product.')
    const requestHandler = refusing(loadServiceModel(METERING, metering), error)
    const client = new metering.MarketplaceMeteringClient({ ...config, requestHandler })
    const call = client.send(new metering.RegisterUsageCommand({ ProductCode: 'p', PublicKeyVersion: 1 }))
    expect(await call.catch((caught: unknown) => caught)).toBeInstanceOf(metering.InvalidProductCodeException)
  })

  test('S3, with and without a body', async () => {
    const client = (error: AwsError) =>
      new s3.S3Client({ ...config, forcePathStyle: true, requestHandler: refusing(loadServiceModel(S3, s3), error) })
    const list = client(NO_SUCH_BUCKET).send(new s3.ListObjectsV2Command({ Bucket: 'b' }))
    expect(await list.catch((caught: unknown) => caught)).toBeInstanceOf(s3.NoSuchBucket)
    const noSuchKey = new AwsError({ code: 'NoSuchKey', status: 404 }, 'The specified key does not exist.')
    const head = client(noSuchKey).send(new s3.HeadObjectCommand({ Bucket: 'b', Key: 'k' }))
    expect(await head.catch((caught: unknown) => caught)).toBeInstanceOf(s3.NotFound)
  })
})
