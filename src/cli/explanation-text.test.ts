import { expect, test } from 'vitest'
import { explanationText, type ShownExplanation } from './explanation-text.ts'

const EXPLANATION: ShownExplanation = {
  ...{ id: 'abc1', time: '2026-01-02T03:04:05.000Z', decision: 'explicitDeny', sentence: 'It is explicitly denied.' },
  request: { id: 'r-1', operation: 'DeleteRole', action: 'iam:DeleteRole', resource: 'arn:role' },
  caller: { arn: 'arn:user' },
  gates: [
    { name: 'credentials', status: 'OPEN', detail: 'the signature' },
    { name: 'identity', status: 'CLOSED', reason: 'EXPLICIT_DENY', detail: 'a statement denies' },
  ],
  evaluations: [
    {
      ...{ layer: 'identity', policy: 'own', index: 1, sid: 'No', range: { line: 4, column: 5 } },
      ...{ effect: 'Deny', matched: true },
    },
    { layer: 'identity', policy: 'own', index: 0, range: { line: 3, column: 5 }, effect: 'Allow', matched: false },
  ],
}

test('an explicit deny is said first, and its statement is shown; others are not', () => {
  expect(explanationText(EXPLANATION)).toBe(`It is explicitly denied.

denied   iam:DeleteRole on arn:role
caller   arn:user
time     2026-01-02T03:04:05.000Z
id       abc1
request  r-1

open    credentials  the signature
CLOSED  identity     EXPLICIT_DENY: a statement denies

own, statement No, Deny, line 4: matches
`)
})

test('the near misses come first, nearest first, with their lines and values', () => {
  const near = { policy: 'own', range: { line: 3, column: 5 }, sentence: 'It would be allowed if.' }
  const values = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const failed = [
    {
      ...{ element: 'Condition', operator: 'StringEquals', key: 'aws:username', range: { line: 7, column: 1 } },
      ...{ expected: values, hint: 'It is absent.', fix: { change: 'add', to: 'x' }, text: '"a": [\n  "b"\n]' },
    },
  ]
  const text = explanationText({
    ...EXPLANATION,
    nearMisses: [near, { ...near, sentence: 'So it would be.' }],
    evaluations: (EXPLANATION.evaluations ?? []).map((one) => (one.index === 0 ? { ...one, failed } : one)),
    missingContextKeys: ['aws:username'],
    unknown: ['The moon.'],
  })
  expect(text.split('\n').slice(0, 2)).toEqual(['It would be allowed if.', 'Or: So it would be.'])
  expect(text).toContain(`own, statement 1, Allow, line 3: does not match
  Condition StringEquals aws:username
    7 | "a": [
    8 |   "b"
    9 | ]
    wanted     a, b, c, d, e and 2 more
    presented  (nothing)
    why        It is absent.
    change     add the value x

Not in the request: aws:username

Unknown: The moon.
`)
})

test('a web identity is named by its claims', () => {
  const caller = { subject: 'system:serviceaccount:a:b', issuer: 'https://i', audience: 'sts', pod: 'a/pod-1' }
  expect(explanationText({ ...EXPLANATION, caller })).toContain(
    '\ncaller   system:serviceaccount:a:b of https://i, audience sts, pod a/pod-1\n',
  )
})

test('what a policy says cannot paint over what stands around it', () => {
  const sentence = 'Denied by statement x\u001b[1A\u001b[2Kyes.'
  expect(explanationText({ ...EXPLANATION, sentence })).toContain('Denied by statement x\\u001b[1A\\u001b[2Kyes.\n')
})
