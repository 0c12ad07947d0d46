import type { ContextValue } from '../../../policy/index.ts'
import type { SimulatedCaller } from './simulation-input.ts'

/** What is known of a simulated caller besides its ARN. */
export interface CallerFacts {
  /** `AIDA…`, `AROA…` */
  readonly uniqueId: string
  readonly tags: ReadonlyMap<string, string>
}

/**
 * The condition keys that follow from who an existing principal is, by lower-case name. What depends on the circumstances of a
 * call (its time, address, MFA) is for the request to give, and entries of the request win over these. Callers who need not exist
 * have no keys but those that the request gives.
 */
export function callerContext(caller: SimulatedCaller, facts: CallerFacts): ReadonlyMap<string, ContextValue> {
  const { kind, arn, accountId, name } = caller
  return new Map([
    ['aws:principalarn', arn],
    ['aws:principalaccount', accountId],
    ['aws:principaltype', kind === 'user' ? 'User' : 'AssumedRole'],
    ...(kind === 'user'
      ? ([
          ['aws:username', name],
          ['aws:userid', facts.uniqueId],
        ] as const)
      : []),
    ...Array.from(facts.tags, ([key, value]) => [`aws:principaltag/${key.toLowerCase()}`, value] as const),
  ])
}
