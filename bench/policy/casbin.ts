import { type Enforcer, newEnforcer, newModelFromString, StringAdapter } from 'casbin'
import type { Contender } from './contender.ts'
import type { PolicyJson, RequestJson, StatementJson } from './scenario.ts'

/** Where the patterns end in `*`, by prefix; else as regular expressions. A column that says `any` asks nothing. */
const MODEL = (match: 'keyMatch' | 'regexMatch', conditions: string): string => `
[request_definition]
r = act, obj, team, ip

[policy_definition]
p = act, obj, team, net, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = ${match}(r.act, p.act) && ${match}(r.obj, p.obj)${conditions}
`

const CONDITIONS = ' && (p.team == "any" || p.team == r.team) && (p.net == "any" || ipMatch(r.ip, p.net))'

export const casbin: Contender = {
  name: 'casbin enforceSync',
  prepare: async ({ policies, requests }) => {
    const enforcer = await enforcerOf(policies)
    const asked = requests.map(valuesOf)
    return { isAllowed: (place) => enforcer.enforceSync(...(asked[place] ?? [])) }
  },
}

function enforcerOf(policies: readonly PolicyJson[]): Promise<Enforcer> {
  const statements = policies.flatMap(({ Statement }) => Statement)
  const needsExpressions = statements.some(({ Resource }) => Resource.some((value) => /\*./.test(value)))
  const hasConditions = statements.some(({ Condition }) => Condition !== undefined)
  const pattern = needsExpressions ? expressionOf : (text: string) => text
  const lines = statements.flatMap((statement) => linesOf(statement, pattern))
  const model = newModelFromString(MODEL(needsExpressions ? 'regexMatch' : 'keyMatch', hasConditions ? CONDITIONS : ''))
  return newEnforcer(model, new StringAdapter(lines.join('\n')))
}

function linesOf({ Action, Resource, Effect, Condition }: StatementJson, pattern: (text: string) => string): string[] {
  const team = Condition?.StringEquals?.['aws:PrincipalTag/team'] ?? 'any'
  const net = Condition?.IpAddress?.['aws:SourceIp'] ?? 'any'
  return Action.flatMap((action) =>
    Resource.map((resource) => `p, ${pattern(action)}, ${pattern(resource)}, ${team}, ${net}, ${Effect.toLowerCase()}`),
  )
}

function expressionOf(text: string): string {
  return `^${text.replaceAll('.', '\\.').replaceAll('*', '.*')}$`
}

function valuesOf({ action, resource, context }: RequestJson): readonly string[] {
  return [action, resource, String(context['aws:PrincipalTag/team']), String(context['aws:SourceIp'])]
}
