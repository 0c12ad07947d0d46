import { setTimeout as sleep } from 'node:timers/promises'
import { inTurns, runLoad } from '../load.ts'
import { residentMegabytes } from '../machine.ts'
import type { Laboratory } from '../measure.ts'
import { queryRequest } from '../requests.ts'
import type { CaseResult } from '../result.ts'
import { ADMIN, askOnce, withServer } from '../server.ts'
import { objectRequest, prepareServiceAccount, ROLE_NAME } from '../service-account.ts'
import { CONNECTIONS } from './case.ts'

/** Different pods, each with sessions of its own: what is cached by token and by session grows with them. */
const TOKENS = 200
const ROUNDS = 4
const IDLE_MS = 2_000

/**
 * Memory over rounds of mixed load. Resident memory grows until V8 finds it worth collecting; what the heap falls back to between
 * rounds must not grow, or something leaks.
 */
export function memory(laboratory: Laboratory): Promise<CaseResult> {
  return withServer(laboratory, {}, async (server) => {
    const { port, pid } = server
    const pod = await prepareServiceAccount(port)
    const session = await pod.assumeRole()
    const put = objectRequest(port, session, 'PUT', 'object', Buffer.alloc(1_024))
    await askOnce(port, put)
    const requests = inTurns([
      put,
      ...Array.from({ length: TOKENS }, () => pod.assumeRoleRequest(pod.mintToken())),
      ...Array.from({ length: TOKENS }, () => queryRequest(port, session, 'iam', 'GetRole', { RoleName: ROLE_NAME })),
      ...Array.from({ length: TOKENS }, () => queryRequest(port, ADMIN, 'sts', 'GetCallerIdentity')),
      ...Array.from({ length: TOKENS }, () => objectRequest(port, session, 'GET', 'object', Buffer.alloc(0))),
    ])
    const figures = [{ name: 'RSS before load', value: residentMegabytes(pid), unit: 'MB' }]
    let sent = 0
    for (let round = 0; round < ROUNDS; round++) {
      const load = { port, connections: CONNECTIONS, requests, durationMs: laboratory.effort.windowMs * 2 }
      sent += (await runLoad(load)).requests
      figures.push({ name: `RSS after ${sent} requests`, value: residentMegabytes(pid), unit: 'MB' })
      figures.push({ name: `heap in use after ${sent} requests`, value: await heapMegabytes(port), unit: 'MB' })
    }
    await sleep(IDLE_MS)
    figures.push({ name: `RSS ${IDLE_MS / 1000} s later`, value: residentMegabytes(pid), unit: 'MB' })
    return { loads: [], figures }
  })
}

async function heapMegabytes(port: number): Promise<number> {
  const request = Buffer.from('GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  const metrics = (await askOnce(port, request)).body.toString('utf8')
  return Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(metrics)?.[1]) / 1e6
}
