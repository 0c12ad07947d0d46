import { fileURLToPath } from 'node:url'
import { describe, expect, it, test } from 'vitest'
import type { AuthorizedCall } from '../../access/authorized-call.ts'
import type { Operation, RequirementContext } from '../../access/operation.ts'
import { openServiceAuthorization } from '../../access/policies/service-authorization.ts'
import { checkAccessNotGranted, checkNoNewAccess, checkNoPublicAccess } from './check-access.ts'
import type { AccessAnalyzerDependencies } from './dependencies.ts'
import { ACCESS_ANALYZER } from './service.ts'
import { validatePolicy } from './validate-policy.ts'

const serviceAuthorization = openServiceAuthorization(
  fileURLToPath(new URL('../../../build/service-authorization', import.meta.url)),
)

function run<Input, Output>(
  operation: Operation<Input, Output, AccessAnalyzerDependencies>,
  input: Input,
): Promise<Output> {
  return operation.handle({ input } as AuthorizedCall<Input>, { serviceAuthorization })
}

const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
const GET = { Sid: 'Get', Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::my-bucket/*' }
const PUT = { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::my-bucket/*' }

describe('ValidatePolicy', () => {
  it('pages its findings, which together are all of them', async () => {
    const policyDocument = policy({ Effect: 'Allow', Action: ['s3:A', 's3:B', 's3:C', 's3:D', 's3:E'], Resource: '*' })
    const request = { policyDocument, policyType: 'IDENTITY_POLICY' as const }
    const all = await run(validatePolicy, request)
    expect(all.findings).toHaveLength(5)
    expect(all.nextToken).toBeUndefined()
    const pages = []
    let nextToken: string | undefined
    do {
      const page: Awaited<ReturnType<typeof run<typeof request, typeof all>>> = await run(validatePolicy, {
        ...request,
        maxResults: 2,
        nextToken,
      })
      pages.push(page.findings?.length)
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    expect(pages).toEqual([2, 2, 1])
  })

  test.each([
    ['IDENTITY_POLICY', undefined, 'UNSUPPORTED_PRINCIPAL'],
    ['SERVICE_CONTROL_POLICY', undefined, 'SCP_SYNTAX_ERROR_PRINCIPAL'],
    ['RESOURCE_CONTROL_POLICY', undefined, 'RCP_SYNTAX_ERROR_PRINCIPAL'],
    ['RESOURCE_POLICY', 'AWS::DynamoDB::Table', 'UNSUPPORTED_ACTION_IN_POLICY'],
    ['RESOURCE_POLICY', 'AWS::IAM::AssumeRolePolicyDocument', 'ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE'],
  ] as const)('checks as %s, %s', async (policyType, validatePolicyResourceType, code) => {
    const policyDocument = policy({ ...GET, Principal: { AWS: '111122223333' } })
    const { findings } = await run(validatePolicy, { policyDocument, policyType, validatePolicyResourceType })
    expect(findings?.map(({ issueCode }) => issueCode)).toContain(code)
  })

  test.each([
    [{ validatePolicyResourceType: 'AWS::S3::Bucket' as const }, 'validatePolicyResourceType'],
    [{ maxResults: 0 }, 'maxResults'],
    [{ nextToken: 'bm90aGluZw' }, 'nextToken'],
  ])('refuses %j', async (members, name) => {
    const request = { policyDocument: policy(GET), policyType: 'IDENTITY_POLICY' as const, ...members }
    await expect(run(validatePolicy, request)).rejects.toMatchObject({
      code: 'ValidationException',
      status: 400,
      detail: { reason: 'fieldValidationFailed', fieldList: [{ name }] },
    })
  })
})

describe("the checks of access answer as AWS's examples do", () => {
  it('CheckNoNewAccess', async () => {
    const policyType = 'IDENTITY_POLICY' as const
    const request = { existingPolicyDocument: policy(GET), newPolicyDocument: policy(GET, PUT), policyType }
    expect(await run(checkNoNewAccess, request)).toEqual({
      result: 'FAIL',
      message: 'The modified permissions grant new access compared to your existing policy.',
      reasons: [{ description: 'New access in the statement with index: 1.', statementIndex: 1 }],
    })
    expect(await run(checkNoNewAccess, { ...request, newPolicyDocument: policy(GET) })).toEqual({
      result: 'PASS',
      message: 'The modified permissions do not grant new access compared to your existing policy.',
    })
  })

  it('CheckAccessNotGranted', async () => {
    const policyType = 'RESOURCE_POLICY' as const
    const statement = { ...PUT, Sid: 'AllowJohnDoe', Principal: { AWS: 'arn:aws:iam::123456789012:user/JohnDoe' } }
    const request = {
      policyDocument: policy(statement),
      access: [{ resources: ['arn:aws:s3:::my-bucket/*'] }],
      policyType,
    }
    expect(await run(checkAccessNotGranted, request)).toEqual({
      message: 'The policy document grants access to perform one or more of the listed actions or resources.',
      reasons: [
        {
          description: 'One or more of the listed actions or resources in the statement with sid: AllowJohnDoe.',
          statementId: 'AllowJohnDoe',
          statementIndex: 0,
        },
      ],
      result: 'FAIL',
    })
    expect(
      await run(checkAccessNotGranted, { ...request, access: [{ actions: ['s3:GetObject'], resources: [] }] }),
    ).toEqual({
      message: 'The policy document does not grant access to perform the listed actions or resources.',
      result: 'PASS',
    })
    await expect(run(checkAccessNotGranted, { ...request, access: [{ actions: [] }] })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    })
  })

  it('CheckNoPublicAccess', async () => {
    const resourceType = 'AWS::S3::Bucket' as const
    const statement = { Sid: 'Bob', Effect: 'Allow', Action: ['s3:GetObject'] }
    const user = policy({ ...statement, Principal: { AWS: 'arn:aws:iam::111122223333:user/JohnDoe' } })
    expect(await run(checkNoPublicAccess, { policyDocument: user, resourceType })).toEqual({
      message: 'The resource policy does not grant public access for the given resource type.',
      result: 'PASS',
    })
    const everybody = policy({ ...statement, Principal: '*' })
    expect(await run(checkNoPublicAccess, { policyDocument: everybody, resourceType })).toEqual({
      message: 'The resource policy grants public access for the given resource type.',
      reasons: [
        {
          description: 'Public access granted in the following statement with sid: Bob.',
          statementId: 'Bob',
          statementIndex: 0,
        },
      ],
      result: 'FAIL',
    })
  })

  it('a document that is no policy is refused, with its place', async () => {
    const request = { policyDocument: '{"Statement":\n[}', resourceType: 'AWS::S3::Bucket' as const }
    await expect(run(checkNoPublicAccess, request)).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: expect.stringContaining('policyDocument is not a policy: line 2, column 2'),
    })
  })
})

test('every operation needs its own permission, on everything', async () => {
  for (const { name, requires } of ACCESS_ANALYZER.operations) {
    if (requires.kind !== 'allowed') throw new Error(`${name} is open`)
    expect(await requires.requirements({}, {} as RequirementContext)).toEqual([
      { action: `access-analyzer:${name}`, resource: '*' },
    ])
    expect(serviceAuthorization.service('access-analyzer')?.actions.has(name.toLowerCase())).toBe(true)
  }
})
