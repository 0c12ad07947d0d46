import type { SimulateCustomPolicyRequest, SimulatePolicyResponse } from '@aws-sdk/client-iam'
import type { IamOperation } from '../dependencies.ts'
import { onNamed } from '../requirements.ts'
import { contextOf } from './context-entries.ts'
import { EVERY_RESOURCE } from './resource-template.ts'
import { runSimulation } from './simulation.ts'
import {
  givenBoundary,
  givenPolicies,
  givenResourcePolicy,
  givenServiceControl,
  parseCaller,
  principalOf,
  simulatedActions,
  simulatedOwner,
  simulatedResources,
} from './simulation-input.ts'

/**
 * What policies would allow, without an identity that has them.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
 */
export const simulateCustomPolicy: IamOperation<SimulateCustomPolicyRequest, SimulatePolicyResponse> = {
  name: 'SimulateCustomPolicy',
  requires: onNamed('SimulateCustomPolicy', () => EVERY_RESOURCE),
  async handle({ input, accountId }, { serviceAuthorization }) {
    const caller = input.CallerArn === undefined ? undefined : parseCaller(input.CallerArn)
    const simulation = {
      principal: principalOf(caller, accountId),
      identity: givenPolicies(input.PolicyInputList),
      boundary: givenBoundary(input.PermissionsBoundaryPolicyInputList),
      resourcePolicy: givenResourcePolicy(input, caller),
      serviceControl: givenServiceControl(input.OrderedOrganizationPolicyInputList),
      actions: simulatedActions(input),
      resources: simulatedResources(input),
      resourceOwner: simulatedOwner(input),
      context: contextOf(input.ContextEntries ?? []),
    }
    return runSimulation(simulation, input, serviceAuthorization)
  },
}
