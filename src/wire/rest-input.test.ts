import * as eks from '@aws-sdk/client-eks'
import * as s3 from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import type { HttpRequest } from '../aws/http-message.ts'
import { decodeInput, takesStream } from './decode.ts'
import { routeOperation } from './operation-route.ts'
import { loadServiceModel } from './schema-adapter.ts'
import type { ServiceModel } from './service-model.ts'
import { request } from './testing/requests.ts'
import { EKS, S3 } from './testing/services.ts'

const EKS_MODEL = loadServiceModel(EKS, eks)
const S3_MODEL = loadServiceModel(S3, s3)

function decode(model: ServiceModel, httpRequest: HttpRequest): Record<string, unknown> {
  return decodeInput(model, routeOperation(model, httpRequest), httpRequest)
}

function refusal(model: ServiceModel, httpRequest: HttpRequest): unknown {
  try {
    return decode(model, httpRequest)
  } catch (error) {
    return error
  }
}

function put(headers: Record<string, string>): HttpRequest {
  return request({ method: 'PUT', path: '/b/k', headers })
}

describe('S3 input', () => {
  test('reads numbers, dates and metadata from headers', () => {
    const headers = {
      'content-length': '7',
      'x-amz-object-lock-retain-until-date': '2026-11-24T22:44:32Z',
      'x-amz-meta-team': 'a b',
      'x-amz-meta-__proto__': 'x',
    }
    const { Body, Metadata, ...input } = decode(S3_MODEL, put(headers))
    expect(input).toEqual({
      Bucket: 'b',
      Key: 'k',
      ContentLength: 7,
      ObjectLockRetainUntilDate: new Date('2026-11-24T22:44:32Z'),
    })
    expect(Object.entries(Metadata as object)).toEqual([
      ['team', 'a b'],
      ['__proto__', 'x'],
    ])
    expect(Body).toMatchObject({ kind: 'bytes' })
  })

  test('hands a stream on untouched', () => {
    const body = { kind: 'stream', stream: (async function* () {})() } as const
    expect(decode(S3_MODEL, { ...put({}), body }).Body).toBe(body)
  })

  test('only operations with a body of bytes take a stream', () => {
    const taking = [...S3_MODEL.operations.values()].filter(takesStream).map(({ name }) => name)
    expect(taking.sort()).toEqual(['PutObject', 'PutObjectAnnotation', 'UploadPart'])
    expect([...EKS_MODEL.operations.values()].filter(takesStream)).toEqual([])
  })

  test.each([
    ['a number', { 'content-length': 'x' }, 'ContentLength'],
    ['a boolean', { 'x-amz-server-side-encryption-bucket-key-enabled': 'yes' }, 'BucketKeyEnabled'],
    ['a date', { 'x-amz-object-lock-retain-until-date': 'yesterday' }, 'ObjectLockRetainUntilDate'],
  ])('refuses a header that is not %s', (_, headers, name) => {
    const message = `Invalid value for ${name}`
    expect(refusal(S3_MODEL, put(headers))).toMatchObject({ code: 'InvalidArgument', status: 400, message })
  })

  test('refuses a parameter that is given twice', () => {
    const list = request({ method: 'GET', path: '/b', query: 'list-type=2&prefix=a&prefix=b' })
    expect(refusal(S3_MODEL, list)).toMatchObject({ code: 'InvalidArgument' })
  })

  test('refuses an empty body where one is needed', () => {
    const empty = request({ path: '/b', query: 'delete' })
    expect(refusal(S3_MODEL, empty)).toMatchObject({ code: 'MissingRequestBodyError', status: 400 })
    const policy = request({ method: 'PUT', path: '/b', query: 'policy' })
    expect(refusal(S3_MODEL, policy)).toMatchObject({ code: 'MissingRequestBodyError', status: 400 })
  })

  test('an optional body may be missing', () => {
    expect(decode(S3_MODEL, request({ method: 'PUT', path: '/b' }))).toEqual({ Bucket: 'b' })
  })

  test('a text payload is read as it is, and must be UTF-8', () => {
    const policy = { method: 'PUT', path: '/b', query: 'policy' }
    expect(decode(S3_MODEL, request({ ...policy, body: '{"é":1}' }))).toEqual({ Bucket: 'b', Policy: '{"é":1}' })
    expect(refusal(S3_MODEL, request({ ...policy, body: Uint8Array.of(0xff) }))).toMatchObject({
      code: 'InvalidArgument',
    })
  })
})

describe('rest-json input', () => {
  test('reads labels, lists and numbers of the query string, and the body', () => {
    const untag = request({ method: 'DELETE', path: '/tags/arn%3Aaws', query: 'tagKeys=a&tagKeys=b%2Cc' })
    expect(decode(EKS_MODEL, untag)).toEqual({ resourceArn: 'arn:aws', tagKeys: ['a', 'b,c'] })
    const list = request({ method: 'GET', path: '/clusters', query: 'maxResults=5' })
    expect(decode(EKS_MODEL, list)).toEqual({ maxResults: 5 })
    const tag = request({ path: '/tags/x', body: '{"tags":{"a":"b"},"resourceArn":"another"}' })
    expect(decode(EKS_MODEL, tag)).toEqual({ resourceArn: 'x', tags: { a: 'b' } })
  })

  test('refuses a parameter of another type', () => {
    const list = request({ method: 'GET', path: '/clusters', query: 'maxResults=x' })
    expect(refusal(EKS_MODEL, list)).toMatchObject({ code: 'SerializationException', status: 400 })
  })
})
