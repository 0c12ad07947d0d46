import { each, type RequestSource, runLoad } from './load.ts'
import { queryRequest } from './requests.ts'
import { ADMIN } from './server.ts'
import { TRUST_POLICY } from './service-account.ts'

/** Requests that create roles `<prefix>-0`, `<prefix>-1` and so on, signed before the clock runs. */
export function createRoleRequests(port: number, prefix: string, count: number): RequestSource {
  const requests = Array.from({ length: count }, (_, index) => createRoleRequest(port, `${prefix}-${index}`))
  return each(requests.values())
}

export function createRoleRequest(port: number, roleName: string): Buffer {
  return queryRequest(port, ADMIN, 'iam', 'CreateRole', {
    RoleName: roleName,
    AssumeRolePolicyDocument: JSON.stringify(TRUST_POLICY),
  })
}

const SEED_CONNECTIONS = 32
const SEED_MS_MAX = 60_000

/** Creates that many roles, however long it takes (up to a minute). */
export async function seedRoles(port: number, count: number): Promise<void> {
  const { requests } = await runLoad({
    port,
    connections: SEED_CONNECTIONS,
    requests: createRoleRequests(port, 'seeded', count),
    durationMs: SEED_MS_MAX,
  })
  if (requests < count) throw new Error(`Only ${requests} of ${count} roles were created in time`)
}
