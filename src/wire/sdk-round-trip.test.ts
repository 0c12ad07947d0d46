import * as eks from '@aws-sdk/client-eks'
import * as iam from '@aws-sdk/client-iam'
import * as metering from '@aws-sdk/client-marketplace-metering'
import * as s3 from '@aws-sdk/client-s3'
import * as sts from '@aws-sdk/client-sts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ServiceProtocol } from '../aws/service-protocol.ts'
import { loadServiceModel } from './schema-adapter.ts'
import { FakeEndpoint, REQUEST_ID } from './testing/endpoint.ts'
import { EKS, IAM, METERING, S3, STS } from './testing/services.ts'
import { structureOf } from './testing/values.ts'

/**
 * The codecs against the SDK's own serializers and deserializers: each operation's command is sent with random input to a
 * handler that decodes it, and is answered with random output.
 */

const RUNS = 3
const SEED = 20261124

interface Case {
  readonly protocol: ServiceProtocol
  readonly sdk: Readonly<Record<string, unknown>>
  readonly newClient: (handler: FakeEndpoint) => Sender
}

interface Sender {
  // biome-ignore lint/suspicious/noExplicitAny: one sender for the commands of five clients
  send(command: any): Promise<any>
}

const CONFIG = {
  endpoint: 'http://127.0.0.1:4566',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
  maxAttempts: 1,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const

const CASES: readonly Case[] = [
  { protocol: IAM, sdk: iam, newClient: (requestHandler) => new iam.IAMClient({ ...CONFIG, requestHandler }) },
  { protocol: STS, sdk: sts, newClient: (requestHandler) => new sts.STSClient({ ...CONFIG, requestHandler }) },
  { protocol: EKS, sdk: eks, newClient: (requestHandler) => new eks.EKSClient({ ...CONFIG, requestHandler }) },
  {
    protocol: METERING,
    sdk: metering,
    newClient: (requestHandler) => new metering.MarketplaceMeteringClient({ ...CONFIG, requestHandler }),
  },
  {
    protocol: S3,
    sdk: s3,
    newClient: (requestHandler) => new s3.S3Client({ ...CONFIG, forcePathStyle: true, requestHandler }),
  },
]

/** An event stream; an operation of S3 Express's own endpoint. */
const NOT_CARRIED: ReadonlySet<string> = new Set(['SelectObjectContent', 'ListDirectoryBuckets'])

for (const { protocol, sdk, newClient } of CASES) {
  const model = loadServiceModel(protocol, sdk)
  const operations = [...model.operations.values()].filter(({ name }) => !NOT_CARRIED.has(name))
  describe(protocol.name, () => {
    test.each(operations.map((operation) => [operation.name, operation] as const))(
      '%s carries input and output unchanged',
      async (name, operation) => {
        const Command = sdk[`${name}Command`] as new (input: unknown) => unknown
        const inputs = fc.sample(structureOf(operation.input), { seed: SEED, numRuns: RUNS })
        const outputs = fc.sample(structureOf(operation.output), { seed: SEED + 1, numRuns: RUNS })
        for (const [index, input] of inputs.entries()) {
          const output = outputs[index] ?? {}
          const handler = new FakeEndpoint(model, () => output)
          const { $metadata, ...answer } = await newClient(handler).send(new Command(input))
          expect(handler.routed).toBe(name)
          // S3's client adds checksums and content headers of its own.
          if (protocol === S3) expect(withWholeBodies(handler.input ?? {})).toMatchObject(input)
          else expect(handler.input).toEqual(input)
          expect($metadata.requestId).toBe(REQUEST_ID)
          expect(await withBytes(answer)).toEqual(output)
        }
      },
    )
  })
}

/** Streaming payloads reach the handler as the request's body. */
function withWholeBodies(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, bytesOfBody(value)]))
}

function bytesOfBody(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'bytes' in value ? value.bytes : value
}

/** Streaming payloads reach the client as streams. */
async function withBytes(answer: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const entries = Object.entries(answer).map(async ([name, value]) => [name, await bytesOfStream(value)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

async function bytesOfStream(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null || !('transformToByteArray' in value)) return value
  return (value as { transformToByteArray(): Promise<Uint8Array> }).transformToByteArray()
}
