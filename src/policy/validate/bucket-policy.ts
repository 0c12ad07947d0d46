import type { MatchElement, Statement } from '../document/document.ts'
import {
  firstProblem,
  grammarCheck,
  type PolicyProblem,
  problem,
  repeatedSid,
  runChecks,
  unknownOperator,
} from './policy-problem.ts'
import { PRINCIPAL_FORMS } from './principal-form.ts'

/**
 * Checks an S3 bucket's policy; the error code is `MalformedPolicy`.
 *
 * The first two texts are recorded from AWS (section 12.4 of the project's facts about policies), the others are as S3 users report them.
 *
 * @param bucketName  where given, resources have to be this bucket or objects in it
 */
export function validateBucketPolicy(text: string, bucketName?: string): PolicyProblem | undefined {
  if (!text.startsWith('{')) return { message: NOT_JSON, span: undefined }
  return runChecks(text, NOT_JSON, [
    grammarCheck('Missing required field Statement', ['MISSING_STATEMENT', 'EMPTY_STATEMENT']),
    grammarCheck('The policy must contain a valid version string', ['INVALID_VERSION']),
    grammarCheck('Missing required field Effect', ['MISSING_EFFECT']),
    grammarCheck('Invalid principal in policy', ['INVALID_PRINCIPAL']),
    grammarCheck(SYNTAX),
    ({ document }) => firstProblem(document.statements, (statement) => validateStatement(statement, bucketName)),
    ({ document }) => {
      const sid = repeatedSid(document.statements)
      return sid && problem(SYNTAX, sid)
    },
  ])
}

const NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"
const SYNTAX = 'Invalid policy syntax.'

function validateStatement(statement: Statement, bucketName: string | undefined): PolicyProblem | undefined {
  const { principal, action, resource, span } = statement
  if (!principal || (!principal.isText && principal.entries.length === 0)) {
    return problem('Missing required field Principal', principal ?? { span })
  }
  const invalidPrincipal = principal.entries.find(({ type, value }) => !PRINCIPAL_FORMS[type].test(value))
  if (invalidPrincipal) return problem('Invalid principal in policy', invalidPrincipal)
  if (!hasValues(action)) return problem('Missing required field Action', { span })
  const invalidAction = action.values.find(({ value }) => !/^(?:\*|s3:[a-z*?]+)$/i.test(value))
  if (invalidAction) return problem('Policy has invalid action', invalidAction)
  if (!hasValues(resource)) return problem('Missing required field Resource', { span })
  const invalidResource = resource.values.find(({ value }) => !isInBucket(value, bucketName))
  if (invalidResource) return problem('Policy has invalid resource', invalidResource)
  const operator = unknownOperator(statement)
  return operator && problem(`Invalid Condition type : ${operator.operator.value}`, operator)
}

function hasValues(element: MatchElement | undefined): element is MatchElement {
  return element !== undefined && element.values.length > 0
}

/** A policy speaks about the bucket that it stands on and about nothing else. */
function isInBucket(resource: string, bucketName: string | undefined): boolean {
  if (!resource.startsWith('arn:aws:s3:::')) return false
  if (bucketName === undefined) return true
  const name = resource.slice('arn:aws:s3:::'.length)
  return name === bucketName || name.startsWith(`${bucketName}/`) || name === `${bucketName}*`
}
