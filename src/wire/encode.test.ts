import * as eks from '@aws-sdk/client-eks'
import * as iam from '@aws-sdk/client-iam'
import * as metering from '@aws-sdk/client-marketplace-metering'
import * as s3 from '@aws-sdk/client-s3'
import * as sts from '@aws-sdk/client-sts'
import { describe, expect, test } from 'vitest'
import type { HttpResponse } from '../aws/http-message.ts'
import { encodeOutput } from './encode.ts'
import { loadServiceModel } from './schema-adapter.ts'
import type { ServiceModel } from './service-model.ts'
import { EKS, IAM, METERING, S3, STS } from './testing/services.ts'

const IAM_MODEL = loadServiceModel(IAM, iam)
const STS_MODEL = loadServiceModel(STS, sts)
const EKS_MODEL = loadServiceModel(EKS, eks)
const METERING_MODEL = loadServiceModel(METERING, metering)
const S3_MODEL = loadServiceModel(S3, s3)

function encode(model: ServiceModel, name: string, output?: Record<string, unknown>): HttpResponse {
  const operation = model.operations.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  return encodeOutput(model, operation, output, 'request-1')
}

describe('query protocol', () => {
  test('writes response, result and metadata, with whole seconds', () => {
    const Role = {
      Path: '/',
      RoleName: 'a&b',
      RoleId: 'AROAEXAMPLE',
      Arn: 'arn:aws:iam::111122223333:role/x',
      CreateDate: new Date('2026-11-24T22:44:32.987Z'),
      Tags: [{ Key: 'k', Value: '' }],
    }
    expect(encode(IAM_MODEL, 'CreateRole', { Role })).toEqual({
      status: 200,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': 'request-1' },
      body:
        '<CreateRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateRoleResult><Role><Path>/</Path>' +
        '<RoleName>a&amp;b</RoleName><RoleId>AROAEXAMPLE</RoleId><Arn>arn:aws:iam::111122223333:role/x</Arn>' +
        '<CreateDate>2026-11-24T22:44:32Z</CreateDate><Tags><member><Key>k</Key><Value></Value></member></Tags></Role>' +
        '</CreateRoleResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></CreateRoleResponse>',
    })
  })

  test('writes no result where the operation has no output', () => {
    expect(encode(IAM_MODEL, 'DeleteRole').body).toBe(
      '<DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata>' +
        '<RequestId>request-1</RequestId></ResponseMetadata></DeleteRoleResponse>',
    )
  })

  test('writes an empty result where the output is a structure without members', () => {
    expect(encode(IAM_MODEL, 'UpdateRole').body).toContain('<UpdateRoleResult></UpdateRoleResult>')
  })

  test('writes empty lists and empty structures, and leaves out undefined and null', () => {
    expect(encode(IAM_MODEL, 'ListRoles', { Roles: [], IsTruncated: false, Marker: undefined }).body).toContain(
      '<ListRolesResult><Roles></Roles><IsTruncated>false</IsTruncated></ListRolesResult>',
    )
    expect(encode(IAM_MODEL, 'GetRole', { Role: { RoleLastUsed: {}, Description: null } }).body).toContain(
      '<Role><RoleLastUsed></RoleLastUsed></Role>',
    )
  })

  test('writes maps as entries', () => {
    expect(encode(IAM_MODEL, 'GetAccountSummary', { SummaryMap: { Roles: 2 } }).body).toContain(
      '<SummaryMap><entry><key>Roles</key><value>2</value></entry></SummaryMap>',
    )
  })

  test.each([
    ['a\r\nb', 'a&#xD;\nb'],
    ['<">\'', "&lt;&quot;&gt;'"],
    ['\u0000\u0008\u001f\ufffe', '\ufffd\ufffd\ufffd\ufffd'],
    ['😀\t', '😀\t'],
    ['\ud800x', '\ufffdx'],
  ])('writes %j as text that XML can carry', (text, expected) => {
    expect(encode(STS_MODEL, 'GetCallerIdentity', { UserId: text }).body).toContain(`<UserId>${expected}</UserId>`)
  })
})

