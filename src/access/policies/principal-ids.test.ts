import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { resolvePrincipalIds, showPrincipals } from './principal-ids.ts'

const ACCOUNT = '111122223333'
const ARN = `arn:aws:iam::${ACCOUNT}:role/p/trusted`

let store: Store
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', clock: () => 0 })
  await store.write((writes) => writes.insertInto('accounts').values({ account_id: ACCOUNT, created_at: 0 }).execute())
  await makeRole('AROAFIRST')
})
afterEach(() => store.close())

async function makeRole(roleId: string): Promise<void> {
  const row = {
    role_id: roleId,
    account_id: ACCOUNT,
    role_name: 'trusted',
    role_name_key: 'trusted',
    path: '/p/',
    description: null,
    trust_policy: '{}',
    trust_principal_ids: '{}',
    max_session_duration_seconds: 3600,
    permissions_boundary: null,
    created_at: 0,
    last_used_at: null,
    last_used_region: null,
  }
  await store.write(async (writes) => {
    await writes.deleteFrom('roles').execute()
    await writes.insertInto('roles').values(row).execute()
  })
}

function policy(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statement })
}

describe('resolvePrincipalIds', () => {
  it.each([
    ['Principal as text', { Principal: { AWS: ARN } }],
    ['Principal as list', { Principal: { AWS: ['*', ARN, ARN] } }],
    ['NotPrincipal', { NotPrincipal: { AWS: ARN } }],
    ['a list of statements', [{ Principal: '*' }, { Principal: { AWS: ARN } }]],
  ])('finds the ARN in %s', async (_, statement) => {
    expect(await resolvePrincipalIds(policy(statement), ACCOUNT, store.reads)).toEqual({ [ARN]: 'AROAFIRST' })
  })

  it('leaves what is no user or role: accounts, sessions, providers, services, and ARNs in conditions', async () => {
    const statement = {
      Principal: {
        AWS: [ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`, `arn:aws:sts::${ACCOUNT}:assumed-role/none/s`],
        Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/none`,
        Service: 'ec2.amazonaws.com',
      },
      Condition: { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/none` } },
    }
    expect(await resolvePrincipalIds(policy(statement), ACCOUNT, store.reads)).toEqual({})
  })

  it('refuses an ARN of an account that is held, also where another account saves the policy', async () => {
    const arn = `arn:aws:iam::${ACCOUNT}:user/none`
    const saving = resolvePrincipalIds(policy({ Principal: { AWS: arn } }), '444455556666', store.reads)
    await expect(saving).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
      message: `Invalid principal in policy: "AWS":"${arn}"`,
    })
  })

  it('gives an ARN of an account that is not held an id that nobody has', async () => {
    const arn = 'arn:aws:iam::999999999999:user/someone'
    const ids = await resolvePrincipalIds(policy({ Principal: { AWS: arn } }), ACCOUNT, store.reads)
    expect(ids).toEqual({ [arn]: 'unresolved' })
  })
})

describe('showPrincipals', () => {
  const ids = { [ARN]: 'AROAFIRST' }

  it('returns the very text while everybody in it lives', async () => {
    const text = `{ "Statement" : { "Principal": { "AWS": "${ARN}" } } }`
    expect(await showPrincipals(text, ids, store.reads)).toBe(text)
  })

  it('puts the unique id where the ARN is borne by another now, in principals only', async () => {
    await makeRole('AROASECOND')
    const condition = { ArnEquals: { 'aws:PrincipalArn': ARN } }
    const text = policy([{ Principal: { AWS: [ARN, ACCOUNT] }, Condition: condition }, { NotPrincipal: { AWS: ARN } }])
    expect(JSON.parse(await showPrincipals(text, ids, store.reads)).Statement).toEqual([
      { Principal: { AWS: ['AROAFIRST', ACCOUNT] }, Condition: condition },
      { NotPrincipal: { AWS: 'AROAFIRST' } },
    ])
  })

  it('shows an ARN of an account that is not held as it is', async () => {
    const text = policy({ Principal: { AWS: 'arn:aws:iam::999999999999:user/someone' } })
    const unresolved = { 'arn:aws:iam::999999999999:user/someone': 'unresolved' }
    expect(await showPrincipals(text, unresolved, store.reads)).toBe(text)
  })
})
