import type { UpdateAssumeRolePolicyRequest } from '@aws-sdk/client-iam'
import { resolvePrincipalIds } from '../../../access/policies/principal-ids.ts'
import { policySizeCharacters } from '../../../policy/index.ts'
import type { Writes } from '../../../store/store.ts'
import type { IamOperation } from '../dependencies.ts'
import { refuseMalformed } from '../policy/policy-document.ts'
import { getRoleRow, principalChanged, roleOf } from '../principal/principal.ts'
import { type IamQuotas, refuseOverQuota } from '../quotas.ts'
import { onRole } from '../requirements.ts'

export const updateAssumeRolePolicy: IamOperation<UpdateAssumeRolePolicyRequest, object> = {
  name: 'UpdateAssumeRolePolicy',
  requires: onRole('UpdateAssumeRolePolicy'),
  async handle({ accountId, input }, { store, quotas }) {
    refuseBadTrustPolicy(input.PolicyDocument, quotas)
    await store.write(async (writes) => {
      const row = await getRoleRow(writes, accountId, input.RoleName)
      const trust = await resolveTrust(writes, accountId, input.PolicyDocument)
      await writes.updateTable('roles').set(trust).where('role_id', '=', row.role_id).execute()
      principalChanged(writes, roleOf(row))
    })
    return {}
  },
}

/**
 * Refuses a trust policy that is malformed or too long. Whether its principals exist is asked when it is saved.
 * @throws AwsError `MalformedPolicyDocument`, `LimitExceeded`
 */
export function refuseBadTrustPolicy(document: string, quotas: IamQuotas): void {
  refuseMalformed(document, 'trust')
  refuseOverQuota(quotas, 'ACLSizePerRole', policySizeCharacters(document))
}

/**
 * The columns of a trust policy, with the unique ids of the principals that it names.
 * @throws AwsError `MalformedPolicyDocument` for a principal that does not exist
 */
export async function resolveTrust(writes: Writes, accountId: string, document: string) {
  const ids = await resolvePrincipalIds(document, accountId, writes)
  return { trust_policy: document, trust_principal_ids: JSON.stringify(ids) }
}
