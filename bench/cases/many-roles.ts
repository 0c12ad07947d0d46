import { BUDGETS } from '../budgets.ts'
import { always } from '../load.ts'
import { compare, type Laboratory } from '../measure.ts'
import type { MeasuredProcess } from '../process.ts'
import { queryRequest } from '../requests.ts'
import type { CaseResult } from '../result.ts'
import { seedRoles } from '../roles.ts'
import { ADMIN, withServer } from '../server.ts'

const FEW = 10
const MANY = 10_000
/** A page takes milliseconds: a few clients keep the server busy. */
const CONNECTIONS = 8

/** What a page costs, and whether it, and a single read, cost more where there are many roles. Both servers run side by side. */
export function manyRoles(laboratory: Laboratory): Promise<CaseResult> {
  return withServer(laboratory, {}, (few) =>
    withServer(laboratory, {}, async (many) => {
      await seedRoles(few.port, FEW)
      await seedRoles(many.port, MANY)
      const measured = await compare(
        {
          oneOfFew: read('GetRole', { RoleName: 'seeded-0' }, few, FEW),
          oneOfMany: read('GetRole', { RoleName: 'seeded-0' }, many, MANY),
          tenOfFew: read('ListRoles', { MaxItems: '10' }, few, FEW),
          tenOfMany: read('ListRoles', { MaxItems: '10' }, many, MANY),
          hundredOfMany: read('ListRoles', { MaxItems: '100' }, many, MANY),
        },
        CONNECTIONS,
        laboratory,
      )
      const grown = measured.oneOfMany.cpuMicros / measured.oneOfFew.cpuMicros
      const name = `GetRole at ${MANY} roles over ${FEW} roles`
      return {
        loads: Object.values(measured),
        figures: [{ name, value: grown, unit: '×', budget: BUDGETS.manyRolesRatio }],
      }
    }),
  )
}

function read(action: string, parameters: Record<string, string>, server: MeasuredProcess, count: number) {
  const { MaxItems } = parameters
  return {
    name: `${action}${MaxItems === undefined ? '' : `, MaxItems=${MaxItems}`}, at ${count} roles`,
    server,
    requests: always(queryRequest(server.port, ADMIN, 'iam', action, parameters)),
  }
}
