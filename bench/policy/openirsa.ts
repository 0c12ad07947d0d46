import {
  type AccessRequest,
  compilePolicySet,
  compilePolicyText,
  contextOf,
  evaluate,
  type PolicySets,
} from '../../src/policy/index.ts'
import type { Contender } from './contender.ts'
import { ACCOUNT, CALLER, type PolicyJson, type RequestJson } from './scenario.ts'

const compile = (policies: readonly PolicyJson[]) =>
  policies.map((policy, place) => compilePolicyText(JSON.stringify(policy), { source: `policy-${place}` }))

/** With fresh objects for everything that a request brings. */
const accessRequest = ({ action, resource, context }: RequestJson): AccessRequest => ({
  principal: { type: 'user', accountId: ACCOUNT, arn: CALLER },
  action,
  resource,
  resourceAccount: ACCOUNT,
  context: contextOf(context),
})

const prepared = (name: string, setsOf: (policies: readonly PolicyJson[]) => PolicySets): Contender => ({
  name,
  prepare: async ({ policies, requests }) => {
    const sets = setsOf(policies)
    const ready = requests.map(accessRequest)
    return { isAllowed: (place) => evaluate(ready[place] as AccessRequest, sets).decision === 'allowed' }
  },
})

export const joined = prepared('openirsa, policies joined in a set', (policies) => ({
  identity: [compilePolicySet(compile(policies))],
}))

export const listed = prepared('openirsa, policies in a list', (policies) => ({ identity: compile(policies) }))

/** Strings that were never looked up, and a context that nobody has read. Reading them from JSON is not measured. */
export const raw: Contender = {
  name: 'openirsa, policies joined in a set, raw requests',
  prepare: async ({ policies, requests }) => {
    const sets = { identity: [compilePolicySet(compile(policies))] }
    const text = JSON.stringify(requests)
    let fresh: readonly RequestJson[] = requests
    return {
      beforeRound: () => {
        fresh = JSON.parse(text)
      },
      isAllowed: (place) => evaluate(accessRequest(fresh[place] as RequestJson), sets).decision === 'allowed',
    }
  },
}
