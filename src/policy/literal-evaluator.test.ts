import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate } from './evaluate.ts'
import { literalDecision } from './testing/literal-evaluator.ts'
import { cases, compileDocuments, PRINCIPAL_IDS } from './testing/random-policies.ts'

describe('the engine and a literal evaluator', () => {
  it('agree on random policies of all layers', () => {
    const decisions = new Map<string, number>()
    fc.assert(
      fc.property(cases, fc.boolean(), ({ request, documents }, joined) => {
        const expected = literalDecision(request, documents, PRINCIPAL_IDS)
        decisions.set(expected, (decisions.get(expected) ?? 0) + 1)
        expect(evaluate(request, compileDocuments(documents, joined)).decision).toBe(expected)
      }),
      { numRuns: 15_000 },
    )
    // The policies are made so that every answer comes often: agreeing on denials alone would say little.
    for (const decision of ['allowed', 'explicitDeny', 'implicitDeny']) {
      expect(decisions.get(decision)).toBeGreaterThan(300)
    }
  })
})
