import { expect, test } from 'vitest'
import type { DenialExplanation } from '../../../access/denials/denial-explanation.ts'
import type { DenialRecord } from '../../../access/denials/denial-record.ts'
import type { Explanation, LayerExplanation } from '../../../policy/index.ts'
import { firstClosedGate, gatesOf } from './gates.ts'

const ACCOUNT = '111122223333'

const layer = (name: LayerExplanation['layer'], facts: Partial<LayerExplanation> = {}): LayerExplanation => ({
  ...{ layer: name, policies: ['p'], applies: true, effect: 'none', needed: true },
  ...facts,
})

function explained(record: Partial<DenialRecord>, explanation: Partial<Explanation>): DenialExplanation {
  const facts = { action: 's3:GetObject', resource: 'arn', resourceAccount: ACCOUNT, callerArn: 'caller' }
  const denial = { accountId: ACCOUNT, record: { ...facts, ...record } }
  return { denial, explanation: { decision: 'implicitDeny', ...explanation } } as unknown as DenialExplanation
}

const seen = (one: DenialExplanation) => gatesOf(one).map(({ name, status, reason }) => [name, status, reason])

test('a signed call meets its layers, and the closed ones say why', () => {
  const one = explained(
    {},
    {
      layer: 'boundary',
      layers: [
        layer('resource', { needed: false, policies: [] }),
        layer('identity', { effect: 'allow' }),
        layer('boundary'),
        layer('session', { policies: [] }),
      ],
    },
  )
  expect(seen(one)).toEqual([
    ['credentials', 'OPEN', undefined],
    ['resource', 'OPEN', undefined],
    ['identity', 'OPEN', undefined],
    ['boundary', 'CLOSED', 'NO_ALLOW'],
    ['session', 'CLOSED', 'NO_POLICY'],
  ])
  expect(firstClosedGate(one)).toBe('boundary')
})

test('an explicit deny is the gate that decided, wherever it stands', () => {
  const one = explained(
    {},
    {
      ...{ decision: 'explicitDeny', layer: 'boundary' },
      layers: [layer('identity'), layer('boundary', { effect: 'deny' })],
    },
  )
  expect(seen(one)).toContainEqual(['boundary', 'CLOSED', 'EXPLICIT_DENY'])
  expect(firstClosedGate(one)).toBe('boundary')
})

test.each([
  ['allow', 'OPEN', undefined],
  ['deny', 'CLOSED', 'EXPLICIT_DENY'],
  ['none', 'CLOSED', 'NOT_TRUSTED'],
] as const)('a trust policy that says %s is %s', (effect, status, reason) => {
  const layers = [layer('resource', { effect }), layer('identity')]
  expect(seen(explained({ resourceKind: 'trust' }, { layer: 'resource', layers }))).toContainEqual([
    'trust',
    status,
    reason,
  ])
})

test("of another account's resource nothing is told but that it did not allow", () => {
  const layers = [layer('resource', { policies: [] }), layer('identity', { effect: 'allow' })]
  const record = { resourceAccount: '444455556666' }
  expect(seen(explained(record, { layer: 'resource', layers }))).toContainEqual(['resource', 'CLOSED', 'OTHER_ACCOUNT'])
  expect(seen(explained(record, { layer: 'identity', layers }))).toContainEqual(['resource', 'NOT_REACHED', undefined])
  const trust = explained({ ...record, resourceKind: 'trust' }, { layer: 'resource', layers })
  expect(seen(trust)).toContainEqual(['trust', 'CLOSED', 'OTHER_ACCOUNT'])
  expect(firstClosedGate(trust)).toBe('trust')
})
