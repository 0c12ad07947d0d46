import { hasWildcard } from '../../analysis/pattern.ts'
import { PRINCIPAL_TYPES } from '../../document/document.ts'
import { PRINCIPAL_FORMS } from '../../validate/principal-form.ts'
import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import { itemsOf, type PrincipalTree, type PrincipalValue, type StatementTree } from '../policy-tree.ts'
import type { LintContext, LintPolicyType, StatementRule } from '../rule.ts'

export const PRINCIPAL_RULES: readonly StatementRule[] = [
  form,
  values,
  negation,
  federation,
  resourceControl,
  redundant,
]

const TYPES_WITH_PRINCIPALS: readonly LintPolicyType[] = ['resource', 'trust', 'rcp']

/** Elsewhere the element as a whole is out of place, and its contents do not matter. */
function isRead({ type }: LintContext): boolean {
  return TYPES_WITH_PRINCIPALS.includes(type)
}

function* form({ principal }: StatementTree, context: LintContext): Iterable<Finding> {
  if (!principal || !isRead(context)) return
  const { element, bareText, members } = principal
  const { node } = element.value
  if (bareText) yield* bare(principal, context)
  else if (node.kind !== 'object') yield finding('INVALID_PRINCIPAL_FORMAT', {}, element.value)
  else if (members.length === 0) yield finding('EMPTY_OBJECT_PRINCIPAL', {}, element.value)
  for (const { name, key, value } of members) {
    if (!PRINCIPAL_TYPES.some((known) => known === name))
      yield finding('INVALID_PRINCIPAL_KEY', { principalKey: name }, key)
    if (value.node.kind === 'array' && value.node.elements.length === 0)
      yield finding('EMPTY_ARRAY_PRINCIPAL', {}, value)
    for (const item of itemsOf(value)) {
      if (item.node.kind !== 'string') yield finding('DATA_TYPE_MISMATCH', { dataType: 'String' }, item)
    }
  }
}

function* bare({ element, bareText }: PrincipalTree, { type }: LintContext): Iterable<Finding> {
  if (bareText?.text !== '*') {
    if (type !== 'rcp') yield finding('INVALID_PRINCIPAL_FORMAT', {}, element.value)
  } else if (type === 'trust') yield finding('ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL', {}, element.value)
}

function* values({ principal }: StatementTree, context: LintContext): Iterable<Finding> {
  if (!principal || !isRead(context)) return
  for (const entry of principal.entries) yield* valueFindings(entry, context)
}

/** Unique ids stand where a role or user was deleted, or where somebody wrote them. */
const ROLE_ID = /^AROA[A-Z0-9]{16,}(?::[\w+=,.@-]*)?$/
const USER_ID = /^AIDA[A-Z0-9]{16,}$/

function* valueFindings(entry: PrincipalValue, { type }: LintContext): Iterable<Finding> {
  const { text } = entry
  if (text.includes('${')) return
  if (hasWildcard(text) && !(entry.type === 'AWS' && text === '*')) {
    yield finding('UNSUPPORTED_WILDCARD_IN_PRINCIPAL', { principalKey: entry.type }, entry)
    return
  }
  switch (entry.type) {
    case 'AWS':
      if (ROLE_ID.test(text)) yield finding('INVALID_ROLE_REFERENCE', { roleId: text }, entry)
      else if (USER_ID.test(text)) yield finding('INVALID_USER_REFERENCE', { userId: text }, entry)
      else if (!isAwsPrincipal(text)) yield finding('INVALID_PRINCIPAL_FORMAT', {}, entry)
      return
    case 'Service':
      if (!PRINCIPAL_FORMS.Service.test(text)) {
        yield finding('INVALID_SERVICE_PRINCIPAL_FORMAT', { expectedFormat: 'service-name.amazonaws.com' }, entry)
      }
      return
    case 'Federated':
      if (type === 'trust' && !isFederatedPrincipal(text)) {
        yield finding('INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY', {}, entry)
      }
  }
}

/** Ids of other kinds (groups, deleted accounts' entities) are let through, as is the origin access identity of CloudFront. */
function isAwsPrincipal(text: string): boolean {
  return (
    PRINCIPAL_FORMS.AWS.test(text) ||
    /^A[A-Z]{3}[A-Z0-9]{12,}$/.test(text) ||
    /^arn:[a-z-]+:iam::cloudfront:user\//.test(text)
  )
}

function isFederatedPrincipal(text: string): boolean {
  return PRINCIPAL_FORMS.Federated.test(text) || /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(text)
}

function* negation({ principal, effect }: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (!principal?.negated) return
  if (type === 'trust') yield finding('ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL', {}, principal.element.key)
  else if (type === 'resource' && effect === 'Allow')
    yield finding('ALLOW_WITH_NOT_PRINCIPAL', {}, principal.element.key)
}

function* federation({ principal }: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (type !== 'resource') return
  for (const entry of principal?.entries ?? []) {
    if (entry.type === 'Federated') yield finding('FEDERATED_PRINCIPAL_NOT_SUPPORTED', {}, entry)
  }
}

function* resourceControl({ principal }: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (type !== 'rcp' || !principal) return
  const { element, negated, bareText, entries } = principal
  const isEverybody = bareText?.text === '*' || entries.every((entry) => entry.type === 'AWS' && entry.text === '*')
  if (negated || !isEverybody) yield finding('RCP_SYNTAX_ERROR_PRINCIPAL', {}, negated ? element.key : element.value)
}

const SESSION = /^arn:[a-z-]+:sts::(\d{12}):assumed-role\/([^/]+)\//
const ROLE = /^arn:[a-z-]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/

function* redundant({ principal }: StatementTree, { type }: LintContext): Iterable<Finding> {
  if (type !== 'trust' || !principal) return
  const named = principal.entries.filter((entry) => entry.type === 'AWS')
  const roles = new Map<string, PrincipalValue>()
  for (const entry of named) {
    const role = ROLE.exec(entry.text)
    if (role) roles.set(`${role[1]}/${role[2]}`, entry)
  }
  for (const entry of named) {
    const session = SESSION.exec(entry.text)
    const role = session && roles.get(`${session[1]}/${session[2]}`)
    if (role) {
      yield finding('REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY', { session: entry.text, role: role.text }, entry, role)
    }
  }
}
