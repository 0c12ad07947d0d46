import type { PrincipalEntry, Statement } from '../document/document.ts'
import { compileGlob, globMatches, globTokens } from '../match/glob.ts'
import {
  firstProblem,
  grammarCheck,
  type PolicyCheck,
  type PolicyProblem,
  type PolicyUnderCheck,
  problem,
  repeatedSid,
  runChecks,
  unknownOperator,
} from './policy-problem.ts'
import { PRINCIPAL_FORMS } from './principal-form.ts'
import { validateSharedIssuer } from './shared-issuer.ts'

/**
 * Checks a role's trust policy.
 *
 * Texts: section 12.2 of the project's facts about policies. What AWS says first where several things are wrong is not recorded; here it is the
 * document, then each statement from its Effect to its Resource.
 */
export function validateTrustPolicy(text: string): PolicyProblem | undefined {
  return runChecks(text, 'This policy contains invalid Json', [
    grammarCheck('The policy must contain a valid version string', ['INVALID_VERSION']),
    grammarCheck('Could not parse the policy: Statement is empty!', ['MISSING_STATEMENT', 'EMPTY_STATEMENT']),
    grammarCheck(SYNTAX, ['DUPLICATE_KEY', 'UNSUPPORTED_ELEMENT', 'INVALID_TYPE', 'BOTH_OF_A_PAIR']),
    (policy) => firstProblem(policy.document.statements, (statement) => validateStatement(statement, policy)),
    uniqueSids,
  ])
}

const SYNTAX = 'Syntax error in policy.'

const uniqueSids: PolicyCheck = ({ document }) => {
  const sid = repeatedSid(document.statements)
  return sid && problem('The Statement Ids in the policy are not unique', sid)
}

function validateStatement(statement: Statement, policy: PolicyUnderCheck): PolicyProblem | undefined {
  return (
    validateEffect(statement, policy) ??
    validatePrincipal(statement) ??
    validateSharedIssuer(statement) ??
    validateCondition(statement) ??
    validateActions(statement) ??
    validateNoResource(statement)
  )
}

function validateEffect({ effect, span }: Statement, { text, problems }: PolicyUnderCheck): PolicyProblem | undefined {
  if (effect) return undefined
  const invalid = problems.find(
    (one) =>
      one.code === 'INVALID_EFFECT' &&
      one.span.start.offset >= span.start.offset &&
      one.span.end.offset <= span.end.offset,
  )
  if (!invalid) return problem('Missing required field Effect', { span })
  // The span has the quotation marks too.
  return problem(`Invalid effect: ${text.slice(invalid.span.start.offset + 1, invalid.span.end.offset - 1)}`, invalid)
}

function validatePrincipal({ principal, effect, span }: Statement): PolicyProblem | undefined {
  if (!principal) return problem('Missing required field Principal', { span })
  if (principal.negated) {
    return problem(
      effect?.value === 'Allow'
        ? 'Allow with NotPrincipal is not allowed.'
        : 'AssumeRole policy must not contain NotPrincipal field.',
      principal,
    )
  }
  if (principal.isText) return problem('Principal must be a JSON object.', principal)
  if (principal.entries.length === 0) {
    return problem('Missing required field Principal cannot be empty!', principal)
  }
  const wrong = principal.entries.find(
    // Canonical users are Amazon S3's.
    ({ type, value }) => type === 'CanonicalUser' || !PRINCIPAL_FORMS[type].test(value),
  )
  return wrong && problem(invalidPrincipal(wrong), wrong)
}

/** What AWS says of a principal that is not there, or has no form of a principal. */
export function invalidPrincipal({ type, value }: PrincipalEntry): string {
  return `Invalid principal in policy: "${type.toUpperCase()}":"${value}"`
}

function validateCondition(statement: Statement): PolicyProblem | undefined {
  const wrong = unknownOperator(statement)
  return wrong && problem(SYNTAX, wrong)
}

/** What a trust policy can speak about; a pattern has to match one of them. */
const TRUST_ACTIONS = [
  'sts:assumerole',
  'sts:assumerolewithsaml',
  'sts:assumerolewithwebidentity',
  'sts:tagsession',
  'sts:setsourceidentity',
  'sts:setcontext',
]

function validateActions({ action, span }: Statement): PolicyProblem | undefined {
  if (!action || action.values.length === 0) return problem('Missing required field Action', { span })
  const wrong = action.values.find(({ value }) => !isTrustAction(value.toLowerCase()))
  return wrong && problem('AssumeRole policy may only specify STS AssumeRole actions.', wrong)
}

function isTrustAction(pattern: string): boolean {
  if (!pattern.startsWith('sts:')) return false
  const glob = compileGlob(globTokens(pattern))
  return TRUST_ACTIONS.some((action) => globMatches(glob, action))
}

function validateNoResource({ resource }: Statement): PolicyProblem | undefined {
  if (!resource) return undefined
  return problem(
    resource.negated ? 'AssumeRole policy must not contain resources.' : 'Has prohibited field Resource',
    resource,
  )
}
