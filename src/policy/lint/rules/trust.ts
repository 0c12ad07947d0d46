import { hasWildcard, patternCovers } from '../../analysis/pattern.ts'
import type { Finding } from '../finding.ts'
import { finding } from '../issue.ts'
import type { ConditionTree, PlacedText, PrincipalValue, StatementTree } from '../policy-tree.ts'
import type { LintContext, StatementRule } from '../rule.ts'
import { hasKey, isIdentityProvider } from './condition-key.ts'

export const TRUST_RULES: readonly StatementRule[] = [
  forTrust(actionsForPrincipals),
  forTrust(rolesAnywhere),
  forTrust(keysWithoutAction),
  forTrust(actionsWithoutKey),
  forTrust(openIdConnect),
  forTrust(gitHub),
  forTrust(audience),
]

/** Rules here hold lists of a statement against each other: what that may cost is taken from the budget first. */
function forTrust(rule: (statement: StatementTree) => Iterable<Finding>): StatementRule {
  return (statement, { type, budget }: LintContext) => {
    const { action, principal, conditions } = statement
    const [actions, principals] = [action?.values.length ?? 0, principal?.entries.length ?? 0]
    const pairs = actions * (principals + conditions.length) + principals * conditions.length
    return type === 'trust' && budget.take(pairs) ? rule(statement) : []
  }
}

type Provider = 'oidc' | 'saml'

function providerOf({ type, text }: PrincipalValue): Provider | undefined {
  if (type !== 'Federated') return undefined
  return text.includes(':saml-provider/') ? 'saml' : 'oidc'
}

/** The one way of assuming a role that each kind of principal has. */
const ACTIONS: Readonly<Record<string, Provider | undefined>> = {
  'sts:assumerole': undefined,
  'sts:assumerolewithsaml': 'saml',
  'sts:assumerolewithwebidentity': 'oidc',
}

function* actionsForPrincipals({ effect, action, principal }: StatementTree): Iterable<Finding> {
  if (effect !== 'Allow' || !action || action.negated || !principal || principal.negated) return
  for (const value of action.values) {
    const name = value.text.toLowerCase()
    if (!Object.hasOwn(ACTIONS, name)) continue
    const wrong = principal.entries.filter((entry) => providerOf(entry) !== ACTIONS[name])
    // One principal of the right kind makes the action of use.
    if (wrong.length === 0 || wrong.length < principal.entries.length) continue
    const principals = wrong.map(({ text }) => text).join(', ')
    yield finding('MISMATCHED_ACTION_FOR_PRINCIPAL', { action: value.text, principals }, value, ...wrong)
  }
}

const ROLES_ANYWHERE_ACTIONS = ['sts:assumerole', 'sts:setsourceidentity', 'sts:tagsession']

function* rolesAnywhere({ effect, action, principal }: StatementTree): Iterable<Finding> {
  const service = principal?.entries.find(({ text }) => text === 'rolesanywhere.amazonaws.com')
  if (effect !== 'Allow' || !service || !action || action.negated) return
  if (ROLES_ANYWHERE_ACTIONS.every((wanted) => allows(action.values, wanted))) return
  yield finding('MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY', {}, action.element.value, service)
}

function allows(values: readonly PlacedText[], wanted: string): boolean {
  return values.some(({ text }) => patternCovers(text.toLowerCase(), wanted))
}

/** Keys that only one action fills in. */
const ACTION_OF_KEY: readonly { readonly key: RegExp; readonly action: string; readonly shown: string }[] = [
  { key: /^sts:sourceidentity$/, action: 'sts:setsourceidentity', shown: 'sts:SetSourceIdentity' },
  {
    key: /^(?:aws:requesttag\/.+|aws:tagkeys|sts:transitivetagkeys)$/,
    action: 'sts:tagsession',
    shown: 'sts:TagSession',
  },
]

function* keysWithoutAction({ action, conditions }: StatementTree): Iterable<Finding> {
  if (!action || action.negated) return
  for (const { key, keyLower } of conditions) {
    const needed = ACTION_OF_KEY.find((row) => row.key.test(keyLower))
    if (!needed || allows(action.values, needed.action)) continue
    yield finding(
      'MISSING_ACTION_FOR_CONDITION_KEY',
      { action: needed.shown, key: key.text },
      action.element.value,
      key,
    )
  }
}

