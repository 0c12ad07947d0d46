import path from 'node:path'
import { findPostgres } from '../../src/store/testing/postgres-cluster.ts'
import { withFloors } from '../floors.ts'
import { always } from '../load.ts'
import { compare, type Laboratory } from '../measure.ts'
import type { MeasuredProcess } from '../process.ts'
import { type CaseResult, type LoadRow, overFloor } from '../result.ts'
import { createRoleRequest, createRoleRequests } from '../roles.ts'
import { askOnce, withFolder, withServer } from '../server.ts'

const WRITERS = [1, 8, 32]
/** Of a role with the document's trust policy, with its change and its audit event. */
const ROW_BYTES = 2_048
/** Roles for each second, above what one core creates. */
const ROLES_PER_SECOND = 4_000

/** Writes that are on disk before the answer, over a bare server that commits one row a request. */
export function createRoleOnSqlite(laboratory: Laboratory): Promise<CaseResult> {
  return withServer(laboratory, {}, async (server) => {
    const bodyBytes = (await askOnce(server.port, createRoleRequest(server.port, 'first'))).body.length
    return withFolder(async (folder) => {
      const commit = { kind: 'commit', database: path.join(folder, 'floor.sqlite'), rowBytes: ROW_BYTES } as const
      return withFloors(laboratory.placement, { commit: { bodyBytes, work: [commit] } }, async ({ commit }) => {
        const loads: LoadRow[] = []
        for (const writers of WRITERS) loads.push(...(await measureOverCommits(writers, server, commit, laboratory)))
        return { loads, figures: [] }
      })
    })
  })
}

async function measureOverCommits(
  writers: number,
  server: MeasuredProcess,
  commit: MeasuredProcess,
  laboratory: Laboratory,
): Promise<LoadRow[]> {
  const floorRequest = createRoleRequest(server.port, 'floor')
  const contenders = {
    floor: {
      name: `floor: bare node:http + commit, ${writers} at once`,
      server: commit,
      requests: always(floorRequest),
    },
    subject: creation('SQLite', writers, server, laboratory),
  }
  const measured = await compare(contenders, writers, laboratory)
  return [measured.floor, overFloor(measured.subject, measured.floor)]
}

/** The database runs beside the load, not beside the server. Where there are no binaries of it, nothing is measured. */
export async function createRoleOnPostgres(laboratory: Laboratory): Promise<CaseResult> {
  const postgres = findPostgres()
  if (postgres.kind === 'missing') {
    process.stderr.write(`CreateRole on PostgreSQL was not measured: ${postgres.reason}\n`)
    return { loads: [], figures: [] }
  }
  const cluster = await postgres.start()
  try {
    const databaseUrl = await cluster.createDatabase()
    return await withServer(laboratory, { databaseUrl }, async (server) => {
      const loads: LoadRow[] = []
      for (const writers of WRITERS) {
        const subject = creation('PostgreSQL', writers, server, laboratory)
        loads.push((await compare({ subject }, writers, laboratory)).subject)
      }
      return { loads, figures: [] }
    })
  } finally {
    await cluster.stop()
  }
}

function creation(database: string, writers: number, server: MeasuredProcess, { effort }: Laboratory) {
  const seconds = (effort.warmUpMs + effort.windows * effort.windowMs) / 1000
  return {
    name: `CreateRole on ${database}, ${writers} at once`,
    server,
    requests: createRoleRequests(server.port, `of-${writers}`, Math.ceil(seconds * ROLES_PER_SECOND)),
  }
}
