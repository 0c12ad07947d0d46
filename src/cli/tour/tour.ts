import { randomBytes } from 'node:crypto'
import type { Connection } from '../connection.ts'
import { type AdminClients, openAdminClients } from './clients.ts'
import { MissingGround } from './step.ts'
import type { ThrowAwayIssuer } from './throw-away-issuer.ts'

/** What the steps of one tour share: whom they ask, what they call things, what they have made so far. */
export interface Tour {
  readonly connection: Connection
  readonly admin: AdminClients
  readonly names: TourNames
  readonly made: Made
  /** Remembers how something that was made is removed. */
  undo(what: string, remove: () => Promise<unknown>): void
  /** Takes the removals, the last made first. */
  takeUndos(): readonly Undo[]
}

export interface Undo {
  readonly what: string
  remove(): Promise<unknown>
}

/** The names of AWS's document with a suffix, so that a second tour on the same server meets nothing of the first. */
export interface TourNames {
  readonly cluster: string
  readonly attachedCluster: string
  readonly bucket: string
  readonly otherBucket: string
  readonly key: string
  readonly policy: string
  readonly marketplacePolicy: string
  readonly role: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly productCode: string
}

/** What steps make for the steps after them. */
export interface Made {
  accountId?: string
  issuerUrl?: string
  providerArn?: string
  policyArn?: string
  marketplacePolicyArn?: string
  roleArn?: string
  token?: string
  podCredentials?: PodCredentials
  throwAwayIssuer?: ThrowAwayIssuer
}

export interface PodCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

export function openTour(connection: Connection): Tour {
  const undos: Undo[] = []
  return {
    connection,
    admin: openAdminClients(connection),
    names: tourNames(randomBytes(3).toString('hex')),
    made: {},
    undo: (what, remove) => undos.push({ what, remove }),
    takeUndos: () => undos.splice(0).reverse(),
  }
}

export function tourNames(suffix: string): TourNames {
  return {
    cluster: `my-cluster-${suffix}`,
    attachedCluster: `my-other-cluster-${suffix}`,
    bucket: `my-pod-secrets-bucket-${suffix}`,
    otherBucket: `my-other-bucket-${suffix}`,
    key: 'config.json',
    policy: `my-iam-policy-${suffix}`,
    marketplacePolicy: `my-marketplace-policy-${suffix}`,
    role: `my-iam-role-${suffix}`,
    namespace: 'my-namespace',
    serviceAccount: 'my-service-account',
    productCode: `my-product-${suffix}`,
  }
}

/** @throws MissingGround where the step that makes it did not */
export function made<Name extends keyof Made>(tour: Tour, name: Name): NonNullable<Made[Name]> {
  const value = tour.made[name]
  if (value === undefined) throw new MissingGround(`an earlier step did not bring its ${GROUND[name]}`)
  return value
}

const GROUND: Readonly<Record<keyof Made, string>> = {
  accountId: 'account',
  issuerUrl: 'issuer',
  providerArn: 'provider',
  policyArn: 'policy',
  marketplacePolicyArn: 'policy',
  roleArn: 'role',
  token: 'token',
  podCredentials: 'credentials',
  throwAwayIssuer: 'cluster',
}
