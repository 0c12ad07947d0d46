import type { ListGroupsForUserRequest, ListGroupsForUserResponse } from '@aws-sdk/client-iam'
import type { IamOperation } from '../dependencies.ts'
import { getUser } from '../principal/principal.ts'
import { onUser } from '../requirements.ts'

/** Groups cannot be made here yet, so that no user is in one. Terraform asks before it deletes a user. */
export const listGroupsForUser: IamOperation<ListGroupsForUserRequest, ListGroupsForUserResponse> = {
  name: 'ListGroupsForUser',
  requires: onUser('ListGroupsForUser'),
  async handle({ accountId, input }, { store: { reads } }) {
    await getUser(reads, accountId, input.UserName)
    return { Groups: [], IsTruncated: false }
  },
}
