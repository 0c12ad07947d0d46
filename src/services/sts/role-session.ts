import type { AssumedRoleUser, AssumeRoleResponse, PolicyDescriptorType, Tag } from '@aws-sdk/client-sts'
import type { ResourcePolicy } from '../../access/operation.ts'
import type { PrincipalPolicySource } from '../../access/policies/principal-policies.ts'
import type { RoleRecord } from '../../access/records/role-records.ts'
import type { Caller, SessionFacts } from '../../aws/caller.ts'
import type { KeyRing } from '../../store/key-ring.ts'
import { issueCredentials } from './credentials.ts'
import { roleSessionSeconds } from './session-duration.ts'
import { packedPolicySize, sessionPolicies } from './session-policies.ts'
import { sessionTags } from './session-tags.ts'

/** A role that does not exist trusts nobody: its callers get the same answer as those whom a trust policy refuses. */
export function trustOf(role: RoleRecord | undefined): ResourcePolicy {
  return { kind: 'trust', document: role?.trustPolicy, principalIds: role?.trustPrincipalIds ?? {} }
}

/** What a caller, whom the role's trust policy has let in, asks of the session. */
export interface RoleSessionRequest {
  readonly RoleSessionName: string
  readonly DurationSeconds?: number | undefined
  readonly Policy?: string | undefined
  readonly PolicyArns?: readonly PolicyDescriptorType[] | undefined
  readonly tags: readonly Tag[]
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
  /** Who calls with credentials of its own; undefined for a web identity. */
  readonly caller: Caller | undefined
  readonly federatedProvider: string | undefined
  readonly federatedContext: SessionFacts['federatedContext']
}

/**
 * Makes a session of a role.
 * @throws AwsError `ValidationError`, `InvalidParameterValue`, `MalformedPolicyDocument`, `PackedPolicyTooLarge`
 */
export async function startRoleSession(
  role: RoleRecord,
  request: RoleSessionRequest,
  { keyRing, policies }: { readonly keyRing: KeyRing; readonly policies: PrincipalPolicySource },
  now: number,
): Promise<AssumeRoleResponse> {
  const { RoleSessionName, caller, sourceIdentity, federatedProvider, federatedContext } = request
  const isChained = caller?.kind === 'assumed-role'
  const durationSeconds = roleSessionSeconds(request.DurationSeconds, role.maxSessionDurationSeconds, isChained)
  const tags = sessionTags(request.tags, request.transitiveTagKeys, caller)
  const chosen = await sessionPolicies(request, role.accountId, policies)
  const PackedPolicySize = packedPolicySize(chosen, tags)
  const { accountId, roleId, roleName } = role
  const principal = { kind: 'assumed-role', accountId, roleId, roleName, sessionName: RoleSessionName } as const
  const bounds = { policies: chosen, tags, sourceIdentity, federatedProvider, federatedContext, isChained }
  return {
    Credentials: issueCredentials(keyRing, { ...principal, ...bounds }, now, durationSeconds),
    AssumedRoleUser: assumedRoleUser(role, RoleSessionName),
    PackedPolicySize,
    SourceIdentity: sourceIdentity,
  }
}

/** The session's own ARN has no path. */
function assumedRoleUser(role: RoleRecord, sessionName: string): AssumedRoleUser {
  return {
    AssumedRoleId: `${role.roleId}:${sessionName}`,
    Arn: `arn:aws:sts::${role.accountId}:assumed-role/${role.roleName}/${sessionName}`,
  }
}
