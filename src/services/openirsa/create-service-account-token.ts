import { clusterArn, clusterTagKeys } from '../../access/records/cluster-records.ts'
import { openSigningKey } from '../../access/records/issuer-records.ts'
import { assert } from '../../aws/assert.ts'
import { mintServiceAccountToken, readSigningKey, STS_AUDIENCE } from '../../oidc/hosted-issuer.ts'
import { getClusterRow } from './cluster.ts'
import type { OpenIrsaOperation } from './dependencies.ts'
import { invalidRequest } from './errors.ts'
import type { CreateServiceAccountTokenRequest, CreateServiceAccountTokenResponse } from './messages.ts'

/** kube-apiserver's default for `kubectl create token`. */
const DURATION_SECONDS_DEFAULT = 3600

/**
 * Mints a token for a service account of a cluster that was created here, as the cluster's API server would. Who may call
 * it is that service account: policies can say which by `openirsa:Namespace`, `openirsa:ServiceAccount`, `openirsa:Audience`.
 */
export const createServiceAccountToken: OpenIrsaOperation<
  CreateServiceAccountTokenRequest,
  CreateServiceAccountTokenResponse
> = {
  name: 'CreateServiceAccountToken',
  requires: {
    kind: 'allowed',
    async requirements(input, context) {
      const arn = clusterArn(context, input.clusterName)
      return [
        {
          action: 'openirsa:CreateServiceAccountToken',
          resource: arn,
          context: {
            ...(await clusterTagKeys(context.reads, arn)),
            'openirsa:Namespace': input.namespace,
            'openirsa:ServiceAccount': input.serviceAccount,
            'openirsa:Audience': audiencesOf(input),
          },
        },
      ]
    },
  },
  async handle(call, { store: { reads }, keyRing }) {
    const { input, now } = call
    const row = await getClusterRow(reads, call, input.clusterName)
    if (row.kind !== 'created') {
      throw invalidRequest(
        `The issuer of cluster ${input.clusterName} is not hosted here: ask its own API server (kubectl create token).`,
      )
    }
    const key = await openSigningKey(reads, keyRing, row.issuer_url)
    assert(key !== undefined, 'a hosted issuer has a signing key that the key ring opens')
    const audiences = audiencesOf(input)
    const minted = mintServiceAccountToken({
      issuerUrl: row.issuer_url,
      key: readSigningKey(key.keyId, key.privateKeyPem),
      namespace: input.namespace,
      serviceAccount: input.serviceAccount,
      audiences,
      durationSeconds: input.durationSeconds ?? DURATION_SECONDS_DEFAULT,
      now,
    })
    return {
      token: minted.token,
      expiration: new Date(minted.expiresAt),
      subject: minted.subject,
      issuerUrl: row.issuer_url,
      audiences,
    }
  },
}

function audiencesOf({ audiences }: CreateServiceAccountTokenRequest): readonly string[] {
  return audiences ?? [STS_AUDIENCE]
}
