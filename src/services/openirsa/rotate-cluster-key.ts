import {
  deleteIssuerKeys,
  findIssuerKeys,
  insertIssuerKey,
  setSigningKey,
} from '../../access/records/issuer-records.ts'
import { generateSigningKey, TOKEN_SECONDS_MAX } from '../../oidc/hosted-issuer.ts'
import type { Writes } from '../../store/store.ts'
import type { ClusterRow, IssuerKeyRow } from '../../store/tables.ts'
import { getClusterRow, onCluster } from './cluster.ts'
import { describeKeys } from './cluster-keys.ts'
import type { OpenIrsaDependencies, OpenIrsaOperation } from './dependencies.ts'
import { invalidRequest } from './errors.ts'
import type { ClusterKeysResponse, RotateClusterKeyRequest } from './messages.ts'

/** Published keys of one issuer: the one that signs, its successor, and predecessors that are not removed yet. Own limit. */
const PUBLISHED_KEYS_MAX = 5

/**
 * One step of the rotation of a hosted issuer's key. In between, whoever else verifies this issuer's tokens (AWS, another
 * installation) takes up the new key set; a day is what operators plan for.
 *
 * - PUBLISH: makes a key and publishes it beside the one that signs.
 * - SIGN: the newest published key signs from now on; tokens of the old one stay good.
 * - REMOVE: takes out the keys that do not sign, once the last token that they signed is over (24 h after SIGN).
 */
export const rotateClusterKey: OpenIrsaOperation<RotateClusterKeyRequest, ClusterKeysResponse> = {
  name: 'RotateClusterKey',
  requires: onCluster('RotateClusterKey'),
  async handle(call, dependencies) {
    const { input, now } = call
    const key = input.step === 'PUBLISH' ? await generateSigningKey() : undefined
    const row = await dependencies.store.write(async (writes) => {
      const found = await getClusterRow(writes, call, input.name)
      if (found.kind !== 'created') throw invalidRequest(`The issuer of cluster ${input.name} is not hosted here.`)
      const keys = await findIssuerKeys(writes, found.issuer_url)
      if (key !== undefined) await publish(writes, found, { keys, key, now, keyRing: dependencies.keyRing })
      else if (input.step === 'SIGN') await sign(writes, found, keys, now)
      else await remove(writes, found, keys, { now, force: input.force ?? false })
      return found
    })
    return { keys: await describeKeys(row, { ...dependencies, now, fetches: false }) }
  },
}

async function publish(
  writes: Writes,
  row: ClusterRow,
  parts: {
    readonly keys: readonly IssuerKeyRow[]
    readonly key: Awaited<ReturnType<typeof generateSigningKey>>
    readonly now: number
    readonly keyRing: OpenIrsaDependencies['keyRing']
  },
): Promise<void> {
  if (parts.keys.length >= PUBLISHED_KEYS_MAX) {
    throw invalidRequest(
      `The issuer already publishes ${PUBLISHED_KEYS_MAX} keys. Remove old ones first (step REMOVE).`,
    )
  }
  const { key, now, keyRing } = parts
  await insertIssuerKey(writes, keyRing, { issuerUrl: row.issuer_url, key, isSigning: false, now })
}

async function sign(writes: Writes, row: ClusterRow, keys: readonly IssuerKeyRow[], now: number): Promise<void> {
  const signing = keys.find((key) => key.is_signing === 1)
  const newest = keys.reduce((latest, key) => (key.created_at > latest.created_at ? key : latest), keys[0] ?? fail())
  if (signing === undefined || newest.created_at <= signing.created_at) {
    throw invalidRequest('No newer key is published. Publish one first (step PUBLISH).')
  }
  await setSigningKey(writes, row.issuer_url, newest.key_id, now)
}

async function remove(
  writes: Writes,
  row: ClusterRow,
  keys: readonly IssuerKeyRow[],
  { now, force }: { readonly now: number; readonly force: boolean },
): Promise<void> {
  const signing = keys.find((key) => key.is_signing === 1)
  const old = keys.filter((key) => signing !== undefined && key.is_signing === 0 && key.created_at < signing.created_at)
  if (old.length === 0) throw invalidRequest('No key has been replaced yet: there is nothing to remove.')
  const issuer = await writes
    .selectFrom('issuers')
    .select('updated_at')
    .where('issuer_url', '=', row.issuer_url)
    .executeTakeFirstOrThrow()
  const over = issuer.updated_at + TOKEN_SECONDS_MAX * 1000
  if (!force && now < over) {
    throw invalidRequest(
      `Tokens that the old key signed can be good until ${new Date(over).toISOString()}; force removes it anyway.`,
    )
  }
  await deleteIssuerKeys(
    writes,
    row.issuer_url,
    old.map((key) => key.key_id),
  )
}

function fail(): never {
  throw invalidRequest('The issuer has no key.')
}
