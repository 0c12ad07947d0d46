import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { casbin } from './policy/casbin.ts'
import { cedar } from './policy/cedar.ts'
import { type Contender, NotInstalled, type Prepared } from './policy/contender.ts'
import { floor } from './policy/floor.ts'
import { iamSimulate } from './policy/iam-simulate.ts'
import { joined, listed, raw } from './policy/openirsa.ts'
import { type Scenario, scenarios } from './policy/scenario.ts'

const CONTENDERS: readonly Contender[] = [floor, joined, listed, raw, casbin, cedar, iamSimulate]

const HELP = `node bench/policy.ts [options]

  --quick   one short window each: to see that it works, not how fast
  --json    print JSON instead of tables

Decisions per second of processor time, one thread; each row the best of its windows. Every engine gets the same policies and requests, and
has to give the same answers. Engines that are not installed are skipped by name.
`

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const EFFORT = options.quick
  ? { windows: 1, windowMs: 100, warmUpMs: 50 }
  : { windows: 3, windowMs: 500, warmUpMs: 500 }

/** A slow engine's answers are compared for about so long. */
const SECONDS_TO_COMPARE = 1
/** Time between two looks at the clock. */
const LOOK_MS = 0.2

interface Row {
  readonly engine: string
  /** Undefined where it could not be measured; `note` says why. */
  readonly decisionsPerSecond: number | undefined
  readonly microsecondsToCompile: number | undefined
  /** Requests that it answers as we do. */
  readonly sameAnswers: number | undefined
  readonly note: string
}

if (options.help) process.stdout.write(HELP)
else await main()

async function main(): Promise<void> {
  const results: { scenario: string; requests: number; allowed: number; rows: readonly Row[] }[] = []
  for (const scenario of scenarios()) {
    if (!options.json) process.stderr.write(`${scenario.name} …\n`)
    const answers = await answersOf(await joined.prepare(scenario), scenario)
    const rows: Row[] = []
    for (const contender of CONTENDERS) rows.push(await measure(contender, scenario, answers))
    const allowed = answers.filter(Boolean).length
    results.push({ scenario: scenario.name, requests: answers.length, allowed, rows })
  }
  const machine = { processor: cpus()[0]?.model ?? 'unknown', node: process.version }
  if (options.json) process.stdout.write(`${JSON.stringify({ machine, results }, undefined, 2)}\n`)
  else {
    process.stdout.write(`${machine.processor}, Node ${machine.node}\n`)
    for (const { scenario, requests, allowed, rows } of results) {
      process.stdout.write(`\n${tableText(`${scenario} (${allowed} of ${requests} allowed)`, rows)}\n`)
    }
  }
}

async function answersOf({ isAllowed, beforeRound }: Prepared, { requests }: Scenario): Promise<readonly boolean[]> {
  beforeRound?.()
  const answers: boolean[] = []
  for (const place of requests.keys()) answers.push(await isAllowed(place))
  return answers
}

async function measure(contender: Contender, scenario: Scenario, expected: readonly boolean[]): Promise<Row> {
  const { name } = contender
  try {
    const startedAt = performance.now()
    const prepared = await contender.prepare(scenario)
    const microsecondsToCompile = (performance.now() - startedAt) * 1000
    // A slow engine is asked some of the requests only: a run has to end.
    const first = await rateOf(prepared, expected.length, EFFORT.warmUpMs)
    const asked = Math.min(expected.length, Math.max(50, Math.floor(first * SECONDS_TO_COMPARE)))
    const some = { ...scenario, requests: scenario.requests.slice(0, asked) }
    const answers = await answersOf(prepared, some)
    const same = answers.filter((answer, place) => answer === expected[place]).length
    let best = 0
    for (let window = 0; window < EFFORT.windows; window++) {
      best = Math.max(best, await rateOf(prepared, expected.length, EFFORT.windowMs))
    }
    const isEngine = contender !== floor
    if (isEngine && same !== asked) process.exitCode = 1
    const note = isEngine ? noteOf(same, asked, contender === joined ? best / scenario.target : undefined) : ''
    return {
      engine: name,
      decisionsPerSecond: best,
      microsecondsToCompile,
      sameAnswers: isEngine ? same : undefined,
      note,
    }
  } catch (error) {
    const note =
      error instanceof NotInstalled
        ? `skipped: ${error.message}`
        : `failed: ${error instanceof Error ? error.message : error}`
    if (!(error instanceof NotInstalled)) process.exitCode = 1
    return {
      engine: name,
      decisionsPerSecond: undefined,
      microsecondsToCompile: undefined,
      sameAnswers: undefined,
      note,
    }
  }
}

function noteOf(same: number, asked: number, ofTarget: number | undefined): string {
  if (same !== asked) return `OTHER ANSWERS: ${asked - same} of ${asked}`
  const target = ofTarget === undefined ? '' : ofTarget >= 1 ? ', target met' : ', target MISSED'
  return `same answers (${asked})${target}`
}

/** Decisions per second of processor time, in rounds through the requests for as long as a window lasts. */
async function rateOf({ isAllowed, beforeRound }: Prepared, requests: number, windowMs: number): Promise<number> {
  let decisions = 0
  let micros = 0
  const endsAt = performance.now() + windowMs
  let isOver = false
  // Looking at the clock is not free: the faster the engine, the more decisions are made between two looks.
  let step = 1
  while (!isOver) {
    beforeRound?.()
    const before = process.cpuUsage()
    for (let place = 0; place < requests && !isOver; ) {
      const until = Math.min(place + step, requests)
      decisions += until - place
      const lookedAt = performance.now()
      for (; place < until; place++) {
        const answer = isAllowed(place)
        if (typeof answer !== 'boolean') await answer
      }
      isOver = performance.now() > endsAt
      if (performance.now() - lookedAt < LOOK_MS) step *= 2
    }
    micros += cpuMicros(before)
  }
  return (decisions / micros) * 1e6
}

function cpuMicros(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function tableText(title: string, rows: readonly Row[]): string {
  const lines = [
    [title, 'decisions/s', 'compiled in ms', ''],
    ...rows.map(({ engine, decisionsPerSecond, microsecondsToCompile, note }) => [
      engine,
      decisionsPerSecond === undefined ? '' : Math.round(decisionsPerSecond).toLocaleString('en'),
      microsecondsToCompile === undefined ? '' : (microsecondsToCompile / 1000).toFixed(1),
      note,
    ]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map(([engine = '', rate = '', compiled = '', note = '']) =>
      [engine.padEnd(widths[0] ?? 0), rate.padStart(widths[1] ?? 0), compiled.padStart(widths[2] ?? 0), note]
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
