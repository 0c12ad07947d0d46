import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, test } from 'vitest'
import { openServiceAuthorization } from '../../access/policies/service-authorization.ts'
import { type Finding, type IssueCode, LINT_ISSUES, type LintOptions, lintPolicy } from '../../policy/index.ts'

/** A document in which the lint finds a code at a place, and a neighbour in which it does not. */
interface LintCase extends Pick<LintOptions, 'type' | 'resourceType'> {
  readonly code: IssueCode
  /** Where the behaviour comes from. */
  readonly source: string
  /** A document, or its text. */
  readonly finds: object | string
  /** Line from 1, column from 0. */
  readonly at: readonly [line: number, column: number]
  /** Other codes that the document has too. */
  readonly also?: readonly IssueCode[]
  readonly passes: object | string
}

const CASES_FOLDER = join(import.meta.dirname, '..', '..', 'policy', 'lint', 'cases')
const MANAGED_POLICIES = 'managed-policy-errors.json'
const authorization = openServiceAuthorization(
  fileURLToPath(new URL('../../../build/service-authorization', import.meta.url)),
)

const cases = readdirSync(CASES_FOLDER)
  .filter((file) => file !== MANAGED_POLICIES)
  .flatMap((file): LintCase[] => JSON.parse(readFileSync(join(CASES_FOLDER, file), 'utf8')))

const CODES: readonly string[] = [
  ...new Set(Object.entries(LINT_ISSUES).map(([name, issue]) => ('code' in issue ? issue.code : name))),
]

function textOf(document: object | string): string {
  return typeof document === 'string' ? document : JSON.stringify(document, null, 2)
}

function codesOf(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ issueCode }) => issueCode)
}

describe('the cases', () => {
  it('have every code', () => {
    const covered = new Set<string>(cases.map(({ code }) => code))
    // Sizes are tested at their borders, beside the lint.
    expect(CODES.filter((code) => !covered.has(code) && !code.startsWith('POLICY_SIZE_'))).toEqual([])
  })

  test.each(cases.map((one, index) => [`${one.code} (${one.type}, ${index})`, one] as const))('%s', (_, one) => {
    const options = { type: one.type, resourceType: one.resourceType, authorization }
    const found = lintPolicy(textOf(one.finds), options)
    expect([...codesOf(found)].sort()).toEqual([one.code, ...(one.also ?? [])].sort())
    const [location] = found.find(({ issueCode }) => issueCode === one.code)?.locations ?? []
    expect([location?.span.start.line, location?.span.start.column]).toEqual(one.at)
    expect(codesOf(lintPolicy(textOf(one.passes), options))).not.toContain(one.code)
  })
})

describe('an answer of ValidatePolicy', () => {
  /** The example of validate-policy in the AWS CLI reference; its document and its answer. */
  const COGNITO_ROLE = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "",
            "Effect": "Allow",
            "Principal": {
                "Federated": "cognito-identity.amazonaws.com"
            },
            "Action": [
                "sts:AssumeRole",
                "sts:TagSession"
            ],
            "Condition": {
                "StringEquals": {
                    "cognito-identity.amazonaws.com:aud": "us-west-2_EXAMPLE"
                }
            }
        }
    ]
}
`

  it('has the paths, spans and texts that AWS answers, in its order', () => {
    const statement = [{ value: 'Statement' }, { index: 0 }]
    const span = (line: number, [from, to]: readonly [number, number], offset: number) => ({
      start: { line, column: from, offset },
      end: { line, column: to, offset: offset + to - from },
    })
    const page = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html'
    expect(lintPolicy(COGNITO_ROLE, { type: 'resource', authorization })).toEqual([
      {
        findingDetails: 'Add a value to the empty string in the Sid element.',
        findingType: 'SUGGESTION',
        issueCode: 'EMPTY_SID_VALUE',
        learnMoreLink: `${page}#access-analyzer-reference-policy-checks-suggestion-empty-sid-value`,
        locations: [{ path: [...statement, { value: 'Sid' }], span: span(5, [19, 21], 79) }],
      },
      {
        findingDetails:
          'The sts:AssumeRole action is invalid with the following principal(s): cognito-identity.amazonaws.com. Use a SAML provider principal with the sts:AssumeRoleWithSAML action or use an OIDC provider principal with the sts:AssumeRoleWithWebIdentity action. Ensure the provider is Federated if you use either of the two options.',
        findingType: 'ERROR',
        issueCode: 'MISMATCHED_ACTION_FOR_PRINCIPAL',
        learnMoreLink: `${page}#access-analyzer-reference-policy-checks-error-mismatched-action-for-principal`,
        locations: [
          { path: [...statement, { value: 'Action' }, { index: 0 }], span: span(11, [16, 32], 258) },
          { path: [...statement, { value: 'Principal' }, { value: 'Federated' }], span: span(8, [29, 61], 170) },
        ],
      },
      {
        findingDetails:
          'The following actions: sts:TagSession are not supported by the condition key cognito-identity.amazonaws.com:aud. The condition will not be evaluated for these actions. We recommend that you move these actions to a different statement without this condition key.',
        findingType: 'ERROR',
        issueCode: 'UNSUPPORTED_ACTION_FOR_CONDITION_KEY',
        learnMoreLink: `${page}#access-analyzer-reference-policy-checks-error-unsupported-action-for-condition-key`,
        locations: [
          { path: [...statement, { value: 'Action' }, { index: 1 }], span: span(12, [16, 32], 292) },
          {
            path: [
              ...statement,
              { value: 'Condition' },
              { value: 'StringEquals' },
              { value: 'cognito-identity.amazonaws.com:aud' },
            ],
            // AWS's span is two longer: the value was changed for the page.
            span: span(16, [58, 77], 443),
          },
        ],
      },
    ])
  })

  it('suggests the action that an API operation is authorized by', () => {
    const [found] = lintPolicy(
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBuckets","Resource":"*"}}',
      { type: 'identity', authorization },
    )
    expect(found?.findingDetails).toBe(
      'The action s3:ListBuckets does not exist. Did you mean s3:ListAllMyBuckets? The API called ListBuckets authorizes against the IAM action s3:ListAllMyBuckets.',
    )
    expect(found?.locations[0]?.path).toEqual([{ value: 'Statement' }, { value: 'Action' }])
  })

  it('names the redundant resource that is longest, and counts the one that covers', () => {
    const resources = ['arn:aws:s3:::a-*/*', 'arn:aws:s3:::a-*']
    const document = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: resources } }
    const [found] = lintPolicy(JSON.stringify(document), { type: 'identity', authorization })
    expect(found?.findingDetails).toBe(
      'The 2 resource ARN(s) are redundant because they reference the same resource. Review the use of wildcards (*), or remove the resource arn:aws:s3:::a-*/* to remove the redundancy.',
    )
  })
})

