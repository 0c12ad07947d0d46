import { firstProblem, type PolicyProblem, problem, runChecks } from './policy-problem.ts'
import { checkActions, checkOperators, checkPrincipal, checkResources, isFullArn } from './statement-check.ts'

/**
 * Checks the policy of a resource of whichever service, or of a VPC endpoint: what the policy language asks of all of them. A service has rules of its
 * own on top, in texts of its own.
 * @param options.resourceRequired  false where the policy stands on the one thing that it is about (a repository of ECR, for example)
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function validateResourcePolicy(
  text: string,
  options: { readonly resourceRequired: boolean },
): PolicyProblem | undefined {
  return runChecks(text, 'The policy is not a JSON object.', [
    ({ problems: [first] }) => first && problem(`Syntax error: ${first.message}.`, first),
    ({ document }) =>
      firstProblem(
        document.statements,
        (statement) =>
          checkPrincipal(statement.principal, statement) ??
          checkActions(statement) ??
          (options.resourceRequired || statement.resource ? checkResources(statement, isResourceArn) : undefined) ??
          checkOperators(statement),
      ),
  ])
}

/** A short ARN counts where it has a wildcard (section 9 of the project's facts about policies). */
function isResourceArn(value: string): boolean {
  return isFullArn(value) || /^arn:.*[*?]/s.test(value)
}
