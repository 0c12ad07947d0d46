import type { Service } from '../../access/service.ts'
import { attachCluster, detachCluster } from './attach-cluster.ts'
import { listClusters } from './cluster.ts'
import { getClusterKeys, updateClusterKeys } from './cluster-keys.ts'
import { OPENIRSA_CONSTRAINTS } from './constraints.ts'
import { createRegistrationToken } from './create-registration-token.ts'
import { createServiceAccountToken } from './create-service-account-token.ts'
import type { OpenIrsaDependencies } from './dependencies.ts'
import { getAuthorizationExplanation } from './explanation/get-authorization-explanation.ts'
import { rotateClusterKey } from './rotate-cluster-key.ts'

/** Our own service: what AWS has no API for. */
export const OPENIRSA: Service<OpenIrsaDependencies> = {
  protocol: { name: 'openirsa', protocol: 'rest-json', apiVersion: '2026-09-01', signingNames: ['openirsa'] },
  loadSchemas: () => import('./schemas.ts'),
  constraints: OPENIRSA_CONSTRAINTS,
  operations: [
    attachCluster,
    createRegistrationToken,
    createServiceAccountToken,
    detachCluster,
    getAuthorizationExplanation,
    getClusterKeys,
    listClusters,
    rotateClusterKey,
    updateClusterKeys,
  ],
}
