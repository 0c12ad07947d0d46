import { BUDGETS } from '../budgets.ts'
import type { Laboratory } from '../measure.ts'
import { type Credentials, queryRequest } from '../requests.ts'
import type { CaseResult, LoadRow } from '../result.ts'
import { ADMIN, withServer } from '../server.ts'
import { prepareServiceAccount, ROLE_NAME } from '../service-account.ts'
import { measureOverFloor } from './case.ts'

const FLOOR = { budget: BUDGETS.signedReadRatio }

/** A signed call that policies decide and the database answers: by a user's key, and by a pod's session. */
export async function getRole(laboratory: Laboratory): Promise<CaseResult> {
  const byUser = await measureGetRole('GetRole by a user', async () => ADMIN, laboratory)
  const bySession = await measureGetRole('GetRole by a session', (pod) => pod.assumeRole(), laboratory)
  return { loads: [...byUser, ...bySession], figures: [] }
}

type Pod = Awaited<ReturnType<typeof prepareServiceAccount>>

function measureGetRole(
  name: string,
  credentialsOf: (pod: Pod) => Promise<Credentials>,
  laboratory: Laboratory,
): Promise<LoadRow[]> {
  return withServer(laboratory, {}, async (server) => {
    const credentials = await credentialsOf(await prepareServiceAccount(server.port))
    const request = queryRequest(server.port, credentials, 'iam', 'GetRole', { RoleName: ROLE_NAME })
    return measureOverFloor({ name, server, request }, FLOOR, laboratory)
  })
}
