import { matching, type ServiceConstraints } from '../../aws/constraints.ts'
import { TOKEN_SECONDS_MAX, TOKEN_SECONDS_MIN } from '../../oidc/hosted-issuer.ts'

/** As EKS's. */
const CLUSTER_NAME = { min: 1, max: 100, ...matching('^[0-9A-Za-z][A-Za-z0-9\\-_]*') }
/** Kubernetes: names of namespaces are DNS labels (RFC 1123), those of service accounts DNS subdomains. */
const DNS_LABEL = { min: 1, max: 63, ...matching('[a-z0-9]([a-z0-9-]*[a-z0-9])?') }
const DNS_SUBDOMAIN = { min: 1, max: 253, ...matching('[a-z0-9]([a-z0-9.-]*[a-z0-9])?') }
/** Characters; a JWKS with a hundred RSA-2048 keys and certificates has some 200,000. Own limit. */
const JWKS = { min: 1, max: 262_144 }

export const OPENIRSA_CONSTRAINTS: ServiceConstraints = {
  error: { code: 'InvalidParameterException', status: 400 },
  showsValue: false,
  table: {
    name: CLUSTER_NAME,
    clusterName: CLUSTER_NAME,
    namespace: DNS_LABEL,
    serviceAccount: DNS_SUBDOMAIN,
    /** As IAM's client ids: at most 255 characters; how many is ours. */
    audiences: { min: 1, max: 10, member: { min: 1, max: 255 } },
    durationSeconds: { min: TOKEN_SECONDS_MIN, max: TOKEN_SECONDS_MAX },
    /** As IAM's provider URL. */
    issuerUrl: { min: 1, max: 255 },
    jwks: JWKS,
    endpoint: { min: 1, max: 255, ...matching('https://[A-Za-z0-9.:\\[\\]-]+(/[\\x21-\\x7e]*)?') },
    certificateAuthorityData: { min: 1, max: 65_536, ...matching('[A-Za-z0-9+/]+={0,2}') },
    version: { min: 1, max: 20, ...matching('[0-9A-Za-z.+-]+') },
    step: { enum: ['PUBLISH', 'SIGN', 'REMOVE'] },
    maxResults: { min: 1, max: 100 },
    nextToken: { min: 1, max: 1024 },
    /** As Marketplace Metering's. */
    productCode: { min: 1, max: 255, ...matching('[-a-zA-Z0-9/=:_.@]*') },
    /** As IAM Toolbox's; `last` means the newest denial. */
    authorizationId: { min: 1, max: 256, ...matching('[0-9a-z]+') },
    sellerAccountId: matching('[0-9]{12}'),
    tags: { max: 50, key: { min: 1, max: 128 }, value: { max: 256 } },
  },
}
