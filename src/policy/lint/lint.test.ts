import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Finding } from './finding.ts'
import type { IssueCode } from './issue.ts'
import { lintPolicy } from './lint.ts'
import type { LintPolicyType } from './rule.ts'

/** The last size without a finding. Sources: `document.ts`. */
const SIZES: readonly (readonly [
  type: LintPolicyType,
  code: IssueCode,
  charactersMax: number,
  countsSpace: boolean,
])[] = [
  ['identity', 'POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA', 10_240, false],
  ['session', 'POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA', 2_048, true],
  ['resource', 'POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA', 20_480, true],
  ['trust', 'POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA', 2_048, false],
  ['scp', 'POLICY_SIZE_EXCEEDS_SCP_QUOTA', 5_120, true],
  ['rcp', 'POLICY_SIZE_EXCEEDS_RCP_QUOTA', 5_120, true],
]

function codesOf(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ issueCode }) => issueCode)
}

describe('the size of a policy', () => {
  test.each(SIZES)('%s: %s above %i characters', (type, code, charactersMax, countsSpace) => {
    const ofSize = (size: number): string => {
      const start = '{ "Statement": [], "Id": "'
      const counted = countsSpace ? start.length : start.replaceAll(' ', '').length
      return `${start}${'i'.repeat(size - counted - 2)}"}`
    }
    expect(codesOf(lintPolicy(ofSize(charactersMax), { type }))).not.toContain(code)
    expect(codesOf(lintPolicy(ofSize(charactersMax + 1), { type }))).toContain(code)
  })
})

describe('a long document', () => {
  /** What is quadratic takes from five seconds to minutes. */
  const LIMIT_MS = 2_000
  const subject = (key: string, value: unknown): object => ({
    Effect: 'Allow',
    Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringLike: { [key]: value } },
  })
  const wide = Array.from({ length: 220 }, (_, i) => `s3:${'a*'.repeat(450)}${i}`)
  const resources = Array.from({ length: 220 }, (_, i) => `arn:aws:s3:::${'a*'.repeat(450)}${i}`)

  test.each<[what: string, statement: object]>([
    ['of actions with many wildcards', { Effect: 'Allow', Action: wide, Resource: '*' }],
    ['of resources with many wildcards', { Effect: 'Allow', Action: 's3:*', Resource: resources }],
    ['of variables that do not end', subject('aws:userid', '${'.repeat(110_000))],
    ['of colons', subject('aws:userid', ':'.repeat(240_000))],
    [
      'of branches',
      subject('token.actions.githubusercontent.com:sub', `repo:a/b${':ref:refs/heads/'.repeat(15_000)}*`),
    ],
  ])('%s is read in bounded time', (_, Statement) => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement })
    const startedAt = performance.now()
    for (const type of ['identity', 'resource'] as const) expect(lintPolicy(text, { type })).not.toEqual([])
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS)
  })
})

describe('whatever the text', () => {
  const TYPES: readonly LintPolicyType[] = ['identity', 'session', 'resource', 'trust', 'scp', 'rcp']

  it('the lint does not throw, and findings stand in the order of the document', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(...TYPES), (text, type) => {
        const offsets = lintPolicy(text, { type }).map(({ locations }) => locations[0]?.span.start.offset ?? -1)
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
        expect(offsets).not.toContain(-1)
      }),
    )
  })

  it('the lint does not throw on documents that are nearly policies', () => {
    const scalar = fc.oneof(
      fc.constantFrom('*', 's3:*', 'arn:aws:s3:::a', '${', '${a:b', 'aws:TagKeys', ''),
      fc.string(),
      fc.boolean(),
      fc.integer(),
      fc.constant(null),
    )
    const value = fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom('AWS', 'Service', 'StringLike', 'Null', 'x'),
        fc.oneof(scalar, fc.dictionary(fc.constantFrom('aws:TagKeys', 'aws:SourceIp', 'x'), scalar)),
      ),
    )
    const statement = fc.dictionary(
      fc.constantFrom(
        'Sid',
        'Effect',
        'Principal',
        'NotPrincipal',
        'Action',
        'NotAction',
        'Resource',
        'NotResource',
        'Condition',
      ),
      value,
    )
    const document = fc.record({
      Version: fc.oneof(fc.constant('2012-10-17'), scalar),
      Statement: fc.oneof(fc.array(statement, { maxLength: 3 }), statement, scalar),
    })
    fc.assert(
      fc.property(document, fc.constantFrom(...TYPES), (policy, type) => {
        for (const { locations, findingDetails } of lintPolicy(JSON.stringify(policy), { type })) {
          expect(locations.length).toBeGreaterThan(0)
          expect(findingDetails).not.toMatch(/<\w+>|undefined/)
        }
      }),
      { numRuns: 500 },
    )
  })
})
