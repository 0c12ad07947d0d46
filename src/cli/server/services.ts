import path from 'node:path'
import type { DenialRecords } from '../../access/denials/denial-records.ts'
import type { ManagedPolicyCatalog } from '../../access/policies/managed-policy-catalog.ts'
import type { PrincipalPolicySource } from '../../access/policies/principal-policies.ts'
import type { BucketRecords } from '../../access/records/bucket-records.ts'
import { openIssuerRecords } from '../../access/records/issuer-records.ts'
import type { RoleRecords } from '../../access/records/role-records.ts'
import type { Service } from '../../access/service.ts'
import { discoveryDocument } from '../../oidc/hosted-issuer.ts'
import { fetchIssuerThumbprint, fetchKeySet } from '../../oidc/issuer-fetch.ts'
import { storedIssuerUrl } from '../../oidc/issuer-url.ts'
import { createKeySource } from '../../oidc/key-source.ts'
import { VerifiedTokens } from '../../oidc/verified-tokens.ts'
import { verifyWebIdentityToken } from '../../oidc/verify.ts'
import type { BoundToCall } from '../../server/pipeline.ts'
import type { SiteParts } from '../../server/site.ts'
import type { AccessAnalyzerDependencies } from '../../services/access-analyzer/dependencies.ts'
import { ACCESS_ANALYZER } from '../../services/access-analyzer/service.ts'
import type { EksDependencies } from '../../services/eks/dependencies.ts'
import { EKS } from '../../services/eks/service.ts'
import type { IamDependencies } from '../../services/iam/dependencies.ts'
import { DEFAULT_QUOTAS } from '../../services/iam/quotas.ts'
import { IAM } from '../../services/iam/service.ts'
import type { IamToolboxDependencies } from '../../services/iam-toolbox/dependencies.ts'
import { IAM_TOOLBOX } from '../../services/iam-toolbox/service.ts'
import type { MarketplaceMeteringDependencies } from '../../services/marketplace-metering/dependencies.ts'
import { publishedRegistrationKeys } from '../../services/marketplace-metering/registration-key.ts'
import { MARKETPLACE_METERING } from '../../services/marketplace-metering/service.ts'
import type { OpenIrsaDependencies } from '../../services/openirsa/dependencies.ts'
import { OPENIRSA } from '../../services/openirsa/service.ts'
import { BlobFolder } from '../../services/s3/blob-folder.ts'
import type { S3Dependencies } from '../../services/s3/dependencies.ts'
import { EmbeddedObjectStore } from '../../services/s3/embedded-object-store.ts'
import { collectOrphanedBlobs } from '../../services/s3/orphaned-blobs.ts'
import { S3 } from '../../services/s3/service.ts'
import type { StsDependencies } from '../../services/sts/dependencies.ts'
import { STS } from '../../services/sts/service.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import type { Store } from '../../store/store.ts'
import { loadServiceAuthorization } from '../built-data.ts'
import { readSettingFile } from '../settings/setting-file.ts'
import type { Settings } from '../settings/settings.ts'
import { DATA_FILES } from './data-folder.ts'

/** What the handlers of all services need. */
export type Dependencies = AccessAnalyzerDependencies &
  EksDependencies &
  IamDependencies &
  IamToolboxDependencies &
  MarketplaceMeteringDependencies &
  OpenIrsaDependencies &
  S3Dependencies &
  StsDependencies

export interface ServiceParts {
  readonly settings: Settings
  readonly store: Store
  readonly keyRing: KeyRing
  readonly catalog: ManagedPolicyCatalog
  readonly policies: PrincipalPolicySource
  readonly roles: RoleRecords
  readonly buckets: BucketRecords
  readonly denials: DenialRecords
  readonly clock: () => number
}

export interface OpenedServices {
  readonly services: readonly Service<Dependencies>[]
  readonly dependencies: (bound: BoundToCall) => Dependencies
  readonly site: Pick<SiteParts, 'issuerDocument' | 'marketplaceKeys'>
  /** Deletes the files of the embedded object store that nothing names any more. */
  readonly collectOrphans: () => Promise<unknown>
}

/** All services, and what their handlers need. */
export async function openServices(parts: ServiceParts): Promise<OpenedServices> {
  const { settings, store, keyRing, catalog, policies, roles, buckets, denials } = parts
  const { reads, changes } = store
  const issuers = openIssuerRecords({ reads, changes })
  const fetchOptions = issuerFetchOptions(settings)
  const keys = createKeySource({
    findIssuer: issuers.findIssuer,
    fetchKeySet: (provider) => fetchKeySet(provider, fetchOptions),
  })
  const verified = new VerifiedTokens()
  const blobs = await BlobFolder.open(path.join(settings.dataDir, DATA_FILES.objects))
  const common = {
    keyRing,
    issuers,
    keys,
    policies,
    roles,
    buckets,
    denials,
    managedPolicies: catalog,
    serviceAuthorization: loadServiceAuthorization(),
    quotas: quotasOf(settings),
    isDev: settings.dev,
    publicUrl: settings.publicUrl,
    // Products are not declared here: every well-formed product code is sold to every account.
    catalog: { kind: 'open' } as const,
    fetchThumbprint: (url: string) => fetchIssuerThumbprint(url, fetchOptions),
    verifyWebIdentity: (token: string, accountId: string, now: number) =>
      verifyWebIdentityToken(token, {
        findProvider: (issuerUrl) => issuers.findProvider(accountId, storedIssuerUrl(issuerUrl)),
        keys,
        now,
        verified,
      }),
  }
  return {
    services: [ACCESS_ANALYZER, EKS, IAM, IAM_TOOLBOX, MARKETPLACE_METERING, OPENIRSA, S3, STS],
    dependencies: (bound) => ({ ...common, ...bound, objects: new EmbeddedObjectStore(blobs, bound.store) }),
    collectOrphans: () => collectOrphanedBlobs(blobs, reads, parts.clock()),
    site: {
      issuerDocument: async (hostedId, document) => {
        const issuer = await issuers.findHostedIssuer(hostedId)
        if (issuer === undefined) return undefined
        return document === 'keys' ? issuer.jwks : JSON.stringify(discoveryDocument(issuer.issuerUrl))
      },
      marketplaceKeys: async () => JSON.stringify(await publishedRegistrationKeys({ store, keyRing }, parts.clock())),
    },
  }
}

/** Entities are limited by the machine, not by a number, unless the operator says so; documents are limited as in AWS. */
const UNLIMITED = {
  RolesPerAccount: Number.POSITIVE_INFINITY,
  UsersPerAccount: Number.POSITIVE_INFINITY,
  PoliciesPerAccount: Number.POSITIVE_INFINITY,
  OpenIdConnectProvidersPerAccount: Number.POSITIVE_INFINITY,
}

function quotasOf(settings: Settings) {
  return { ...DEFAULT_QUOTAS, ...UNLIMITED, ...settings.quotas }
}

function issuerFetchOptions({ dev, allowPrivateIssuers, issuerCaFile }: Settings) {
  return {
    addresses: { allowedNetworks: allowPrivateIssuers, allowsLoopback: dev },
    allowsHttpLoopback: dev,
    extraCertificates: issuerCaFile === undefined ? [] : [readSettingFile('--issuer-ca-file', issuerCaFile)],
  }
}
