import { expect, test } from 'vitest'
import { PolicyCache } from './policy-cache.ts'
import { readRequestLine } from './request-line.ts'

const READ = '{"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}'
const line = (members: string) =>
  `{"id":"x","principal":{"type":"user","arn":"arn:aws:iam::111122223333:user/a"},"action":"s3:GetObject"${members}}`
const read = (text: string) => readRequestLine(text, 3, new PolicyCache())

test('every layer of policies is read, as objects and as texts', () => {
  const text = JSON.stringify(READ)
  const all = `,"identityPolicies":[${READ},${text}],"resourcePolicy":${READ},"boundary":${text},"sessionPolicies":[${READ}],"scps":[{"target":"r","policies":[${READ}]},{"target":"a","policies":[${text}]}],"rcps":[{"policies":[]}],"endpointPolicies":[${READ}]`
  const answer = read(line(all))
  if (answer.kind === 'error') throw new Error(answer.error.message)
  const { sets } = answer
  expect(sets.identity.length).toBe(2)
  expect(sets.serviceControl?.map((level) => level.length)).toEqual([1, 1])
  expect(sets.resourceControl).toEqual([[]])
  for (const layer of ['resource', 'boundary', 'session', 'endpoint'] as const) expect(sets[layer]).toBeDefined()
})

test.each([
  [line(',"sessionPolicy":[]'), 'InvalidRequest', '[]}'],
  [line(',"principalIds":5'), 'InvalidRequest', '5}'],
  [line(',"scps":{}'), 'InvalidRequest', '{}}'],
  [line(',"scps":[{"policies":[7]}]'), 'MalformedPolicyDocument', '7]}]}'],
  [
    line(',"identityPolicies":[{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}]'),
    'MalformedPolicyDocument',
    '"Effect":"Deny"',
  ],
  [line(',"context":{"a":1,}'), 'InvalidJson', '}}'],
])('%s: %s at %s', (text, code, rest) => {
  const answer = read(text)
  expect(answer).toMatchObject({ kind: 'error', id: 'x', error: { code, line: 3 } })
  if (answer.kind === 'error') expect(text.slice(answer.error.column - 1).startsWith(rest)).toBe(true)
})

test('other members are notes', () => {
  expect(read(line(',"expected":"allowed","name":"n","source":{}')).kind).toBe('request')
})
