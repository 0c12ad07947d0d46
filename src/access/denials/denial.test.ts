import { expect, test } from 'vitest'
import type { Decision, PolicyLayer } from '../../policy/index.ts'
import type { Requirement } from '../operation.ts'
import { sessionOf } from '../testing/access-fixture.ts'
import { accessDenied } from './denial.ts'

const REQUIREMENT: Requirement = { action: 'iam:GetRole', resource: 'arn:aws:iam::111122223333:role/app' }
const START =
  'User: arn:aws:sts::111122223333:assumed-role/app/pod is not authorized to perform: iam:GetRole on resource: arn:aws:iam::111122223333:role/app'

function message(decision: Decision['decision'], layer: PolicyLayer, requirement = REQUIREMENT): string {
  return accessDenied(sessionOf('app'), requirement, { decision, layer, matchedStatements: [] }).message
}

/** What AWS's user guide and pasted messages say, by layer: without an Allow, and with a Deny. */
const SENTENCES: Readonly<Record<PolicyLayer, readonly [string, string]>> = {
  identity: ['identity-based policy', 'an identity-based policy'],
  resource: ['resource-based policy', 'a resource-based policy'],
  boundary: ['permissions boundary', 'a permissions boundary'],
  session: ['session policy', 'a session policy'],
  'service-control': ['service control policy', 'a service control policy'],
  'resource-control': ['resource control policy', 'a resource control policy'],
  endpoint: ['VPC endpoint policy', 'a VPC endpoint policy'],
}

test.each(Object.keys(SENTENCES) as PolicyLayer[])("a refusal by layer %s has AWS's sentence", (layer) => {
  const [missing, denying] = SENTENCES[layer]
  expect(message('implicitDeny', layer)).toBe(`${START} because no ${missing} allows the iam:GetRole action`)
  expect(message('explicitDeny', layer)).toBe(`${START} with an explicit deny in ${denying}`)
})

test('a trust policy that does not allow gives no reason, so that it says nothing of the role', () => {
  const trust = { ...REQUIREMENT, resourcePolicy: { document: '', principalIds: {}, kind: 'trust' } } as const
  expect(message('implicitDeny', 'resource', trust)).toBe(START)
  expect(message('implicitDeny', 'identity', trust)).toMatch('because no identity-based policy')
})

test('an anonymous caller learns nothing', () => {
  const decision = { decision: 'explicitDeny', layer: 'resource', matchedStatements: [] } as const
  expect(accessDenied({ kind: 'anonymous' }, REQUIREMENT, decision).message).toBe('Access Denied')
})
