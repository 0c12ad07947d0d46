import type { Scenario } from './scenario.ts'

/** An engine that answers a scenario's requests. */
export interface Contender {
  readonly name: string
  /** Reads the policies. */
  readonly prepare: (scenario: Scenario) => Promise<Prepared>
}

export interface Prepared {
  /** May the request at this place be done? */
  readonly isAllowed: (place: number) => boolean | Promise<boolean>
  /** Before each round through all requests, outside of what is measured. */
  readonly beforeRound?: () => void
}

/** A package that is not here, and how to get it. */
export class NotInstalled extends Error {}
