import type {
  CreateUserRequest,
  CreateUserResponse,
  DeleteUserRequest,
  GetUserRequest,
  GetUserResponse,
  ListUsersRequest,
  ListUsersResponse,
  User,
} from '@aws-sdk/client-iam'
import type { Present } from '../../../access/present.ts'
import { userArn } from '../../../aws/arn.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import type { RootCaller } from '../../../aws/caller.ts'
import { ENTITY_ALREADY_EXISTS } from '../../../aws/error-codes.ts'
import { newUniqueId } from '../../../aws/unique-id.ts'
import type { Reads, Writes } from '../../../store/store.ts'
import type { UserRow } from '../../../store/tables.ts'
import { nameKey } from '../arns.ts'
import { dateOf } from '../dates.ts'
import type { IamOperation } from '../dependencies.ts'
import { inNameOrder } from '../name-order.ts'
import { readPage } from '../pagination.ts'
import {
  findBoundary,
  refuseMissingBoundary,
  requestedBoundary,
  shownBoundary,
} from '../principal/permissions-boundary.ts'
import { findUserRow, getUserRow, principalChanged, requestedUserName, userOf } from '../principal/principal.ts'
import { refuseConflicts } from '../principal/principal-deletion.ts'
import { refuseFullAccount } from '../quotas.ts'
import { onUser, toCreate, toList } from '../requirements.ts'
import { readTags, refuseBadTags, removeAllTags, writeTags } from '../tag/tags.ts'

export const createUser: IamOperation<CreateUserRequest, CreateUserResponse> = {
  name: 'CreateUser',
  requires: toCreate(
    'CreateUser',
    'TagUser',
    (input, { accountId }) => userArn(accountId, input.Path ?? '/', input.UserName),
    requestedBoundary,
  ),
  async handle({ accountId, input, now }, { store, quotas, managedPolicies }) {
    const tags = input.Tags ?? []
    refuseBadTags(tags)
    const boundary = findBoundary(input, managedPolicies)
    return store.write(async (writes) => {
      await refuseMissingBoundary(writes, accountId, boundary)
      await refuseTakenName(writes, accountId, input.UserName)
      await refuseFullAccount(writes, 'users', accountId, quotas)
      const row = newUserRow(input, accountId, now)
      await writes.insertInto('users').values(row).execute()
      await writeTags(writes, userOf(row), tags, quotas)
      principalChanged(writes, userOf(row))
      return { User: await wholeUser(writes, row) }
    })
  },
}

/** Without a name it answers for the caller. */
export const getUser: IamOperation<GetUserRequest, GetUserResponse> = {
  name: 'GetUser',
  requires: onUser('GetUser'),
  async handle({ accountId, input, caller }, { store: { reads } }) {
    if (input.UserName === undefined && caller.kind === 'root') return { User: await rootUser(reads, caller) }
    const row = await getUserRow(reads, accountId, requestedUserName(input, caller))
    return { User: await wholeUser(reads, row) }
  },
}

/** Lists in the order of names, with a path prefix in that of paths and names. The entries have no tags or boundary. */
export const listUsers: IamOperation<ListUsersRequest, ListUsersResponse> = {
  name: 'ListUsers',
  requires: toList('ListUsers', 'user'),
  async handle({ accountId, input }, { store: { reads } }) {
    const ofAccount = reads.selectFrom('users').selectAll().where('account_id', '=', accountId)
    const source = inNameOrder<UserRow>(input.PathPrefix, {
      nameColumn: 'user_name_key',
      describe: (row) => ({ id: row.user_id, path: row.path, nameKey: row.user_name_key }),
      read: ({ filter, order, limit }) => ofAccount.where(filter).orderBy(order).limit(limit).execute(),
      findById: (id) => ofAccount.where('user_id', '=', id).executeTakeFirst(),
    })
    const page = await readPage('ListUsers', input, source)
    return { Users: page.entries.map(listedUser), ...page.end }
  },
}

/** Access keys, attached and inline policies must be gone before; tags and boundary go with the user. */
export const deleteUser: IamOperation<DeleteUserRequest, object> = {
  name: 'DeleteUser',
  requires: onUser('DeleteUser'),
  async handle({ accountId, input }, { store }) {
    await store.write(async (writes) => {
      const user = userOf(await getUserRow(writes, accountId, input.UserName))
      await refuseConflicts(writes, user)
      await removeAllTags(writes, user)
      await writes.deleteFrom('users').where('user_id', '=', user.id).execute()
      principalChanged(writes, user)
    })
    return {}
  },
}

async function refuseTakenName(writes: Writes, accountId: string, userName: string): Promise<void> {
  if (!(await findUserRow(writes, accountId, userName))) return
  throw new AwsError(ENTITY_ALREADY_EXISTS, `User with name ${userName} already exists.`)
}

function newUserRow(input: Present<CreateUserRequest>, accountId: string, now: number): UserRow {
  return {
    user_id: newUniqueId('user'),
    account_id: accountId,
    user_name: input.UserName,
    user_name_key: nameKey(input.UserName),
    path: input.Path ?? '/',
    permissions_boundary: input.PermissionsBoundary ?? null,
    created_at: now,
  }
}

function listedUser(row: UserRow): User {
  return {
    Path: row.path,
    UserName: row.user_name,
    UserId: row.user_id,
    Arn: userArn(row.account_id, row.path, row.user_name),
    CreateDate: dateOf(row.created_at),
  }
}

async function wholeUser(reads: Reads, row: UserRow): Promise<User> {
  const boundary = shownBoundary(row.permissions_boundary)
  const tags = await readTags(reads, userOf(row))
  return {
    ...listedUser(row),
    ...(boundary ? { PermissionsBoundary: boundary } : {}),
    ...(tags.length > 0 ? { Tags: [...tags] } : {}),
  }
}

/** The root user has no name and no path, though the model requires both. */
async function rootUser(reads: Reads, caller: RootCaller): Promise<User> {
  const account = await reads
    .selectFrom('accounts')
    .select('created_at')
    .where('account_id', '=', caller.accountId)
    .executeTakeFirstOrThrow()
  return { UserId: caller.accountId, Arn: caller.arn, CreateDate: dateOf(account.created_at) } as User
}
