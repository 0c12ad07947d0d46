import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A processor profile as V8 writes it (`--cpu-prof`). */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** Ids of the innermost functions that were running. */
  readonly samples: readonly number[]
  /** Microseconds between a sample and the one before. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

const FUNCTIONS_SHOWN = 40
/** What comes before is the start, not the load. */
const START_MICROS = 2_500_000

/**
 * Says where the time of profiled servers went, in shares of the time that they were not idle: by room, with all that a room calls in
 * Node and in packages counted as its own; by function of a room, likewise; and by innermost function.
 */
export function profileText(name: string, folder: string): string {
  if (!existsSync(folder)) return ''
  const files = readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'))
  const texts = files.map((file) => describe(JSON.parse(readFileSync(path.join(folder, file), 'utf8'))))
  return texts.map((text, index) => `\nprofile of ${name}: ${files[index]}\n\n${text}\n`).join('')
}

function describe(profile: CpuProfile): string {
  const counts = samplesByNode(profile)
  const owners = ownersByNode(profile.nodes)
  const rooms = new Map<string, number>()
  const callers = new Map<string, number>()
  const innermost = new Map<string, number>()
  let total = 0
  for (const { id, callFrame } of profile.nodes) {
    const spent = counts.get(id) ?? 0
    if (callFrame.functionName === '(idle)') continue
    const owner = owners.get(id)
    total += spent
    add(rooms, owner === undefined ? outside(callFrame) : roomOf(owner), spent)
    if (owner !== undefined) add(callers, nameOf(owner), spent)
    add(innermost, nameOf(callFrame), spent)
  }
  return [
    shares('by room', rooms, total),
    shares('by function of a room, with what it calls outside', callers, total),
    shares('by innermost function', innermost, total),
  ].join('\n\n')
}

/** Samples are counted, not the time between them: that grows where other processes had the core. */
function samplesByNode({ samples, timeDeltas }: CpuProfile): Map<number, number> {
  const counts = new Map<number, number>()
  let nowMicros = 0
  samples.forEach((id, index) => {
    nowMicros += timeDeltas[index] ?? 0
    if (nowMicros > START_MICROS) add(counts, id, 1)
  })
  return counts
}

/** The nearest function of ours on each node's way from the root. */
function ownersByNode(nodes: readonly ProfileNode[]): Map<number, ProfileNode['callFrame']> {
  const owners = new Map<number, ProfileNode['callFrame']>()
  // Parents come before their children.
  for (const { id, callFrame, children = [] } of nodes) {
    const owner = isOurs(callFrame) ? callFrame : owners.get(id)
    if (owner === undefined) continue
    owners.set(id, owner)
    for (const child of children) owners.set(child, owner)
  }
  return owners
}

function isOurs({ url }: ProfileNode['callFrame']): boolean {
  return url.includes('/src/') && !url.includes('/node_modules/')
}

function roomOf({ url }: ProfileNode['callFrame']): string {
  return /\/(src\/(?:services\/)?[^/]+)\//.exec(url)?.[1] ?? url
}

function outside({ functionName, url }: ProfileNode['callFrame']): string {
  return url === '' && functionName.startsWith('(') ? functionName : 'Node, called by no room'
}

function nameOf({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  const place = url === '' ? '' : ` ${url.replace(/^.*\/(?=src\/|node_modules\/)/, '')}:${lineNumber + 1}`
  return `${functionName || '(anonymous)'}${place}`
}

function add<Key>(sums: Map<Key, number>, key: Key, count: number): void {
  sums.set(key, (sums.get(key) ?? 0) + count)
}

function shares(title: string, sums: ReadonlyMap<string, number>, total: number): string {
  const lines = Array.from(sums)
    .sort(([, a], [, b]) => b - a)
    .slice(0, FUNCTIONS_SHOWN)
    .map(([name, count]) => `${((count / total) * 100).toFixed(1).padStart(6)} %  ${name}`)
  return [title, ...lines].join('\n')
}
