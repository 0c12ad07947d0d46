import { RegisterUsageCommand } from '@aws-sdk/client-marketplace-metering'
import { attachPolicy, createPolicy } from './document-steps.ts'
import { MARKETPLACE_POLICY } from './documents.ts'
import { pod } from './pod.ts'
import { verifyRegistration } from './registration-signature.ts'
import type { Step } from './step.ts'
import { made, type Tour } from './tour.ts'

const PAID_IMAGE = 'A paid container image from AWS Marketplace'
const PUBLIC_KEY_VERSION = 1

/** The document's second example policy. */
export const MARKETPLACE_STEPS: readonly Step[] = [
  {
    chapter: PAID_IMAGE,
    title: 'Register usage without the second policy',
    asked: ({ names }) => `aws-marketplace:RegisterUsage ${names.productCode}`,
    expected: { kind: 'denied', code: 'AccessDeniedException' },
    async run(tour) {
      await registerUsage(tour)
      return 'registered'
    },
  },
  {
    chapter: PAID_IMAGE,
    title: 'Create and attach the second policy',
    asked: ({ names }) => `iam:AttachRolePolicy ${names.marketplacePolicy} to ${names.role}`,
    expected: { kind: 'allowed' },
    async run(tour) {
      const arn = await createPolicy(tour, tour.names.marketplacePolicy, MARKETPLACE_POLICY)
      tour.made.marketplacePolicyArn = arn
      await attachPolicy(tour, arn)
      return arn
    },
  },
  {
    chapter: PAID_IMAGE,
    title: 'Register usage with it, and check the signature',
    asked: ({ names }) => `aws-marketplace:RegisterUsage ${names.productCode}`,
    expected: { kind: 'allowed' },
    followsChange: true,
    async run(tour) {
      made(tour, 'marketplacePolicyArn')
      const claims = verifyRegistration(await registerUsage(tour), await publishedKeys(tour))
      if (claims.productCode !== tour.names.productCode) throw new Error('the registration is of another product')
      return `signed by the published key: ${JSON.stringify(claims)}`
    },
  },
]

async function registerUsage(tour: Tour): Promise<string> {
  const { Signature = '' } = await pod(tour).metering.send(
    new RegisterUsageCommand({ ProductCode: tour.names.productCode, PublicKeyVersion: PUBLIC_KEY_VERSION }),
  )
  return Signature
}

async function publishedKeys(tour: Tour): Promise<string> {
  const response = await fetch(`${tour.connection.url}/_openirsa/marketplace/keys`)
  if (!response.ok) throw new Error(`the published keys cannot be had: status ${response.status}`)
  return response.text()
}
