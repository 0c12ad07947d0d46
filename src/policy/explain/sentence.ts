import { readOperatorName } from '../match/condition-operator.ts'
import type { AccessRequest, Decision, PolicyLayer, PolicySets } from '../request.ts'
import { comparedValues, oneOf } from './diagnosis.ts'
import type {
  ElementExplanation,
  LayerExplanation,
  NearMiss,
  StatementExplanation,
  StatementPlace,
} from './explanation.ts'

const LAYER_NAMES: Readonly<Record<PolicyLayer, string>> = {
  identity: 'identity-based policy',
  resource: 'resource-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  'service-control': 'service control policy',
  'resource-control': 'resource control policy',
  endpoint: 'VPC endpoint policy',
}

function nameOfLayer(layer: PolicyLayer, { resourceKind }: PolicySets): string {
  return layer === 'resource' && resourceKind === 'trust' ? 'trust policy' : LAYER_NAMES[layer]
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`
}

/** What would have to be otherwise: `aws:PrincipalTag/team` were `blue`. */
export function nearMissSentence(
  { action }: AccessRequest,
  place: StatementPlace,
  failed: readonly ElementExplanation[],
  alsoClosed: readonly PolicyLayer[],
): string {
  const wishes = failed.map(wish).join(' and ')
  const others =
    alsoClosed.length === 0
      ? ''
      : `; no ${alsoClosed.map((layer) => LAYER_NAMES[layer]).join(' and no ')} allows it either`
  return `${action} would be allowed if ${wishes} (${nameOf(place)})${others}.`
}

export function explanationSentence(
  request: AccessRequest,
  sets: PolicySets,
  decision: Decision,
  parts: {
    readonly layers: readonly LayerExplanation[]
    readonly statements: readonly StatementExplanation[]
    readonly nearMisses: readonly NearMiss[]
  },
): string {
  const { action, resource } = request
  const asked = `${action} on ${resource}`
  const [matched] = decision.matchedStatements
  const place = parts.statements.find(
    (one) =>
      one.layer === matched?.layer && one.policy === matched.source && one.index === matched.index && one.matched,
  )
  const layer = nameOfLayer(decision.layer, sets)
  switch (decision.decision) {
    case 'allowed':
      return place
        ? `${asked} is allowed by ${article(nameOfLayer(place.layer, sets))}: ${nameOf(place)}.`
        : `${asked} is allowed: ${withoutStatement(request)}.`
    case 'explicitDeny':
      return `${asked} is explicitly denied by ${article(layer)}${place ? `: ${nameOf(place)}` : ''}.`
    case 'implicitDeny': {
      const [near] = parts.nearMisses
      return near
        ? `${asked} is denied: no ${layer} allows it. ${near.sentence}`
        : `${asked} is denied: ${noCandidate(layer, decision, parts)}.`
    }
  }
}

function withoutStatement({ principal }: AccessRequest): string {
  return principal.type === 'root' ? 'the root user starts allowed' : 'the action needs no permission'
}

function noCandidate(
  name: string,
  { layer }: Decision,
  { layers }: { readonly layers: readonly LayerExplanation[] },
): string {
  const policies = layers.filter((one) => one.layer === layer).flatMap((one) => one.policies)
  return policies.length === 0
    ? `there is no ${name} that could allow it`
    : `no ${name} has a statement that comes near it`
}

function nameOf({ policy, sid, index, range }: StatementPlace): string {
  const statement = sid ? `statement ${sid}` : `statement number ${index + 1}`
  return `${statement} of ${policy}, line ${range.line}`
}

function wish(element: ElementExplanation): string {
  if (element.element === 'Condition') return conditionWish(element)
  const values = (element.hits ?? []).flatMap((place) => element.expected[place] ?? [])
  if (element.element.startsWith('Not')) return `the statement's ${element.element} did not have ${oneOf(values)}`
  if (element.fix && element.fix.change !== 'add') {
    return `the statement's ${element.element} had \`${element.fix.to}\` instead of \`${element.fix.from}\``
  }
  return `the statement's ${element.element} ${element.element === 'Principal' ? 'named' : 'had'} ${oneOf(element.presented.slice(0, 1))}`
}

/** What a key would have to be, by operator; with the values after it. The rest is `were`. */
const VERBS: Readonly<Record<string, string>> = {
  StringLike: 'were like',
  ArnLike: 'were like',
  ArnEquals: 'were like',
  IpAddress: 'were in',
  NotIpAddress: 'were not in',
  NumericLessThan: 'were less than',
  NumericLessThanEquals: 'were at most',
  NumericGreaterThan: 'were more than',
  NumericGreaterThanEquals: 'were at least',
  DateLessThan: 'were before',
  DateLessThanEquals: 'were not after',
  DateGreaterThan: 'were after',
  DateGreaterThanEquals: 'were not before',
  StringNotLike: 'were not like',
  ArnNotLike: 'were not like',
  ArnNotEquals: 'were not like',
}

const QUANTITIES = { ForAllValues: 'every value of ', ForAnyValue: 'some value of ' } as const

function conditionWish(element: ElementExplanation): string {
  const { operator = '', key = '', fix, presented } = element
  if (fix?.change === 'operator') return `\`${fix.from}\` on \`${key}\` were \`${fix.to}\``
  if (fix?.change === 'key') return `the condition read \`${fix.to}\` instead of \`${fix.from}\``
  const name = readOperatorName(operator)
  if (name === undefined) return `the operator \`${operator}\` existed`
  if (name.kind === 'null') return `\`${key}\` were ${presented.length === 0 ? 'present' : 'absent'}`
  if (element.expected.length === 0) return `the condition on \`${key}\` had a value`
  const valueless = element.expected.filter((_, place) => element.resolved?.[place] === null)
  if (element.resolved && valueless.length === element.expected.length)
    return `the variable in ${oneOf(valueless)} had a value`
  const seen = presented.length === 0 || name.operator.negated || name.quantifier ? '' : `, not ${oneOf(presented)}`
  const verb = VERBS[name.name] ?? (name.operator.negated ? 'were not' : 'were')
  return `${name.quantifier ? QUANTITIES[name.quantifier] : ''}\`${key}\` ${verb} ${oneOf(comparedValues(element))}${seen}`
}
