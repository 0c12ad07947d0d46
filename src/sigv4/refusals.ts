import { hash } from 'node:crypto'
import { AwsError, type AwsErrorCode } from '../aws/aws-error.ts'
import {
  ACCESS_DENIED,
  INCOMPLETE_SIGNATURE,
  REQUEST_TIME_TOO_SKEWED,
  SIGNATURE_DOES_NOT_MATCH,
} from '../aws/error-codes.ts'
import { ALGORITHM, CLOCK_SKEW_MAX_MS, type SigningStyle } from './signing-style.ts'
import { formatTimestamp } from './timestamp.ts'

/** Everything a signature can be refused for. No answer repeats a signature, a token or what was signed. */
export interface Refusals {
  unsupportedAlgorithm(algorithm: string): AwsError
  twoMechanisms(): AwsError
  /** @param missing the words `Credential`, `Signature`, `SignedHeaders`, in this order, that the header lacks */
  incompleteHeader(missing: readonly string[], hasDate: boolean, authorization: string): AwsError
  malformedHeader(authorization: string): AwsError
  incompleteQuery(missing: readonly string[]): AwsError
  malformedQuery(parameter: string): AwsError
  malformedCredential(kind: 'header' | 'presigned'): AwsError
  missingDate(authorization: string): AwsError
  malformedDate(kind: 'header' | 'presigned'): AwsError
  expiresOutOfRange(problem: 'number' | 'small' | 'large'): AwsError
  wrongService(kind: 'header' | 'presigned', service: string, expected: readonly string[]): AwsError
  wrongDate(kind: 'header' | 'presigned', date: string, timestamp: string): AwsError
  unsignedHeaders(names: readonly string[]): AwsError
  tooOld(kind: 'header' | 'presigned', timestamp: string, now: number): AwsError
  tooNew(kind: 'header' | 'presigned', timestamp: string, now: number): AwsError
  mismatch(): AwsError
}

const INVALID_REQUEST = { code: 'InvalidRequest', status: 400 } satisfies AwsErrorCode
const INVALID_ARGUMENT = { code: 'InvalidArgument', status: 400 } satisfies AwsErrorCode
const AUTHORIZATION_HEADER_MALFORMED = { code: 'AuthorizationHeaderMalformed', status: 400 } satisfies AwsErrorCode
const AUTHORIZATION_QUERY_PARAMETERS_ERROR = {
  code: 'AuthorizationQueryParametersError',
  status: 400,
} satisfies AwsErrorCode

const SKEW_MINUTES = CLOCK_SKEW_MAX_MS / 60_000
const CREDENTIAL_FORM = '<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request'

/** Texts as AWS answers them (observed in issue threads of the SDKs). */
const STANDARD: Refusals = {
  unsupportedAlgorithm: (algorithm) =>
    new AwsError(INCOMPLETE_SIGNATURE, `Unsupported AWS 'algorithm': '${algorithm}'. Please use ${ALGORITHM}.`),
  twoMechanisms: () =>
    new AwsError(
      SIGNATURE_DOES_NOT_MATCH,
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    ),
  incompleteHeader: (missing, hasDate, authorization) => {
    const sentences = missing.map((parameter) => `Authorization header requires '${parameter}' parameter.`)
    if (!hasDate) sentences.push(DATE_MISSING)
    return new AwsError(INCOMPLETE_SIGNATURE, `${sentences.join(' ')} ${hashed(authorization)}`)
  },
  malformedHeader: (authorization) =>
    new AwsError(
      INCOMPLETE_SIGNATURE,
      `Invalid key=value pair (missing equal-sign) in Authorization header. ${hashed(authorization)}`,
    ),
  incompleteQuery: (missing) =>
    new AwsError(
      INCOMPLETE_SIGNATURE,
      `${missing.map((name) => `AWS query-string parameters must include '${name}'.`).join(' ')} Re-examine the query-string parameters.`,
    ),
  malformedQuery: (parameter) =>
    new AwsError(
      INCOMPLETE_SIGNATURE,
      `The value of '${parameter}' is not valid. Re-examine the query-string parameters.`,
    ),
  // AWS goes on with "got '…'"; left out, because a secret key ends up there when its user swaps the two.
  malformedCredential: () =>
    new AwsError(
      INCOMPLETE_SIGNATURE,
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.',
    ),
  missingDate: (authorization) => new AwsError(INCOMPLETE_SIGNATURE, `${DATE_MISSING} ${hashed(authorization)}`),
  malformedDate: () =>
    new AwsError(
      INCOMPLETE_SIGNATURE,
      "Date must be in ISO-8601 'basic format'. See http://en.wikipedia.org/wiki/ISO_8601",
    ),
  expiresOutOfRange: () =>
    new AwsError(INCOMPLETE_SIGNATURE, "'X-Amz-Expires' must be a number of seconds between 1 and 604800."),
  wrongService: (_kind, _service, expected) =>
    new AwsError(SIGNATURE_DOES_NOT_MATCH, `Credential should be scoped to correct service: '${expected[0] ?? ''}'.`),
  wrongDate: (_kind, date, timestamp) =>
    new AwsError(
      SIGNATURE_DOES_NOT_MATCH,
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    ),
  unsignedHeaders: (names) =>
    new AwsError(
      SIGNATURE_DOES_NOT_MATCH,
      names[0] === 'host'
        ? "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        : `'${names[0] ?? ''}' must be a 'SignedHeader' in the AWS Authorization.`,
    ),
  tooOld: (_kind, timestamp, now) =>
    new AwsError(
      SIGNATURE_DOES_NOT_MATCH,
      `Signature expired: ${timestamp} is now earlier than ${formatTimestamp(now - CLOCK_SKEW_MAX_MS)} (${formatTimestamp(now)} - ${SKEW_MINUTES} min.)`,
    ),
  tooNew: (_kind, timestamp, now) =>
    new AwsError(
      SIGNATURE_DOES_NOT_MATCH,
      `Signature not yet current: ${timestamp} is still later than ${formatTimestamp(now + CLOCK_SKEW_MAX_MS)} (${formatTimestamp(now)} + ${SKEW_MINUTES} min.)`,
    ),
  mismatch: () =>
    new AwsError(
      SIGNATURE_DOES_NOT_MATCH,
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ),
}

