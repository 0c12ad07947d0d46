import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { MarketplaceMeteringClient } from '@aws-sdk/client-marketplace-metering'
import { S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import type { Connection } from '../connection.ts'
import type { PodCredentials } from './tour.ts'

export interface AdminClients {
  readonly eks: EKSClient
  readonly iam: IAMClient
  readonly s3: S3Client
  readonly sts: STSClient
}

export interface PodClients {
  readonly iam: IAMClient
  readonly metering: MarketplaceMeteringClient
  readonly s3: S3Client
  readonly sts: STSClient
}

/** Clients with the key of the connection: who sets things up. */
export function openAdminClients(connection: Connection): AdminClients {
  const { accessKeyId, secretAccessKey, sessionToken } = connection
  const options = clientOptions(connection, {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  })
  return {
    eks: new EKSClient(options),
    iam: new IAMClient(options),
    s3: new S3Client(options),
    sts: new STSClient(options),
  }
}

/** Clients with the credentials that the pod got for its token. */
export function openPodClients(connection: Connection, credentials: PodCredentials): PodClients {
  const options = clientOptions(connection, credentials)
  return {
    iam: new IAMClient(options),
    metering: new MarketplaceMeteringClient(options),
    s3: new S3Client(options),
    sts: new STSClient(options),
  }
}

/** Path style, because `<bucket>.127.0.0.1` is no name. */
function clientOptions({ url, region }: Connection, credentials: Partial<PodCredentials> & Key) {
  return { endpoint: url, region, credentials, forcePathStyle: true }
}

type Key = Pick<PodCredentials, 'accessKeyId' | 'secretAccessKey'>
