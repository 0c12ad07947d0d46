import { randomUUID } from 'node:crypto'
import type { Caller } from '../aws/caller.ts'
import type { AuditEvent } from '../store/store.ts'
import type { CallRecord } from './call-record.ts'

/** Event sources, where they are not `<service>.amazonaws.com`. */
const EVENT_SOURCES: Readonly<Record<string, string>> = {
  'marketplace-metering': 'metering-marketplace.amazonaws.com',
  openirsa: 'openirsa.internal',
}

/**
 * The audit event of a call, with CloudTrail's field names.
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function auditEvent(record: CallRecord): AuditEvent {
  const eventId = randomUUID()
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
      userIdentity: userIdentity(record.caller),
      eventTime: `${new Date(record.startedAt).toISOString().slice(0, 19)}Z`,
      eventSource,
      eventName,
      awsRegion: record.region,
      sourceIPAddress: record.source.address,
      userAgent: record.source.userAgent,
      errorCode: record.errorCode,
      errorMessage: record.errorMessage,
      requestParameters: record.parameters,
      resources: record.judgements.map(({ requirement }) => ({ ARN: requirement.resource })),
      additionalEventData: { decisions: record.judgements.map(decisionOf) },
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
function userIdentity(caller: Caller | undefined) {
  if (caller === undefined || caller.kind === 'anonymous')
    return { type: 'AWSAccount', principalId: 'ANONYMOUS_PRINCIPAL' }
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