const S3: Refusals = {
  unsupportedAlgorithm: () =>
    new AwsError(
      INVALID_REQUEST,
      `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
    ),
  twoMechanisms: () =>
    new AwsError(
      INVALID_ARGUMENT,
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    ),
  incompleteHeader: () =>
    malformedS3Header('the authorization header requires three components: Credential, SignedHeaders, and Signature.'),
  malformedHeader: () =>
    malformedS3Header('the authorization header requires three components: Credential, SignedHeaders, and Signature.'),
  incompleteQuery: () =>
    new AwsError(
      AUTHORIZATION_QUERY_PARAMETERS_ERROR,
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    ),
  malformedQuery: (parameter) =>
    new AwsError(AUTHORIZATION_QUERY_PARAMETERS_ERROR, `Error parsing the ${parameter} parameter.`),
  malformedCredential: (kind) => malformedS3(kind, `the Credential is mal-formed; expecting "${CREDENTIAL_FORM}".`),
  missingDate: () => new AwsError(ACCESS_DENIED, 'AWS authentication requires a valid Date or x-amz-date header'),
  malformedDate: (kind) =>
    kind === 'header'
      ? new AwsError(ACCESS_DENIED, 'AWS authentication requires a valid Date or x-amz-date header')
      : new AwsError(
          AUTHORIZATION_QUERY_PARAMETERS_ERROR,
          "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        ),
  expiresOutOfRange: (problem) => new AwsError(AUTHORIZATION_QUERY_PARAMETERS_ERROR, S3_EXPIRES_TEXTS[problem]),
  wrongService: (kind, service, expected) =>
    malformedS3(kind, `incorrect service "${service}". This endpoint belongs to "${expected[0] ?? ''}".`),
  wrongDate: (kind, date, timestamp) =>
    malformedS3(
      kind,
      `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`,
    ),
  unsignedHeaders: (names) =>
    new AwsError(ACCESS_DENIED, 'There were headers present in the request which were not signed', {
      detail: { HeadersNotSigned: names.join(', ') },
    }),
  tooOld: (kind) => (kind === 'header' ? skewedS3() : new AwsError(ACCESS_DENIED, 'Request has expired')),
  tooNew: (kind) => (kind === 'header' ? skewedS3() : new AwsError(ACCESS_DENIED, 'Request is not yet valid')),
  mismatch: () =>
    new AwsError(
      SIGNATURE_DOES_NOT_MATCH,
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    ),
}

export const REFUSALS: Readonly<Record<SigningStyle, Refusals>> = { standard: STANDARD, s3: S3 }

const DATE_MISSING = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."

const S3_EXPIRES_TEXTS = {
  number: 'X-Amz-Expires should be a number',
  small: 'X-Amz-Expires must be greater than 0',
  large:
    'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
} as const

/** AWS shows a hash where it once showed the header, which may hold a credential of another kind. */
function hashed(authorization: string): string {
  return `(Hashed with SHA-256 and encoded with Base64) Authorization=${hash('sha256', authorization, 'base64')}`
}

function malformedS3(kind: 'header' | 'presigned', problem: string): AwsError {
  return kind === 'header'
    ? malformedS3Header(problem)
    : new AwsError(AUTHORIZATION_QUERY_PARAMETERS_ERROR, `Error parsing the X-Amz-Credential parameter; ${problem}`)
}

function malformedS3Header(problem: string): AwsError {
  return new AwsError(AUTHORIZATION_HEADER_MALFORMED, `The authorization header is malformed; ${problem}`)
}

function skewedS3(): AwsError {
  return new AwsError(
    REQUEST_TIME_TOO_SKEWED,
    'The difference between the request time and the current time is too large.',
  )
}
