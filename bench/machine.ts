import { execFileSync } from 'node:child_process'
import { readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'

/** Where the measured servers run: away from everything that only helps to measure them. */
export interface Placement {
  /** Undefined where processes cannot be pinned: then server and load take each other's time. */
  readonly serverCore: number | undefined
}

/** Of util-linux: starts or moves a process on chosen cores. */
export const TASKSET = 'taskset'

const SERVER_CORE = 0
const LOAD_CORE = 1

/** Of `times` in `/proc/stat` and `/proc/<pid>/stat`; the same on every Linux since 2.4 (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100
const TMPFS_MAGIC = 0x01021994

/** Pins this process, and what it starts from now on, to one core, and keeps another one for the servers. */
export function takePlaces(): Placement {
  const unpinned = { serverCore: undefined }
  if (availableParallelism() < 2) return unpinned
  try {
    execFileSync(TASKSET, ['--all-tasks', '--cpu-list', '--pid', String(LOAD_CORE), String(process.pid)], {
      stdio: 'ignore',
    })
    return { serverCore: SERVER_CORE }
  } catch {
    return unpinned
  }
}

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly node: string
  readonly isPinned: boolean
  /** On a file system in memory a commit waits for no disk. */
  readonly isTemporaryFolderInMemory: boolean
}

export function describeMachine({ serverCore }: Placement): Machine {
  const processors = cpus()
  return {
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    node: process.version,
    isPinned: serverCore !== undefined,
    isTemporaryFolderInMemory: statfsSync(tmpdir()).type === TMPFS_MAGIC,
  }
}

/** Seconds of processor time, user and system, that a process has used with all its threads. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in brackets may hold anything; what follows it is numbers. `utime` and `stime` are fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Seconds that a core (undefined: all of them) was busy for anybody, time stolen from a virtual machine included. */
export function busySeconds(core: number | undefined): number {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`cpu${core ?? ''} `))
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (line ?? '')
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
}

export function residentMegabytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kibibytes) * 1024) / 1e6
}
