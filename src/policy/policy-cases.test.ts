import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type CompileOptions, compilePolicyText } from './compile.ts'
import { readRequestDocument } from './request-document.ts'
import { literalDecision } from './testing/literal-evaluator.ts'
import { evaluatePolicyCase, type PolicyCase } from './testing/policy-case.ts'
import type { PolicyDocuments } from './testing/random-policies.ts'

const FILES = ['decision-order', 'implicit-deny', 'trust', 'principals', 'resources', 'actions', 'known-mistakes']

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`cases/${name}.json`, import.meta.url), 'utf8')) as T
}

/** The second evaluator's answer. */
function decideLiterally(one: PolicyCase): string {
  const compile = (policy: unknown, options: CompileOptions) => compilePolicyText(JSON.stringify(policy), options)
  const { request, sets } = readRequestDocument({ ...one }, compile)
  const layer = <T>(given: readonly T[] | undefined): readonly T[] | undefined => (given?.length ? given : undefined)
  const documents: PolicyDocuments = {
    identity: one.identityPolicies,
    resource: one.resourcePolicy,
    resourceKind: sets.resourceKind,
    boundary: layer(one.boundary),
    session: layer(one.sessionPolicies),
    serviceControl: layer(one.scps)?.map(({ policies }) => policies),
    resourceControl: layer(one.rcps)?.map(({ policies }) => policies),
    endpoint: layer(one.endpointPolicies),
  }
  return literalDecision(request, documents, one.principalIds ?? {})
}

describe.each(FILES)('%s', (file) => {
  const { base, cases } = read<{ base: PolicyCase; cases: readonly PolicyCase[] }>(file)
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const { decision, layer } = evaluatePolicyCase({ ...base, ...one })
    expect(decision).toBe(one.decision)
    expect(decideLiterally({ ...base, ...one })).toBe(one.decision)
    if (one.layer) expect(layer).toBe(one.layer)
  })
})

interface ConditionCase {
  readonly name: string
  readonly version?: string
  readonly condition: object
  readonly context: Readonly<Record<string, string | readonly string[]>>
  readonly matches: boolean
}

describe('conditions', () => {
  const { cases } = read<{ cases: readonly ConditionCase[] }>('conditions')
  const decide = (effect: string, one: ConditionCase): string => {
    const whole: PolicyCase = {
      name: one.name,
      principal: { type: 'user', arn: 'arn:aws:iam::111122223333:user/alice' },
      action: 's3:GetObject',
      resource: 'arn:aws:s3:::bucket/key',
      resourceAccount: '111122223333',
      context: one.context,
      identityPolicies: [
        {
          Version: one.version ?? '2012-10-17',
          Statement: { Effect: effect, Action: '*', Resource: '*', Condition: one.condition },
        },
      ],
    }
    const { decision } = evaluatePolicyCase(whole)
    expect(decideLiterally(whole)).toBe(decision)
    return decision
  }

  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    expect(decide('Allow', one)).toBe(one.matches ? 'allowed' : 'implicitDeny')
    expect(decide('Deny', one)).toBe(one.matches ? 'explicitDeny' : 'implicitDeny')
  })
})
