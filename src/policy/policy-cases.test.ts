import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { evaluatePolicyCase, type PolicyCase } from './policy-case.ts'

const FILES = ['decision-order', 'implicit-deny', 'trust', 'principals', 'resources', 'actions', 'known-mistakes']

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`cases/${name}.json`, import.meta.url), 'utf8')) as T
}

describe.each(FILES)('%s', (file) => {
  const { base, cases } = read<{ base: PolicyCase; cases: readonly PolicyCase[] }>(file)
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const { decision, layer } = evaluatePolicyCase({ ...base, ...one })
    expect(decision).toBe(one.decision)
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
  const decide = (effect: string, one: ConditionCase): string =>
    evaluatePolicyCase({
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
    }).decision

  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    expect(decide('Allow', one)).toBe(one.matches ? 'allowed' : 'implicitDeny')
    expect(decide('Deny', one)).toBe(one.matches ? 'explicitDeny' : 'implicitDeny')
  })
})
