import type { ListInstanceProfilesForRoleRequest, ListInstanceProfilesForRoleResponse } from '@aws-sdk/client-iam'
import type { IamOperation } from '../dependencies.ts'
import { getRole } from '../principal/principal.ts'
import { onRole } from '../requirements.ts'

/**
 * Instance profiles are for EC2 and cannot be made here, so that no role is in one. Terraform asks before it deletes a
 * role, and gives up on any other answer.
 */
export const listInstanceProfilesForRole: IamOperation<
  ListInstanceProfilesForRoleRequest,
  ListInstanceProfilesForRoleResponse
> = {
  name: 'ListInstanceProfilesForRole',
  requires: onRole('ListInstanceProfilesForRole'),
  async handle({ accountId, input }, { store: { reads } }) {
    await getRole(reads, accountId, input.RoleName)
    return { InstanceProfiles: [], IsTruncated: false }
  },
}
