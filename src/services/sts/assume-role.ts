import type { AssumeRoleRequest, AssumeRoleResponse } from '@aws-sdk/client-sts'
import type { Operation, Requirement } from '../../access/operation.ts'
import { parseRoleArn, type RoleRecord } from '../../access/role-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { Caller } from '../../aws/caller.ts'
import { ACCESS_DENIED, VALIDATION_ERROR } from '../../aws/error-codes.ts'
import type { StsDependencies } from './dependencies.ts'
import { assumedRoleUser, trustOf } from './role-session.ts'
import { issueCredentials, packedPolicySize, roleSessionSeconds, sessionPolicies } from './session-grant.ts'
import { sessionTags, tagContext } from './session-tags.ts'

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const assumeRole: Operation<AssumeRoleRequest, AssumeRoleResponse, StsDependencies> = {
  name: 'AssumeRole',
  requires: {
    kind: 'allowed',
    async requirements(input, { caller, roles }) {
      const roleArn = input.RoleArn ?? ''
      const named = parseRoleArn(roleArn)
      // Recorded from AWS.
      if (named === undefined) throw new AwsError(VALIDATION_ERROR, `${roleArn} is invalid`)
      if (caller.kind === 'root') throw new AwsError(ACCESS_DENIED, 'Roles may not be assumed by root accounts.')
      const role = await roles.findByArn(roleArn)
      return assumeRoleActions(input, caller).map((action) => requirement(action, input, caller, named.accountId, role))
    },
  },
  async handle(call, { keyRing, roles, policies }) {
    const { input, caller, now } = call
    const role = await roles.findByArn(input.RoleArn ?? '')
    // Deleted between the judgement and here.
    if (role === undefined) throw new AwsError(ACCESS_DENIED, 'Not authorized to perform sts:AssumeRole')
    const isChained = caller.kind === 'assumed-role'
    const durationSeconds = roleSessionSeconds(input.DurationSeconds, role.maxSessionDurationSeconds, isChained)
    const tags = sessionTags(input.Tags ?? [], input.TransitiveTagKeys ?? [], caller)
    const chosenPolicies = await sessionPolicies(input, policies)
    const sourceIdentity = chosenSourceIdentity(input, caller)
    const size = packedPolicySize(chosenPolicies, tags)
    const sessionName = input.RoleSessionName ?? ''
    const grant = {
      kind: 'assumed-role',
      accountId: role.accountId,
      roleId: role.roleId,
      roleName: role.roleName,
      sessionName,
      policies: chosenPolicies,
      tags,
      sourceIdentity,
      federatedProvider: undefined,
      federatedContext: {},
      isChained,
    } as const
    return {
      Credentials: issueCredentials(keyRing, grant, role.accountId, now, durationSeconds),
      AssumedRoleUser: assumedRoleUser(role, sessionName),
      PackedPolicySize: size,
      SourceIdentity: sourceIdentity,
    }
  },
}

/** Tags and a source identity each need a further permission, of the caller and of the trust policy alike. */
function assumeRoleActions(input: AssumeRoleRequest, caller: Caller): string[] {
  const actions = ['sts:AssumeRole']
  const hasInheritedTags = caller.kind === 'assumed-role' && caller.session.tags.some((tag) => tag.isTransitive)
  if ((input.Tags?.length ?? 0) > 0 || hasInheritedTags) actions.push('sts:TagSession')
  if (chosenSourceIdentity(input, caller) !== undefined) actions.push('sts:SetSourceIdentity')
  return actions
}

/** A source identity, once set, stays through every chained session and cannot be changed. */
function chosenSourceIdentity(input: AssumeRoleRequest, caller: Caller): string | undefined {
  const inherited = caller.kind === 'assumed-role' ? caller.session.sourceIdentity : undefined
  if (inherited !== undefined && input.SourceIdentity !== undefined && input.SourceIdentity !== inherited) {
    throw new AwsError(ACCESS_DENIED, 'The source identity of a session cannot be changed by role chaining.')
  }
  return inherited ?? input.SourceIdentity
}

function requirement(
  action: string,
  input: AssumeRoleRequest,
  caller: Caller,
  accountId: string,
  role: RoleRecord | undefined,
): Requirement {
  const context: Record<string, string | readonly string[]> = {
    'sts:RoleSessionName': input.RoleSessionName ?? '',
    ...tagContext(input.Tags ?? [], input.TransitiveTagKeys ?? []),
  }
  if (input.ExternalId !== undefined) context['sts:ExternalId'] = input.ExternalId
  if (input.DurationSeconds !== undefined) context['sts:DurationSeconds'] = String(input.DurationSeconds)
  const sourceIdentity = chosenSourceIdentity(input, caller)
  if (sourceIdentity !== undefined) context['sts:SourceIdentity'] = sourceIdentity
  return {
    action,
    resource: input.RoleArn ?? '',
    resourceAccount: accountId,
    context,
    resourcePolicy: trustOf(role),
  }
}
