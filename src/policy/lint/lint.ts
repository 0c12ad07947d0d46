import { readJson } from '../document/json.ts'
import type { Finding } from './finding.ts'
import { finding } from './issue.ts'
import { keysThatRepeat, type Place, policyTree, type StatementTree } from './policy-tree.ts'
import { type LintContext, type LintPolicyType, type LintResourceType, type StatementRule, WorkBudget } from './rule.ts'
import { ACTION_RULES } from './rules/action.ts'
import { CONDITION_KEY_RULES } from './rules/condition-key.ts'
import { CONDITION_OPERATOR_RULES } from './rules/condition-operator.ts'
import { CONDITION_VALUE_RULES } from './rules/condition-value.ts'
import { DOCUMENT_RULES } from './rules/document.ts'
import { PASS_ROLE_RULES } from './rules/pass-role.ts'
import { PRINCIPAL_RULES } from './rules/principal.ts'
import { RESOURCE_RULES } from './rules/resource.ts'
import { RESOURCE_CONTROL_RULES } from './rules/resource-control.ts'
import { SERVICE_PRINCIPAL_RULES } from './rules/service-principal.ts'
import { STATEMENT_RULES } from './rules/statement.ts'
import { TAG_CONDITION_RULES } from './rules/tag-condition.ts'
import { TRUST_RULES } from './rules/trust.ts'
import { VARIABLE_RULES } from './rules/variable.ts'
import type { ServiceAuthorization } from './service-authorization.ts'

export interface LintOptions {
  readonly type: LintPolicyType
  /** Of a `resource` policy, where it has checks of its own. */
  readonly resourceType?: LintResourceType
  /** What services authorize. Without it nothing is said about whether actions, resources and condition keys exist. */
  readonly authorization?: ServiceAuthorization
}

/** Comparisons of short texts that one document may cost: about a third of a second. A document of IAM's size takes a few thousand. */
const WORK_UNITS_MAX = 300_000

const STATEMENT_RULES_IN_ORDER: readonly StatementRule[] = [
  ...STATEMENT_RULES,
  ...PRINCIPAL_RULES,
  ...ACTION_RULES,
  ...RESOURCE_RULES,
  ...CONDITION_OPERATOR_RULES,
  ...CONDITION_KEY_RULES,
  ...CONDITION_VALUE_RULES,
  ...VARIABLE_RULES,
  ...PASS_ROLE_RULES,
  ...TAG_CONDITION_RULES,
  ...SERVICE_PRINCIPAL_RULES,
  ...RESOURCE_CONTROL_RULES,
  ...TRUST_RULES,
]

/**
 * Finds what is wrong, unsafe or better written otherwise in a policy, as Access Analyzer's ValidatePolicy does: every finding at
 * once, in the order of the document. Never throws; work is bounded whatever the text.
 *
 * A `resource` policy whose statements name only actions of STS and no resource is a role's, and is checked as `trust`.
 */
export function lintPolicy(text: string, options: LintOptions): readonly Finding[] {
  const json = readJson(text)
  if (!json.ok) return [syntaxError(json.span)]
  if (json.root.kind !== 'object') {
    return [finding('DATA_TYPE_MISMATCH', { dataType: 'Object' }, { path: [], span: json.root.span })]
  }
  const tree = policyTree(text, json.root)
  const context: LintContext = {
    type:
      options.type === 'resource' && tree.statements.every(isOfRole) && tree.statements.length > 0
        ? 'trust'
        : options.type,
    resourceType: options.type === 'resource' ? options.resourceType : undefined,
    authorization: options.authorization,
    tree,
    budget: new WorkBudget(WORK_UNITS_MAX),
  }
  const findings = [
    ...keysThatRepeat(json.root).map(({ span }) => syntaxError(span)),
    ...DOCUMENT_RULES.flatMap((rule) => [...rule(tree, context)]),
  ]
  for (const statement of tree.statements) {
    for (const rule of STATEMENT_RULES_IN_ORDER) findings.push(...rule(statement, context))
  }
  return findings.sort((one, other) => startOf(one) - startOf(other))
}

function syntaxError(span: Place['span']): Finding {
  const { offset, line, column } = span.start
  return finding('JSON_SYNTAX_ERROR', { index: offset, line, column: column - 1 }, { path: [], span })
}

function isOfRole({ action, resource, principal }: StatementTree): boolean {
  if (!action || resource || !principal || action.values.length === 0) return false
  return action.values.every(({ text }) => text.toLowerCase().startsWith('sts:'))
}

function startOf({ locations }: Finding): number {
  return locations[0]?.span.start.offset ?? 0
}
