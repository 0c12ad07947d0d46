import { createReadStream } from 'node:fs'
import type { CompiledPolicy } from '../../policy/compile.ts'
import { evaluate } from '../../policy/evaluate.ts'
import { explain } from '../../policy/explain/explain.ts'
import type { AccessRequest, Decision, PolicySets } from '../../policy/request.ts'
import { UsageError } from '../usage-error.ts'
import { LINE_BYTES_MAX, readInputLines } from './input-lines.ts'
import { PolicyCache } from './policy-cache.ts'
import { readRequestLine } from './request-line.ts'

/** How a policy is used, which says in which layer of a request it takes its place. */
export const POLICY_TYPES = ['identity', 'resource', 'trust', 'boundary', 'session', 'scp', 'rcp', 'endpoint'] as const

export type PolicyType = (typeof POLICY_TYPES)[number]

export interface RequestDifferences {
  /** Requests that were asked. */
  readonly requests: number
  readonly changes: readonly ChangedDecision[]
}

/** A request that the two policies decide differently. */
export interface ChangedDecision {
  readonly line: number
  readonly id: unknown
  readonly action: string
  readonly resource: string
  readonly before: Decision['decision']
  readonly after: Decision['decision']
  /** Why it is so after the change, in a sentence. */
  readonly sentence: string
}

/**
 * Asks every request of a file (lines as `openirsa policy evaluate` takes them) twice: with the old policy in its place, and with the new one. The other
 * policies of the line apply both times.
 *
 * @throws UsageError where a line cannot be read: half an answer would look like a whole one
 */
export async function compareDecisions(
  file: string,
  policies: { readonly before: CompiledPolicy; readonly after: CompiledPolicy },
  type: PolicyType,
): Promise<RequestDifferences> {
  const cache = new PolicyCache()
  const changes: ChangedDecision[] = []
  let requests = 0
  for await (const lines of readInputLines(file === '-' ? process.stdin : createReadStream(file))) {
    for (const line of lines) {
      const read = line.kind === 'text' ? readRequestLine(line.text, line.number, cache) : undefined
      if (read === undefined)
        throw new UsageError(`${file}:${line.number}:1: not UTF-8, or longer than ${LINE_BYTES_MAX} bytes`)
      if (read.kind === 'error') {
        const { line: at, column, message } = read.error
        throw new UsageError(`${file}:${at}:${column}: ${message}`)
      }
      requests++
      const change = compare(
        read.request,
        PLACES[type](read.sets, policies.before),
        PLACES[type](read.sets, policies.after),
      )
      if (change) changes.push({ line: line.number, id: read.id, ...change })
    }
  }
  return { requests, changes }
}

/** Puts a policy into its layer: beside what is there, or in the place of the one that there can be. */
const PLACES: Readonly<Record<PolicyType, (sets: PolicySets, policy: CompiledPolicy) => PolicySets>> = {
  identity: (sets, policy) => ({ ...sets, identity: [...sets.identity, policy] }),
  resource: (sets, policy) => ({ ...sets, resource: policy }),
  trust: (sets, policy) => ({ ...sets, resource: policy, resourceKind: 'trust' }),
  boundary: (sets, policy) => ({ ...sets, boundary: [policy] }),
  session: (sets, policy) => ({ ...sets, session: [...(sets.session ?? []), policy] }),
  scp: (sets, policy) => ({ ...sets, serviceControl: [...(sets.serviceControl ?? []), [policy]] }),
  rcp: (sets, policy) => ({ ...sets, resourceControl: [...(sets.resourceControl ?? []), [policy]] }),
  endpoint: (sets, policy) => ({ ...sets, endpoint: [policy] }),
}

function compare(request: AccessRequest, before: PolicySets, after: PolicySets) {
  const [old, now] = [evaluate(request, before), evaluate(request, after)]
  if ((old.decision === 'allowed') === (now.decision === 'allowed')) return undefined
  const { action, resource } = request
  return { action, resource, before: old.decision, after: now.decision, sentence: explain(request, after).sentence }
}
