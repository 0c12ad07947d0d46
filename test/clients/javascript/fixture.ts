import { randomBytes } from 'node:crypto'
import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { MarketplaceMeteringClient } from '@aws-sdk/client-marketplace-metering'
import { S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import { ADMIN } from '../../support/server.ts'

export const ACCOUNT = '111122223333'

interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** What a client of the SDK is told: where, and who. */
export function settings(endpoint: string, credentials: Key | (() => Promise<Key>) = ADMIN) {
  return { endpoint, region: 'us-east-1', credentials }
}

export function clients(endpoint: string, credentials?: Key | (() => Promise<Key>)) {
  const given = settings(endpoint, credentials)
  return {
    iam: new IAMClient(given),
    sts: new STSClient(given),
    eks: new EKSClient(given),
    s3: new S3Client(given),
    metering: new MarketplaceMeteringClient(given),
  }
}

export type Clients = ReturnType<typeof clients>

/** A name that no other test uses. */
export function unique(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`
}

export function allow(Action: string | readonly string[], Resource: string): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] })
}

/** What an SDK call throws, or a failure where it does not. */
export async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error
  }
  throw new Error('The call was not refused.')
}

/** All pages of a paginator. */
export async function collect<Page>(pages: AsyncIterable<Page>): Promise<Page[]> {
  const collected: Page[] = []
  for await (const page of pages) collected.push(page)
  return collected
}
