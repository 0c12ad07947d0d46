import type { SimulatePolicyResponse, SimulatePrincipalPolicyRequest } from '@aws-sdk/client-iam'
import type { IamOperation } from '../dependencies.ts'
import { callerContext } from './caller-context.ts'
import { contextOf } from './context-entries.ts'
import { withoutExcluded } from './policy-exclusion.ts'
import { runSimulation } from './simulation.ts'
import {
  givenBoundary,
  givenPolicies,
  givenResourcePolicy,
  parseCaller,
  principalOf,
  simulatedActions,
  simulatedOwner,
  simulatedResources,
} from './simulation-input.ts'
import { findSource, readSourcePolicies } from './source-policies.ts'
import { onSource } from './source-requirement.ts'

/**
 * What an existing user or role may do, with its own policies and further ones.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export const simulatePrincipalPolicy: IamOperation<SimulatePrincipalPolicyRequest, SimulatePolicyResponse> = {
  name: 'SimulatePrincipalPolicy',
  requires: onSource('SimulatePrincipalPolicy'),
  async handle({ input, accountId }, dependencies) {
    const source = parseCaller(input.PolicySourceArn)
    const principal = await findSource(dependencies.store.reads, source)
    const all = await readSourcePolicies(dependencies, principal)
    const own = withoutExcluded(all, input.PolicyExclusionList ?? [], principal)
    const isSource = input.CallerArn === undefined || input.CallerArn === source.arn
    const caller = input.CallerArn === undefined ? source : parseCaller(input.CallerArn)
    const simulation = {
      principal: principalOf(caller, accountId, isSource ? principal.id : undefined),
      identity: [...own.inline, ...own.managed, ...givenPolicies(input.PolicyInputList)],
      boundary: givenBoundary(input.PermissionsBoundaryPolicyInputList) ?? own.boundary,
      resourcePolicy: givenResourcePolicy(input, caller),
      serviceControl: undefined,
      actions: simulatedActions(input),
      resources: simulatedResources(input),
      resourceOwner: simulatedOwner(input),
      context: new Map([...(isSource ? callerContext(source, all) : []), ...contextOf(input.ContextEntries ?? [])]),
    }
    return runSimulation(simulation, input, dependencies.serviceAuthorization)
  },
}
