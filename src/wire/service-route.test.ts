import { describe, expect, test } from 'vitest'
import { parseForm } from './form.ts'
import { routeForm, routeService, type ServiceRoute } from './service-route.ts'
import { request, signedFor } from './testing/requests.ts'
import { ALL_SERVICES, EKS, IAM } from './testing/services.ts'

function nameOf(route: ServiceRoute): string {
  return route.kind === 'service' ? route.service.name : route.kind
}

function routed(parts: Parameters<typeof request>[0]): string {
  return nameOf(routeService(request(parts), ALL_SERVICES))
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }

describe('a signed request goes to the service of its credential scope', () => {
  test.each([
    ['iam', '/', 'iam'],
    ['sts', '/', 'sts'],
    ['eks', '/clusters', 'eks'],
    ['aws-marketplace', '/', 'meteringmarketplace'],
    ['s3', '/bucket/key', 's3'],
    ['iam', '/authorization-details/abc', 'iam-toolbox'],
    ['dynamodb', '/', 'unknown'],
  ])('%s at %s', (scope, path, expected) => {
    expect(routed({ path, headers: { ...FORM, ...signedFor(scope) } })).toBe(expected)
  })

  test('whatever the host says', () => {
    expect(routed({ headers: { ...signedFor('iam'), host: 'sts.localhost' } })).toBe('iam')
  })

  test('presigned, with the scope percent-encoded or not', () => {
    const scope = 'AKIAEXAMPLE/20261124/us-east-1/sts/aws4_request'
    const query = `Action=GetCallerIdentity&X-Amz-Credential=${encodeURIComponent(scope)}&X-Amz-Expires=60`
    expect(routed({ method: 'GET', query })).toBe('sts')
    expect(routed({ method: 'GET', query: `X-Amz-Credential=${scope}` })).toBe('sts')
  })

  test('signed with SigV4a, whose scope has no region', () => {
    const authorization = 'AWS4-ECDSA-P256-SHA256 Credential=AKIAEXAMPLE/20261124/s3/aws4_request, SignedHeaders=host'
    expect(routed({ headers: { authorization } })).toBe('s3')
  })

  test('signed with SigV2, which only S3 had', () => {
    expect(routed({ path: '/', headers: { ...FORM, authorization: 'AWS AKIAEXAMPLE:c2lnbmF0dXJl' } })).toBe('s3')
    expect(routed({ method: 'GET', query: 'AWSAccessKeyId=AKIAEXAMPLE&Signature=x' })).toBe('s3')
  })
})

describe('an unsigned request', () => {
  test('with a target goes to the service of its prefix', () => {
    expect(routed({ headers: { 'x-amz-target': 'AWSMPMeteringService.RegisterUsage' } })).toBe('meteringmarketplace')
    expect(routed({ headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' } })).toBe('unknown')
    expect(routed({ headers: { 'x-amz-target': 'undefined.ListTables' } })).toBe('unknown')
  })

  test('goes by the first label of its host', () => {
    expect(routed({ headers: { ...FORM, host: 'sts.us-east-1.amazonaws.com' } })).toBe('sts')
    expect(routed({ method: 'GET', path: '/clusters', headers: { host: 'EKS.localhost:4566' } })).toBe('eks')
    expect(routed({ method: 'GET', path: '/key', headers: { host: 'iam.s3.us-east-1.amazonaws.com' } })).toBe('s3')
  })

  test('with a form is asked for its parameters', () => {
    expect(routed({ headers: FORM })).toBe('form')
    expect(routed({ headers: { ...FORM, authorization: 'Bearer x' } })).toBe('form')
  })

  test('with parameters in the query string goes by them', () => {
    expect(routed({ method: 'GET', query: 'Action=AssumeRoleWithWebIdentity&Version=2011-06-15' })).toBe('sts')
    expect(routed({ method: 'GET', query: 'Version=2010-05-08&Action=ListRoles' })).toBe('iam')
  })

  test('is else for S3, by nobody', () => {
    expect(routed({ method: 'GET', path: '/bucket/key' })).toBe('s3')
    expect(routed({ method: 'GET', path: '/' })).toBe('s3')
    expect(routed({ path: '/bucket', headers: { 'content-type': 'multipart/form-data' } })).toBe('s3')
  })

  test('is for nobody where there is no S3', () => {
    expect(routeService(request({ method: 'GET', path: '/x' }), [IAM, EKS])).toEqual({ kind: 'unknown' })
  })
})

describe('a form', () => {
  test.each([
    ['Action=AssumeRoleWithWebIdentity&Version=2011-06-15', 'sts'],
    ['Action=AssumeRoleWithSAML', 'sts'],
    ['Action=GetCallerIdentity&Version=2011-06-15', 'sts'],
    ['Action=CreateRole&Version=2010-05-08', 'iam'],
    ['Action=CreateRole&Version=1999-01-01', 'iam'],
    ['garbage', 'iam'],
  ])('%s is for %s', (form, expected) => {
    expect(nameOf(routeForm(parseForm(form), ALL_SERVICES))).toBe(expected)
  })
})
