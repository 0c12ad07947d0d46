import type {
  AddClientIDToOpenIDConnectProviderRequest,
  CreateOpenIDConnectProviderRequest,
  CreateOpenIDConnectProviderResponse,
  DeleteOpenIDConnectProviderRequest,
  GetOpenIDConnectProviderRequest,
  GetOpenIDConnectProviderResponse,
  ListOpenIDConnectProvidersRequest,
  ListOpenIDConnectProvidersResponse,
  RemoveClientIDFromOpenIDConnectProviderRequest,
  UpdateOpenIDConnectProviderThumbprintRequest,
} from '@aws-sdk/client-iam'
import { AwsError } from '../../../aws/aws-error.ts'
import { ENTITY_ALREADY_EXISTS, INVALID_INPUT, NO_SUCH_ENTITY } from '../../../aws/error-codes.ts'
import { issuerUrlOf, storedIssuerUrl } from '../../../oidc/issuer-url.ts'
import type { Reads, Writes } from '../../../store/store.ts'
import type { OidcProviderRow } from '../../../store/tables.ts'
import { oidcProviderArn } from '../arns.ts'
import { dateOf } from '../dates.ts'
import type { IamDependencies, IamOperation } from '../dependencies.ts'
import { type IamQuotas, refuseFullAccount, refuseOverQuota } from '../quotas.ts'
import { onNamed, onProvider, toCreate } from '../requirements.ts'
import { readTags, refuseBadTags, removeAllTags, writeTags } from '../tag/tags.ts'
import { parseProviderUrl } from './provider-url.ts'

const OPEN_ID_IDP_COMMUNICATION_ERROR = { code: 'OpenIdIdpCommunicationError', status: 400 }

/**
 * Registers an issuer. Without client ids it accepts no token until one is added; without thumbprints the issuer's
 * server is asked for its certificates, but where we have the issuer's keys anyway.
 */
export const createOpenIDConnectProvider: IamOperation<
  CreateOpenIDConnectProviderRequest,
  CreateOpenIDConnectProviderResponse
> = {
  name: 'CreateOpenIDConnectProvider',
  requires: toCreate('CreateOpenIDConnectProvider', 'TagOpenIDConnectProvider', (input, { accountId }) =>
    oidcProviderArn(accountId, storedIssuerUrl(input.Url)),
  ),
  async handle({ accountId, input, now }, dependencies) {
    const { store, quotas } = dependencies
    const tags = input.Tags ?? []
    refuseBadTags(tags)
    const url = parseProviderUrl(input.Url, dependencies)
    const clientIds = [...new Set(input.ClientIDList ?? [])]
    refuseOverQuota(quotas, 'ClientIdsPerOpenIdConnectProvider', clientIds.length)
    const given = checkThumbprints(input.ThumbprintList ?? [], quotas)
    await refuseRegistered(store.reads, accountId, url)
    const thumbprints = given.length > 0 ? given : await findThumbprints(accountId, url, dependencies)
    const row = {
      account_id: accountId,
      provider_arn: oidcProviderArn(accountId, url),
      url,
      client_ids: JSON.stringify(clientIds),
      thumbprints: JSON.stringify(thumbprints),
      created_at: now,
    }
    await store.write(async (writes) => {
      await refuseRegistered(writes, accountId, url)
      await refuseFullAccount(writes, 'oidc_providers', accountId, quotas)
      await writes.insertInto('oidc_providers').values(row).execute()
      await writeTags(writes, taggedProvider(row), tags, quotas)
      writes.changed(`oidc-provider/${row.provider_arn}`)
    })
    return { OpenIDConnectProviderArn: row.provider_arn, ...(tags.length > 0 ? { Tags: [...tags] } : {}) }
  },
}

