import { AwsError } from '../../aws/aws-error.ts'
import type { GrammarProblem } from '../../policy/index.ts'

const VALIDATION = { code: 'ValidationException', status: 400 }
const INVALID_PARAMETER = { code: 'InvalidParameterException', status: 400 }

/** @param field the member of the input that is wrong */
export function validationFailed(field: string, message: string): AwsError {
  return new AwsError(VALIDATION, message, {
    detail: { reason: 'fieldValidationFailed', fieldList: [{ name: field, message }] },
  })
}

export function invalidParameter(message: string): AwsError {
  return new AwsError(INVALID_PARAMETER, message)
}

/** A document that is no policy cannot be compared with anything. */
export function invalidDocument(field: string, problem: GrammarProblem | undefined): AwsError {
  const { line, column } = problem?.span.start ?? { line: 1, column: 1 }
  return invalidParameter(
    `${field} is not a policy: line ${line}, column ${column}: ${problem?.message ?? 'no document'}.`,
  )
}
