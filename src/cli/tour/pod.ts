import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { callOpenIrsa } from '../connection.ts'
import { openPodClients, type PodClients } from './clients.ts'
import { made, type PodCredentials, type Tour } from './tour.ts'

interface TokenRequest {
  readonly namespace?: string
  readonly audiences?: readonly string[]
}

/** Asks the cluster's issuer for a token of the tour's service account. */
export async function mintToken(tour: Tour, { namespace, audiences }: TokenRequest = {}): Promise<MintedToken> {
  made(tour, 'issuerUrl')
  const { names, connection } = tour
  return callOpenIrsa<MintedToken>(connection, 'POST', `/openirsa/clusters/${names.cluster}/tokens`, {
    namespace: namespace ?? names.namespace,
    serviceAccount: names.serviceAccount,
    ...(audiences === undefined ? {} : { audiences }),
  })
}

export interface MintedToken {
  readonly token: string
  /** Seconds since the epoch. */
  readonly expiration: number
  readonly subject: string
}

/** Exchanges a token for credentials, as the SDK of a pod does: unsigned. */
export async function assumeRole(tour: Tour, token: string): Promise<PodCredentials & { readonly expiration: Date }> {
  const sts = new STSClient({ endpoint: tour.connection.url, region: tour.connection.region })
  const { Credentials } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: made(tour, 'roleArn'),
      RoleSessionName: 'tour',
      WebIdentityToken: token,
    }),
  )
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) throw new Error('the answer has no credentials')
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: Expiration,
  }
}

/** Clients with the pod's credentials. */
export function pod(tour: Tour): PodClients {
  return openPodClients(tour.connection, made(tour, 'podCredentials'))
}
