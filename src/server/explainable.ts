import type { PresentedToken } from '../access/authorize.ts'
import { AwsError } from '../aws/aws-error.ts'
import { ACCESS_DENIED } from '../aws/error-codes.ts'
import type { CallRecord } from './call-record.ts'

/** Characters told of one claim. */
const CLAIM_CHARACTERS_MAX = 256

/**
 * Gives a denial by policies an id under which it can be explained, and adds it to the message as AWS's preview does, behind
 * AWS's own sentence. A web identity is also told the claims that were judged: they are its own. Strangers are told nothing,
 * and what they do is not kept.
 *
 * @param newId  returns no id where there is no room to keep the denial: then the message promises nothing
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied-authorization-id.html
 */
export function explainable(
  refusal: AwsError,
  record: CallRecord,
  newId: (principal: string) => string | undefined,
): AwsError {
  if (refusal.code !== ACCESS_DENIED.code || record.denied === undefined) return refusal
  const { token } = record.denied.evidence
  const principal = token ? `${token.issuer} ${token.subject}` : arnOf(record)
  if (principal === undefined) return refusal
  record.authorizationId = newId(principal)
  const more = [
    ...(token ? [presented(token)] : []),
    ...(record.authorizationId ? [whereToAsk(record.authorizationId)] : []),
  ]
  if (more.length === 0) return refusal
  const { cause, detail } = refusal
  return new AwsError(refusal, [refusal.message, ...more].join('. '), { cause, detail })
}

function arnOf({ caller }: CallRecord): string | undefined {
  return caller === undefined || caller.kind === 'anonymous' ? undefined : caller.arn
}

function presented({ issuer, subject, audience }: PresentedToken): string {
  const [shownIssuer, shownSubject, shownAudience] = [issuer, subject, audience].map(quoted)
  return `The token has issuer ${shownIssuer}, subject ${shownSubject}, audience ${shownAudience}`
}

function quoted(claim: string): string {
  const text = claim.length > CLAIM_CHARACTERS_MAX ? `${claim.slice(0, CLAIM_CHARACTERS_MAX)}…` : claim
  return JSON.stringify(text)
}

function whereToAsk(id: string): string {
  return `For complete details, run "openirsa explain ${id}" or call the GetRequestAuthorizationDetails API with the following authorization id: ${id}`
}
