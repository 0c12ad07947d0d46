import { findManagedPolicyText, readStoredPolicies } from '../../../access/policies/stored-policies.ts'
import { AwsError } from '../../../aws/aws-error.ts'
import { NO_SUCH_ENTITY } from '../../../aws/error-codes.ts'
import type { Reads } from '../../../store/store.ts'
import type { IamDependencies } from '../dependencies.ts'
import { getRole, getUser, type PolicyPrincipal } from '../principal/principal.ts'
import type { CallerFacts } from './caller-context.ts'
import { type SimulatedPolicy, storedPolicy } from './simulated-policy.ts'
import type { SimulatedCaller } from './simulation-input.ts'

/** The policies that an existing user or role has. */
export interface SourcePolicies extends CallerFacts {
  readonly inline: readonly SourcePolicy[]
  readonly managed: readonly SourcePolicy[]
  readonly boundary: SourcePolicy | undefined
}

export interface SourcePolicy extends SimulatedPolicy {
  /** Of the inline policy, or the managed policy's ARN. */
  readonly name: string
}

/** @throws AwsError `NoSuchEntity` where it is not there; there are no groups here */
export async function findSource(reads: Reads, source: SimulatedCaller): Promise<PolicyPrincipal> {
  const { kind, accountId, name, arn } = source
  if (kind === 'group') throw notFound('group', name)
  const principal = kind === 'role' ? await getRole(reads, accountId, name) : await getUser(reads, accountId, name)
  if (principal.arn !== arn) throw notFound(kind, name)
  return principal
}

export async function readSourcePolicies(
  { store: { reads }, managedPolicies }: Pick<IamDependencies, 'store' | 'managedPolicies'>,
  principal: PolicyPrincipal,
): Promise<SourcePolicies> {
  const stored = await readStoredPolicies(reads, principal.kind, principal.id)
  const managed = async (arn: string, type: 'IAM Policy' | 'Permissions Boundary Policy') => {
    const text = await findManagedPolicyText({ reads, catalog: managedPolicies }, arn)
    const id = arn.slice(arn.lastIndexOf('/') + 1)
    return { ...storedPolicy(text?.document ?? NOTHING_ALLOWED, `${type} ${arn}`, id, type), name: arn }
  }
  return {
    uniqueId: principal.id,
    tags: stored.tags,
    inline: stored.inline.map(({ name, document }) => {
      // AWS's id of an inline policy (observed in published answers).
      const id = `${principal.kind}_${principal.name}_${name}`
      return { ...storedPolicy(document, id, id, 'IAM Policy'), name }
    }),
    managed: await Promise.all(stored.attached.map((arn) => managed(arn, 'IAM Policy'))),
    boundary: stored.boundary === undefined ? undefined : await managed(stored.boundary, 'Permissions Boundary Policy'),
  }
}

/** Stands for a policy of AWS that is attached and not in the catalog any more: real calls are denied by it, too. */
const NOTHING_ALLOWED = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'

function notFound(kind: string, name: string): AwsError {
  return new AwsError(NO_SUCH_ENTITY, `The ${kind} with name ${name} cannot be found.`)
}
