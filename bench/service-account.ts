import { createPublicKey } from 'node:crypto'
import {
  generateSigningKey,
  jwksDocument,
  mintServiceAccountToken,
  readSigningKey,
  STS_AUDIENCE,
} from '../src/oidc/hosted-issuer.ts'
import { type Credentials, queryRequest, requestBytes } from './requests.ts'
import { ADMIN, askOnce } from './server.ts'

const ACCOUNT_ID = '111122223333'
const ISSUER_HOST = 'oidc.bench.example.com/id/0123456789ABCDEF0123456789ABCDEF'
const NAMESPACE = 'my-namespace'
const SERVICE_ACCOUNT = 'my-service-account'
/** No server is asked for this issuer's keys, so that its thumbprint is never compared with anything. */
const THUMBPRINT = '0'.repeat(40)

export const ROLE_NAME = 'my-iam-role'
const ROLE_ARN = `arn:aws:iam::${ACCOUNT_ID}:role/${ROLE_NAME}`
const POLICY_ARN = `arn:aws:iam::${ACCOUNT_ID}:policy/my-iam-policy`
export const BUCKET_NAME = 'my-pod-secrets-bucket'

/** What the role may do: one statement, as in AWS's document, with what the benchmark asks of it. */
const POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 'iam:GetRole'],
      Resource: [`arn:aws:s3:::${BUCKET_NAME}/*`, `arn:aws:iam::${ACCOUNT_ID}:role/*`],
    },
  ],
}

export const TRUST_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT_ID}:oidc-provider/${ISSUER_HOST}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          [`${ISSUER_HOST}:aud`]: STS_AUDIENCE,
          [`${ISSUER_HOST}:sub`]: `system:serviceaccount:${NAMESPACE}:${SERVICE_ACCOUNT}`,
        },
      },
    },
  ],
}

/** A service account of a cluster that is known by its uploaded keys, with a role that trusts it. */
export interface ServiceAccount {
  readonly publicKeyPem: string
  /** A new token, signed by the cluster, good for an hour. */
  mintToken(): string
  assumeRoleRequest(token: string): Buffer
  assumeRole(): Promise<Credentials>
}

/** Does AWS's document at a fresh server: cluster, provider, policy, role; a bucket comes with it. */
export async function prepareServiceAccount(port: number): Promise<ServiceAccount> {
  const key = await generateSigningKey()
  const issuerUrl = `https://${ISSUER_HOST}`
  await attachCluster(port, issuerUrl, jwksDocument([JSON.stringify(key.publicJwk)]))
  const iam = (action: string, parameters: Record<string, string>) =>
    askOnce(port, queryRequest(port, ADMIN, 'iam', action, parameters))
  await iam('CreateOpenIDConnectProvider', {
    Url: issuerUrl,
    'ClientIDList.member.1': STS_AUDIENCE,
    'ThumbprintList.member.1': THUMBPRINT,
  })
  await iam('CreatePolicy', { PolicyName: 'my-iam-policy', PolicyDocument: JSON.stringify(POLICY) })
  await iam('CreateRole', { RoleName: ROLE_NAME, AssumeRolePolicyDocument: JSON.stringify(TRUST_POLICY) })
  await iam('AttachRolePolicy', { RoleName: ROLE_NAME, PolicyArn: POLICY_ARN })
  await askOnce(port, objectRequest(port, ADMIN, 'PUT', '', new Uint8Array()))
  const signingKey = readSigningKey(key.keyId, key.privateKeyPem)
  const mintToken = () =>
    mintServiceAccountToken({
      issuerUrl,
      key: signingKey,
      namespace: NAMESPACE,
      serviceAccount: SERVICE_ACCOUNT,
      audiences: [STS_AUDIENCE],
      durationSeconds: 3600,
      now: Date.now(),
    }).token
  const assumeRoleRequest = (token: string) =>
    queryRequest(port, undefined, 'sts', 'AssumeRoleWithWebIdentity', {
      RoleArn: ROLE_ARN,
      RoleSessionName: 'my-pod-6c7f8b9d5-x2x4z',
      WebIdentityToken: token,
    })
  return {
    publicKeyPem: createPublicKey(signingKey.privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    mintToken,
    assumeRoleRequest,
    assumeRole: async () =>
      readCredentials((await askOnce(port, assumeRoleRequest(mintToken()))).body.toString('utf8')),
  }
}

/** @param key  empty for the bucket itself */
export function objectRequest(
  port: number,
  signer: Credentials,
  method: 'GET' | 'PUT',
  key: string,
  body: Uint8Array,
): Buffer {
  const path = key === '' ? `/${BUCKET_NAME}` : `/${BUCKET_NAME}/${key}`
  return requestBytes(port, signer, { service: 's3', method, path, contentType: undefined, body })
}

async function attachCluster(port: number, issuerUrl: string, jwks: string): Promise<void> {
  const body = Buffer.from(JSON.stringify({ name: 'bench', issuerUrl, jwks }))
  await askOnce(
    port,
    requestBytes(port, ADMIN, {
      service: 'openirsa',
      method: 'POST',
      path: '/openirsa/clusters',
      contentType: 'application/json',
      body,
    }),
  )
}

function readCredentials(xml: string): Credentials {
  const element = (name: string) => {
    const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]
    if (text === undefined) throw new Error(`The answer has no ${name}`)
    return text
  }
  return {
    accessKeyId: element('AccessKeyId'),
    secretAccessKey: element('SecretAccessKey'),
    sessionToken: element('SessionToken'),
  }
}
