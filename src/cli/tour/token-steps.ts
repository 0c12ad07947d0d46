import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { callOpenIrsa } from '../connection.ts'
import { createProvider } from './document-steps.ts'
import { trustPolicy } from './documents.ts'
import { assumeRole, mintToken } from './pod.ts'
import type { Step } from './step.ts'
import { openThrowAwayIssuer, TOKEN_LIFETIME_SECONDS } from './throw-away-issuer.ts'
import { made, type Tour } from './tour.ts'

const OTHER = 'Tokens of others'
const ATTACHED = 'A cluster that is there already, attached by its public keys'

/** A token is refused this long after its end at the latest: five minutes are allowed for clocks that differ, as in AWS. */
const LONG_OVER_SECONDS = 3600

/** Tokens that are good but for one thing. */
export const TOKEN_STEPS: readonly Step[] = [
  {
    chapter: OTHER,
    title: 'Come from the wrong namespace',
    asked: ({ names }) => `sts:AssumeRoleWithWebIdentity as other-namespace/${names.serviceAccount}`,
    expected: { kind: 'denied', code: 'AccessDenied' },
    run: async (tour) => assume(tour, (await mintToken(tour, { namespace: 'other-namespace' })).token),
  },
  {
    chapter: OTHER,
    title: 'Come with the wrong audience',
    asked: () => 'sts:AssumeRoleWithWebIdentity with aud other.example.com',
    expected: { kind: 'denied', code: 'InvalidIdentityToken' },
    run: async (tour) => assume(tour, (await mintToken(tour, { audiences: ['other.example.com'] })).token),
  },
  {
    chapter: ATTACHED,
    title: 'Attach it, and let the role trust it too',
    asked: ({ names }) => `openirsa:AttachCluster ${names.attachedCluster}`,
    expected: { kind: 'allowed' },
    run: attachOwnCluster,
  },
  {
    chapter: ATTACHED,
    title: 'Come with a fresh token of it',
    asked: () => 'sts:AssumeRoleWithWebIdentity, issued now',
    expected: { kind: 'allowed' },
    followsChange: true,
    run: (tour) => assume(tour, made(tour, 'throwAwayIssuer').mint(tour.names, Date.now())),
  },
  {
    chapter: ATTACHED,
    title: 'Come with an expired token of it',
    asked: () => 'sts:AssumeRoleWithWebIdentity, expired an hour ago',
    expected: { kind: 'denied', code: 'ExpiredTokenException' },
    run(tour) {
      const issuedAt = Date.now() - (TOKEN_LIFETIME_SECONDS + LONG_OVER_SECONDS) * 1000
      return assume(tour, made(tour, 'throwAwayIssuer').mint(tour.names, issuedAt))
    },
  },
  {
    chapter: ATTACHED,
    title: 'Come with a token that somebody else signed',
    asked: () => 'sts:AssumeRoleWithWebIdentity, another key under the same key id',
    expected: { kind: 'denied', code: 'InvalidIdentityToken' },
    run: (tour) => assume(tour, made(tour, 'throwAwayIssuer').forge(tour.names, Date.now())),
  },
]

async function assume(tour: Tour, token: string): Promise<string> {
  const { accessKeyId } = await assumeRole(tour, token)
  return `${accessKeyId}, credentials of ${tour.names.role}`
}

async function attachOwnCluster(tour: Tour): Promise<string> {
  const { admin, connection, names } = tour
  const own = made(tour, 'providerArn')
  const issuer = await openThrowAwayIssuer(`https://${names.attachedCluster}.openirsa.internal`)
  await callOpenIrsa(connection, 'POST', '/openirsa/clusters', {
    name: names.attachedCluster,
    issuerUrl: issuer.issuerUrl,
    jwks: issuer.jwks,
  })
  tour.undo(`cluster ${names.attachedCluster}`, () =>
    callOpenIrsa(connection, 'DELETE', `/openirsa/clusters/${names.attachedCluster}`),
  )
  const providerArn = await createProvider(tour, issuer.issuerUrl)
  const trusted = [own, providerArn].map((arn) => ({ ...names, providerArn: arn }))
  await admin.iam.send(
    new UpdateAssumeRolePolicyCommand({ RoleName: names.role, PolicyDocument: trustPolicy(trusted) }),
  )
  tour.made.throwAwayIssuer = issuer
  return issuer.issuerUrl
}
