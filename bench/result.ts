import type { Measurement } from './measure.ts'

/** What a case found out. */
export interface CaseResult {
  readonly loads: readonly LoadRow[]
  readonly figures: readonly Figure[]
}

/** A measurement under load, with its floor and budget where it has them. */
export interface LoadRow extends Measurement {
  readonly floor?: FloorComparison
}

export interface FloorComparison {
  readonly name: string
  /** Processor time by request, ours over the floor's. */
  readonly ratio: number
  /** The most that the ratio may be; undefined where the design sets none. */
  readonly budget: number | undefined
}

/** A single number. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly budget?: number
}

export function overFloor(subject: Measurement, floor: Measurement, budget?: number): LoadRow {
  return { ...subject, floor: { name: floor.name, ratio: subject.cpuMicros / floor.cpuMicros, budget } }
}

/** How long one run of some work takes, in microseconds: the shortest of several rounds. */
export async function microsOf(work: () => unknown, runs: number): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now()
    for (let run = 0; run < runs; run++) await work()
    rounds.push(((performance.now() - startedAt) / runs) * 1000)
  }
  return Math.min(...rounds)
}

const ROUNDS = 5
