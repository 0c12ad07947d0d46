import type { ConditionKeys } from '../operation.ts'
import { type ContextFacts, requestContext, sessionContext } from './request-context.ts'

/**
 * AWS's spelling of the keys that `requestContext` knows by itself.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export const GLOBAL_KEY_NAMES: readonly string[] = [
  'aws:CurrentTime',
  'aws:EpochTime',
  'aws:FederatedProvider',
  'aws:MultiFactorAuthPresent',
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:PrincipalIsAWSService',
  'aws:PrincipalType',
  'aws:RequestedRegion',
  'aws:ResourceAccount',
  'aws:SecureTransport',
  'aws:SourceIdentity',
  'aws:SourceIp',
  'aws:TokenIssueTime',
  'aws:UserAgent',
  'aws:ViaAWSService',
  'aws:userid',
  'aws:username',
]

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
export const S3_KEY_NAMES: readonly string[] = [
  's3:ResourceAccount',
  's3:TlsVersion',
  's3:authType',
  's3:signatureAge',
  's3:signatureversion',
  's3:x-amz-content-sha256',
]

/** Every condition key that a request had, in AWS's spelling, ordered by name. */
export function contextValues(facts: ContextFacts): ConditionKeys {
  const context = requestContext(facts)
  const names = [
    ...GLOBAL_KEY_NAMES,
    ...(facts.action.startsWith('s3:') ? S3_KEY_NAMES : []),
    ...Array.from(facts.principalTags.keys(), (key) => `aws:PrincipalTag/${key}`),
    ...Object.keys(sessionContext(facts.caller)),
    ...Object.keys(facts.extra),
  ]
  const values = new Map<string, string | readonly string[]>()
  for (const name of names.toSorted()) {
    const value = context.get(name.toLowerCase())
    if (value !== undefined) values.set(name, value)
  }
  return Object.fromEntries(values)
}
