import type { Caller } from '../aws/caller.ts'
import type { AuditEvent } from '../store/store.ts'
import { type CallRecord, webIdentityOf } from './call-record.ts'

/** Event sources, where they are not `<service>.amazonaws.com`. */
const EVENT_SOURCES: Readonly<Record<string, string>> = {
  'marketplace-metering': 'metering-marketplace.amazonaws.com',
  openirsa: 'openirsa.internal',
}

/** Characters kept of `userAgent` and `errorMessage`; CloudTrail's own limit for both is 1 KB. */
const TEXT_CHARACTERS_MAX = 1_024
/** Decisions kept of a call that asks many questions (DeleteObjects: one a key). Our own limit. */
const DECISIONS_MAX = 50

/**
 * The audit event of a call, with CloudTrail's field names.
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function auditEvent(record: CallRecord): AuditEvent {
  const { eventId } = record
  const judgements = record.judgements.slice(0, DECISIONS_MAX)
  const service = record.service ?? 'unknown'
  const eventSource = EVENT_SOURCES[service] ?? `${service}.amazonaws.com`
  const eventName = record.operation ?? 'Unknown'
  return {
    eventId,
    accountId: record.accountId,
    eventTime: record.startedAt,
    eventSource,
    eventName,
    errorCode: record.errorCode,
    event: {
      eventVersion: '1.11',
      userIdentity: userIdentity(record),
      eventTime: `${new Date(record.startedAt).toISOString().slice(0, 19)}Z`,
      eventSource,
      eventName,
      awsRegion: record.region,
      sourceIPAddress: record.source.address,
      userAgent: record.source.userAgent?.slice(0, TEXT_CHARACTERS_MAX),
      errorCode: record.errorCode,
      errorMessage: record.errorMessage?.slice(0, TEXT_CHARACTERS_MAX),
      requestParameters: record.parameters,
      resources: judgements.map(({ requirement }) => ({ ARN: requirement.resource })),
      additionalEventData: { decisions: judgements.map(decisionOf), authorizationId: record.authorizationId },
      requestID: record.requestId,
      eventID: eventId,
      eventType: 'AwsApiCall',
      recipientAccountId: record.accountId,
    },
  }
}

function decisionOf({ requirement, decision }: CallRecord['judgements'][number]) {
  return {
    action: requirement.action,
    resource: requirement.resource,
    decision: decision.decision,
    layer: decision.layer,
    statements: decision.matchedStatements.map(({ source, sid, index }) => ({ source, sid, index })),
  }
}

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
function userIdentity(record: CallRecord) {
  const { caller } = record
  if (caller !== undefined && caller.kind !== 'anonymous') return keyedIdentity(caller)
  return webIdentity(record) ?? { type: 'AWSAccount', principalId: 'ANONYMOUS_PRINCIPAL' }
}

/** Subject and audience are among the condition keys that the trust policy was asked with. */
function webIdentity(record: CallRecord) {
  const principal = webIdentityOf(record)
  if (principal === undefined) return undefined
  const issuer = principal.provider.slice(principal.provider.indexOf('/') + 1)
  const { context = {} } = record.judgements[0]?.requirement ?? {}
  const [subject, audience] = [context[`${issuer}:sub`], context[`${issuer}:aud`]]
  return {
    type: 'WebIdentityUser',
    principalId: `${principal.provider}:${audience}:${subject}`,
    userName: subject,
    identityProvider: principal.provider,
  }
}

function keyedIdentity(caller: Exclude<Caller, { readonly kind: 'anonymous' }>) {
  const common = {
    principalId: caller.userId,
    arn: caller.arn,
    accountId: caller.accountId,
    accessKeyId: caller.accessKeyId,
  }
  switch (caller.kind) {
    case 'root':
      return { type: 'Root', ...common }
    case 'user':
      return { type: 'IAMUser', ...common, userName: caller.userName }
    case 'assumed-role':
      return {
        type: 'AssumedRole',
        ...common,
        sessionContext: {
          sessionIssuer: {
            type: 'Role',
            principalId: caller.roleId,
            arn: caller.roleArn,
            accountId: caller.accountId,
            userName: caller.roleName,
          },
          webIdFederationData: caller.session.federatedProvider && {
            federatedProvider: caller.session.federatedProvider,
          },
          attributes: { creationDate: new Date(caller.session.issuedAt).toISOString(), mfaAuthenticated: 'false' },
        },
      }
  }
}
