import type { SimulateCustomPolicyRequest, SimulatePrincipalPolicyRequest } from '@aws-sdk/client-iam'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Present } from '../../../access/present.ts'
import { createPolicy } from '../policy/policy.ts'
import { createRole } from '../role/role.ts'
import { attachRolePolicy } from '../role/role-attachment.ts'
import { putRolePolicy } from '../role/role-policy.ts'
import {
  ACCOUNT,
  type Iam,
  IRSA_TRUST,
  OTHER_ACCOUNT,
  openIam,
  READ_POLICY,
  refusalOf,
} from '../testing/iam-fixture.ts'
import { createUser } from '../user/user.ts'
import { getContextKeysForCustomPolicy, getContextKeysForPrincipalPolicy } from './context-keys.ts'
import { simulateCustomPolicy } from './simulate-custom-policy.ts'
import { simulatePrincipalPolicy } from './simulate-principal-policy.ts'

type Custom = Present<SimulateCustomPolicyRequest>
type Principal = Present<SimulatePrincipalPolicyRequest>
type Exclusion = NonNullable<Principal['PolicyExclusionList']>[number]

const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/app`
const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/ann`
const OBJECT = 'arn:aws:s3:::bucket/key'

let iam: Iam
beforeEach(async () => {
  iam = await openIam()
})
afterEach(() => iam.close())

const policy = (...statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = (Action: string, more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more })
const deny = (Action: string, more: object = {}) => ({ ...allow(Action, more), Effect: 'Deny' })

function custom(input: Partial<Custom>) {
  const whole = { PolicyInputList: [READ_POLICY], ActionNames: ['s3:GetObject'], ...input }
  return iam.call(simulateCustomPolicy, whole)
}

async function first(input: Partial<Custom>) {
  const { EvaluationResults = [] } = await custom(input)
  const [result] = EvaluationResults
  if (result === undefined) throw new Error('there is no result')
  return result
}

