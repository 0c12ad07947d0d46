import type { Service } from '../../access/service.ts'
import { assumeRole } from './assume-role.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { decodeAuthorizationMessage } from './authorization-message.ts'
import { getAccessKeyInfo, getCallerIdentity } from './caller-identity.ts'
import { STS_CONSTRAINTS } from './constraints.ts'
import type { StsDependencies } from './dependencies.ts'
import { getSessionToken } from './get-session-token.ts'

/** AWS Security Token Service. */
export const STS: Service<StsDependencies> = {
  protocol: {
    name: 'sts',
    protocol: 'query',
    apiVersion: '2011-06-15',
    signingNames: ['sts'],
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  },
  loadSchemas: () => import('@aws-sdk/client-sts'),
  constraints: STS_CONSTRAINTS,
  operations: [
    assumeRole,
    assumeRoleWithWebIdentity,
    decodeAuthorizationMessage,
    getAccessKeyInfo,
    getCallerIdentity,
    getSessionToken,
  ],
}