export const getOpenIDConnectProvider: IamOperation<GetOpenIDConnectProviderRequest, GetOpenIDConnectProviderResponse> =
  {
    name: 'GetOpenIDConnectProvider',
    requires: onProvider('GetOpenIDConnectProvider'),
    async handle({ accountId, input }, { store: { reads } }) {
      const row = await getProviderRow(reads, accountId, input.OpenIDConnectProviderArn)
      return {
        Url: row.url,
        ClientIDList: JSON.parse(row.client_ids),
        ThumbprintList: JSON.parse(row.thumbprints),
        CreateDate: dateOf(row.created_at),
        Tags: [...(await readTags(reads, taggedProvider(row)))],
      }
    },
  }

/** Not paginated: an account has at most 700. */
export const listOpenIDConnectProviders: IamOperation<
  ListOpenIDConnectProvidersRequest,
  ListOpenIDConnectProvidersResponse
> = {
  name: 'ListOpenIDConnectProviders',
  requires: onNamed('ListOpenIDConnectProviders', (_, { accountId }) => oidcProviderArn(accountId, '*')),
  async handle({ accountId }, { store: { reads } }) {
    const rows = await reads
      .selectFrom('oidc_providers')
      .select('provider_arn')
      .where('account_id', '=', accountId)
      .orderBy('provider_arn')
      .execute()
    return { OpenIDConnectProviderList: rows.map((row) => ({ Arn: row.provider_arn })) }
  },
}

/** A provider that is not there is no error, as documented. */
export const deleteOpenIDConnectProvider: IamOperation<DeleteOpenIDConnectProviderRequest, object> = {
  name: 'DeleteOpenIDConnectProvider',
  requires: onProvider('DeleteOpenIDConnectProvider'),
  async handle({ accountId, input }, { store }) {
    await store.write(async (writes) => {
      const row = await findProviderRow(writes, accountId, input.OpenIDConnectProviderArn)
      if (!row) return
      await removeAllTags(writes, taggedProvider(row))
      await writes.deleteFrom('oidc_providers').where('provider_arn', '=', row.provider_arn).execute()
      writes.changed(`oidc-provider/${row.provider_arn}`)
    })
    return {}
  },
}

/** A client id that is there already is no error, as documented. */
export const addClientIDToOpenIDConnectProvider: IamOperation<AddClientIDToOpenIDConnectProviderRequest, object> = {
  name: 'AddClientIDToOpenIDConnectProvider',
  requires: onProvider('AddClientIDToOpenIDConnectProvider'),
  async handle({ accountId, input }, { store, quotas }) {
    await store.write(async (writes) => {
      const row = await getProviderRow(writes, accountId, input.OpenIDConnectProviderArn)
      const clientIds = new Set<string>(JSON.parse(row.client_ids)).add(input.ClientID)
      refuseOverQuota(quotas, 'ClientIdsPerOpenIdConnectProvider', clientIds.size)
      await saveProvider(writes, row, { client_ids: JSON.stringify([...clientIds]) })
    })
    return {}
  },
}

/** A client id that is not there is no error, as documented. */
export const removeClientIDFromOpenIDConnectProvider: IamOperation<
  RemoveClientIDFromOpenIDConnectProviderRequest,
  object
> = {
  name: 'RemoveClientIDFromOpenIDConnectProvider',
  requires: onProvider('RemoveClientIDFromOpenIDConnectProvider'),
  async handle({ accountId, input }, { store }) {
    await store.write(async (writes) => {
      const row = await getProviderRow(writes, accountId, input.OpenIDConnectProviderArn)
      const clientIds: readonly string[] = JSON.parse(row.client_ids)
      const kept = clientIds.filter((clientId) => clientId !== input.ClientID)
      await saveProvider(writes, row, { client_ids: JSON.stringify(kept) })
    })
    return {}
  },
}