describe('the answer', () => {
  test("is the one of the command line's documentation", async () => {
    const document =
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    const entry = (time: string) => [
      { ContextKeyName: 'aws:CurrentTime', ContextKeyValues: [time], ContextKeyType: 'date' as const },
    ]
    const question = { PolicyInputList: [document], ActionNames: ['dynamodb:CreateBackup'] }
    expect(await first({ ...question, ContextEntries: entry('2019-04-25T11:00:00Z') })).toMatchObject({
      ...{ EvalActionName: 'dynamodb:CreateBackup', EvalDecision: 'allowed', MissingContextValues: [] },
      MatchedStatements: [
        {
          ...{ SourcePolicyId: 'PolicyInputList.1', SourcePolicyType: 'IAM Policy' },
          ...{ StartPosition: { Line: 1, Column: 38 }, EndPosition: { Line: 1, Column: 167 } },
        },
      ],
    })
    expect(await first({ ...question, ContextEntries: entry('2014-04-25T11:00:00Z') })).toMatchObject({
      ...{ EvalDecision: 'implicitDeny', MatchedStatements: [], MissingContextValues: [] },
    })
  })

  test('has one result an action, with the most restrictive decision and each resource of its own', async () => {
    const documents = [policy(allow('s3:*'), deny('s3:*', { Resource: 'arn:aws:s3:::bucket/secret' }))]
    const { EvaluationResults } = await custom({
      PolicyInputList: documents,
      ActionNames: ['s3:GetObject', 's3:PutObject'],
      ResourceArns: [OBJECT, 'arn:aws:s3:::bucket/secret'],
    })
    expect(EvaluationResults?.map((one) => [one.EvalActionName, one.EvalDecision])).toEqual([
      ['s3:GetObject', 'explicitDeny'],
      ['s3:PutObject', 'explicitDeny'],
    ])
    const [result] = EvaluationResults ?? []
    expect(result?.EvalResourceName).toBe('arn:${Partition}:s3:::${BucketName}/${ObjectName}')
    expect(result?.EvalDecisionDetails).toEqual({})
    expect(result?.ResourceSpecificResults).toMatchObject([
      { EvalResourceName: OBJECT, EvalResourceDecision: 'allowed', MatchedStatements: [{}] },
      { EvalResourceName: 'arn:aws:s3:::bucket/secret', EvalResourceDecision: 'explicitDeny' },
    ])
    // Only what contributed to the decision: the Deny, which begins where the statement before it ends.
    expect(result?.MatchedStatements).toHaveLength(1)
    expect(result?.MatchedStatements?.[0]?.StartPosition).toEqual(
      result?.ResourceSpecificResults?.[0]?.MatchedStatements?.[0]?.EndPosition,
    )
  })

  test('shows lines where the document has them', async () => {
    const document = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "codecommit:ListRepositories",
            "Resource": "*"
        }
    ]
}`
    const { MatchedStatements } = await first({
      PolicyInputList: [document],
      ActionNames: ['codecommit:ListRepositories'],
    })
    expect(MatchedStatements).toMatchObject([
      { StartPosition: { Line: 3, Column: 19 }, EndPosition: { Line: 8, Column: 10 } },
    ])
  })

  test('says nothing of resources where none was named', async () => {
    const result = await first({})
    expect(result).toMatchObject({ EvalDecision: 'allowed' })
    expect([result.ResourceSpecificResults, result.EvalDecisionDetails]).toEqual([undefined, undefined])
    expect((await first({ ActionNames: ['s3:ListAllMyBuckets'] })).EvalResourceName).toBe('*')
    expect((await first({ ActionNames: ['nobody:Knows'] })).EvalResourceName).toBe('*')
  })

  test('names the context keys that a statement about the action would have read, each once', async () => {
    const condition = { StringEquals: { 'aws:SourceVpc': 'v', 's3:prefix': '${aws:PrincipalTag/team}' } }
    const documents = [
      policy(
        allow('s3:GetObject', { Condition: condition }),
        allow('s3:GetObject', { Resource: 'arn:aws:s3:::${aws:username}/*', Condition: condition }),
        allow('iam:*', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
      ),
    ]
    const given = [{ ContextKeyName: 'S3:Prefix', ContextKeyValues: ['x'], ContextKeyType: 'string' as const }]
    const { MissingContextValues } = await first({ PolicyInputList: documents, ContextEntries: given })
    expect(MissingContextValues?.toSorted()).toEqual(['aws:PrincipalTag/team', 'aws:SourceVpc', 'aws:username'])
  })

  test('comes in pages', async () => {
    const ActionNames = ['s3:GetObject', 's3:PutObject', 's3:ListBucket']
    const page = await custom({ ActionNames, MaxItems: 2 })
    expect(page).toMatchObject({ IsTruncated: true, EvaluationResults: [{}, {}] })
    const rest = await custom({ ActionNames, MaxItems: 2, Marker: page.Marker ?? '' })
    expect(rest.EvaluationResults?.map((one) => one.EvalActionName)).toEqual(['s3:ListBucket'])
    expect([rest.IsTruncated, rest.Marker]).toEqual([false, undefined])
  })
})

describe('the layers', () => {
  test('a permissions boundary limits, and says so', async () => {
    const boundary = (document: string) => first({ PermissionsBoundaryPolicyInputList: [document] })
    expect(await boundary(policy(allow('s3:*')))).toMatchObject({
      ...{ EvalDecision: 'allowed', PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true } },
      MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.1' }],
    })
    expect(await boundary(policy(allow('iam:*')))).toMatchObject({
      ...{ EvalDecision: 'implicitDeny', PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } },
      MatchedStatements: [],
    })
    expect(await boundary(policy(allow('s3:*'), deny('s3:GetObject')))).toMatchObject({
      EvalDecision: 'explicitDeny',
      MatchedStatements: [{ SourcePolicyType: 'Permissions Boundary Policy' }],
    })
  })

  test('every level of an organization has to allow; its statements and keys are not named', async () => {
    const organization = (...levels: readonly string[]) =>
      first({
        OrderedOrganizationPolicyInputList: levels.map((one) => ({ ServiceControlPolicyInputList: [one] })),
      })
    const open = policy(allow('*'))
    const condition = { StringEquals: { 'aws:SourceVpc': 'v' } }
    expect(await organization(open, open)).toMatchObject({
      ...{ EvalDecision: 'allowed', OrganizationsDecisionDetail: { AllowedByOrganizations: true } },
    })
    expect(await organization(open, policy(allow('*', { Condition: condition })))).toMatchObject({
      ...{ EvalDecision: 'implicitDeny', OrganizationsDecisionDetail: { AllowedByOrganizations: false } },
      ...{ MatchedStatements: [], MissingContextValues: [] },
    })
    expect(await organization(policy(allow('*'), deny('s3:*')))).toMatchObject({
      ...{ EvalDecision: 'explicitDeny', MatchedStatements: [] },
    })
    expect((await first({})).OrganizationsDecisionDetail).toBeUndefined()
  })

  test('across accounts both sides have to allow, and each is told', async () => {
    const resourcePolicy = (document: string) =>
      first({
        ...{ CallerArn: USER_ARN, ResourceArns: [OBJECT], ResourcePolicy: document },
        ResourceOwner: `arn:aws:iam::${OTHER_ACCOUNT}:root`,
      })
    const granted = { ...allow('s3:GetObject'), Principal: { AWS: ACCOUNT } }
    expect(await resourcePolicy(policy(granted))).toMatchObject({
      EvalDecision: 'allowed',
      EvalDecisionDetails: { 'IAM Policy': 'allowed', 'Resource Policy': 'allowed' },
      MatchedStatements: [{ SourcePolicyId: 'ResourcePolicy', SourcePolicyType: 'Resource Policy' }, {}],
    })
    const stranger = { ...granted, Principal: { AWS: '999999999999' } }
    expect(await resourcePolicy(policy(stranger))).toMatchObject({
      EvalDecision: 'implicitDeny',
      EvalDecisionDetails: { 'IAM Policy': 'allowed', 'Resource Policy': 'implicitDeny' },
    })
  })

  test("a role's trust policy is judged, which AWS's simulators leave out", async () => {
    const trust = { Effect: 'Deny', Principal: { AWS: USER_ARN }, Action: 'sts:AssumeRole' }
    const question = { PolicyInputList: [policy(allow('sts:*'))], ActionNames: ['sts:AssumeRole'] }
    const assume = (Effect: string) =>
      first({
        ...{ ...question, CallerArn: USER_ARN, ResourceArns: [ROLE_ARN] },
        ResourcePolicy: policy({ ...trust, Effect }),
      })
    expect((await assume('Allow')).EvalDecision).toBe('allowed')
    expect((await assume('Deny')).EvalDecision).toBe('explicitDeny')
  })
})

describe('what is refused', () => {
  const refused = (input: Partial<Custom>) => refusalOf(custom(input))

  test.each<readonly [string, Partial<Custom>, string]>([
    ['a policy that is none', { PolicyInputList: ['{'] }, 'Invalid policy PolicyInputList.1: Syntax errors in policy.'],
    ['an action without service', { ActionNames: ['GetObject'] }, 'Invalid Action Name: GetObject.'],
    ['an action with a wildcard', { ActionNames: ['s3:Get*'] }, 'Invalid Action Name: s3:Get*.'],
    ['a resource that is no ARN', { ResourceArns: ['key'] }, 'ResourceNames are not in a valid ARN format: key.'],
    ['a resource beside *', { ResourceArns: ['*', OBJECT] }, 'ResourceNames are not in a valid ARN format: *.'],
    ['an owner that is no account', { ResourceOwner: ACCOUNT }, `'${ACCOUNT}' is not a valid as a Resource Owner.`],
    ['a session as caller', { CallerArn: `arn:aws:sts::${ACCOUNT}:assumed-role/a/b` }, 'Invalid Entity Arn: '],
    ['a resource policy without caller', { ResourcePolicy: READ_POLICY }, 'Invalid caller - Caller cannot be null'],
    [
      'two boundaries',
      { PermissionsBoundaryPolicyInputList: [READ_POLICY, READ_POLICY] },
      'PermissionsBoundaryPolicyInputList can have one policy only.',
    ],
    ['a scenario that is none', { ResourceHandlingOption: 'EC2-Classic-EBS' }, 'Invalid ResourceHandlingOption'],
    [
      'a scenario with a resource missing',
      {
        ResourceHandlingOption: 'EC2-VPC-EBS',
        ResourceArns: ['instance', 'image', 'security-group', 'network-interface'].map(
          (type) => `arn:aws:ec2:us-east-1:${ACCOUNT}:${type}/x`,
        ),
      },
      'ResourceHandlingOption EC2-VPC-EBS needs resources of these types: volume.',
    ],
    [
      'more resources than 1,000',
      { ResourceArns: Array.from({ length: 1_001 }, (_, i) => `${OBJECT}${i}`) },
      'At most',
    ],
  ])('%s', async (_, input, text) => {
    expect(await refused(input)).toContain(`InvalidInput 400: ${text}`)
  })

  test.each([
    ['numeric', '5', 'five'],
    ['numericList', '-1.5e3', '1,5'],
    ['boolean', 'TRUE', '1'],
    ['date', '2026-01-01T00:00:00Z', 'yesterday'],
    ['ip', '2001:db8::/32', 'localhost'],
    ['binary', 'QUJD', 'A B'],
  ] as const)('a context value that is no %s', async (ContextKeyType, good, bad) => {
    const entries = (value: string) => [{ ContextKeyName: 'aws:Some', ContextKeyValues: [value], ContextKeyType }]
    expect((await first({ ContextEntries: entries(good) })).EvalDecision).toBe('allowed')
    expect(await refused({ ContextEntries: entries(bad) })).toContain('InvalidInput 400: The value ')
  })

  test('a key that is given twice', async () => {
    const entry = { ContextKeyName: 'aws:Some', ContextKeyValues: ['x'], ContextKeyType: 'string' as const }
    expect(await refused({ ContextEntries: [entry, { ...entry, ContextKeyName: 'AWS:some' }] })).toContain('twice')
  })
})

describe('of a principal', () => {
  const simulate = async (input: Partial<Principal>) => {
    const whole = { PolicySourceArn: ROLE_ARN, ActionNames: ['s3:GetObject'], ...input }
    const { EvaluationResults = [] } = await iam.call(simulatePrincipalPolicy, whole)
    return EvaluationResults[0]
  }

  beforeEach(async () => {
    const Tags = [{ Key: 'Team', Value: 'blue' }]
    await iam.call(createRole, { RoleName: 'app', AssumeRolePolicyDocument: IRSA_TRUST, Tags })
    await iam.call(createUser, { UserName: 'ann' })
    const forTeam = allow('s3:GetObject', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } })
    await iam.call(putRolePolicy, { RoleName: 'app', PolicyName: 'own', PolicyDocument: policy(forTeam) })
    await iam.call(createPolicy, { PolicyName: 'shared', PolicyDocument: policy(deny('s3:PutObject')) })
    await iam.call(attachRolePolicy, { RoleName: 'app', PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/shared` })
  })

  test('its own policies and tags count, under the ids that AWS gives them', async () => {
    expect(await simulate({})).toMatchObject({
      ...{ EvalDecision: 'allowed', MatchedStatements: [{ SourcePolicyId: 'role_app_own' }] },
    })
    expect(await simulate({ ActionNames: ['s3:PutObject'] })).toMatchObject({
      ...{ EvalDecision: 'explicitDeny', MatchedStatements: [{ SourcePolicyId: 'shared' }] },
    })
  })

  test('further policies come on top, and entries win over what is known', async () => {
    const more = { ActionNames: ['s3:ListBucket'], PolicyInputList: [policy(allow('s3:ListBucket'))] }
    expect(await simulate(more)).toMatchObject({ MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.1' }] })
    const red = {
      ContextKeyName: 'aws:PrincipalTag/Team',
      ContextKeyValues: ['red'],
      ContextKeyType: 'string' as const,
    }
    expect(await simulate({ ContextEntries: [red] })).toMatchObject({ EvalDecision: 'implicitDeny' })
  })

  test.each([
    ['by type', { PolicyType: 'inline' }, 'implicitDeny'],
    ['by another type', { PolicyType: 'aws-managed' }, 'allowed'],
    ['by name and principal', { InlinePolicyIdentifier: inlineOf('own', 'a*') }, 'implicitDeny'],
    ['by the name of another', { InlinePolicyIdentifier: inlineOf('own', 'b*') }, 'allowed'],
  ])('a policy is left out %s', async (_, exclusion, decision) => {
    expect(await simulate({ PolicyExclusionList: [exclusion as Exclusion] })).toMatchObject({ EvalDecision: decision })
  })

  test('a managed policy is left out by its ARN, with wildcards', async () => {
    const without = (PolicyArn: string) =>
      simulate({ ActionNames: ['s3:PutObject'], PolicyExclusionList: [{ PolicyArn }] })
    expect(await without(`arn:aws:iam::${ACCOUNT}:policy/sh?r*`)).toMatchObject({ EvalDecision: 'implicitDeny' })
    expect(await without(`arn:aws:iam::${ACCOUNT}:policy/other`)).toMatchObject({ EvalDecision: 'explicitDeny' })
  })

  test('one that is not there is not found, in the words of AWS', async () => {
    const missing = (PolicySourceArn: string) => refusalOf(simulate({ PolicySourceArn }))
    const arn = `arn:aws:iam::${ACCOUNT}`
    expect(await missing(`${arn}:role/none`)).toBe('NoSuchEntity 404: The role with name none cannot be found.')
    expect(await missing(`${arn}:user/none`)).toBe('NoSuchEntity 404: The user with name none cannot be found.')
    expect(await missing(`${arn}:group/none`)).toBe('NoSuchEntity 404: The group with name none cannot be found.')
    expect(await missing(`${arn}:role/path/app`)).toBe('NoSuchEntity 404: The role with name app cannot be found.')
  })

  test('needs the permission on the principal, with its tags; of another account too', async () => {
    const asked = (PolicySourceArn: string) =>
      iam.requirements(simulatePrincipalPolicy, { PolicySourceArn, ActionNames: ['s3:GetObject'] })
    expect(await asked(ROLE_ARN)).toMatchObject([
      {
        ...{ action: 'iam:SimulatePrincipalPolicy', resource: ROLE_ARN, resourceAccount: ACCOUNT },
        context: { 'iam:ResourceTag/Team': 'blue' },
      },
    ])
    expect(await asked(`arn:aws:iam::${OTHER_ACCOUNT}:user/x`)).toMatchObject([{ resourceAccount: OTHER_ACCOUNT }])
  })

  test('its context keys are those of all its policies', async () => {
    const input = { PolicySourceArn: ROLE_ARN, PolicyInputList: [policy(allow('s3:*', { Resource: '${aws:userid}' }))] }
    expect(await iam.call(getContextKeysForPrincipalPolicy, input).catch((error) => error.message)).toContain(
      'Resource ${aws:userid} must be in ARN format or "*".',
    )
    const { ContextKeyNames } = await iam.call(getContextKeysForPrincipalPolicy, { PolicySourceArn: ROLE_ARN })
    expect(ContextKeyNames).toEqual(['aws:PrincipalTag/team'])
  })
})

