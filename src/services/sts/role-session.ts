import type { AssumedRoleUser } from '@aws-sdk/client-sts'
import type { ResourcePolicy } from '../../access/operation.ts'
import type { RoleRecord } from '../../access/role-records.ts'

/** A role that does not exist trusts nobody: its callers get the same answer as those whom a trust policy refuses. */
const TRUSTS_NOBODY = '{"Version":"2012-10-17","Statement":[]}'

export function trustOf(role: RoleRecord | undefined): ResourcePolicy {
  return {
    kind: 'trust',
    document: role?.trustPolicy ?? TRUSTS_NOBODY,
    principalIds: role?.trustPrincipalIds ?? {},
  }
}

/** `AssumedRoleUser` of an answer: the session's own ARN has no path. */
export function assumedRoleUser(role: RoleRecord, sessionName: string): AssumedRoleUser {
  return {
    AssumedRoleId: `${role.roleId}:${sessionName}`,
    Arn: `arn:aws:sts::${role.accountId}:assumed-role/${role.roleName}/${sessionName}`,
  }
}
