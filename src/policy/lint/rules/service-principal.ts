import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import type { ConditionTree, PrincipalValue, StatementTree } from '../policy-tree.ts'
import type { LintContext, StatementRule } from '../rule.ts'
import { hasKey } from './condition-key.ts'

export const SERVICE_PRINCIPAL_RULES: readonly StatementRule[] = [confusedDeputy, keysOfPrincipals]

/** What says for whom a service acts. */
const SOURCE_KEYS = ['aws:sourcearn', 'aws:sourceaccount', 'aws:sourceorgid', 'aws:sourceorgpaths', 'aws:sourceowner']

/** A service that acts for anybody would act on this resource for a stranger too. */
function* confusedDeputy(statement: StatementTree, context: LintContext): Iterable<Finding> {
  const { effect, principal, conditions } = statement
  const services = servicesNamed(statement, context)
  if (effect !== 'Allow' || principal?.negated || services.length === 0 || hasKey(conditions, SOURCE_KEYS)) return
  const referer = conditions.find(({ keyLower }) => keyLower === 'aws:referer')
  for (const service of services) {
    if (!referer) yield finding('RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL', {}, service)
    else {
      const slots = { servicePrincipal: service.text, key: referer.key.text }
      yield finding('RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL', slots, service, referer.key)
    }
  }
}

const isKeyOfPrincipals = ({ keyLower }: ConditionTree): boolean =>
  /^aws:(?:principalarn|principalaccount|principalorgid|principalorgpaths|principaltag\/.*|username|multifactorauth\w+)$/.test(
    keyLower,
  )

/** A service principal has no account, no organization and no tags, so that such a condition never holds for it. */
function* keysOfPrincipals(statement: StatementTree, context: LintContext): Iterable<Finding> {
  const { principal, conditions } = statement
  const services = servicesNamed(statement, context)
  if (services.length === 0 || services.length !== principal?.entries.length) return
  const unsupported = conditions.filter(isKeyOfPrincipals)
  if (unsupported.length === 0) return
  const conditionKeys = unsupported.map(({ key }) => key.text).join(', ')
  yield finding(
    'UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL',
    { conditionKeys },
    ...unsupported.map(({ key }) => key),
    ...services,
  )
}

function servicesNamed({ principal }: StatementTree, { type }: LintContext): readonly PrincipalValue[] {
  return type === 'resource' ? (principal?.entries.filter((entry) => entry.type === 'Service') ?? []) : []
}
