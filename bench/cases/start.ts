import { setTimeout as sleep } from 'node:timers/promises'
import { BUDGETS } from '../budgets.ts'
import { residentMegabytes } from '../machine.ts'
import type { Laboratory } from '../measure.ts'
import { queryRequest } from '../requests.ts'
import type { CaseResult } from '../result.ts'
import { ADMIN, askOnce, startServer, withFolder } from '../server.ts'

const STARTS = 4
/** Until what a start leaves for later (loading the services that nobody has called yet) is done. */
const SETTLE_MS = 1_500

/** From the start of the program to the answer to a first signed call: on an empty folder, and on one that was used before. */
export async function start(laboratory: Laboratory): Promise<CaseResult> {
  return withFolder(async (folder) => {
    const first = await startOnce(folder, laboratory)
    const later: Start[] = []
    for (let count = 0; count < STARTS; count++) later.push(await startOnce(folder, laboratory))
    const fastest = (times: readonly number[]) => Math.min(...times)
    const budget = BUDGETS.startMs
    return {
      loads: [],
      figures: [
        { name: 'start to first answer, empty folder', value: first.answerMs, unit: 'ms', budget },
        {
          name: 'start to first answer, used folder',
          value: fastest(later.map((started) => started.answerMs)),
          unit: 'ms',
          budget,
        },
        {
          name: 'RSS after the first answer',
          value: fastest(later.map((started) => started.answerMegabytes)),
          unit: 'MB',
          budget: BUDGETS.residentMegabytes,
        },
        {
          name: 'RSS with all services loaded',
          value: fastest(later.map((started) => started.settledMegabytes)),
          unit: 'MB',
          budget: BUDGETS.residentMegabytes,
        },
      ],
    }
  })
}

interface Start {
  readonly answerMs: number
  readonly answerMegabytes: number
  readonly settledMegabytes: number
}

async function startOnce(folder: string, { placement }: Laboratory): Promise<Start> {
  const startedAt = performance.now()
  const server = await startServer(folder, placement)
  try {
    await askOnce(server.port, queryRequest(server.port, ADMIN, 'sts', 'GetCallerIdentity'))
    const answerMs = performance.now() - startedAt
    const answerMegabytes = residentMegabytes(server.pid)
    await sleep(SETTLE_MS)
    return { answerMs, answerMegabytes, settledMegabytes: residentMegabytes(server.pid) }
  } finally {
    await server.stop()
  }
}
