import { type Contender, NotInstalled } from './contender.ts'
import { ACCOUNT, CALLER } from './scenario.ts'

const IAM_SIMULATE = '@cloud-copilot/iam-simulate'

/** Measured where somebody installed it: it is under the AGPL, so it is no dependency. */
export const iamSimulate: Contender = {
  name: 'iam-simulate runSimulation',
  prepare: async ({ policies, requests }) => {
    const { runSimulation } = (await load(IAM_SIMULATE)) as IamSimulate
    const identityPolicies = policies.map((policy, place) => ({ name: `policy-${place}`, policy }))
    const simulations = requests.map(({ action, resource, context }) => ({
      request: { principal: CALLER, action, resource: { resource, accountId: ACCOUNT }, contextVariables: context },
      identityPolicies,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    }))
    return {
      isAllowed: async (place) => {
        const result = await runSimulation(simulations[place], {})
        if (result.resultType === 'error') throw new Error(result.errors?.message)
        return result.overallResult === 'Allowed'
      },
    }
  },
}

interface IamSimulate {
  readonly runSimulation: (
    simulation: unknown,
    options: object,
  ) => Promise<{
    readonly resultType: string
    readonly overallResult?: string
    readonly errors?: { readonly message: string }
  }>
}

async function load(name: string): Promise<unknown> {
  try {
    // A variable, so that the compiler does not look for what need not be there.
    return await import(name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      throw new NotInstalled(`npm install --no-save ${name}`)
    }
    throw error
  }
}
