import type { AssumeRoleRequest, AssumeRoleResponse } from '@aws-sdk/client-sts'
import type { Requirement } from '../../access/operation.ts'
import type { Present } from '../../access/present.ts'
import { parseRoleArn, type RoleRecord } from '../../access/records/role-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { Caller } from '../../aws/caller.ts'
import { ACCESS_DENIED, VALIDATION_ERROR } from '../../aws/error-codes.ts'
import type { StsOperation } from './dependencies.ts'
import { refuseMultiFactor } from './multi-factor.ts'
import { startRoleSession, trustOf } from './role-session.ts'
import { tagContext } from './session-tags.ts'

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const assumeRole: StsOperation<AssumeRoleRequest, AssumeRoleResponse> = {
  name: 'AssumeRole',
  requires: {
    kind: 'allowed',
    async requirements(input, { caller, roles }) {
      const roleArn = input.RoleArn
      const named = parseRoleArn(roleArn)
      // Recorded from AWS.
      if (named === undefined) throw new AwsError(VALIDATION_ERROR, `${roleArn} is invalid`)
      if (caller.kind === 'root') throw new AwsError(ACCESS_DENIED, 'Roles may not be assumed by root accounts.')
      const role = await roles.findByArn(roleArn)
      return assumeRoleActions(input, caller).map((action) => requirement(action, input, caller, named.accountId, role))
    },
  },
  async handle(call, dependencies) {
    const { input, caller, now } = call
    refuseMultiFactor(input)
    if (input.ProvidedContexts !== undefined) throw new AwsError(VALIDATION_ERROR, PROVIDED_CONTEXTS_REFUSED)
    const role = await dependencies.roles.findByArn(input.RoleArn)
    // Deleted between the judgement and here.
    if (role === undefined) throw new AwsError(ACCESS_DENIED, 'Not authorized to perform sts:AssumeRole')
    const { RoleSessionName, DurationSeconds, Policy, PolicyArns, Tags = [], TransitiveTagKeys = [] } = input
    const request = {
      ...{ RoleSessionName, DurationSeconds, Policy, PolicyArns, caller },
      tags: Tags,
      transitiveTagKeys: TransitiveTagKeys,
      sourceIdentity: chosenSourceIdentity(input, caller),
      federatedProvider: undefined,
      federatedContext: {},
    }
    return startRoleSession(role, request, dependencies, now)
  },
}

/** A context that is not looked at must not seem to be set: trust policies can ask for it (`sts:RequestContext/…`). */
const PROVIDED_CONTEXTS_REFUSED = 'ProvidedContexts are not supported: no context provider is known here.'

/**
 * Tags and a source identity each need a further permission, of the caller and of the trust policy alike; so do those that a
 * chained session hands on, as users of EKS Pod Identity (whose tags are transitive) find out when they chain roles.
 */
function assumeRoleActions(input: Present<AssumeRoleRequest>, caller: Caller): string[] {
  const actions = ['sts:AssumeRole']
  const hasInheritedTags = caller.kind === 'assumed-role' && caller.session.tags.some((tag) => tag.isTransitive)
  if ((input.Tags?.length ?? 0) > 0 || hasInheritedTags) actions.push('sts:TagSession')
  if (chosenSourceIdentity(input, caller) !== undefined) actions.push('sts:SetSourceIdentity')
  return actions
}

/** A source identity, once set, stays through every chained session and cannot be changed. */
function chosenSourceIdentity(input: Present<AssumeRoleRequest>, caller: Caller): string | undefined {
  const inherited = caller.kind === 'assumed-role' ? caller.session.sourceIdentity : undefined
  if (inherited !== undefined && input.SourceIdentity !== undefined && input.SourceIdentity !== inherited) {
    throw new AwsError(ACCESS_DENIED, 'The source identity of a session cannot be changed by role chaining.')
  }
  return inherited ?? input.SourceIdentity
}

function requirement(
  action: string,
  input: Present<AssumeRoleRequest>,
  caller: Caller,
  accountId: string,
  role: RoleRecord | undefined,
): Requirement {
  const { RoleSessionName, ExternalId, DurationSeconds, Tags = [], TransitiveTagKeys = [] } = input
  const context = {
    'sts:RoleSessionName': RoleSessionName,
    'sts:ExternalId': ExternalId,
    'sts:DurationSeconds': DurationSeconds?.toString(),
    'sts:SourceIdentity': chosenSourceIdentity(input, caller),
    ...tagContext(Tags, TransitiveTagKeys),
  }
  return {
    action,
    resource: input.RoleArn,
    resourceAccount: accountId,
    context,
    resourcePolicy: trustOf(role),
  }
}
