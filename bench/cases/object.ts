import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { BUDGETS } from '../budgets.ts'
import { inTurns } from '../load.ts'
import type { Laboratory } from '../measure.ts'
import type { MeasuredProcess } from '../process.ts'
import type { Credentials } from '../requests.ts'
import { type CaseResult, type LoadRow, microsOf } from '../result.ts'
import { askOnce, withFolder, withServer } from '../server.ts'
import { objectRequest, prepareServiceAccount } from '../service-account.ts'
import { measureOverFloor } from './case.ts'

const OBJECT_BYTES = 1_024
const OBJECTS = 64
const FILE_READS = 2_000

/** Objects of 1 KiB, by a pod's session: read over a bare server that reads a file, and written over one that writes durably. */
export function objects(laboratory: Laboratory): Promise<CaseResult> {
  return withServer(laboratory, {}, async (server) => {
    const session = await (await prepareServiceAccount(server.port)).assumeRole()
    const puts = requestsOf('PUT', server, session)
    for (const put of puts) await askOnce(server.port, put)
    const gets = requestsOf('GET', server, session)
    return withFolder(async (folder) => {
      const file = path.join(folder, 'object')
      writeFileSync(file, Buffer.alloc(OBJECT_BYTES))
      const reads = await measureReads(server, gets, file, laboratory)
      const writes = await measureWrites(server, puts, folder, laboratory)
      const fileReadMs = (await microsOf(() => readFile(file), FILE_READS)) / 1000
      const addedMs = (reads.alone?.p50Ms ?? Number.NaN) - fileReadMs
      const added = { name: 'S3 GET 1 KiB, p50 over a file read', value: addedMs, unit: 'ms' }
      return {
        loads: [...reads.loads, ...writes],
        figures: [{ ...added, budget: BUDGETS.objectReadAddedMs }],
      }
    })
  })
}

async function measureReads(
  server: MeasuredProcess,
  gets: readonly Buffer[],
  file: string,
  laboratory: Laboratory,
): Promise<{ readonly loads: readonly LoadRow[]; readonly alone: LoadRow | undefined }> {
  const work = { work: [{ kind: 'read-file', path: file }], workName: 'file read' } as const
  const busy = await measureOverFloor(subject('S3 GET 1 KiB', server, gets), work, laboratory)
  const alone = await measureOverFloor(subject('S3 GET 1 KiB', server, gets), { ...work, connections: 1 }, laboratory)
  return { loads: [...busy, ...alone], alone: alone.at(-1) }
}

function measureWrites(
  server: MeasuredProcess,
  puts: readonly Buffer[],
  folder: string,
  laboratory: Laboratory,
): Promise<LoadRow[]> {
  const work = [
    { kind: 'write-file', folder, bytes: OBJECT_BYTES },
    { kind: 'commit', database: path.join(folder, 'floor.sqlite'), rowBytes: 512 },
  ] as const
  const floor = { work, workName: 'durable file and row' }
  return measureOverFloor(subject('S3 PUT 1 KiB', server, puts), floor, laboratory)
}

function subject(name: string, server: MeasuredProcess, requests: readonly Buffer[]) {
  const [request = Buffer.alloc(0)] = requests
  return { name, server, request, requests: inTurns(requests) }
}

function requestsOf(method: 'GET' | 'PUT', { port }: MeasuredProcess, session: Credentials): Buffer[] {
  const body = Buffer.alloc(method === 'GET' ? 0 : OBJECT_BYTES, 'x')
  return Array.from({ length: OBJECTS }, (_, index) => objectRequest(port, session, method, `object-${index}`, body))
}
