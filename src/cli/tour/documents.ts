/** The first example policy of the document: read-only access to the objects of one bucket. */
export function readPolicy(bucket: string): string {
  return policy([{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${bucket}/*`] }])
}

/** The second example policy of the document: a paid container image from AWS Marketplace. */
export const MARKETPLACE_POLICY = policy([
  { Action: ['aws-marketplace:RegisterUsage'], Effect: 'Allow', Resource: '*' },
])

export interface Trusted {
  readonly providerArn: string
  readonly namespace: string
  readonly serviceAccount: string
}

/** The document's trust relationship, a statement for each cluster. */
export function trustPolicy(trusted: readonly Trusted[]): string {
  return policy(
    trusted.map(({ providerArn, namespace, serviceAccount }) => {
      const issuer = providerArn.slice(providerArn.indexOf('/') + 1)
      return {
        Effect: 'Allow',
        Principal: { Federated: providerArn },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: 'sts.amazonaws.com',
            [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
          },
        },
      }
    }),
  )
}

function policy(statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2)
}
