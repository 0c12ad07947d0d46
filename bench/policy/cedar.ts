import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import type { Contender } from './contender.ts'
import type { PolicyJson, RequestJson, StatementJson } from './scenario.ts'

/** Cedar has its own language: a statement becomes a policy, the texts of action and resource are read from the context, addresses by its extension. */
export const cedar: Contender = {
  name: 'cedar-wasm, policies parsed before',
  prepare: async ({ name, policies, requests }) => {
    const answer = preparsePolicySet(name, { staticPolicies: policyText(policies) })
    if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '))
    const calls = requests.map((request) => callOf(name, request))
    return {
      isAllowed: (place) => {
        const result = statefulIsAuthorized(calls[place] as ReturnType<typeof callOf>)
        if (result.type === 'failure') throw new Error(result.errors[0]?.message)
        return result.response.decision === 'allow'
      },
    }
  },
}

function policyText(policies: readonly PolicyJson[]): string {
  return policies.flatMap(({ Statement }) => Statement.map(statementText)).join('\n')
}

function statementText({ Effect, Action, Resource, Condition }: StatementJson): string {
  const team = Condition?.StringEquals?.['aws:PrincipalTag/team']
  const net = Condition?.IpAddress?.['aws:SourceIp']
  const [only] = Action
  const isOneLiteral = Action.length === 1 && only !== undefined && !only.includes('*')
  const clauses = [
    ...(isOneLiteral ? [] : [anyOf('context.action', Action)]),
    anyOf('context.resource', Resource),
    ...(team === undefined ? [] : [`context.team == "${team}"`]),
    ...(net === undefined ? [] : [`context.address.isInRange(ip("${net}"))`]),
  ]
  const action = isOneLiteral ? `action == Action::"${only}"` : 'action'
  return `${Effect === 'Allow' ? 'permit' : 'forbid'} (principal, ${action}, resource) when { ${clauses.join(' && ')} };`
}

function anyOf(text: string, patterns: readonly string[]): string {
  const tests = patterns.map((pattern) =>
    pattern.includes('*') ? `${text} like "${pattern}"` : `${text} == "${pattern}"`,
  )
  return `(${tests.join(' || ')})`
}

function callOf(preparsedPolicySetId: string, { action, resource, context }: RequestJson) {
  return {
    preparsedPolicySetId,
    principal: { type: 'User', id: 'alice' },
    action: { type: 'Action', id: action },
    resource: { type: 'Resource', id: 'one' },
    context: {
      action,
      resource,
      team: String(context['aws:PrincipalTag/team']),
      address: { __extn: { fn: 'ip', arg: String(context['aws:SourceIp']) } },
    },
    entities: [],
  }
}
