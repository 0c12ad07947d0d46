import { type Statement, VERSION_WITH_VARIABLES } from '../document/document.ts'
import {
  firstProblem,
  type PolicyCheck,
  type PolicyProblem,
  problem,
  repeatedSid,
  runChecks,
} from './policy-problem.ts'
import { checkActions, checkOperators, checkResources, isFullArn } from './statement-check.ts'

/**
 * Checks a service control policy. Since September 2025 it has the whole language but for principals.
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
 */
export function validateServiceControlPolicy(text: string): PolicyProblem | undefined {
  return validateStatements(text, (statement) => {
    const { principal } = statement
    return (
      (principal && problem('A service control policy must not have a Principal or NotPrincipal.', principal)) ??
      checkActions(statement) ??
      checkResources(statement, isServiceControlArn) ??
      checkOperators(statement)
    )
  })
}

/**
 * Checks a resource control policy of a customer: it can only deny, for everybody. (The one that allows, RCPFullAWSAccess, is AWS's.)
 * @param services  prefixes of the services that support such policies; undefined: any
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
 */
export function validateResourceControlPolicy(text: string, services?: readonly string[]): PolicyProblem | undefined {
  return validateStatements(
    text,
    (statement) =>
      checkDeny(statement) ??
      checkEverybody(statement) ??
      checkActions(statement) ??
      checkControlledActions(statement, services) ??
      checkResources(statement, isFullArn) ??
      checkOperators(statement),
  )
}

function validateStatements(
  text: string,
  check: (statement: Statement) => PolicyProblem | undefined,
): PolicyProblem | undefined {
  return runChecks(text, 'The policy is not a JSON object.', [
    grammar,
    version,
    ({ document }) => firstProblem(document.statements, check),
    uniqueSids,
  ])
}

/** The parser's own words: they say what is wrong. */
const grammar: PolicyCheck = ({ problems: [first] }) => first && problem(`Syntax error: ${first.message}.`, first)

const version: PolicyCheck = ({ document }) =>
  document.version?.value === VERSION_WITH_VARIABLES
    ? undefined
    : problem(`The policy must have the Version "${VERSION_WITH_VARIABLES}".`, document.version ?? document)

const uniqueSids: PolicyCheck = ({ document }) => {
  const sid = repeatedSid(document.statements)
  return sid && problem(`The Sid "${sid.value}" stands on two statements.`, sid)
}

function checkDeny({ effect }: Statement): PolicyProblem | undefined {
  if (effect?.value !== 'Allow') return undefined
  return problem('A resource control policy can only deny: RCPFullAWSAccess, which is always attached, allows.', effect)
}

function checkEverybody({ principal, span }: Statement): PolicyProblem | undefined {
  if (principal?.negated) return problem('A resource control policy must not have NotPrincipal.', principal)
  if (principal?.isText) return undefined
  return problem('The Principal of a resource control policy is "*"; narrow it with conditions.', principal ?? { span })
}

function checkControlledActions(
  { action }: Statement,
  services: readonly string[] | undefined,
): PolicyProblem | undefined {
  if (action?.negated) return problem('A resource control policy must not have NotAction.', action)
  return firstProblem(action?.values ?? [], (one) => {
    if (one.value === '*') return problem('Action "*" is not supported here: name the service, as in "s3:*".', one)
    const service = one.value.slice(0, one.value.indexOf(':'))
    if (services === undefined || services.includes(service.toLowerCase())) return undefined
    return problem(`Resource control policies do not reach the service "${service}".`, one)
  })
}

/** A short ARN counts where its author ended it with a wildcard (section 9 of the project's facts about policies). */
function isServiceControlArn(value: string): boolean {
  return isFullArn(value) || /^arn:.*\*$/s.test(value)
}