test('context keys are listed as they are spelled, once, in the order of the text', async () => {
  const document =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"},"StringEquals":{"AWS:UserName":"${s3:prefix, \'a b\'}${*}"}}}}'
  const { ContextKeyNames } = await iam.call(getContextKeysForCustomPolicy, { PolicyInputList: [document] })
  expect(ContextKeyNames).toEqual(['aws:username', 'aws:CurrentTime', 's3:prefix'])
  const old = document.replace('2012-10-17', '2008-10-17')
  const before = await iam.call(getContextKeysForCustomPolicy, { PolicyInputList: [old] })
  expect(before.ContextKeyNames).toEqual(['aws:CurrentTime', 'AWS:UserName'])
})

test('many statements on many resources make a page short, and too many are refused', async () => {
  const statements = Array.from({ length: 400 }, () => allow('s3:*'))
  const resources = (count: number) => Array.from({ length: count }, (_, i) => `${OBJECT}${i}`)
  const question = { PolicyInputList: [policy(...statements)], ActionNames: ['s3:GetObject', 's3:PutObject'] }
  const page = await custom({ ...question, ResourceArns: resources(100) })
  expect([page.EvaluationResults?.length, page.IsTruncated]).toEqual([1, true])
  const many = {
    ...question,
    PolicyInputList: Array(5).fill(question.PolicyInputList[0]),
    ResourceArns: resources(300),
  }
  expect(await refusalOf(custom(many))).toContain('InvalidInput 400: There are too many resources')
})

test('statements on lines of their own are found once, however many resources there are', async () => {
  const lines = '\n'.repeat(200)
  const statements = Array.from({ length: 500 }, () => `${lines}{"Effect":"Allow","Action":"*","Resource":"*"}`)
  const document = `{"Version":"2012-10-17","Statement":[${statements.join(',')}]}`
  const startedAt = performance.now()
  const { MatchedStatements = [] } = await first({
    PolicyInputList: [document],
    ResourceArns: Array.from({ length: 20 }, (_, i) => `${OBJECT}${i}`),
  })
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  expect(MatchedStatements[1]).toMatchObject({
    ...{ StartPosition: { Line: 201, Column: 47 }, EndPosition: { Line: 401 } },
  })
})

function inlineOf(PolicyName: string, AttachmentName: string) {
  return { PolicyName, AttachmentType: 'Role' as const, AttachmentName }
}
