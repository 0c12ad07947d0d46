import { createFunctionModule, type FunctionModule, QueryCreator, type QueryExecutor } from 'kysely'
import type { ChangeSubject, Writes } from './store.ts'
import type { Tables } from './tables.ts'

/** Kysely's query builders over a connection of ours, without what could open or end a transaction. */
export class QueryHandle extends QueryCreator<Tables> {
  constructor(executor: QueryExecutor) {
    super({ executor })
  }

  get fn(): FunctionModule<Tables, keyof Tables> {
    return createFunctionModule<Tables, keyof Tables>()
  }
}

export class WriteHandle extends QueryHandle implements Writes {
  /** In the order of the calls. */
  readonly subjects = new Set<ChangeSubject>()

  changed(subject: ChangeSubject): void {
    this.subjects.add(subject)
  }
}
