import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { assumeRoleWithNewTokens, assumeRoleWithSameToken } from './cases/assume-role-with-web-identity.ts'
import { createRoleOnPostgres, createRoleOnSqlite } from './cases/create-role.ts'
import { getCallerIdentity } from './cases/get-caller-identity.ts'
import { getRole } from './cases/get-role.ts'
import { manyRoles } from './cases/many-roles.ts'
import { memory } from './cases/memory.ts'
import { objects } from './cases/object.ts'
import { rawFloors } from './cases/raw-floors.ts'
import { start } from './cases/start.ts'
import { describeMachine, takePlaces } from './machine.ts'
import { FULL, type Laboratory, QUICK } from './measure.ts'
import { profileText } from './profile.ts'
import { type Report, reportText } from './report.ts'
import type { CaseResult } from './result.ts'

const CASES: Readonly<Record<string, (laboratory: Laboratory) => Promise<CaseResult>>> = {
  'raw-floors': rawFloors,
  start,
  'assume-role-same-token': assumeRoleWithSameToken,
  'assume-role-new-tokens': assumeRoleWithNewTokens,
  'get-caller-identity': getCallerIdentity,
  'get-role': getRole,
  'create-role-sqlite': createRoleOnSqlite,
  'create-role-postgres': createRoleOnPostgres,
  'many-roles': manyRoles,
  objects,
  memory,
}

const RESULTS = fileURLToPath(new URL('./results/', import.meta.url))

const HELP = `npm run bench -- [options]

  --only <text>   the cases whose name holds the text: ${Object.keys(CASES).join(', ')}
  --quick         one short window each: to see that it works, not how fast
  --profile       also profile the servers and say where their time goes (slower: do not compare these numbers)
  --json          print JSON instead of tables

Without --only and --json it ends with the policy engine beside other engines (npm run bench:policy).
Needs Linux (/proc). Results are kept in bench/results/.
`

/** Cases that begin later are measured quickly: on a busy machine, too, a run ends within some minutes. */
const FULL_EFFORT_MS_MAX = 180_000

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

if (options.help) process.stdout.write(HELP)
else if (process.platform !== 'linux') fail('The benchmark reads processor times from /proc, which only Linux has.')
else await main()

async function main(): Promise<void> {
  const names = Object.keys(CASES).filter((name) => name.includes(options.only))
  if (names.length === 0) return fail(`No case has "${options.only}" in its name: ${Object.keys(CASES).join(', ')}`)
  mkdirSync(RESULTS, { recursive: true })
  const placement = takePlaces()
  const startedAt = Date.now()
  const results: Record<string, CaseResult> = {}
  for (const name of names) {
    const isQuick = options.quick || Date.now() - startedAt > FULL_EFFORT_MS_MAX
    if (!options.json) process.stderr.write(`${name}${isQuick ? ', quickly' : ''} …\n`)
    const profileFolder = options.profile ? path.join(RESULTS, 'profiles', `${startedAt}-${name}`) : undefined
    try {
      const result = await CASES[name]?.({ placement, effort: isQuick ? QUICK : FULL, profileFolder })
      if (result !== undefined) results[name] = result
    } catch (error) {
      // The other cases can still be measured.
      fail(`${name} could not be measured: ${error instanceof Error ? error.stack : error}`)
    }
    if (profileFolder !== undefined) process.stdout.write(profileText(name, profileFolder))
  }
  const seconds = (Date.now() - startedAt) / 1000
  const report = { startedAt: new Date(startedAt).toISOString(), seconds, machine: describeMachine(placement), results }
  print(report)
  // The policy engine beside others: one thread, no server, a program of its own.
  if (options.only === '' && !options.json) measurePolicies()
}

function measurePolicies(): void {
  const program = fileURLToPath(new URL('./policy.ts', import.meta.url))
  const { status } = spawnSync(process.execPath, [program, ...(options.quick ? ['--quick'] : [])], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}

function print(report: Report): void {
  const json = `${JSON.stringify(report, undefined, 2)}\n`
  writeFileSync(path.join(RESULTS, `${report.startedAt.replaceAll(':', '-')}.json`), json)
  process.stdout.write(options.json ? json : `${reportText(report)}\n`)
}

function fail(why: string): void {
  process.stderr.write(`${why}\n`)
  process.exitCode = 1
}
