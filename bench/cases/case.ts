import type { FloorWork } from '../floor-server.ts'
import { withFloors } from '../floors.ts'
import { always, type RequestSource } from '../load.ts'
import { compare, type Laboratory } from '../measure.ts'
import type { MeasuredProcess } from '../process.ts'
import { type LoadRow, overFloor } from '../result.ts'
import { askOnce } from '../server.ts'

/** Clients that wait for their answers: enough that the server is never idle. */
export const CONNECTIONS = 32

export interface Subject {
  readonly name: string
  readonly server: MeasuredProcess
  /** One request of those that are sent: the floor gets it in their place. */
  readonly request: Uint8Array
  /** All requests, where they are not always the same one. */
  readonly requests?: RequestSource
}

export interface FloorChoice {
  /** What the floor does besides HTTP; its name says so. */
  readonly work?: readonly FloorWork[]
  readonly workName?: string
  readonly budget?: number
  readonly connections?: number
}

/**
 * Measures a subject beside a bare server that gets a request and gives an answer of the same sizes, and, where the floor has
 * work, beside one that also does that; compares with the latter.
 */
export async function measureOverFloor(
  subject: Subject,
  { work = [], workName = '', budget, connections = CONNECTIONS }: FloorChoice,
  laboratory: Laboratory,
): Promise<LoadRow[]> {
  const bodyBytes = (await askOnce(subject.server.port, subject.request)).body.length
  const requests = always(subject.request)
  const bare = { bodyBytes, work: [] }
  const contender = { name: subject.name, server: subject.server, requests: subject.requests ?? requests }
  if (work.length === 0) {
    return withFloors(laboratory.placement, { bare }, async (floors) => {
      const contenders = { bare: { name: 'floor: bare node:http', server: floors.bare, requests }, subject: contender }
      const measured = await compare(contenders, connections, laboratory)
      return [measured.bare, overFloor(measured.subject, measured.bare, budget)]
    })
  }
  return withFloors(laboratory.placement, { bare, working: { bodyBytes, work } }, async (floors) => {
    const contenders = {
      bare: { name: 'floor: bare node:http', server: floors.bare, requests },
      working: { name: `floor: bare node:http + ${workName}`, server: floors.working, requests },
      subject: contender,
    }
    const measured = await compare(contenders, connections, laboratory)
    return [measured.bare, measured.working, overFloor(measured.subject, measured.working, budget)]
  })
}
