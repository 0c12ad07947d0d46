import type { Machine } from './machine.ts'
import type { CaseResult, Figure, LoadRow } from './result.ts'

/** All that a run found out, as it is kept. */
export interface Report {
  readonly startedAt: string
  readonly seconds: number
  readonly machine: Machine
  readonly results: Readonly<Record<string, CaseResult>>
}

type Column<Row> = readonly [title: string, align: 'left' | 'right', cell: (row: Row) => string]

const LOAD_COLUMNS: readonly Column<LoadRow>[] = [
  ['under load', 'left', ({ name }) => name],
  ['clients', 'right', ({ connections }) => String(connections)],
  ['req/s', 'right', ({ requestsPerSecond }) => requestsPerSecond.toFixed(0)],
  ['CPU µs', 'right', ({ cpuMicros }) => cpuMicros.toFixed(0)],
  ['p50 ms', 'right', ({ p50Ms }) => p50Ms.toFixed(2)],
  ['p99 ms', 'right', ({ p99Ms }) => p99Ms.toFixed(2)],
  ['others', 'right', ({ othersShare }) => `${(othersShare * 100).toFixed(0)} %`],
  ['CPU/floor', 'right', ({ floor }) => (floor === undefined ? '' : `${floor.ratio.toFixed(2)} ×`)],
  ['budget', 'right', ({ floor }) => (floor?.budget === undefined ? '' : `${floor.budget.toFixed(1)} ×`)],
  ['', 'left', ({ floor }) => verdict(floor?.ratio, floor?.budget)],
]

const FIGURE_COLUMNS: readonly Column<Figure>[] = [
  ['by itself', 'left', ({ name }) => name],
  ['', 'right', ({ value }) => number(value)],
  ['', 'left', ({ unit }) => unit],
  ['budget', 'right', ({ budget }) => (budget === undefined ? '' : number(budget))],
  ['', 'left', ({ value, budget }) => verdict(value, budget)],
]

/** The report as text for a person. */
export function reportText({ machine, results, seconds }: Report): string {
  const all = Object.values(results)
  return [
    machineText(machine),
    table(
      LOAD_COLUMNS,
      all.flatMap(({ loads }) => loads),
    ),
    table(
      FIGURE_COLUMNS,
      all.flatMap(({ figures }) => figures),
    ),
    `CPU µs: of the server's process by request. Each row is the least disturbed of its windows; "others": what else ran on its core. ${seconds.toFixed(0)} s.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function machineText({ processor, cores, node, isPinned, isTemporaryFolderInMemory }: Machine): string {
  const places = isPinned ? 'server on core 0, load on core 1' : 'nothing pinned: server and load share the cores'
  const disk = isTemporaryFolderInMemory ? '\nThe temporary folder is in memory: commits here wait for no disk.' : ''
  return `${processor}, ${cores} cores, Node ${node}; ${places}; log level error where a row says no other.${disk}`
}

function verdict(value: number | undefined, budget: number | undefined): string {
  if (value === undefined || budget === undefined) return ''
  return value <= budget ? 'met' : 'MISSED'
}

function number(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0)
}

function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  if (rows.length === 0) return ''
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, , cell]) => cell(row)))]
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) => lineText(line, columns, widths)).join('\n')
}

function lineText<Row>(line: readonly string[], columns: readonly Column<Row>[], widths: readonly number[]): string {
  const cells = line.map((cell, index) =>
    columns[index]?.[1] === 'right' ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
  )
  return cells.join('  ').trimEnd()
}
