import type {
  GetContextKeysForCustomPolicyRequest,
  GetContextKeysForPolicyResponse,
  GetContextKeysForPrincipalPolicyRequest,
} from '@aws-sdk/client-iam'
import { type PolicyDocument, parsePolicy } from '../../../policy/index.ts'
import type { IamOperation } from '../dependencies.ts'
import { onNamed } from '../requirements.ts'
import { EVERY_RESOURCE } from './resource-template.ts'
import type { SimulatedPolicy } from './simulated-policy.ts'
import { givenPolicies, parseCaller } from './simulation-input.ts'
import { findSource, readSourcePolicies } from './source-policies.ts'
import { onSource } from './source-requirement.ts'

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html */
export const getContextKeysForCustomPolicy: IamOperation<
  GetContextKeysForCustomPolicyRequest,
  GetContextKeysForPolicyResponse
> = {
  name: 'GetContextKeysForCustomPolicy',
  requires: onNamed('GetContextKeysForCustomPolicy', () => EVERY_RESOURCE),
  handle: async ({ input }) => ({ ContextKeyNames: contextKeysOf(givenPolicies(input.PolicyInputList)) }),
}

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html */
export const getContextKeysForPrincipalPolicy: IamOperation<
  GetContextKeysForPrincipalPolicyRequest,
  GetContextKeysForPolicyResponse
> = {
  name: 'GetContextKeysForPrincipalPolicy',
  requires: onSource('GetContextKeysForPrincipalPolicy'),
  async handle({ input }, dependencies) {
    const principal = await findSource(dependencies.store.reads, parseCaller(input.PolicySourceArn))
    const { inline, managed } = await readSourcePolicies(dependencies, principal)
    return { ContextKeyNames: contextKeysOf([...inline, ...managed, ...givenPolicies(input.PolicyInputList)]) }
  },
}

/** Every key that the policies read, each once, spelled as it is first written; in the order of the text, resources before conditions. */
function contextKeysOf(policies: readonly SimulatedPolicy[]): string[] {
  const names = new Map<string, string>()
  for (const { text, compiled } of policies) {
    const { document } = parsePolicy(text)
    const read = document === undefined ? [] : keysOf(document, compiled.hasVariables)
    // The engine knows which keys are read; how they are spelled stands in the text.
    for (const name of [...read, ...compiled.contextKeys]) {
      const key = name.toLowerCase()
      if (compiled.contextKeys.has(key) && !names.has(key)) names.set(key, name)
    }
  }
  return [...names.values()]
}

/** `${aws:username}`, `${aws:username, 'nobody'}`. Linear: no part of it reaches over the next `$`. */
const VARIABLE = /\$\{([^\s,}$]+)(?:,[^}$]*)?\}/g

function keysOf({ statements }: PolicyDocument, hasVariables: boolean): readonly string[] {
  const variablesOf = (value: string) =>
    hasVariables ? Array.from(value.matchAll(VARIABLE), ([, name = '']) => name) : []
  return statements.flatMap(({ resource, condition }) => [
    ...(resource?.values ?? []).flatMap(({ value }) => variablesOf(value)),
    ...condition.flatMap(({ key, values }) => [key.value, ...values.flatMap(({ value }) => variablesOf(value))]),
  ])
}
