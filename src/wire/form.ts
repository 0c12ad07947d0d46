import { isUtf8 } from 'node:buffer'
import { AwsError } from '../aws/aws-error.ts'

/** Parameters of a form body or of a query string, decoded, in the order they came. */
export type Form = readonly FormField[]

interface FormField {
  readonly name: string
  readonly value: string
}

/** Far above what a client sends: IAM's longest lists have some hundred entries. Our own limit. */
const FIELDS_MAX = 10_000

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const MALFORMED_QUERY_STRING = { code: 'MalformedQueryString', status: 404 }

/**
 * Splits `a=1&b=2` and decodes percent signs and `+`. A field without `=` has an empty value; empty fields are skipped.
 *
 * @throws AwsError `MalformedQueryString` for percent signs that encode nothing or no UTF-8, and for too many fields
 */
export function parseForm(text: string): Form {
  const fields: FormField[] = []
  let start = 0
  while (start < text.length) {
    const ampersand = text.indexOf('&', start)
    const end = ampersand === -1 ? text.length : ampersand
    if (end > start) fields.push(parseField(text.slice(start, end)))
    if (fields.length > FIELDS_MAX) throw malformed(`more than ${FIELDS_MAX} parameters`)
    start = end + 1
  }
  return fields
}

/** As `parseForm`, for the bytes of a body. */
export function parseFormBody(bytes: Uint8Array): Form {
  if (!isUtf8(bytes)) throw malformed('the body is not valid UTF-8')
  return parseForm(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
}

/** The value of the first field of that name. */
export function formValue(form: Form, name: string): string | undefined {
  return form.find((field) => field.name === name)?.value
}

function parseField(text: string): FormField {
  const equals = text.indexOf('=')
  if (equals === -1) return { name: decodeComponent(text), value: '' }
  return { name: decodeComponent(text.slice(0, equals)), value: decodeComponent(text.slice(equals + 1)) }
}

function decodeComponent(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch (cause) {
    throw malformed('a percent sign does not start an encoded UTF-8 character', cause)
  }
}

function malformed(reason: string, cause?: unknown): AwsError {
  return new AwsError(MALFORMED_QUERY_STRING, `The query string contains a syntax error: ${reason}`, { cause })
}
