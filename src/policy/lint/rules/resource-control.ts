import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import type { ConditionTree, StatementTree } from '../policy-tree.ts'
import type { LintContext, StatementRule } from '../rule.ts'
import { hasKey } from './condition-key.ts'

export const RESOURCE_CONTROL_RULES: readonly StatementRule[] = [principalKeys, sourceKeys]

const IS_SERVICE = 'aws:principalisawsservice'
const isPrincipalKey = ({ keyLower }: ConditionTree): boolean =>
  /^aws:principal(?:arn|account|orgid|orgpaths|tag\/.*)$/.test(keyLower)
const SOURCE_KEYS = ['aws:sourceorgid', 'aws:sourceorgpaths', 'aws:sourceaccount', 'aws:sourcearn']

/** Services have no account and no organization: a Deny of everybody outside denies them too. */
function* principalKeys({ effect, conditions }: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (type !== 'rcp' || effect !== 'Deny' || hasKey(conditions, [IS_SERVICE])) return
  for (const { key } of conditions.filter(isPrincipalKey)) {
    yield finding('RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY', { key: key.text }, key)
  }
}

function* sourceKeys({ effect, conditions }: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (type !== 'rcp' || effect !== 'Deny') return
  const compared = conditions.filter(
    ({ keyLower, operatorName }) => SOURCE_KEYS.includes(keyLower) && operatorName?.kind === 'value',
  )
  const [first] = compared
  if (!first) return
  if (!hasKey(conditions, [IS_SERVICE])) {
    yield finding('RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY', { key: first.key.text }, first.key)
  }
  const isAskedFor = conditions.some(
    ({ keyLower, operatorName, values }) =>
      operatorName?.kind === 'null' &&
      (keyLower === 'aws:sourceaccount' || keyLower === 'aws:sourcearn') &&
      values.every(({ text }) => text.toLowerCase() === 'false'),
  )
  if (!isAskedFor) yield finding('RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK', { key: first.key.text }, first.key)
}