/** Claims of a token come with the call that presents it, and with no other permission that the call needs. Recorded for a Cognito role. */
function* actionsWithoutKey({ action, conditions }: StatementTree): Iterable<Finding> {
  if (!action || action.negated) return
  const others = action.values.filter(({ text }) => isFurtherAction(text.toLowerCase()))
  if (others.length === 0) return
  const actions = others.map(({ text }) => text).join(', ')
  for (const { key, keyLower, value } of conditions) {
    const prefix = keyLower.slice(0, Math.max(keyLower.indexOf(':'), 0))
    if (!isIdentityProvider(prefix)) continue
    yield finding('UNSUPPORTED_ACTION_FOR_CONDITION_KEY', { actions, key: key.text }, ...others, value)
  }
}

function isFurtherAction(action: string): boolean {
  return action.startsWith('sts:') && !hasWildcard(action) && !Object.hasOwn(ACTIONS, action)
}

const GITHUB = 'token.actions.githubusercontent.com'

function issuerOf(entry: PrincipalValue): string | undefined {
  if (providerOf(entry) !== 'oidc') return undefined
  return entry.text.slice(entry.text.indexOf(':oidc-provider/') < 0 ? 0 : entry.text.indexOf('/') + 1).toLowerCase()
}

function* openIdConnect({ effect, principal, conditions }: StatementTree): Iterable<Finding> {
  if (effect !== 'Allow') return
  for (const entry of principal?.entries ?? []) {
    const issuer = issuerOf(entry)
    if (issuer === undefined || issuer === GITHUB) continue
    if (conditions.some(({ keyLower }) => keyLower.startsWith(`${issuer}:`))) continue
    yield finding('MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL', {}, entry)
  }
}

function* gitHub({ effect, principal, conditions }: StatementTree): Iterable<Finding> {
  const entry = principal?.entries.find((one) => issuerOf(one) === GITHUB)
  if (effect !== 'Allow' || !entry) return
  const subject = conditions.find(({ keyLower }) => keyLower === `${GITHUB}:sub`)
  if (!subject) yield finding('MISSING_GITHUB_REPO_CONDITION_KEY', {}, entry)
  else if (!hasKey(conditions, [`${GITHUB}:ref`]) || subject.values.some(({ text }) => !namesRepository(text))) {
    const wide = subject.values.filter(({ text }) => !namesRepositoryAndBranch(text))
    if (wide.length > 0) yield finding('SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED', {}, subject.value)
  }
}

/** `repo:organization/repository:…`, with ids behind `@` in immutable subjects. */
function namesRepository(subject: string): boolean {
  return /^repo:[^*?:/]+\/[^*?:]+(?::|$)/.test(subject)
}

const BRANCH = ':ref:refs/heads/'

function namesRepositoryAndBranch(subject: string): boolean {
  // What follows the last wildcard: read once, where a pattern would read it anew from each branch on.
  const literal = subject.slice(Math.max(subject.lastIndexOf('*'), subject.lastIndexOf('?')) + 1)
  const at = literal.indexOf(BRANCH)
  return namesRepository(subject) && at >= 0 && at + BRANCH.length < literal.length
}

function* audience({ conditions }: StatementTree): Iterable<Finding> {
  for (const condition of conditions) {
    if (!isAudience(condition)) continue
    const { key, operatorName } = condition
    if (operatorName?.kind === 'value' && operatorName.quantifier === 'ForAnyValue') {
      yield finding('FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE', { key: key.text }, key)
    } else yield finding('CONFIRM_AUDIENCE_CLAIM_TYPE', { key: key.text, audienceType: 'aud' }, key)
  }
}

/** Amazon Cognito's audience is an identity pool, and known to be one. */
function isAudience({ keyLower }: ConditionTree): boolean {
  return (
    keyLower.endsWith(':aud') &&
    keyLower !== 'cognito-identity.amazonaws.com:aud' &&
    isIdentityProvider(keyLower.slice(0, -4))
  )
}
