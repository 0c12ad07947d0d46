import { BUDGETS } from '../budgets.ts'
import { each, type RequestSource } from '../load.ts'
import type { Laboratory } from '../measure.ts'
import type { CaseResult } from '../result.ts'
import { withServer } from '../server.ts'
import { prepareServiceAccount, type ServiceAccount } from '../service-account.ts'
import { measureOverFloor } from './case.ts'

/** What the pods of a fleet do: each shows its own token again and again, until it gets a new one. */
export function assumeRoleWithSameToken(laboratory: Laboratory): Promise<CaseResult> {
  return assumeRole('AssumeRoleWithWebIdentity, same token', () => undefined, laboratory)
}

export function assumeRoleWithNewTokens(laboratory: Laboratory): Promise<CaseResult> {
  return assumeRole('AssumeRoleWithWebIdentity, new tokens', (account) => newTokens(account, laboratory), laboratory)
}

function assumeRole(
  name: string,
  requestsOf: (account: ServiceAccount) => RequestSource | undefined,
  laboratory: Laboratory,
): Promise<CaseResult> {
  return withServer(laboratory, {}, async (server) => {
    const account = await prepareServiceAccount(server.port)
    const token = account.mintToken()
    const subject = { name, server, request: account.assumeRoleRequest(token), requests: requestsOf(account) }
    const verify = { kind: 'verify', token, publicKeyPem: account.publicKeyPem } as const
    const floor = { work: [verify], workName: 'RS256', budget: BUDGETS.assumeRoleWithWebIdentityRatio }
    return { loads: await measureOverFloor(subject, floor, laboratory), figures: [] }
  })
}

/** Tokens for each second, above what one core takes. They are made before the clock runs: a signature costs more than its check. */
const NEW_TOKENS_PER_SECOND = 4_000

function newTokens(account: ServiceAccount, { effort }: Laboratory): RequestSource {
  const seconds = (effort.warmUpMs + effort.windows * effort.windowMs) / 1000
  const count = Math.ceil(seconds * NEW_TOKENS_PER_SECOND)
  return each(Array.from({ length: count }, () => account.assumeRoleRequest(account.mintToken())).values())
}
