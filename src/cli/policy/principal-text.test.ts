import { expect, test } from 'vitest'
import { parsePrincipalText } from './principal-text.ts'

const PROVIDER = 'arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/1'

test.each([
  ['arn:aws:iam::111122223333:user/p/a', { type: 'user', arn: 'arn:aws:iam::111122223333:user/p/a' }],
  ['arn:aws:iam::111122223333:root', { type: 'root', arn: 'arn:aws:iam::111122223333:root' }],
  [
    'arn:aws:sts::111122223333:assumed-role/r/s',
    { type: 'assumed-role', arn: 'arn:aws:sts::111122223333:assumed-role/r/s' },
  ],
  [PROVIDER, { type: 'federated', provider: PROVIDER }],
  ['ec2.amazonaws.com', { type: 'service', service: 'ec2.amazonaws.com' }],
  ['*', { type: 'anonymous' }],
])('%s', (text, principal) => {
  expect(parsePrincipalText(text, '111122223333')?.principal).toEqual(principal)
})

test.each(['https://oidc.example.com/id/1', 'oidc.example.com/id/1', PROVIDER])('a service account of %s', (issuer) => {
  expect(parsePrincipalText(`system:serviceaccount:ns:sa@${issuer}`, '111122223333')).toEqual({
    principal: { type: 'federated', provider: PROVIDER },
    context: {
      'aws:FederatedProvider': PROVIDER,
      'oidc.example.com/id/1:sub': 'system:serviceaccount:ns:sa',
      'oidc.example.com/id/1:aud': 'sts.amazonaws.com',
    },
  })
})

test.each(['', 'alice', 'arn:aws:s3:::b', 'arn:aws:iam::111122223333:group/g', 'system:serviceaccount:ns:sa'])(
  '%j is nobody',
  (text) => {
    expect(parsePrincipalText(text, '111122223333')).toBeUndefined()
  },
)
