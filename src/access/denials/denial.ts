import { AwsError } from '../../aws/aws-error.ts'
import type { Caller } from '../../aws/caller.ts'
import { ACCESS_DENIED } from '../../aws/error-codes.ts'
import type { Decision, PolicyLayer } from '../../policy/index.ts'
import type { Requirement } from '../operation.ts'

/** The names of the layers in AWS's sentence, with their article. */
const LAYER_NAMES: Readonly<Record<PolicyLayer, string>> = {
  identity: 'an identity-based policy',
  resource: 'a resource-based policy',
  boundary: 'a permissions boundary',
  session: 'a session policy',
  'service-control': 'a service control policy',
  'resource-control': 'a resource control policy',
  endpoint: 'a VPC endpoint policy',
}

/**
 * The refusal of a call that its policies do not allow, in AWS's sentence.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function accessDenied(caller: Caller, requirement: Requirement, decision: Decision): AwsError {
  if (caller.kind === 'anonymous') return new AwsError(ACCESS_DENIED, 'Access Denied')
  const sentence = `User: ${caller.arn} is not authorized to perform: ${requirement.action} on resource: ${requirement.resource}`
  return new AwsError(ACCESS_DENIED, sentence + reason(requirement, decision))
}

function reason(requirement: Requirement, decision: Decision): string {
  if (decision.decision === 'explicitDeny') return ` with an explicit deny in ${LAYER_NAMES[decision.layer]}`
  // AWS gives no reason where a trust policy does not allow (observed in pasted messages of sts:AssumeRole).
  if (requirement.resourcePolicy?.kind === 'trust' && decision.layer === 'resource') return ''
  const layer = LAYER_NAMES[decision.layer].replace(/^an? /, '')
  return ` because no ${layer} allows the ${requirement.action} action`
}