describe('JSON', () => {
  test('rest-json writes epoch seconds with their milliseconds', () => {
    const cluster = { name: 'c', createdAt: new Date(1_764_000_000_250), tags: { ['__proto__']: 'x' } }
    expect(encode(EKS_MODEL, 'DescribeCluster', { cluster })).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': 'request-1' },
      body: '{"cluster":{"name":"c","createdAt":1764000000.25,"tags":{"__proto__":"x"}}}',
    })
    expect(encode(EKS_MODEL, 'TagResource').body).toBe('{}')
  })

  test('json 1.1 has its own content type', () => {
    expect(encode(METERING_MODEL, 'MeterUsage', { MeteringRecordId: 'r' })).toMatchObject({
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: '{"MeteringRecordId":"r"}',
    })
  })
})

describe('S3', () => {
  const IDS = { 'x-amz-request-id': 'request-1', 'x-amz-id-2': 'cmVxdWVzdC0x' }
  const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
  const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

  test('GetBucketLocation has the bare value', () => {
    expect(encode(S3_MODEL, 'GetBucketLocation', { LocationConstraint: 'eu-west-1' })).toEqual({
      status: 200,
      headers: { ...IDS, 'content-type': 'application/xml' },
      body: `${DECLARATION}<LocationConstraint ${XMLNS}>eu-west-1</LocationConstraint>`,
    })
    expect(encode(S3_MODEL, 'GetBucketLocation').body).toBe(
      `${DECLARATION}<LocationConstraint ${XMLNS}></LocationConstraint>`,
    )
  })

  test('documents have the name and namespace of the model, lists are flat', () => {
    const output = { Name: 'b', Contents: [{ Key: 'x', LastModified: new Date(0) }, { Key: 'y' }], KeyCount: 2 }
    expect(encode(S3_MODEL, 'ListObjectsV2', output).body).toBe(
      `${DECLARATION}<ListBucketResult ${XMLNS}><Contents><Key>x</Key><LastModified>1970-01-01T00:00:00Z</LastModified>` +
        '</Contents><Contents><Key>y</Key></Contents><Name>b</Name><KeyCount>2</KeyCount></ListBucketResult>',
    )
  })

  test('a payload is the document', () => {
    const output = { CopyObjectResult: { ETag: '"e"' }, VersionId: 'v' }
    expect(encode(S3_MODEL, 'CopyObject', output)).toEqual({
      status: 200,
      headers: { ...IDS, 'content-type': 'application/xml', 'x-amz-version-id': 'v' },
      body: `${DECLARATION}<CopyObjectResult ${XMLNS}><ETag>&quot;e&quot;</ETag></CopyObjectResult>`,
    })
  })

  test('attributes carry their namespace', () => {
    const Grants = [{ Grantee: { Type: 'CanonicalUser', ID: 'i' }, Permission: 'READ' }]
    expect(encode(S3_MODEL, 'GetBucketAcl', { Grants }).body).toContain(
      '<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>i</ID></Grantee>',
    )
  })

  test('a stream passes untouched, with the modelled headers', () => {
    const Body = (async function* () {})()
    const output = { Body, ContentLength: 0, LastModified: new Date(0), ContentType: 'text/x', Metadata: { Team: 'é' } }
    const { body, headers } = encode(S3_MODEL, 'GetObject', output)
    expect(body).toBe(Body)
    expect(headers).toEqual({
      ...IDS,
      'content-length': '0',
      'content-type': 'text/x',
      'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT',
      'x-amz-meta-team': '=?UTF-8?B?w6k=?=',
    })
  })

  test('the answer to HEAD has one content length and no body', () => {
    const response = encode(S3_MODEL, 'HeadObject', { ContentLength: 7, ContentType: 'text/plain' })
    expect(response).toEqual({
      status: 200,
      headers: { ...IDS, 'content-length': '7', 'content-type': 'text/plain' },
      body: undefined,
    })
  })

  test('a header value cannot end its line', () => {
    const { headers } = encode(S3_MODEL, 'HeadObject', { ContentType: 'a\r\nx-evil: 1' })
    expect(headers['content-type']).toMatch(/^=\?UTF-8\?B\?[A-Za-z0-9+/=]+\?=$/)
  })

  test('operations without output have the status of the model and no body', () => {
    expect(encode(S3_MODEL, 'DeleteObject')).toEqual({ status: 204, headers: IDS, body: undefined })
  })

  test('text is sent as it is', () => {
    expect(encode(S3_MODEL, 'GetBucketPolicy', { Policy: '{"a":"<"}' }).body).toBe('{"a":"<"}')
  })
})
