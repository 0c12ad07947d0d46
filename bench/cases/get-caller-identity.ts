import type { Laboratory } from '../measure.ts'
import { queryRequest } from '../requests.ts'
import type { CaseResult, LoadRow } from '../result.ts'
import { ADMIN, type ServerOptions, withServer } from '../server.ts'
import { measureOverFloor } from './case.ts'

/** A signed call that asks no policy; and the same with the log that a server writes by default. */
export async function getCallerIdentity(laboratory: Laboratory): Promise<CaseResult> {
  const silent = await measureIdentity('GetCallerIdentity', {}, laboratory)
  const logged = await measureIdentity('GetCallerIdentity, log level info', { logLevel: 'info' }, laboratory)
  return { loads: [...silent, ...logged], figures: [] }
}

function measureIdentity(name: string, options: ServerOptions, laboratory: Laboratory): Promise<LoadRow[]> {
  return withServer(laboratory, options, async (server) => {
    const request = queryRequest(server.port, ADMIN, 'sts', 'GetCallerIdentity')
    return measureOverFloor({ name, server, request }, {}, laboratory)
  })
}