/** Replaces the whole list. */
export const updateOpenIDConnectProviderThumbprint: IamOperation<UpdateOpenIDConnectProviderThumbprintRequest, object> =
  {
    name: 'UpdateOpenIDConnectProviderThumbprint',
    requires: onProvider('UpdateOpenIDConnectProviderThumbprint'),
    async handle({ accountId, input }, { store, quotas }) {
      const thumbprints = checkThumbprints(input.ThumbprintList, quotas)
      if (thumbprints.length === 0)
        throw new AwsError(INVALID_INPUT, 'Thumbprint list must contain at least one entry.')
      await store.write(async (writes) => {
        const row = await getProviderRow(writes, accountId, input.OpenIDConnectProviderArn)
        await saveProvider(writes, row, { thumbprints: JSON.stringify(thumbprints) })
      })
      return {}
    },
  }

/** @throws AwsError `NoSuchEntity` */
export async function getProviderRow(reads: Reads, accountId: string, arn: string): Promise<OidcProviderRow> {
  const row = await findProviderRow(reads, accountId, arn)
  if (!row) throw new AwsError(NO_SUCH_ENTITY, `OpenIDConnect Provider not found for arn ${arn}`)
  return row
}

export function taggedProvider(row: Pick<OidcProviderRow, 'account_id' | 'provider_arn'>) {
  return { accountId: row.account_id, id: row.provider_arn }
}

async function findProviderRow(reads: Reads, accountId: string, arn: string): Promise<OidcProviderRow | undefined> {
  return reads
    .selectFrom('oidc_providers')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('provider_arn', '=', arn)
    .executeTakeFirst()
}

async function refuseRegistered(reads: Reads, accountId: string, url: string): Promise<void> {
  if (!(await findProviderRow(reads, accountId, oidcProviderArn(accountId, url)))) return
  throw new AwsError(ENTITY_ALREADY_EXISTS, `Provider with url ${issuerUrlOf(url)} already exists.`)
}

/**
 * Returns the thumbprints in lower case. Only their length is checked, by constraint, as AWS does: tools register filler
 * (`xxxx…`), which matches no certificate.
 */
function checkThumbprints(thumbprints: readonly string[], quotas: IamQuotas): readonly string[] {
  const max = quotas.ThumbprintsPerOpenIdConnectProvider
  if (thumbprints.length > max)
    throw new AwsError(INVALID_INPUT, `Thumbprint list must contain fewer than ${max} entries.`)
  return thumbprints.map((thumbprint) => thumbprint.toLowerCase())
}

/** None for an issuer whose keys we hold or were given, and none where there is no TLS; else the issuer's server is asked. */
async function findThumbprints(
  accountId: string,
  url: string,
  { store, fetchThumbprint }: Pick<IamDependencies, 'store' | 'fetchThumbprint'>,
): Promise<readonly string[]> {
  const issuerUrl = issuerUrlOf(url)
  if (issuerUrl.startsWith('http://') || (await hasKeys(store.reads, accountId, issuerUrl))) return []
  try {
    return [await fetchThumbprint(issuerUrl)]
  } catch (cause) {
    throw new AwsError(
      OPEN_ID_IDP_COMMUNICATION_ERROR,
      `Please check .well-known/openid-configuration of provider: ${issuerUrl} is valid.`,
      { cause },
    )
  }
}

/** Whether the issuer is hosted here, or its JWKS was uploaded by this very account. */
async function hasKeys(reads: Reads, accountId: string, issuerUrl: string): Promise<boolean> {
  const issuer = await reads
    .selectFrom('issuers')
    .select(['kind', 'account_id'])
    .where('issuer_url', '=', issuerUrl)
    .execute()
  return issuer.some((row) => row.kind === 'hosted' || row.account_id === accountId)
}

async function saveProvider(writes: Writes, row: OidcProviderRow, change: Partial<OidcProviderRow>): Promise<void> {
  await writes.updateTable('oidc_providers').set(change).where('provider_arn', '=', row.provider_arn).execute()
  writes.changed(`oidc-provider/${row.provider_arn}`)
}
