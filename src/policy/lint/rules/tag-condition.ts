import { hasWildcard } from '../../analysis/pattern.ts'
import { compileGlob, globMatches, globTokens } from '../../match/glob.ts'
import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import type { ConditionTree, PlacedText, StatementTree, ValuesTree } from '../policy-tree.ts'
import type { LintContext, StatementRule } from '../rule.ts'
import type { AuthorizedAction, AuthorizedService } from '../service-authorization.ts'

export const TAG_CONDITION_RULES: readonly StatementRule[] = [unsupported]

const RESOURCE_TAG = 'aws:resourcetag/'

/** A tag that a service does not read is never in the request: a positive comparison with it fails, always. */
function* unsupported(statement: StatementTree, context: LintContext): Iterable<Finding> {
  const { action, effect } = statement
  const conditions = statement.conditions.filter(comparesTag)
  if (!action || !effect || conditions.length === 0) return
  const without = action.negated ? [] : actionsWithout(action, context)
  const services = new Set(without.map(({ text }) => text.slice(0, text.indexOf(':')).toLowerCase()))
  for (const { key } of conditions) {
    if (action.negated) {
      const issue =
        effect === 'Deny'
          ? 'DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE'
          : 'ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE'
      yield finding(issue, { key: key.text }, action.element.key, key)
      continue
    }
    if (without.length === 0 || !context.budget.take(without.length)) continue
    const issue =
      effect === 'Deny'
        ? 'DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE'
        : 'ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE'
    yield finding(issue, { key: key.text, services: [...services].join(', ') }, ...without, key)
  }
}

function comparesTag({ keyLower, operatorName }: ConditionTree): boolean {
  if (!keyLower.startsWith(RESOURCE_TAG) || operatorName?.kind !== 'value') return false
  return !operatorName.operator.negated && !operatorName.ifExists && operatorName.quantifier !== 'ForAllValues'
}

/** Actions none of which reads resource tags; of a pattern, all have to be without. `*` is about every service, and is not judged. */
function actionsWithout(action: ValuesTree, { authorization, budget }: LintContext): readonly PlacedText[] {
  if (!authorization) return []
  return action.values.filter(({ text }) => {
    const [prefix = '', name] = text.toLowerCase().split(':')
    const service = name === undefined ? undefined : authorization.service(prefix)
    if (!service || name === undefined || !budget.take(hasWildcard(name) ? service.actions.size : 1)) return false
    const matching = actionsMatching(service, name)
    return matching.length > 0 && !matching.some((one) => readsResourceTags(service, one))
  })
}

function actionsMatching(service: AuthorizedService, pattern: string): readonly AuthorizedAction[] {
  if (!hasWildcard(pattern)) {
    const action = service.actions.get(pattern)
    return action ? [action] : []
  }
  const glob = compileGlob(globTokens(pattern))
  return [...service.actions].filter(([name]) => globMatches(glob, name)).map(([, action]) => action)
}

function readsResourceTags(service: AuthorizedService, action: AuthorizedAction): boolean {
  const isTag = (key: string): boolean => key.toLowerCase().startsWith(RESOURCE_TAG)
  return (
    action.conditionKeys.some(isTag) ||
    action.resourceTypes.some(
      ({ name, conditionKeys }) =>
        conditionKeys.some(isTag) || (service.resourceTypes.get(name)?.conditionKeys.some(isTag) ?? false),
    )
  )
}
