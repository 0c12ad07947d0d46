import type { Located, MatchElement, PrincipalElement, Statement } from '../document/document.ts'
import { firstProblem, type PolicyProblem, problem, unknownOperator } from './policy-problem.ts'
import { PRINCIPAL_FORMS } from './principal-form.ts'

/** Rules that several kinds of policies share, with messages of our own. Each returns the first problem of a statement. */

export function checkActions({ action, span }: Statement): PolicyProblem | undefined {
  if (!hasValues(action)) return problem('The statement has no Action or NotAction.', action ?? { span })
  return firstProblem(action.values, checkAction)
}

/** `*`, or `service:Name` with wildcards in the name only. */
function checkAction(action: Located<string>): PolicyProblem | undefined {
  if (action.value === '*' || /^[A-Za-z0-9-]+:[A-Za-z0-9_*?-]+$/.test(action.value)) return undefined
  return problem(
    `Action "${action.value}" is neither "*" nor of the form service:Name, with wildcards in the name only.`,
    action,
  )
}

export function checkResources(
  { resource, span }: Statement,
  isForm: (value: string) => boolean,
): PolicyProblem | undefined {
  if (!hasValues(resource)) return problem('The statement has no Resource or NotResource.', resource ?? { span })
  const wrong = resource.values.find(({ value }) => value !== '*' && !isForm(value))
  return wrong && problem(`Resource "${wrong.value}" is neither "*" nor an ARN with all its fields.`, wrong)
}

export function checkPrincipal(
  principal: PrincipalElement | undefined,
  statement: Statement,
): PolicyProblem | undefined {
  if (!principal) return problem('The statement has no Principal.', statement)
  if (!principal.isText && principal.entries.length === 0) return problem('The Principal is empty.', principal)
  const wrong = principal.entries.find(({ type, value }) => !PRINCIPAL_FORMS[type].test(value))
  return wrong && problem(`"${wrong.value}" is no principal of the type ${wrong.type}.`, wrong)
}

export function checkOperators(statement: Statement): PolicyProblem | undefined {
  const wrong = unknownOperator(statement)
  return wrong && problem(`Condition operator "${wrong.operator.value}" does not exist.`, wrong.operator)
}

/** `arn:partition:service:region:account:resource`, with a service that is written out. */
export function isFullArn(value: string): boolean {
  return /^arn:[^:]*:[A-Za-z0-9-]+:[^:]*:[^:]*:./s.test(value)
}

function hasValues(element: MatchElement | undefined): element is MatchElement {
  return element !== undefined && element.values.length > 0
}
