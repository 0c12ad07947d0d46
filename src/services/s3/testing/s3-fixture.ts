import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AuthorizedCall } from '../../../access/authorized-call.ts'
import type { Operation, Requirement } from '../../../access/operation.ts'
import { openBucketRecords } from '../../../access/records/bucket-records.ts'
import { openRoleRecords } from '../../../access/records/role-records.ts'
import type { Caller } from '../../../aws/caller.ts'
import { openSqliteStore } from '../../../store/sqlite.ts'
import { BlobFolder } from '../blob-folder.ts'
import type { S3Dependencies } from '../dependencies.ts'
import { EmbeddedObjectStore } from '../embedded-object-store.ts'

export const ACCOUNT = '111122223333'
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

const REGION = 'us-east-1'

export interface TestService {
  readonly dependencies: S3Dependencies
  readonly blobs: BlobFolder
  readonly folder: string
  /** Runs a handler as it is after authorization. */
  call<Input, Output>(
    operation: Operation<Input, Output, S3Dependencies>,
    input: Input,
    as?: Partial<CallFacts>,
  ): Promise<Output>
  /** What an operation requires of its caller. */
  requirements<Input>(
    operation: Operation<Input, unknown, S3Dependencies>,
    input: Input,
    as?: Partial<CallFacts>,
  ): Promise<readonly Requirement[]>
  /** All files below the folder of blobs. */
  files(): Promise<readonly string[]>
}

interface CallFacts {
  readonly caller: Caller
  readonly region: string
  readonly now: number
  isAllowed(requirement: Requirement): boolean | Promise<boolean>
}

/** S3's handlers on a real SQLite store and a folder of the test's own, both gone when the test ends. */
export async function openTestService(): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), 'openirsa-s3-'))
  const store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  onTestFinished(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })
  const blobs = await BlobFolder.open(folder)
  const objects = new EmbeddedObjectStore(blobs, store)
  const buckets = openBucketRecords(store)
  const roles = openRoleRecords(store)
  const dependencies: S3Dependencies = { store, buckets, objects, isAllowed: async () => true }
  return {
    dependencies,
    blobs,
    folder,
    call(operation, input, as = {}) {
      const { isAllowed = () => true, ...facts } = as
      const bound = { ...dependencies, isAllowed: async (requirement: Requirement) => isAllowed(requirement) }
      return operation.handle(authorizedCall(input, facts), bound)
    },
    async requirements(operation, input, { caller = userOf(ACCOUNT) } = {}) {
      if (operation.requires.kind !== 'allowed') throw new Error(`${operation.name} has no requirements`)
      const context = { caller, accountId: accountOf(caller), region: REGION, reads: store.reads, roles, buckets }
      return operation.requires.requirements(input, context)
    },
    async files() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    },
  }
}

export function userOf(accountId: string): Caller {
  return {
    kind: 'user',
    accountId,
    arn: `arn:aws:iam::${accountId}:user/somebody`,
    userId: 'AIDAAAAAAAAAAAAAAAAAA',
    uniqueId: 'AIDAAAAAAAAAAAAAAAAAA',
    userName: 'somebody',
    accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
    session: undefined,
  }
}

export function rootOf(accountId: string): Caller {
  return {
    kind: 'root',
    accountId,
    arn: `arn:aws:iam::${accountId}:root`,
    userId: accountId,
    accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
    session: undefined,
  }
}

/** A body as the wire layer hands it over. */
export function streamOf(...chunks: readonly (string | Uint8Array)[]) {
  async function* stream() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
  return { kind: 'stream', stream: stream() } as const
}

export async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Resolves with the code of the AwsError that a promise is refused with. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('not refused'),
    (reason: unknown) => reason,
  )
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

function authorizedCall<Input>(
  input: Input,
  { caller = userOf(ACCOUNT), region = REGION, now = NOW }: Partial<CallFacts>,
) {
  const call = {
    caller,
    accountId: accountOf(caller),
    region,
    input,
    requestId: 'request',
    now,
    source: { address: '127.0.0.1', userAgent: undefined, isSecure: false },
  }
  return call as unknown as AuthorizedCall<Input>
}

function accountOf(caller: Caller): string {
  return caller.kind === 'anonymous' ? ACCOUNT : caller.accountId
}
