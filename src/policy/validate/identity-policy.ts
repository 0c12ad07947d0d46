import { type Located, type MatchElement, type Statement, VERSION_WITH_VARIABLES } from '../document/document.ts'
import { readOperatorName } from '../match/condition-operator.ts'
import { parseDate } from '../match/date.ts'
import {
  firstProblem,
  type PolicyCheck,
  type PolicyProblem,
  problem,
  repeatedSid,
  runChecks,
  unknownOperator,
} from './policy-problem.ts'
import { validateResource } from './resource-format.ts'

/**
 * Checks a policy of an identity: inline, managed or session policy.
 *
 * Texts and order: section 12.1 of the project's facts about policies (as two other re-implementations have them; the order is not recorded from AWS).
 */
export function validateIdentityPolicy(
  text: string,
  options: { readonly versionRequired: boolean },
): PolicyProblem | undefined {
  if (!/^[\t\n\r\u0020-\u00ff]+$/.test(text)) return { message: NOT_PRINTABLE, span: undefined }
  return runChecks(text, SYNTAX, [
    grammar,
    syntaxOfWords,
    ...(options.versionRequired ? [version] : []),
    noPrincipal,
    legacyParsing,
    uniqueSids,
    actionsPresent,
    resourceFormats,
    actionPrefixes,
    resourcesPresent,
  ])
}

const NOT_PRINTABLE =
  'The specified value for policyDocument is invalid. It must contain only printable ASCII characters.'
const SYNTAX = 'Syntax errors in policy.'
const NO_VENDOR = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
const LEGACY_PARSING = 'The policy failed legacy parsing'

/** A principal of whatever form has its own message, and an effect in the wrong case passes this parser and fails the older one. */
const grammar: PolicyCheck = ({ text, problems }) => {
  const found = problems.find(
    ({ code, span }) =>
      code !== 'INVALID_PRINCIPAL' &&
      !(code === 'INVALID_EFFECT' && isEffectInOtherCase(text.slice(span.start.offset, span.end.offset))),
  )
  return found && problem(SYNTAX, found)
}

const syntaxOfWords: PolicyCheck = ({ document }) =>
  firstProblem(document.statements, (statement) => {
    const wrong = unknownOperator(statement) ?? (isIamSid(statement.sid) ? undefined : statement.sid)
    return wrong && problem(SYNTAX, wrong)
  })

const version: PolicyCheck = ({ document }) =>
  document.version?.value === VERSION_WITH_VARIABLES
    ? undefined
    : problem('Policy document must be version 2012-10-17 or greater.', document.version ?? document)

const noPrincipal: PolicyCheck = ({ document }) => {
  const found = document.statements.find((statement) => statement.principal !== undefined)
  return found && problem('Policy document should not specify a principal.', found.principal)
}

const legacyParsing: PolicyCheck = ({ document, problems }) => {
  const effect = problems.find(({ code }) => code === 'INVALID_EFFECT')
  if (effect) return problem(LEGACY_PARSING, effect)
  return firstProblem(document.statements, (statement) => {
    const wrong = badDate(statement) ?? (statement.resource && resourceThatOldParserRefuses(statement.resource))
    return wrong && problem(LEGACY_PARSING, wrong)
  })
}

const uniqueSids: PolicyCheck = ({ document }) => {
  const sid = repeatedSid(document.statements)
  return sid && problem('Statement IDs (SID) in a single policy must be unique.', sid)
}

const actionsPresent: PolicyCheck = ({ document }) =>
  firstProblem(document.statements, ({ action, span }) =>
    hasValues(action) ? undefined : problem('Policy statement must contain actions.', { span }),
  )

const resourceFormats: PolicyCheck = ({ document }) =>
  firstProblem(document.statements, ({ resource }) => firstProblem(resource?.values ?? [], validateResource))

const actionPrefixes: PolicyCheck = ({ document }) =>
  firstProblem(
    document.statements,
    ({ action, condition }) =>
      firstProblem(action?.values ?? [], validateAction) ??
      firstProblem(condition, ({ key }) => (key.value.includes(':') ? undefined : problem(NO_VENDOR, key))),
  )

const resourcesPresent: PolicyCheck = ({ document }) =>
  firstProblem(document.statements, ({ resource, span }) =>
    hasValues(resource) ? undefined : problem('Policy statement must contain resources.', { span }),
  )

function isEffectInOtherCase(quoted: string): boolean {
  return ['"allow"', '"deny"'].includes(quoted.toLowerCase())
}

function isIamSid(sid: Located<string> | undefined): boolean {
  return sid === undefined || /^[A-Za-z0-9]*$/.test(sid.value)
}

function hasValues(element: MatchElement | undefined): boolean {
  return element !== undefined && element.values.length > 0
}

function badDate({ condition }: Statement): Located<string> | undefined {
  return condition
    .filter(({ operator }) => {
      const name = readOperatorName(operator.value)
      return name?.kind === 'value' && name.name.startsWith('Date')
    })
    .flatMap(({ values }) => values)
    .find(({ value }) => parseDate(value) === undefined)
}

/** The old parser split at `::` and took the service from the third field; it is asked only about resources of a good format. */
function resourceThatOldParserRefuses({ values }: MatchElement): Located<string> | undefined {
  if (values.some((value) => validateResource(value) !== undefined)) return undefined
  return values.find(({ value }) => {
    if (value === '*') return false
    const fields = value.split(':')
    return fields[2] === '' || (fields.length < 6 && value.includes('::'))
  })
}

function validateAction(action: Located<string>): PolicyProblem | undefined {
  if (action.value === '*') return undefined
  const [vendor = '', ...names] = action.value.split(':')
  if (names.length === 0) return problem(NO_VENDOR, action)
  if (names.length > 1) return problem('Actions/Condition can contain only one colon.', action)
  return /^[A-Za-z0-9.-]+$/.test(vendor) ? undefined : problem(`Vendor ${vendor} is not valid`, action)
}
