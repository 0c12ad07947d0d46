import { randomBytes } from 'node:crypto'
import type { AuthorizedCall } from '../../../access/authorized-call.ts'
import type { Operation } from '../../../access/operation.ts'
import type { Caller } from '../../../aws/caller.ts'
import { openKeyRing } from '../../../store/key-ring.ts'
import { openSqliteStore } from '../../../store/sqlite.ts'
import type { Store } from '../../../store/store.ts'
import type { MarketplaceMeteringDependencies } from '../dependencies.ts'

export const SELLER = '111122223333'
export const BUYER = '444455556666'
export const NOW = Date.UTC(2026, 5, 1, 12, 30)
export const HOUR_MS = 3_600_000

export interface TestingMetering extends MarketplaceMeteringDependencies, AsyncDisposable {
  readonly store: Store
}

/** The dependencies of the service over an SQLite store of their own, with the two accounts. */
export async function openTestingMetering(
  catalog: MarketplaceMeteringDependencies['catalog'] = { kind: 'open' },
): Promise<TestingMetering> {
  const store = await openSqliteStore({ path: ':memory:', clock: () => NOW })
  const keyRing = await openKeyRing(store, randomBytes(32), () => NOW)
  await store.write(async (writes) => {
    await writes
      .insertInto('accounts')
      .values([SELLER, BUYER].map((account_id) => ({ account_id, created_at: NOW })))
      .execute()
  })
  return { store, keyRing, catalog, [Symbol.asyncDispose]: () => store.close() }
}

/** Calls an operation as the pipeline would after authorization. */
export function call<Input, Output>(
  operation: Operation<Input, Output, MarketplaceMeteringDependencies>,
  dependencies: MarketplaceMeteringDependencies,
  input: Input,
  options: { readonly now?: number; readonly accountId?: string; readonly sessionName?: string } = {},
): Promise<Output> {
  const { now = NOW, accountId = SELLER, sessionName = 'pod-1' } = options
  const authorized: Omit<AuthorizedCall<Input>, symbol> = {
    caller: roleSession(accountId, sessionName),
    accountId,
    region: 'us-east-1',
    input,
    requestId: 'request-1',
    now,
    source: { address: '127.0.0.1', userAgent: undefined, isSecure: false },
  }
  return operation.handle(authorized as AuthorizedCall<Input>, dependencies)
}

function roleSession(accountId: string, sessionName: string): Caller {
  const roleId = 'AROAEXAMPLEEXAMPLEEXA'
  return {
    kind: 'assumed-role',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/my-role/${sessionName}`,
    userId: `${roleId}:${sessionName}`,
    accessKeyId: 'ASIAEXAMPLE',
    roleName: 'my-role',
    roleArn: `arn:aws:iam::${accountId}:role/my-role`,
    roleId,
    sessionName,
    session: {
      issuedAt: NOW,
      expiresAt: NOW + HOUR_MS,
      policies: [],
      tags: [],
      sourceIdentity: undefined,
      federatedProvider: undefined,
      federatedContext: {},
      isChained: false,
    },
  }
}