describe('without data of the services', () => {
  it('nothing is said of what exists', () => {
    const text =
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:B","Resource":"arn:aws:c:::d","Condition":{"Bool":{"e:F":"true"}}}}'
    expect(lintPolicy(text, { type: 'identity' })).toEqual([])
    expect(codesOf(lintPolicy(text, { type: 'identity', authorization }))).toEqual([
      'INVALID_SERVICE_IN_ACTION',
      'INVALID_SERVICE',
      'INVALID_SERVICE',
    ])
  })
})

describe('whatever the text', () => {
  const list = (count: number, one: (index: number) => string): string =>
    JSON.stringify(Array.from({ length: count }, (_, index) => one(index)))
  const statement = (elements: string): string =>
    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",${elements}}]}`

  test.each([
    ['wildcards of one service', statement(`"Action":${list(15_000, (i) => `ec2:*${i}*`)},"Resource":"*"`)],
    [
      'names that are nearly right',
      statement(`"Action":${list(12_000, (i) => `ec2:DescribeInstance${i}`)},"Resource":"*"`),
    ],
    ['resources with wildcards', statement(`"Action":"*","Resource":${list(8_000, (i) => `arn:aws:s3:::*${i}*/?`)}`)],
    [
      'a long pattern',
      statement(
        `"Action":"s3:${'*a'.repeat(60_000)}","Resource":["arn:aws:s3:::${'*a'.repeat(60_000)}","arn:aws:s3:::*b"]`,
      ),
    ],
    [
      'many condition keys',
      statement(
        `"Action":"*","Resource":"*","Condition":{"StringEquals":{${Array.from({ length: 9_000 }, (_, i) => `"aws:ResourceTag/${i}":"a"`).join()}}}`,
      ),
    ],
    ['many statements', `{"Version":"2012-10-17","Statement":[${Array.from({ length: 20_000 }, () => '{}').join()}]}`],
    ['many variables', statement(`"Action":"*","Resource":"arn:aws:s3:::${'${'.repeat(120_000)}"`)],
    ['deep nesting', `${'['.repeat(100_000)}`],
    [
      'actions of many services with a tag',
      statement(
        `"Action":${list(9_000, (i) => `ec2:*${i % 10}*`)},"Resource":"*","Condition":{"StringEquals":{${Array.from({ length: 2_000 }, (_, i) => `"aws:ResourceTag/${i}":"a"`).join()}}}`,
      ),
    ],
  ])('the work is bounded: %s', (_, text) => {
    const start = performance.now()
    for (const type of ['identity', 'trust', 'resource'] as const) lintPolicy(text, { type, authorization })
    expect(performance.now() - start).toBeLessThan(9_000)
  })
})
