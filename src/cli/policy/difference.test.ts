import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePolicy } from '../../policy/compile.ts'
import type { PolicyDocument } from '../../policy/document/document.ts'
import { parsePolicy } from '../../policy/document/parse.ts'
import { evaluate } from '../../policy/evaluate.ts'
import { policies, requests } from '../../policy/testing/random-policies.ts'
import { accessBeyond, denialsBeyond } from './difference.ts'

function parsed(policy: object): PolicyDocument {
  const { document } = parsePolicy(JSON.stringify(policy, null, 1))
  if (!document) throw new Error('no policy')
  return document
}

const statement = (members: object) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...members })
const document = (...statements: object[]) => parsed({ Version: '2012-10-17', Statement: statements })

describe('accessBeyond', () => {
  test('names the actions that are new, not those that were there', () => {
    const [difference, ...others] = accessBeyond(
      document(statement({ Sid: 'S', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'] })),
      document(statement({})),
    )
    expect(difference).toMatchObject({
      sid: 'S',
      index: 0,
      actions: ['s3:PutObject', 's3:DeleteObject'],
      resources: ['*'],
    })
    expect(others).toEqual([])
  })

  test('a condition that goes is a difference, one that comes is not', () => {
    const bound = document(statement({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }))
    expect(accessBeyond(document(statement({})), bound)).toHaveLength(1)
    expect(accessBeyond(bound, document(statement({})))).toEqual([])
  })

  test('a Deny that goes is told with its line', () => {
    const denied = document(statement({ Action: 's3:*' }), statement({ Effect: 'Deny', Action: 's3:Get*' }))
    const [difference] = accessBeyond(document(statement({ Action: 's3:*' })), denied)
    expect(difference?.deniedByLines).toEqual([denied.statements[1]?.span.start.line])
  })

  test('nothing is left out: where it is empty, no request is allowed by the one and not by the other', () => {
    let proved = 0
    fc.assert(
      fc.property(policies(), policies(), requests, (one, other, request) => {
        const [a, b] = [parsed(one), parsed(other)]
        if (accessBeyond(a, b).length > 0) return
        proved++
        const allows = (policy: PolicyDocument) =>
          evaluate(
            { ...request, principal: OWNER, resourceAccount: OWNER.accountId },
            { identity: [compilePolicy(policy, { source: 'x' })] },
          ).decision === 'allowed'
        expect(allows(a) && !allows(b)).toBe(false)
      }),
      { numRuns: 2_000 },
    )
    expect(proved).toBeGreaterThan(50)
  })
})

const OWNER = { type: 'user', accountId: '111122223333', arn: 'arn:aws:iam::111122223333:user/alice' } as const

test('denialsBeyond names the Deny statements that the other policy has not', () => {
  const denying = document(statement({}), statement({ Sid: 'D', Effect: 'Deny', Action: 'sqs:*' }))
  expect(denialsBeyond(denying, document(statement({})))).toMatchObject([{ sid: 'D', index: 1, actions: ['sqs:*'] }])
  expect(denialsBeyond(denying, document(statement({ Effect: 'Deny', Action: '*' })))).toEqual([])
})
