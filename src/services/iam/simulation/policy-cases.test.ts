import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { validatePolicy } from '../../../policy/index.ts'
import type { PolicyCase } from '../../../policy/testing/policy-case.ts'
import { type Iam, openIam } from '../testing/iam-fixture.ts'
import { simulateCustomPolicy } from './simulate-custom-policy.ts'

/** The engine's own cases, asked through the API. Those of trust policies are about sessions, which the API does not know. */
const FILES = ['decision-order', 'implicit-deny', 'principals', 'resources', 'actions', 'known-mistakes']

let iam: Iam
beforeAll(async () => {
  iam = await openIam()
})
afterAll(() => iam.close())

describe.each(FILES)('%s', (file) => {
  const { base, cases } = JSON.parse(
    readFileSync(new URL(`../../../policy/cases/${file}.json`, import.meta.url), 'utf8'),
  ) as { readonly base: PolicyCase; readonly cases: readonly PolicyCase[] }
  const supported = cases.map((one) => ({ ...base, ...one })).filter(isSupported)

  it('has cases that a simulator can be asked', () => {
    expect(supported.length).toBeGreaterThan(0)
  })

  it.each(supported.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const input = inputOf(one)
    const { EvaluationResults } = await iam.call(simulateCustomPolicy, input)
    expect(EvaluationResults?.[0]?.EvalDecision).toBe(one.decision)
  })
})

/** A policy that names a unique id is about one principal, and the API has no parameter for its id. */
const NAMES_ID = /\bA(?:IDA|ROA)[A-Z]/

/**
 * What the API has no parameter for: sessions and their policies, other principals than users and roles, resource control and
 * endpoint policies, ids of principals; and documents that nobody could save.
 */
function isSupported(one: PolicyCase): boolean {
  const { type, arn = '' } = one.principal
  const isAsked = (type === 'user' || type === 'role') && /:(?:user|role)\/[\w+=,.@/-]+$/.test(arn)
  const isGiven = !one.sessionPolicies && !one.rcps && !one.endpointPolicies && !one.principalIds && !one.resourceKind
  const isPlain = /^[\w-]+:\w+$/.test(one.action) && (one.resource === '*' || one.resource.startsWith('arn:'))
  const ownerIsClear = one.resourcePolicy !== undefined || one.resourceAccount === arn.split(':')[4]
  return (
    isAsked &&
    isGiven &&
    isPlain &&
    ownerIsClear &&
    one.identityPolicies.every(isWhole) &&
    !NAMES_ID.test(JSON.stringify(one.resourcePolicy))
  )
}

/** One that could be saved. */
function isWhole(policy: object): boolean {
  return validatePolicy(JSON.stringify(policy), 'identity') === undefined
}

function inputOf(one: PolicyCase) {
  const text = (policies: readonly object[] | undefined) => policies?.map((each) => JSON.stringify(each))
  return {
    PolicyInputList: text(one.identityPolicies) ?? [],
    PermissionsBoundaryPolicyInputList: text(one.boundary),
    OrderedOrganizationPolicyInputList: one.scps?.map(({ policies }) => ({
      ServiceControlPolicyInputList: text(policies) ?? [],
    })),
    ActionNames: [one.action],
    ResourceArns: [one.resource],
    ResourcePolicy: one.resourcePolicy && JSON.stringify(one.resourcePolicy),
    ResourceOwner: `arn:aws:iam::${one.resourceAccount}:root`,
    CallerArn: one.principal.arn ?? '',
    ContextEntries: Object.entries(one.context ?? {}).map(([ContextKeyName, value]) => ({
      ContextKeyName,
      ContextKeyValues: typeof value === 'string' ? [value] : value,
      ContextKeyType: typeof value === 'string' ? ('string' as const) : ('stringList' as const),
    })),
  }
}
